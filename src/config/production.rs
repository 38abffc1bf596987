//! What the server of a clinic refuses to start with: settings that are fine on a desk. Pure: what is set goes in,
//! the first thing that is wrong comes out.

use super::Registering;
use crate::http::has_tls;
use std::net::SocketAddr;

/// What is set, and who runs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// Where the server listens. It speaks no TLS.
    pub(super) listen: SocketAddr,
    /// The address that apps use.
    pub(super) public_url: &'a str,
    /// How mail leaves: `log`, `outbox`, or the address of a mail server.
    pub(super) mailer: &'a str,
    /// May anybody register?
    pub(super) registering: Registering,
    /// Is a proxy named that stands in front?
    pub(super) has_proxy: bool,
    /// Does the process run as root?
    pub(super) is_root: bool,
}

/// What stands against serving a clinic with this, if anything does.
pub(super) fn refusal(setting: Setting<'_>) -> Option<&'static str> {
    let Setting { listen, public_url, mailer, registering, has_proxy, is_root } = setting;
    if mailer == "log" {
        Some(
            "PAIN_JOURNAL_MAILER=log is refused in production mode: whoever reads the log could take over an \
             account",
        )
    } else if mailer == "outbox" && registering == Registering::Open {
        Some(
            "with PAIN_JOURNAL_MAILER=outbox no mail leaves, so nobody could finish a registration: name a mail \
             server, or set PAIN_JOURNAL_REGISTRATION=closed",
        )
    } else if !has_tls(public_url) && !has_proxy {
        Some(
            "PAIN_JOURNAL_PUBLIC_URL is http:// in production mode, and no proxy is named that adds TLS: let it \
             begin with https://, or name the proxy with PAIN_JOURNAL_PROXIES",
        )
    } else if !listen.ip().is_loopback() && !has_proxy {
        Some(
            "PAIN_JOURNAL_LISTEN is an address that others reach, and the server speaks no TLS: listen on \
             127.0.0.1 behind a proxy on this machine, or name the proxy with PAIN_JOURNAL_PROXIES",
        )
    } else if is_root {
        Some(
            "in production mode the server does not run as root: start it as an account of its own \
             (User= of systemd, setpriv --reuid)",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLINIC: Setting<'_> = Setting {
        listen: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080),
        public_url: "https://journal.example.org",
        mailer: "smtps://mail.example.org:465",
        registering: Registering::Open,
        has_proxy: false,
        is_root: false,
    };

    #[test]
    fn each_thing_that_is_fine_on_a_desk_is_named() {
        assert_eq!(refusal(CLINIC), None);
        let outside = SocketAddr::from(([0, 0, 0, 0], 8080));
        let outside_v6 = SocketAddr::from(([0; 16], 8080));
        for (setting, named) in [
            (Setting { is_root: true, ..CLINIC }, "root"),
            (Setting { mailer: "log", ..CLINIC }, "PAIN_JOURNAL_MAILER=log"),
            (Setting { mailer: "outbox", ..CLINIC }, "PAIN_JOURNAL_REGISTRATION=closed"),
            (
                Setting { public_url: "http://journal.example.org", ..CLINIC },
                "PUBLIC_URL is http://",
            ),
            (Setting { listen: outside, ..CLINIC }, "PAIN_JOURNAL_LISTEN"),
            (Setting { listen: outside_v6, ..CLINIC }, "PAIN_JOURNAL_LISTEN"),
        ] {
            let said = refusal(setting).unwrap_or_default();
            assert!(said.contains(named), "{setting:?}: {said}");
        }
        for fine in [
            Setting { mailer: "outbox", registering: Registering::Closed, ..CLINIC },
            Setting { public_url: "http://journal.lan", has_proxy: true, ..CLINIC },
            Setting { listen: outside, has_proxy: true, ..CLINIC },
            Setting { listen: "[::1]:8080".parse().unwrap(), ..CLINIC },
        ] {
            assert_eq!(refusal(fine), None, "{fine:?}");
        }
    }
}
