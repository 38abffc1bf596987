//! What the mails say.
//!
//! Links begin with the configured public URL and with nothing a request said about its host.
//! Secrets stand in the fragment of a link, which no server's log and no `Referer` header sees.
//! Nothing a stranger typed is repeated, so the mails cannot be used to send his words.

use super::Mail;
use crate::credentials::codes::{LinkToken, VerificationCode};
use crate::language::Language;

/// The page behind the link of the verification mail, below the public URL. It gets `token` in the fragment and
/// posts it to `/v1/auth/verify-email` with the password that the person types: the mail alone must not make an
/// account, since somebody else may have caused it.
pub const VERIFY_EMAIL_PATH: &str = "/verify-email";

/// The mail to a new address: a code to type (good for 10 minutes) and a link (24 hours).
/// `public_url` is the server's configured address, with or without a slash at its end.
pub fn verification(
    language: &Language,
    to: &str,
    public_url: &str,
    (code, token): (&VerificationCode, &LinkToken),
) -> Mail {
    let base = public_url.trim_end_matches('/');
    let token = token.expose();
    let link = format!("{base}{VERIFY_EMAIL_PATH}#token={token}");
    mail(language, "verification", to, &[("base", base), ("code", code.expose()), ("link", &link)])
}

/// The page behind the link with which a new password is chosen, below the public URL. It gets `token` in the
/// fragment and posts it to `/v1/auth/password/reset` with the password that the person types.
pub const RESET_PASSWORD_PATH: &str = "/reset-password";

/// The link with which a new password is chosen.
pub fn reset_link(public_url: &str, token: &LinkToken) -> String {
    let base = public_url.trim_end_matches('/');
    format!("{base}{RESET_PASSWORD_PATH}#token={}", token.expose())
}

/// The mail with the link to choose a new password (30 minutes).
/// `public_url` is the server's configured address.
pub fn reset(language: &Language, to: &str, public_url: &str, token: &LinkToken) -> Mail {
    let (base, link) = (public_url.trim_end_matches('/'), reset_link(public_url, token));
    mail(language, "reset_password", to, &[("base", base), ("link", &link)])
}

/// What somebody is told of, without anything to do in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A link to choose a new password was asked for, and this address has no account.
    NoAccount,
    /// A new password was chosen with a link.
    PasswordReset,
    /// The password was changed by somebody who knew it.
    PasswordChanged,
    /// The operator made a link to choose a new password.
    ResetByOperator,
}

impl Notice {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::NoAccount, Self::PasswordReset, Self::PasswordChanged, Self::ResetByOperator];

    const fn name(self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::ResetByOperator => "reset_by_operator",
        }
    }
}

/// The mail of a notice. `public_url` is the server's configured address.
pub fn notice(language: &Language, notice: Notice, to: &str, public_url: &str) -> Mail {
    mail(language, notice.name(), to, &[("base", public_url.trim_end_matches('/'))])
}

/// The mail to an address that somebody tried to register although it has an account. The answer
/// to that attempt was the same as for a new address; only the owner of the mailbox learns more.
/// `public_url` is the server's configured address.
pub fn already_registered(language: &Language, to: &str, public_url: &str) -> Mail {
    mail(language, "already_registered", to, &[("base", public_url.trim_end_matches('/'))])
}

/// The mail after a refresh token was used when its successor had long been in use: a copy of it is in
/// other hands, or a backup of the phone was restored. `public_url` is the server's configured address.
pub fn device_signed_out(language: &Language, to: &str, public_url: &str) -> Mail {
    mail(language, "device_signed_out", to, &[("base", public_url.trim_end_matches('/'))])
}

/// The mail after a refresh token came again more than a minute after it was answered. It is usually
/// harmless, and it is the only trace of a copy that is used in step with the phone. `public_url` is
/// the server's configured address.
pub fn sign_in_repeated(language: &Language, to: &str, public_url: &str) -> Mail {
    mail(language, "sign_in_repeated", to, &[("base", public_url.trim_end_matches('/'))])
}

fn mail(language: &Language, name: &str, to: &str, values: &[(&str, &str)]) -> Mail {
    let text = |part: &str| language.text(&format!("mail.{name}.{part}"), values);
    Mail { to: to.to_owned(), subject: text("subject"), text: text("text") + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::random::SeededRandom;

    #[test]
    fn the_verification_mail_carries_code_and_link_in_its_text_only() {
        let random = SeededRandom::new(1);
        let code = VerificationCode::parse("012345").unwrap();
        let token = LinkToken::generate(&random);
        for base in ["https://journal.example.org", "https://journal.example.org/"] {
            let english = Language::english();
            let mail = verification(english, "ana@example.org", base, (&code, &token));
            let link =
                format!("\nhttps://journal.example.org/verify-email#token={}\n", token.expose());
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
        let mails = |language| {
            let notices = Notice::ALL.map(|one| notice(language, one, "a@b.org", base));
            let others = [
                verification(language, "a@b.org", base, (&code, &token)),
                already_registered(language, "a@b.org", base),
                device_signed_out(language, "a@b.org", base),
                sign_in_repeated(language, "a@b.org", base),
                reset(language, "a@b.org", base, &token),
            ];
            notices.into_iter().chain(others)
        };
        for mail in Language::all().flat_map(mails) {
            assert!(mail.text.ends_with('\n') && !mail.text.ends_with("\n\n"));
            assert!(!mail.subject.contains(['\n', '\u{27e8}']) && !mail.text.contains('\u{27e8}'));
            assert!(mail.text.lines().all(|line| line.len() <= 200 && line == line.trim_end()));
            let subject = mail.subject.to_lowercase();
            for word in ["pain", "treatment", "acupuncture", "health", "schmerz", "behandlung"] {
                assert!(!subject.contains(word), "{word}");
            }
        }
        for mail in mails(Language::english()) {
            assert!(mail.text.is_ascii());
        }
        for mail in mails(Language::german()) {
            assert!(mail.text.starts_with("Guten Tag,\n\n"), "{}", mail.text);
        }
    }
}
