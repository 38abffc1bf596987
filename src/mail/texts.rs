//! What the mails say.
//!
//! Links begin with the configured public URL and with nothing a request said about its host.
//! Secrets stand in the fragment of a link, which no server's log and no `Referer` header sees.
//! Nothing a stranger typed is repeated, so the mails cannot be used to send his words.

use uuid::Uuid;

use super::Mail;
use crate::credentials::codes::{LinkToken, VerificationCode};

/// The page behind the link of the verification mail, below the public URL. It gets
/// `verification_id` and `token` in the fragment and posts them to `/v1/auth/verify-email` when
/// the person asks for it: mail scanners open links, so opening alone must not verify.
pub const VERIFY_EMAIL_PATH: &str = "/verify-email";

/// The mail to a new address: a code to type (good for 10 minutes) and a link (24 hours).
/// `public_url` is the server's configured address, with or without a slash at its end.
pub fn verification(
    to: &str,
    public_url: &str,
    registration: Uuid,
    code: &VerificationCode,
    token: &LinkToken,
) -> Mail {
    let base = public_url.trim_end_matches('/');
    let code = code.expose();
    let token = token.expose();
    Mail {
        to: to.to_owned(),
        subject: "Confirm your e-mail address".to_owned(),
        text: format!(
            "Hello,\n\
             \n\
             this address was used to create an account at {base}.\n\
             \n\
             Type this code in the app. It is good for 10 minutes:\n\
             \n\
             \x20   {code}\n\
             \n\
             Or open this link on the same phone or computer. It is good for 24 hours:\n\
             \n\
             {base}{VERIFY_EMAIL_PATH}#verification_id={registration}&token={token}\n\
             \n\
             Nobody from the clinic will ever ask you for the code or the link.\n\
             \n\
             If you did not ask for an account, do nothing: without the code none is made.\n"
        ),
    }
}

/// The mail to an address that somebody tried to register although it has an account. The answer
/// to that attempt was the same as for a new address; only the owner of the mailbox learns more.
/// `public_url` is the server's configured address.
pub fn already_registered(to: &str, public_url: &str) -> Mail {
    let base = public_url.trim_end_matches('/');
    Mail {
        to: to.to_owned(),
        subject: "You already have an account".to_owned(),
        text: format!(
            "Hello,\n\
             \n\
             somebody asked to create an account at {base} with this address, but it has one \
             already.\n\
             \n\
             If it was you, sign in as usual. If you have forgotten the password, choose \
             \"forgot password\" in the app.\n\
             \n\
             If it was not you, do nothing: your account is unchanged.\n"
        ),
    }
}

/// The mail after a refresh token was used when its successor had long been in use: a copy of it is in
/// other hands, or a backup of the phone was restored. `public_url` is the server's configured address.
pub fn device_signed_out(to: &str, public_url: &str) -> Mail {
    let base = public_url.trim_end_matches('/');
    Mail {
        to: to.to_owned(),
        subject: "A device was signed out".to_owned(),
        text: format!(
            "Hello,\n\
             \n\
             a device was signed out of your account at {base},\n\
             because its sign-in was used from two places.\n\
             \n\
             This happens when a phone is restored from a backup. If that is not what happened,\n\
             somebody may have a copy of that sign-in: look at your devices in the app, sign out\n\
             those you do not know, and tell the clinic.\n\
             \n\
             Nothing in your journal was changed by signing out.\n"
        ),
    }
}

/// The mail after a refresh token came again more than a minute after it was answered. It is usually
/// harmless, and it is the only trace of a copy that is used in step with the phone. `public_url` is
/// the server's configured address.
pub fn sign_in_repeated(to: &str, public_url: &str) -> Mail {
    let base = public_url.trim_end_matches('/');
    Mail {
        to: to.to_owned(),
        subject: "An app renewed its sign-in twice".to_owned(),
        text: format!(
            "Hello,\n\
             \n\
             an app that is signed in to your account at {base}\n\
             renewed its sign-in twice. It still works, and you need not do anything if you were\n\
             just using the app.\n\
             \n\
             This happens when an app is closed, or the connection breaks, before the answer\n\
             arrived. It also happens when somebody has a copy of the sign-in. If you get this\n\
             mail often, or were not using the app, sign that device out in the app's list of\n\
             devices and sign in again.\n\
             \n\
             You get at most one such mail a day for a device. The app's list of security events\n\
             has all of them.\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::random::SeededRandom;

    #[test]
    fn the_verification_mail_carries_code_and_link_in_its_text_only() {
        let random = SeededRandom::new(1);
        let code = VerificationCode::parse("012345").unwrap();
        let (token, id) = (LinkToken::generate(&random), Uuid::from_u128(7));
        for base in ["https://journal.example.org", "https://journal.example.org/"] {
            let mail = verification("ana@example.org", base, id, &code, &token);
            let link = format!(
                "\nhttps://journal.example.org/verify-email#verification_id={id}&token={}\n",
                token.expose()
            );
            assert_eq!(mail.to, "ana@example.org");
            assert!(mail.text.contains(&link) && mail.text.contains("\n    012345\n"));
            assert!(!mail.subject.contains("012345") && !mail.text.contains("ana"));
        }
    }

    #[test]
    fn mails_fit_any_mail_program() {
        let random = SeededRandom::new(2);
        let (code, token) = (VerificationCode::generate(&random), LinkToken::generate(&random));
        let base = "https://journal.example.org";
        for mail in [
            verification("a@b.org", base, Uuid::nil(), &code, &token),
            already_registered("a@b.org", base),
            device_signed_out("a@b.org", base),
            sign_in_repeated("a@b.org", base),
        ] {
            assert!(mail.text.is_ascii() && mail.text.ends_with('\n'));
            assert!(mail.text.lines().all(|line| line.len() <= 200 && line == line.trim_end()));
            for word in ["pain", "treatment", "acupuncture", "health"] {
                assert!(!mail.subject.contains(word), "{word}");
            }
        }
    }
}
