//! Sending through an SMTP server, with TLS unless the operator says otherwise.
//!
//! The conversation is led step by step, so that a failure names its step: a refusal of the recipient
//! ends a mail, anything else lets it wait.

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};
use uuid::Uuid;

use super::failure::TIME;
use super::{Mail, MailError, Stage};

/// How long one command, or the connection, may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a whole mail may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a goodbye may take, when the mail is on its way already.
const GOODBYE: Duration = Duration::from_secs(1);
/// What a certificate in a PEM file begins with.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

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
    /// A file of certificates without one, or with a damaged one.
    #[error("PAIN_JOURNAL_MAIL_CA must name a file with certificates in PEM form")]
    Authority,
    /// A certificate authority where there is no TLS.
    #[error("PAIN_JOURNAL_MAIL_CA makes no sense with ?tls=none")]
    AuthorityWithoutTls,
}

/// How the connection is secured.
#[derive(Clone)]
enum Security {
    /// TLS from the first byte.
    Wrapped(TlsParameters),
    /// STARTTLS, or nothing is sent.
    Upgraded(TlsParameters),
    /// Not at all.
    Plain,
}

/// A configured SMTP server and sender.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
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
    /// `Name <address>`. Certificates are checked against the bundled Mozilla roots, and against
    /// `authority` beside them: the PEM text of a private certificate authority.
    ///
    /// # Errors
    /// What is wrong with the configuration; nothing is connected yet.
    pub fn new(
        url: &SecretString,
        sender: &str,
        authority: Option<&str>,
    ) -> Result<Self, SmtpConfigError> {
        let sender: Mailbox = sender.parse().map_err(|_| SmtpConfigError::Sender)?;
        let url = url.expose_secret();
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte)) {
            return Err(SmtpConfigError::Url);
        }
        let (scheme, rest) = url.split_once("://").ok_or(SmtpConfigError::Url)?;
        let (place, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
        let parsed = Url::parse(&format!("{scheme}://{place}"));
        let credentials = credentials(place)?;
        let host = || -> Result<String, SmtpConfigError> {
            match parsed.as_ref().map(Url::host) {
                Ok(Some(Host::Domain(name))) if !name.is_empty() => Ok(name.to_owned()),
                Ok(Some(Host::Ipv4(address))) => Ok(address.to_string()),
                Ok(Some(Host::Ipv6(address))) => Ok(address.to_string()),
                _ => Err(SmtpConfigError::Url),
            }
        };
        let (port, security) = match (scheme, query) {
            ("smtps", None) => (465, Security::Wrapped(tls(host()?, authority)?)),
            ("smtp", Some("tls=required")) => (587, Security::Upgraded(tls(host()?, authority)?)),
            ("smtp", Some("tls=none")) if credentials.is_some() => {
                return Err(SmtpConfigError::PlainPassword);
            }
            ("smtp", Some("tls=none")) if authority.is_some() => {
                return Err(SmtpConfigError::AuthorityWithoutTls);
            }
            ("smtp", Some("tls=none")) => (25, Security::Plain),
            ("smtp" | "smtps", _) => return Err(SmtpConfigError::Tls),
            _ => return Err(SmtpConfigError::Url),
        };
        let host = host()?;
        let parsed = parsed.map_err(|_| SmtpConfigError::Url)?;
        let hello = match parsed.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let port = parsed.port().unwrap_or(port);
        Ok(Self { host, port, security, credentials, hello, sender })
    }

    /// Hands one mail to the server; see [`super::Mailer::send`].
    pub(super) async fn send(
        &self,
        id: Uuid,
        mail: &Mail,
        now: DateTime<Utc>,
    ) -> Result<(), MailError> {
        let message = self.message(id, mail, now)?;
        let steps = Steps { end: Instant::now() + TOTAL_TIMEOUT };
        let mut connection = self.connect(&steps).await?;
        let from = MailFrom::new(message.envelope().from().cloned(), Vec::new());
        steps.take(Stage::MailFrom, connection.command(from)).await?;
        for to in message.envelope().to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            steps.take(Stage::Recipient, connection.command(to)).await?;
        }
        steps.take(Stage::Data, connection.command(Data)).await?;
        steps.take(Stage::Data, connection.message(&message.formatted())).await?;
        // The mail is taken, whatever comes of the goodbye.
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    /// A connection on which mails may be sent.
    async fn connect(&self, steps: &Steps) -> Result<AsyncSmtpConnection, MailError> {
        let wrapped = match &self.security {
            Security::Wrapped(tls) => Some(tls.clone()),
            Security::Upgraded(_) | Security::Plain => None,
        };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapped, None);
        let mut connection = steps.take(Stage::Connection, connecting).await?;
        if let Security::Upgraded(tls) = &self.security {
            steps.take(Stage::StartTls, connection.starttls(tls.clone(), &self.hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            let signing_in = connection.auth(DEFAULT_MECHANISMS, credentials);
            steps.take(Stage::Auth, signing_in).await?;
        }
        Ok(connection)
    }

    fn message(&self, id: Uuid, mail: &Mail, now: DateTime<Utc>) -> Result<Message, MailError> {
        let to: Address = mail
            .to
            .parse()
            .map_err(|_| MailError::refused(Stage::Message, "the address is not one"))?;
        let mut message = Message::builder()
            .from(self.sender.clone())
            .to(to.into())
            .subject(mail.subject.as_str())
            .date(now.into())
            .message_id(Some(format!("<{id}@{}>", self.sender.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_| MailError::refused(Stage::Message, "it could not be written"))?;
        // Keeps absence notes from answering (RFC 3834 section 5).
        message.headers_mut().insert_raw(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
        Ok(message)
    }
}

/// The steps of one conversation, each with its limit, all of them with one end.
struct Steps {
    end: Instant,
}

impl Steps {
    async fn take<T>(
        &self,
        stage: Stage,
        step: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, MailError> {
        match timeout_at(self.end.min(Instant::now() + COMMAND_TIMEOUT), step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(MailError::of(stage, &error)),
            Err(_) => Err(MailError::later(stage, TIME)),
        }
    }
}

/// User and password of `user:password@host…`, both or neither.
fn credentials(place: &str) -> Result<Option<Credentials>, SmtpConfigError> {
    let authority = place.split('/').next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return Ok(None) };
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| SmtpConfigError::Url)?;
        if text.is_empty() { Err(SmtpConfigError::Credentials) } else { Ok(text.into_owned()) }
    };
    let (name, word) = user.split_once(':').ok_or(SmtpConfigError::Credentials)?;
    Ok(Some(Credentials::new(decoded(name)?, decoded(word)?)))
}

fn tls(host: String, authority: Option<&str>) -> Result<TlsParameters, SmtpConfigError> {
    let mut parameters = TlsParameters::builder(host);
    if let Some(pem) = authority {
        let certificate = Certificate::from_pem(pem.as_bytes());
        if !pem.contains(CERTIFICATE) {
            return Err(SmtpConfigError::Authority);
        }
        let certificate = certificate.map_err(|_| SmtpConfigError::Authority)?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|_| match authority {
        Some(_) => SmtpConfigError::Authority,
        None => SmtpConfigError::Url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: &str = "The clinic <clinic@example.org>";

    fn configured(url: &str) -> Result<Smtp, SmtpConfigError> {
        Smtp::new(&url.to_owned().into(), SENDER, None)
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
        let sender = Smtp::new(&"smtps://mail.example.org".to_owned().into(), "nobody", None);
        assert_eq!(sender.unwrap_err(), SmtpConfigError::Sender);
    }

    #[test]
    fn a_private_authority_is_read_at_the_start() {
        let with =
            |url: &str, pem: &str| Smtp::new(&url.to_owned().into(), SENDER, Some(pem)).err();
        let damaged = format!("{CERTIFICATE}\nAAAA\n-----END CERTIFICATE-----\n");
        for pem in ["", "nothing", &damaged] {
            let error = with("smtps://mail.example.org", pem);
            assert_eq!(error, Some(SmtpConfigError::Authority), "{pem}");
        }
        let error = with("smtp://127.0.0.1:25?tls=none", &damaged);
        assert_eq!(error, Some(SmtpConfigError::AuthorityWithoutTls));
    }

    #[test]
    fn host_port_name_and_password_are_those_of_the_url() {
        for (url, host, port) in [
            ("smtps://mail.example.org", "mail.example.org", 465),
            ("smtp://mail.example.org?tls=required", "mail.example.org", 587),
            ("smtp://127.0.0.1?tls=none", "127.0.0.1", 25),
            ("smtp://[::1]:2525/journal.example.org?tls=none", "::1", 2525),
        ] {
            let smtp = configured(url).unwrap();
            assert_eq!((smtp.host.as_str(), smtp.port), (host, port));
        }
        let named = configured("smtp://[::1]:25/journal.example.org?tls=none").unwrap();
        assert_eq!(named.hello, ClientId::Domain("journal.example.org".to_owned()));
        let smtp = configured("smtps://a%40b:p%3Aq@mail.example.org").unwrap();
        assert_eq!(smtp.credentials, Some(Credentials::new("a@b".to_owned(), "p:q".to_owned())));
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
        assert!(refused.is_final);
    }
}
