//! How a request comes here: from which network, as far as it can be believed, and whether by TLS.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Where proxies say whom they speak for, the nearest one last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Bits in front of an IPv4 address that is written as one of IPv6 (RFC 4291 section 2.5.5.2).
const MAPPED: u8 = 96;

/// Do browsers reach a server with this public address by TLS? It is added by what stands in front.
pub fn has_tls(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

/// Addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u128,
    bits: u8,
}

/// The bits of an address, those of IPv4 as IPv6 writes them.
fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `bits` of an address, the rest zero.
const fn cut(address: u128, bits: u8) -> u128 {
    match bits {
        0 => 0,
        bits => address & (u128::MAX << (128 - bits as u32)),
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no address and no range like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (before, most) = if address.is_ipv4() { (MAPPED, 32) } else { (0, 128) };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        let bits = before + bits;
        Ok(Self { start: cut(bits_of(address), bits), bits })
    }
}

/// The proxies in front of the server, by their addresses. What they say of whom they speak for is
/// believed; what anybody else says of it is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Range>);

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ranges = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        ranges.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    fn hold(&self, address: IpAddr) -> bool {
        let address = bits_of(address);
        self.0.iter().any(|range| cut(address, range.bits) == range.start)
    }

    /// The client that the nearest of these proxies speaks for: the last address in the header that is none
    /// of theirs. What stands before it, the client may have written.
    fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines: Vec<&str> =
            headers.get_all(FORWARDED_FOR).map(|line| line.to_str().unwrap_or_default()).collect();
        let mut said = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(address_in);
        said.find(|address| !address.is_some_and(|address| self.hold(address))).flatten()
    }
}

/// An address, with a port or without.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().ok();
    address.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

/// A block of addresses of which one client may have many: a /24 of IPv4, a /56 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(u128);

impl Network {
    /// The network that a request comes from. None where that is not known: it comes from this machine
    /// itself, where a proxy may stand that was not named, or a named proxy does not say from whom.
    pub fn of(request: &HttpRequest, proxies: &Proxies) -> Option<Self> {
        let peer = request.peer_addr()?.ip();
        let client = if proxies.hold(peer) { proxies.client(request.headers())? } else { peer };
        Self::around(client)
    }

    fn around(client: IpAddr) -> Option<Self> {
        let address = Ipv6Addr::from_bits(bits_of(client));
        let is_mapped = address.to_ipv4_mapped();
        let is_here = is_mapped.map_or(address.is_loopback(), |address| address.is_loopback());
        let bits = if is_mapped.is_some() { MAPPED + 24 } else { 56 };
        (!is_here).then(|| Self(cut(address.to_bits(), bits)))
    }

    /// What stands for it where it is counted.
    pub const fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn network(peer: &str, proxies: &str, said: &[&str]) -> Option<Network> {
        let peer: IpAddr = peer.parse().unwrap();
        let request = TestRequest::default().peer_addr(SocketAddr::new(peer, 40_000));
        let request = said
            .iter()
            .fold(request, |request, line| request.append_header(("X-Forwarded-For", *line)));
        Network::of(&request.to_http_request(), &proxies.parse().unwrap())
    }

    fn around(client: &str) -> Option<Network> {
        Network::around(client.parse().unwrap())
    }

    #[test]
    fn t036_a_network_is_a_24_of_ipv4_and_a_56_of_ipv6() {
        assert_eq!(around("198.51.100.7"), around("198.51.100.200"));
        assert_eq!(around("198.51.100.7"), around("::ffff:198.51.100.9"));
        assert_ne!(around("198.51.100.7"), around("198.51.101.7"));
        assert_eq!(around("2001:db8:1:2a00::1"), around("2001:db8:1:2aff:9::1"));
        assert_ne!(around("2001:db8:1:2a00::1"), around("2001:db8:1:2b00::1"));
        for here in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(around(here), None, "{here}");
        }
    }

    #[test]
    fn only_named_proxies_say_whom_they_speak_for() {
        let (client, other) = (around("198.51.100.7"), around("203.0.113.9"));
        assert!(client != other && client.is_some() && other.is_some());
        assert_eq!(network("198.51.100.7", "", &["203.0.113.9"]), client);
        assert_eq!(network("198.51.100.7", "10.0.0.0/8", &["203.0.113.9"]), client);
        assert_eq!(network("198.51.100.7", "198.51.100.7", &["203.0.113.9"]), other);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8, ::1", &["203.0.113.9:5050"]), other);
        assert_eq!(network("::1", "::1", &["[2001:db8::7]:80"]), around("2001:db8::7"));
        // What the client wrote itself stands in front of what the nearest proxy adds.
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &["203.0.113.9, 198.51.100.7"]), client);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &["203.0.113.9", "198.51.100.7"]), client);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &["198.51.100.7, 10.9.9.9"]), client);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &["198.51.100.7, somebody"]), None);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &[]), None);
        assert_eq!(network("10.1.2.3", "10.0.0.0/8", &["10.4.4.4"]), None);
        assert_eq!(network("127.0.0.1", "", &["198.51.100.7"]), None, "a proxy without a name");
    }

    #[test]
    fn proxies_are_addresses_and_ranges() {
        for wrong in ["proxy", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0.0.1:80"] {
            assert!(wrong.parse::<Proxies>().is_err(), "{wrong}");
        }
        assert_eq!(" , ".parse::<Proxies>().unwrap(), Proxies::default());
        let everybody: Proxies = "0.0.0.0/0".parse().unwrap();
        assert!(everybody.hold("8.8.8.8".parse().unwrap()));
        assert!(!everybody.hold("2001:db8::1".parse().unwrap()));
        assert!("::/0".parse::<Proxies>().unwrap().hold("2001:db8::1".parse().unwrap()));
    }
}
