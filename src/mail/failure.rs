//! Why a mail did not leave: where it failed, what the other side answered, whether to try again.

use lettre::transport::smtp;
use rustls::{CertificateError, Error as TlsError};
use std::error::Error as _;
use std::fmt;
use std::io;

/// Where the sending of a mail failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Putting the mail together.
    Message,
    /// Writing to the outbox.
    Outbox,
    /// Reaching the mail server.
    Connection,
    /// Agreeing on TLS.
    Tls,
    /// The mail server's first words, or its answer to EHLO.
    Greeting,
    /// Asking for TLS.
    StartTls,
    /// Signing in.
    Auth,
    /// Naming the sender.
    MailFrom,
    /// Naming the recipient.
    Recipient,
    /// Handing over the text.
    Data,
}

impl Stage {
    /// Whether a refusal here is about the recipient or the mail, and not about this server's own
    /// standing with the mail server.
    const fn speaks_of_the_recipient(self) -> bool {
        matches!(self, Self::Recipient | Self::Data)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Message => "writing the mail",
            Self::Outbox => "the outbox",
            Self::Connection => "connecting to the mail server",
            Self::Tls => "TLS with the mail server",
            Self::Greeting => "the mail server's greeting",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::MailFrom => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
        })
    }
}

/// Why a mail did not leave. It names stage, reply code and cause, and never the address, the text or
/// what the other server said, since that often repeats the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct MailError {
    /// Where it failed.
    pub stage: Stage,
    /// The SMTP reply code (400 to 599) when there was one.
    pub code: Option<u16>,
    /// What was wrong.
    pub cause: &'static str,
    /// It will never leave: give it up. Otherwise another try may succeed.
    pub is_final: bool,
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage, self.cause)?;
        self.code.map_or(Ok(()), |code| write!(f, " (reply {code})"))
    }
}

/// What [`MailError::cause`] says when nothing came in time.
pub(super) const TIME: &str = "time ran out";

impl MailError {
    /// A mail that will never leave.
    pub(super) const fn refused(stage: Stage, cause: &'static str) -> Self {
        Self { stage, code: None, cause, is_final: true }
    }

    /// A mail to try again later.
    pub(super) const fn later(stage: Stage, cause: &'static str) -> Self {
        Self { stage, code: None, cause, is_final: false }
    }

    /// What failed in a conversation, at the stage it had reached. Only a refusal of the recipient or
    /// of the text is final: RFC 5321 section 4.2.2 has 550 to 559 for these. All other replies speak
    /// of this server's sign-in, address or name, which the operator can mend.
    pub(super) fn of(stage: Stage, error: &smtp::Error) -> Self {
        if let Some(code) = error.status().map(u16::from) {
            let stage = if stage == Stage::Connection { Stage::Greeting } else { stage };
            let is_final = stage.speaks_of_the_recipient() && (550..=559).contains(&code);
            let cause = if code < 500 { "the mail server asks for patience" } else { "refused" };
            return Self { stage, code: Some(code), cause, is_final };
        }
        if let Some(cause) = tls_cause(error) {
            return Self::later(Stage::Tls, cause);
        }
        let cause = match stage {
            Stage::StartTls if error.is_client() => "the mail server does not offer it",
            Stage::Auth if error.is_client() => "no way of signing in in common",
            _ if error.is_response() => "the answer is no SMTP",
            _ if error.is_tls() => return Self::later(Stage::Tls, "it failed"),
            _ => io_error(error).map_or("it failed", io_cause),
        };
        Self::later(stage, cause)
    }
}

fn io_error(error: &smtp::Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        source = error.source();
    }
    None
}

fn io_cause(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::TimedOut => TIME,
        io::ErrorKind::ConnectionRefused => "nothing listens there",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no way there",
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => "the connection broke",
        // The resolver's errors have no kind of their own.
        _ => "the name is unknown, or the network failed",
    }
}

/// What TLS did not like, if it was TLS.
fn tls_cause(error: &smtp::Error) -> Option<&'static str> {
    let inner = io_error(error)?.get_ref()?.downcast_ref::<TlsError>()?;
    Some(match inner {
        TlsError::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer => {
                "the certificate is from an unknown issuer; PAIN_JOURNAL_MAIL_CA can name it"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            CertificateError::Revoked => "the certificate was revoked",
            _ => "the certificate is not valid",
        },
        TlsError::InvalidMessage(_) => "what answers does not speak TLS",
        TlsError::AlertReceived(_) => "the mail server broke it off",
        TlsError::PeerIncompatible(_) => "no version or cipher in common",
        _ => "it failed",
    })
}
