//! Secrets that travel outside the app: verification codes, link tokens, invitation codes.
//!
//! None of them is stored. A link token is long enough that its SHA-256 tells nothing; a code of
//! 20 or 60 bits is not, so it is kept as an HMAC under a key of the master secret, and a stolen
//! copy of the database opens no share and verifies no address. Every stored value is bound to its
//! purpose, so that a token for one thing is worth nothing for another.

use aws_lc_rs::{constant_time, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::mac::Mac;
use super::random::Random;
use super::secret::MasterSecret;
use crate::wire::unseen::is_unseen;

/// More than this many bytes are no typed code, spaces or not.
const MAX_TYPED: usize = 64;

/// What is stored of a code or token.
pub type Digest = [u8; 32];

/// Whether a stored digest is this one; compared in constant time.
pub fn same(stored: &[u8], digest: &Digest) -> bool {
    constant_time::verify_slices_are_equal(stored, digest).is_ok()
}

/// The key under which short codes are stored.
#[derive(Debug, Clone)]
pub struct CodeKey(Mac);

impl CodeKey {
    /// The key of this server.
    pub fn new(secret: &MasterSecret) -> Self {
        Self(Mac::new(secret, "short codes"))
    }
}

/// Six digits, typed from a mail: good for one handle, ten minutes and five tries, all of which
/// the caller sees to.
#[derive(Debug, Clone)]
pub struct VerificationCode(SecretString);

/// Stands between the symbols of a code, where people and the programs they copy from put something.
fn is_between(c: char) -> bool {
    is_unseen(c) || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl VerificationCode {
    /// A new code; each of the million is equally likely.
    pub fn generate(random: &dyn Random) -> Self {
        Self(format!("{:06}", random.below(1_000_000)).into())
    }

    /// Reads what a person typed: six ASCII digits, blanks, dashes and what is unseen ignored.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_TYPED {
            return None;
        }
        let digits: String = typed.chars().filter(|c| !is_between(*c)).collect();
        let fits = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit());
        fits.then(|| Self(digits.into()))
    }

    /// The six digits, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store: bound to the handle that asked, so the code of one is no code of another.
    pub fn digest(&self, key: &CodeKey, handle: Uuid) -> Digest {
        key.0.of(&[b"verification\0", handle.as_bytes(), self.expose().as_bytes()])
    }
}

/// What a link token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Verifies the address of a registration.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Confirms a new address.
    ChangeEmail,
    /// Continues a sign-in that waits for its second factor.
    SecondFactor,
}

impl LinkPurpose {
    fn tag(self) -> &'static [u8] {
        match self {
            Self::VerifyEmail => b"link verify-email\0",
            Self::ResetPassword => b"link reset-password\0",
            Self::ChangeEmail => b"link change-email\0",
            Self::SecondFactor => b"link second-factor\0",
        }
    }
}

/// 256 random bits for a link: 43 characters of base64url.
#[derive(Debug, Clone)]
pub struct LinkToken(SecretString);

impl LinkToken {
    /// A new token.
    pub fn generate(random: &dyn Random) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random.array::<32>()).into())
    }

    /// Reads a token; `None` for anything but 32 bytes as base64url without padding.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok();
        fits.then(|| Self(text.into()))
    }

    /// The token, for the link.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store: SHA-256 with the purpose in front.
    pub fn digest(&self, purpose: LinkPurpose) -> Digest {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(purpose.tag());
        context.update(self.expose().as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }
}

/// Crockford's base 32: no I, L, O or U, so nothing in it looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A share's invitation: 60 random bits, read out or typed as `XXXX-XXXX-XXXX`.
#[derive(Debug, Clone)]
pub struct InvitationCode(SecretString);

impl InvitationCode {
    /// A new code.
    pub fn generate(random: &dyn Random) -> Self {
        let symbol = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self::grouped(random.array::<12>().map(symbol).iter())
    }

    /// Reads what a person typed: any case, blanks, dashes and what is unseen ignored, O taken for 0,
    /// I and L for 1. `None` for any other character (U too) or length.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_TYPED {
            return None;
        }
        let symbols: Option<Vec<char>> =
            typed.chars().filter(|c| !is_between(*c)).map(read_symbol).collect();
        let symbols = symbols.filter(|symbols| symbols.len() == 12)?;
        Some(Self::grouped(symbols.iter()))
    }

    /// The code as it is shown: three groups of four.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store and look up.
    pub fn digest(&self, key: &CodeKey) -> Digest {
        key.0.of(&[b"share invitation\0", self.expose().as_bytes()])
    }

    fn grouped<'a>(symbols: impl Iterator<Item = &'a char>) -> Self {
        let mut text = String::with_capacity(14);
        for (at, symbol) in symbols.enumerate() {
            if at == 4 || at == 8 {
                text.push('-');
            }
            text.push(*symbol);
        }
        Self(text.into())
    }
}

fn read_symbol(typed: char) -> Option<char> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    u8::try_from(symbol).is_ok_and(|byte| ALPHABET.contains(&byte)).then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::super::random::SeededRandom;
    use super::*;

    fn code_key(letter: &str) -> CodeKey {
        CodeKey::new(&MasterSecret::parse(&letter.repeat(40)).unwrap())
    }

    #[test]
    fn a_verification_code_is_six_digits_however_typed() {
        let random = SeededRandom::new(1);
        for _ in 0..200 {
            let code = VerificationCode::generate(&random);
            assert_eq!(VerificationCode::parse(code.expose()).unwrap().expose(), code.expose());
        }
        assert_eq!(VerificationCode::parse(" 012 345").unwrap().expose(), "012345");
        assert_eq!(VerificationCode::parse("012-345").unwrap().expose(), "012345");
        let arabic = "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}";
        for wrong in ["", "12345", "1234567", "12345a", "+12345", "12345\0", "12.345", arabic] {
            assert!(VerificationCode::parse(wrong).is_none(), "{wrong}");
        }
        assert!(VerificationCode::parse(&format!("{}123456", " ".repeat(1000))).is_none());
    }

    #[test]
    fn a_code_counts_for_its_handle_and_server_only() {
        let code = VerificationCode::parse("123456").unwrap();
        let (key, handle) = (code_key("a"), Uuid::from_u128(1));
        let stored = code.digest(&key, handle);
        assert!(same(&stored, &code.digest(&key, handle)));
        assert!(!same(&stored, &code.digest(&key, Uuid::from_u128(2))));
        assert!(!same(&stored, &code.digest(&code_key("b"), handle)));
        assert!(!same(&stored, &VerificationCode::parse("123457").unwrap().digest(&key, handle)));
        assert!(!same(&stored[..31], &stored) && !same(&[], &stored));
    }

    #[test]
    fn a_link_token_counts_for_its_purpose_only() {
        let random = SeededRandom::new(2);
        let token = LinkToken::generate(&random);
        assert_eq!(token.expose().len(), 43);
        let read = LinkToken::parse(token.expose()).unwrap();
        let purposes = [
            LinkPurpose::VerifyEmail,
            LinkPurpose::ResetPassword,
            LinkPurpose::ChangeEmail,
            LinkPurpose::SecondFactor,
        ];
        for stored in purposes {
            for presented in purposes {
                let equal = same(&token.digest(stored), &read.digest(presented));
                assert_eq!(equal, stored == presented);
            }
        }
        assert_ne!(token.expose(), LinkToken::generate(&random).expose());
        let text = token.expose();
        let spelled = format!("{}{}", &text[..42], "_");
        for wrong in ["", &text[..42], &format!("{text}="), &spelled, &"'".repeat(43)] {
            assert!(LinkToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn sha256_gives_the_published_answer() {
        // FIPS 180-4 example "abc", first 16 bytes.
        let digest = digest::digest(&digest::SHA256, b"abc");
        let expected = 0xba78_16bf_8f01_cfea_4141_40de_5dae_2223_u128.to_be_bytes();
        assert_eq!(&digest.as_ref()[..16], expected);
    }

    #[test]
    fn an_invitation_survives_being_read_out() {
        let random = SeededRandom::new(3);
        let key = code_key("a");
        for _ in 0..200 {
            let code = InvitationCode::generate(&random);
            let text = code.expose();
            assert!(text.len() == 14 && text.bytes().all(|b| b == b'-' || ALPHABET.contains(&b)));
            let heard = text.to_lowercase().replace('0', "o").replace('1', "l").replace('-', " ");
            let read = InvitationCode::parse(&heard).unwrap();
            assert_eq!(read.digest(&key), code.digest(&key), "{heard}");
        }
        for pasted in ["oOiI lL00 1abc", "\u{feff}oOiI\u{a0}lL00\u{2011}1abc\u{200b}\n"] {
            assert_eq!(InvitationCode::parse(pasted).unwrap().expose(), "0011-1100-1ABC");
        }
        let long_s = "K7QM-2FXW-9TR\u{17f}";
        for wrong in
            ["", "K7QM-2FXW-9TR", "K7QM-2FXW-9TRAA", "K7QM-2FXW-9TRU", "K7QM_2FXW_9TRA", long_s]
        {
            assert!(InvitationCode::parse(wrong).is_none(), "{wrong}");
        }
        let code = InvitationCode::parse("K7QM2FXW9TRA").unwrap();
        assert_ne!(code.digest(&key), code.digest(&code_key("b")));
        assert!(!format!("{code:?} {:?}", LinkToken::generate(&random)).contains("K7QM"));
    }
}
