//! A mail server that says what a test tells it to, with or without TLS.

use pain_journal::mail::Smtp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

/// A private certificate authority.
pub struct Authority {
    /// Its certificate in PEM form.
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A fresh one of that name.
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// What a server needs to speak TLS under this name; expired if `last_year` is in the past.
    pub fn server(&self, name: &str, last_year: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Arc::new(config.unwrap())
    }
}

/// When the connection is secured.
#[derive(Clone)]
pub enum Security {
    /// Never.
    Plain,
    /// From the first byte.
    Wrapped(Arc<ServerConfig>),
    /// After STARTTLS.
    Upgraded(Arc<ServerConfig>),
}

/// The reply that does not come until the relay is mended.
pub const HOLD: &str = "hold";

/// What all its connections share.
#[derive(Default)]
struct Stage {
    /// Replies that differ from the usual ones, by verb; `greeting` and `.` are verbs, too.
    script: Mutex<HashMap<&'static str, &'static str>>,
    /// Every text that was handed over.
    taken: Mutex<Vec<String>>,
    /// Connections that wait for a reply.
    holding: AtomicUsize,
    is_over: AtomicBool,
}

/// A running mail server.
pub struct Relay {
    address: SocketAddr,
    stage: Arc<Stage>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Relay {
    /// Starts one.
    pub fn start(security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Arc::new(Stage::default());
        let shared = Arc::clone(&stage);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let (stage, security) = (Arc::clone(&shared), security.clone());
                std::thread::spawn(move || stage.serve(stream, &security));
            }
        });
        Self { address, stage }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The way to it.
    pub fn smtp(&self, url: &str, authority: Option<&str>) -> Smtp {
        let url = url.replace("PORT", &self.port().to_string());
        Smtp::new(&url.into(), "The clinic <clinic@example.org>", authority).unwrap()
    }

    /// From now on this is the reply to that verb.
    pub fn says(&self, verb: &'static str, reply: &'static str) {
        self.stage.script.lock().unwrap().insert(verb, reply);
    }

    /// From now on everything is well.
    pub fn is_mended(&self) {
        self.stage.script.lock().unwrap().clear();
    }

    /// How many connections wait for a reply.
    pub fn holding(&self) -> usize {
        self.stage.holding.load(Ordering::SeqCst)
    }

    /// The texts that were handed over so far.
    pub fn taken(&self) -> Vec<String> {
        self.stage.taken.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stage.is_over.store(true, Ordering::SeqCst);
        self.is_mended();
        let _ = TcpStream::connect(self.address);
    }
}

impl Stage {
    fn serve(&self, tcp: TcpStream, security: &Security) {
        tcp.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let secured = |tcp, config: &Arc<ServerConfig>| {
            StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), tcp)
        };
        match security {
            Security::Plain => drop(self.talk(&mut &tcp, "250 relay", true)),
            Security::Wrapped(config) => {
                self.talk(&mut secured(tcp, config), "250-relay\r\n250 AUTH PLAIN LOGIN", true);
            }
            Security::Upgraded(config) => {
                let hello = "250-relay\r\n250 STARTTLS";
                if self.talk(&mut &tcp, hello, true) {
                    let mut stream = secured(tcp, config);
                    self.talk(&mut stream, "250-relay\r\n250 AUTH PLAIN LOGIN", false);
                }
            }
        }
    }

    /// The reply to a verb, or the usual one.
    fn reply(&self, verb: &str, usual: &'static str) -> &'static str {
        let said = || self.script.lock().unwrap().get(verb).copied();
        if said() == Some(HOLD) {
            self.holding.fetch_add(1, Ordering::SeqCst);
            while said() == Some(HOLD) {
                sleep(Duration::from_millis(2));
            }
            self.holding.fetch_sub(1, Ordering::SeqCst);
        }
        said().unwrap_or(usual)
    }

    /// Leads a conversation to its end; whether that is the change to TLS.
    fn talk(&self, stream: &mut dyn Stream, hello: &'static str, greets: bool) -> bool {
        if greets && !say(stream, self.reply("greeting", "220 ready")) {
            return false;
        }
        let (mut text, mut in_text) = (String::new(), false);
        while let Some(line) = line(stream) {
            if in_text && line != "." {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            let verb = line.split(' ').next().unwrap_or_default().to_owned();
            let usual = match verb.as_str() {
                "EHLO" => hello,
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 goodbye",
                _ => "250 ok",
            };
            let reply = self.reply(&verb, usual);
            let is_good = reply.starts_with(['2', '3']);
            in_text = verb == "DATA" && is_good;
            if verb == "." && is_good {
                self.taken.lock().unwrap().push(std::mem::take(&mut text));
            }
            if !say(stream, reply) || verb == "QUIT" {
                return false;
            }
            if verb == "STARTTLS" && is_good {
                return true;
            }
        }
        false
    }
}

fn say(stream: &mut dyn Stream, reply: &str) -> bool {
    stream.write_all(format!("{reply}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
}

/// The next line, read byte by byte: what follows STARTTLS is not ours to read.
fn line(stream: &mut dyn Stream) -> Option<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        line.push(byte[0]);
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).ok()
}
