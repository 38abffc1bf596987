//! Mail: what the server tells people by e-mail, and the three ways it leaves.
//!
//! Requests never send. They put a row in the mail queue, in the transaction of its cause, and a
//! job sends it with `Mailer::send`, so that the time of an answer tells nobody whether an
//! address is known. Addresses and texts appear in no error and no `Debug` output.

mod failure;
pub mod outbox;
pub mod smtp;
pub mod texts;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use failure::{MailError, Stage};
pub use smtp::Smtp;

/// One mail, to one person, as plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address, without a display name.
    pub to: String,
    /// The subject, one line. It shows on locked screens: no code, nothing about health.
    pub subject: String,
    /// The text, lines ended by `\n`.
    pub text: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(hidden)")
    }
}

/// The way mail leaves this server.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// **Development only.** The text, with its code and link, goes to the log at `info`; nothing
    /// is sent. Whoever reads the log can take over a registration.
    Log,
    /// One file per mail in this folder, made when missing: for tests, demos and pick-up by
    /// another program.
    Outbox(PathBuf),
    /// Through an SMTP server.
    Smtp(Arc<Smtp>),
}

impl Mailer {
    /// Sends one mail. `id` is the mail's own id in the queue: sent twice (the process died in
    /// between), it overwrites the same file, or carries the same `Message-ID` so that a mailbox can
    /// tell. `now` is the date on it.
    ///
    /// # Errors
    /// Where it failed, and whether another try may succeed.
    pub async fn send(&self, id: Uuid, mail: &Mail, now: DateTime<Utc>) -> Result<(), MailError> {
        if [&mail.to, &mail.subject].into_iter().any(|line| line.contains(char::is_control)) {
            return Err(MailError::refused(Stage::Message, "control character in a header"));
        }
        match self {
            Self::Log => {
                tracing::info!(%id, subject = %mail.subject, text = %mail.text, "mail not sent");
                Ok(())
            }
            Self::Outbox(folder) => {
                let (folder, mail) = (folder.clone(), mail.clone());
                let task =
                    tokio::task::spawn_blocking(move || outbox::put(&folder, id, &mail, now));
                match task.await {
                    Ok(Ok(_)) => Ok(()),
                    _ => Err(MailError::later(Stage::Outbox, "it could not be written")),
                }
            }
            Self::Smtp(smtp) => smtp.send(id, mail, now).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str) -> Mail {
        Mail { to: to.to_owned(), subject: "Hello".to_owned(), text: "code 123456\n".to_owned() }
    }

    #[test]
    fn nothing_prints_address_or_text() {
        assert_eq!(format!("{:?}", mail("ana@example.org")), "Mail(hidden)");
    }

    #[tokio::test]
    async fn a_header_cannot_be_smuggled_in() {
        for to in ["ana@example.org\r\nBcc: eve@example.org", "ana@example.org\n", "a\0@b"] {
            let sent = Mailer::Log.send(Uuid::nil(), &mail(to), DateTime::UNIX_EPOCH).await;
            assert!(sent.is_err_and(|error| error.is_final), "{to:?}");
        }
        let sent =
            Mailer::Log.send(Uuid::nil(), &mail("ana@example.org"), DateTime::UNIX_EPOCH).await;
        assert_eq!(sent, Ok(()));
    }

    #[tokio::test]
    async fn a_full_disk_or_a_file_in_the_way_is_tried_again() {
        let file = std::env::temp_dir().join(format!("pj-mail-{}", Uuid::now_v7()));
        std::fs::write(&file, "in the way").unwrap();
        let mailer = Mailer::Outbox(file.join("outbox"));
        let sent = mailer.send(Uuid::nil(), &mail("ana@example.org"), DateTime::UNIX_EPOCH).await;
        assert_eq!(sent, Err(MailError::later(Stage::Outbox, "it could not be written")));
        std::fs::remove_file(&file).unwrap();
    }
}
