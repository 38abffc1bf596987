//! Sending through an SMTP server, with TLS unless the operator says otherwise.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{Mail, MailError};

/// How long one command, or the connection, may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a whole mail may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_mins(1);

/// Why a configuration is refused. It repeats no part of the URL, which holds the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpConfigError {
    /// Not `smtps://[user:password@]host[:port][/ehlo-name]` or the same with `smtp://`.
    #[error(
        "the SMTP URL is not smtps://user:password@host:port (encode special characters as %XX)"
    )]
    Url,
    /// A user without a password or the other way round.
    #[error("the SMTP URL needs both user and password, or neither")]
    Credentials,
    /// `smtp://` without saying how the connection is secured.
    #[error(
        "smtp:// needs ?tls=required (STARTTLS), or ?tls=none for an unencrypted relay; smtps:// needs neither"
    )]
    Tls,
    /// A password over an unencrypted connection.
    #[error("the SMTP password would travel unencrypted: use smtps:// or ?tls=required")]
    PlainPassword,
    /// The sender is not an address, or `Name <address>`.
    #[error("the sender of mails is not an e-mail address")]
    Sender,
}

/// A configured SMTP server and sender.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp(hidden)")
    }
}

impl Smtp {
    /// Reads the server from a URL: `smtps://user:password@host:465` (TLS from the first byte,
    /// recommended), `smtp://user:password@host:587?tls=required` (STARTTLS, or nothing is sent), or
    /// `smtp://host:25?tls=none` (unencrypted, without password: a relay on this machine). A path
    /// is the name given in EHLO. `sender` is the `From` of every mail: `address` or
    /// `Name <address>`. Certificates are checked against the bundled Mozilla roots.
    ///
    /// # Errors
    /// What is wrong with the configuration; nothing is connected yet.
    pub fn new(url: &SecretString, sender: &str) -> Result<Self, SmtpConfigError> {
        let sender: Mailbox = sender.parse().map_err(|_| SmtpConfigError::Sender)?;
        let url = url.expose_secret();
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte)) {
            return Err(SmtpConfigError::Url);
        }
        let (scheme, rest) = url.split_once("://").ok_or(SmtpConfigError::Url)?;
        let (place, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
        let authority = place.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let complete = |user: &str| {
            user.split_once(':').is_some_and(|(name, word)| !name.is_empty() && !word.is_empty())
        };
        if user.is_some_and(|user| !complete(user)) {
            return Err(SmtpConfigError::Credentials);
        }
        let address = match (scheme, query) {
            ("smtps", None) | ("smtp", Some("tls=required")) => url.to_owned(),
            ("smtp", Some("tls=none")) if user.is_some() => {
                return Err(SmtpConfigError::PlainPassword);
            }
            // Without a query there is no TLS.
            ("smtp", Some("tls=none")) => format!("{scheme}://{place}"),
            ("smtp" | "smtps", _) => return Err(SmtpConfigError::Tls),
            _ => return Err(SmtpConfigError::Url),
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&address)
            .map_err(|_| SmtpConfigError::Url)?
            .timeout(Some(COMMAND_TIMEOUT))
            .build();
        Ok(Self { transport, sender })
    }

    /// Hands one mail to the server; see [`super::Mailer::send`].
    pub(super) async fn send(
        &self,
        id: Uuid,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Result<(), MailError> {
        let message = self.message(id, mail, now)?;
        match tokio::time::timeout(TOTAL_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(MailError::later("time ran out")),
        }
    }

    fn message(&self, id: Uuid, mail: &Mail, now: DateTime<Utc>) -> Result<Message, MailError> {
        let to: Address =
            mail.to.parse().map_err(|_| MailError::refused("the address is not one"))?;
        let mut message = Message::builder()
            .from(self.sender.clone())
            .to(to.into())
            .subject(mail.subject.as_str())
            .date(now.into())
            .message_id(Some(format!("<{id}@{}>", self.sender.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_| MailError::refused("the mail could not be written"))?;
        // Keeps absence notes from answering (RFC 3834 section 5).
        message.headers_mut().insert_raw(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
        Ok(message)
    }
}

/// Keeps the kind and the reply code; the server's words may hold the address.
fn failure(error: &smtp::Error) -> MailError {
    let code = error.status().map(u16::from);
    if error.is_permanent() {
        MailError::Refused { cause: "the mail server refused it", code }
    } else if error.is_transient() {
        MailError::Later { cause: "the mail server asked for patience", code }
    } else if error.is_tls() {
        MailError::later("no secure connection to the mail server")
    } else if error.is_timeout() {
        MailError::later("time ran out")
    } else {
        MailError::later("no connection to the mail server, or an unexpected reply")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    const SENDER: &str = "The clinic <clinic@example.org>";

    fn configured(url: &str) -> Result<Smtp, SmtpConfigError> {
        Smtp::new(&url.to_owned().into(), SENDER)
    }

    fn mail() -> Mail {
        Mail {
            to: "ana@example.net".to_owned(),
            subject: "Confirm your e-mail address".to_owned(),
            text: "Your code: 012345\n".to_owned(),
        }
    }

    #[test]
    fn a_password_never_travels_in_the_clear() {
        use SmtpConfigError::{Credentials, PlainPassword, Tls, Url};
        for good in [
            "smtps://user:p%40ss@mail.example.org:465",
            "smtps://mail.example.org",
            "smtp://user:pass@mail.example.org:587?tls=required",
            "smtp://127.0.0.1:25?tls=none",
            "smtp://[::1]:25/journal.example.org?tls=none",
        ] {
            assert_eq!(configured(good).err(), None, "{good}");
        }
        for (wrong, why) in [
            ("smtp://user:hunter2@mail.example.org:587", Tls),
            ("smtp://user:hunter2@mail.example.org?tls=opportunistic", Tls),
            ("smtps://user:hunter2@mail.example.org?tls=none", Tls),
            ("smtp://user:hunter2@mail.example.org?tls=none", PlainPassword),
            ("smtps://hunter2@mail.example.org", Credentials),
            ("smtps://user:@mail.example.org", Credentials),
            ("smtps://:hunter2@mail.example.org", Credentials),
            ("https://user:hunter2@mail.example.org", Url),
            ("mail.example.org:25", Url),
            ("smtps://user:hunter2@", Url),
            ("smtps://user:hunter2@mail.example.org:99999", Url),
            ("smtps://user:hunter2#x@mail.example.org", Url),
            ("smtps://user:hunter2 @mail.example.org", Url),
        ] {
            let error = configured(wrong).unwrap_err();
            assert_eq!(error, why, "{wrong}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
        let smtp = configured("smtps://user:hunter2@mail.example.org").unwrap();
        assert_eq!(format!("{smtp:?}"), "Smtp(hidden)");
        let sender = Smtp::new(&"smtps://mail.example.org".to_owned().into(), "nobody");
        assert_eq!(sender.unwrap_err(), SmtpConfigError::Sender);
    }

    #[test]
    fn a_message_says_who_when_and_which() {
        let smtp = configured("smtps://mail.example.org").unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let message = smtp.message(Uuid::from_u128(7), &mail(), now).unwrap().formatted();
        let message = String::from_utf8(message).unwrap();
        for line in [
            "From: \"The clinic\" <clinic@example.org>\r\n",
            "To: ana@example.net\r\n",
            "Subject: Confirm your e-mail address\r\n",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "\r\n\r\nYour code: 012345\r\n",
        ] {
            assert!(message.contains(line), "{line} in\n{message}");
        }
        let nobody = Mail { to: "not an address".to_owned(), ..mail() };
        let refused = smtp.message(Uuid::nil(), &nobody, now).unwrap_err();
        assert!(matches!(refused, MailError::Refused { .. }));
    }

    /// A mail server for one mail that answers RCPT with `reply`; gives back all it was told.
    fn server(reply: &'static str) -> (Smtp, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            stream.write_all(b"220 ready\r\n").unwrap();
            let (mut heard, mut in_data) = (String::new(), false);
            for line in lines.map_while(Result::ok) {
                heard.push_str(&line);
                heard.push('\n');
                let answer = match line.get(..4).unwrap_or(&line) {
                    "." => "250 taken",
                    _ if in_data => continue,
                    "EHLO" => "250 hello",
                    "RCPT" => reply,
                    "DATA" => "354 go on",
                    _ => "250 ok",
                };
                in_data = answer.starts_with("354");
                let _ = stream.write_all(format!("{answer}\r\n").as_bytes());
            }
            heard
        });
        (configured(&url).unwrap(), thread)
    }

    #[tokio::test]
    async fn a_mail_arrives_and_a_refusal_says_nothing_personal() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (smtp, thread) = server("250 ok");
        assert_eq!(smtp.send(Uuid::from_u128(7), &mail(), now).await, Ok(()));
        let heard = thread.join().unwrap();
        assert!(heard.contains("MAIL FROM:<clinic@example.org>"), "{heard}");
        assert!(heard.contains("RCPT TO:<ana@example.net>") && heard.contains("Your code: 012345"));

        let (smtp, _) = server("550 5.1.1 <ana@example.net> unknown");
        let error = smtp.send(Uuid::from_u128(7), &mail(), now).await.unwrap_err();
        assert!(matches!(error, MailError::Refused { code: Some(550), .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("ana"));
        let (smtp, _) = server("451 4.7.1 <ana@example.net> later");
        let error = smtp.send(Uuid::from_u128(7), &mail(), now).await.unwrap_err();
        assert!(matches!(error, MailError::Later { code: Some(451), .. }), "{error:?}");
        let nobody = configured("smtp://127.0.0.1:1?tls=none").unwrap();
        let error = nobody.send(Uuid::nil(), &mail(), now).await.unwrap_err();
        assert!(matches!(error, MailError::Later { code: None, .. }), "{error:?}");
    }
}
