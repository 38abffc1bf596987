//! Accounts and devices: registration, sign-in, tokens and their end.

mod account_links;
mod change_password;
mod devices;
mod http;
pub mod refresh_token;
mod register;
mod reseal;
mod reset;
mod security_events;
mod sign_in;
mod store;
mod verify;

pub use account_links::forget as forget_links;
pub use http::{routes, sign_out};
pub use register::{NewAccount, create_account};
pub use reseal::{SecretChange, change_secret, replace_secret};
pub use reset::{forget_password, reset_by_operator};
pub use security_events::forget as forget_security_events;
pub use sign_in::{Knock, PageSignIn, renew_page_token, sign_in_to_pages, sign_in_unasked};
pub use store::{SignInAccount, find_account, forget_old_registrations, set_status};

/// The client id of tokens that our own sign-in issues.
pub const FIRST_PARTY: &str = "pain-journal";
/// What a first-party token allows.
pub const FIRST_PARTY_SCOPE: &str =
    "account journal:read journal:write report:read report:write profile:read";
