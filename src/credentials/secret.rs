//! The master secret: one value from the operator, from which every other key of the server comes.
//!
//! Keys are derived by purpose (HKDF-SHA-256, RFC 5869), so no two uses share a key, and small
//! secrets at rest (signing keys, refresh keys) are sealed with AES-256-GCM. How a text becomes
//! the secret and how purposes become keys must never change: sealed rows would stop opening.

use crate::db::Gate;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{self, Aad, Nonce};
use aws_lc_rs::hkdf;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice};

use super::random::Random;

/// The shortest secret: 32 bytes decoded, or 32 characters of plain text.
pub const MIN_BYTES: usize = 32;

/// The placeholder printed in the documentation. It parses, and [`MasterSecret::is_weak`] knows it.
pub const DOCUMENTED_EXAMPLE: &str = "changeme-changeme-changeme-changeme-";

const SALT: &[u8] = b"pain-journal master secret v1";
const SEAL_VERSION: u8 = 1;
const FILE_LIMIT: u64 = 4096;

/// Why a secret could not be had, or a sealed value not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The text holds less than 32 bytes.
    #[error("the secret is too short: it needs at least 32 bytes (base64 or hex) or 32 characters")]
    TooShort,
    /// The text has something that no secret has, named here: a comment or a placeholder was taken
    /// for a part of it, or another reader of the same file will read another secret.
    #[error(
        "the secret holds {0}, so a comment, a quote or a placeholder may be part of it; \
         make one with: openssl rand -base64 32"
    )]
    NotOnlyASecret(&'static str),
    /// The file's permissions let the group or everybody at it: its path, and its permission bits.
    #[error("{} can be read by others (mode {:04o}): run chmod 600 on it", .0.display(), .1)]
    OpenToOthers(PathBuf, u32),
    /// The path is a directory, a device or a pipe, or holds more than 4 KiB.
    #[error("{} is not a secret file (a plain file of at most 4 KiB)", .0.display())]
    NotAFile(PathBuf),
    /// The file could not be read or made: its path, and what the system said.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// The value was not sealed with this secret, this purpose and this context, or was changed.
    #[error("a sealed value does not open with this secret")]
    NotOurs,
}

/// The operator's secret. It is wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct MasterSecret {
    bytes: SecretSlice<u8>,
    weak: bool,
}

impl std::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterSecret(hidden)")
    }
}

impl MasterSecret {
    /// Reads a secret from text, white space at both ends ignored. In this order: hex (64 digits or
    /// more), base64 or base64url (with or without padding) of at least 32 bytes, else the text
    /// itself when it has at least 32 characters.
    ///
    /// A text with blanks, `#`, `...`, quotes or what else files of settings and shells read in ways
    /// of their own is refused: systemd takes a comment behind a value for a part of it.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] when none of the three fits, [`SecretError::NotOnlyASecret`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        match stray(text) {
            Some(found) => Err(SecretError::NotOnlyASecret(found)),
            None => Self::parse_earlier(text),
        }
    }

    /// Like [`Self::parse`], but takes what earlier versions took: for replacing it.
    ///
    /// # Errors
    /// [`SecretError::TooShort`].
    pub fn parse_earlier(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let decoded = hex(text).or_else(|| {
            [URL_SAFE_NO_PAD, URL_SAFE, STANDARD_NO_PAD, STANDARD]
                .iter()
                .find_map(|engine| engine.decode(text).ok())
        });
        let bytes = match decoded.map(Zeroizing::new) {
            Some(bytes) if bytes.len() >= MIN_BYTES => bytes,
            _ if text.chars().count() >= MIN_BYTES => Zeroizing::new(text.as_bytes().to_vec()),
            _ => return Err(SecretError::TooShort),
        };
        let weak = looks_weak(text.as_bytes()) || looks_weak(&bytes);
        Ok(Self { bytes: bytes.to_vec().into(), weak })
    }

    /// The secret kept in `path`; when there is none yet, a new one of 32 random bytes is put
    /// there (base64url, mode 0600). Two servers starting at once end up with the same secret, and
    /// a crash leaves either no file or a whole one.
    ///
    /// # Errors
    /// [`SecretError::OpenToOthers`] for a file that the group or others may touch,
    /// [`SecretError::NotAFile`], [`SecretError::TooShort`], [`SecretError::Io`].
    pub fn from_file_or_create(path: &Path, random: &dyn Random) -> Result<Self, SecretError> {
        let failed = |source| SecretError::Io(path.to_owned(), source);
        match File::open(path) {
            Ok(file) => return read(path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", random.uuid().simple()));
        let draft = PathBuf::from(draft);
        let put = write_private(&draft, &Self::generate(random)).and_then(|()| {
            // A link, unlike a rename, never replaces what another server has just put there.
            match fs::hard_link(&draft, path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => Ok(()),
            }
        });
        let removed = fs::remove_file(&draft);
        put.and(removed).and_then(|()| sync_folder_of(path)).map_err(failed)?;
        read(path, File::open(path).map_err(failed)?)
    }

    /// The secret kept in `path`, as it was taken once; it is not made where it is missing.
    ///
    /// # Errors
    /// As [`Self::from_file_or_create`].
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let file = File::open(path).map_err(|e| SecretError::Io(path.to_owned(), e))?;
        Self::parse_earlier(&read_text(path, file)?)
    }

    /// A new secret as text: 32 random bytes as base64url.
    pub fn generate(random: &dyn Random) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(Zeroizing::new(random.array::<32>())))
    }

    /// Whether the secret is one that others would try first: a placeholder (`changeme`, the
    /// example of the documentation), one byte repeated, a short pattern, a run. Such a secret
    /// works; whether to start with it is the caller's decision.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// The key for one purpose: 32 bytes by HKDF-SHA-256. Equal purposes give equal keys for ever.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        hkdf_sha256(SALT, self.bytes.expose_secret(), purpose.as_bytes())
    }

    /// What the server proves to the database with.
    pub fn gate(&self) -> Gate {
        Gate::new(&self.derive("gate"))
    }

    /// Encrypts `plaintext` with AES-256-GCM under the purpose's own key and a random nonce:
    /// version (1 byte), nonce (12), ciphertext, tag (16). `aad` is not stored, and the same bytes
    /// must be given to [`Self::open`]: pass the id of the row, so that a value moved to another
    /// row does not open. One purpose may seal 2^32 values (NIST SP 800-38D section 8.3).
    ///
    /// # Errors
    /// [`SecretError::NotOurs`] when the cipher refuses (more than 64 GiB).
    pub fn seal(
        &self,
        purpose: &str,
        plaintext: &[u8],
        aad: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, SecretError> {
        let nonce: [u8; aead::NONCE_LEN] = random.array();
        let mut sealed = plaintext.to_vec();
        let (key, unique) = (self.cipher(purpose)?, Nonce::assume_unique_for_key(nonce));
        key.seal_in_place_append_tag(unique, Aad::from(aad), &mut sealed)
            .map_err(|_| SecretError::NotOurs)?;
        Ok([&[SEAL_VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] made with the same purpose and `aad`.
    ///
    /// # Errors
    /// [`SecretError::NotOurs`] for everything else: another secret, purpose or `aad`, a changed
    /// or truncated value.
    pub fn open(
        &self,
        purpose: &str,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let Some((&[SEAL_VERSION], sealed)) = sealed.split_first_chunk::<1>() else {
            return Err(SecretError::NotOurs);
        };
        let (nonce, rest) = sealed.split_first_chunk().ok_or(SecretError::NotOurs)?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let (key, nonce) = (self.cipher(purpose)?, Nonce::assume_unique_for_key(*nonce));
        let opened = key.open_in_place(nonce, Aad::from(aad), &mut bytes);
        let length = opened.map_err(|_| SecretError::NotOurs)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }

    fn cipher(&self, purpose: &str) -> Result<aead::LessSafeKey, SecretError> {
        let key = self.derive(&format!("seal {purpose}"));
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, key.as_slice());
        Ok(aead::LessSafeKey::new(key.map_err(|_| SecretError::NotOurs)?))
    }
}

/// A new secret that lies beside the file it will replace: whole on the disk before anything is
/// sealed with it, and in its place by one step after that.
#[derive(Debug)]
pub struct StagedSecret {
    draft: PathBuf,
    path: PathBuf,
}

impl StagedSecret {
    /// Writes the secret `text` into `path` with `.new` behind its name.
    ///
    /// # Errors
    /// [`SecretError::Io`], also when such a file is there: it belongs to a change that was cut off.
    pub fn new(path: &Path, text: &str) -> Result<Self, SecretError> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let written = write_private(&draft, text).and_then(|()| sync_folder_of(&draft));
        written.map_err(|e| SecretError::Io(draft.clone(), e))?;
        Ok(Self { draft, path: path.to_owned() })
    }

    /// Puts the secret in its place.
    ///
    /// # Errors
    /// [`SecretError::Io`].
    pub fn put(self) -> Result<(), SecretError> {
        let put = fs::rename(&self.draft, &self.path).and_then(|()| sync_folder_of(&self.path));
        put.map_err(|e| SecretError::Io(self.draft, e))
    }

    /// Deletes the secret, which nothing was sealed with.
    ///
    /// # Errors
    /// [`SecretError::Io`].
    pub fn discard(self) -> Result<(), SecretError> {
        fs::remove_file(&self.draft).map_err(|e| SecretError::Io(self.draft, e))
    }
}

/// Writes a line into a file that was not there, closed to others, and waits for the disk.
fn write_private(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// HKDF with SHA-256, one block of output.
fn hkdf_sha256(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let done = hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|block| block.fill(key.as_mut_slice()));
    assert!(done.is_ok(), "HKDF gives 32 bytes for every input");
    key
}

fn read(path: &Path, file: File) -> Result<MasterSecret, SecretError> {
    MasterSecret::parse(&read_text(path, file)?)
}

fn read_text(path: &Path, file: File) -> Result<Zeroizing<String>, SecretError> {
    let failed = |source| SecretError::Io(path.to_owned(), source);
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() || about.len() > FILE_LIMIT {
        return Err(SecretError::NotAFile(path.to_owned()));
    }
    if about.mode() & 0o077 != 0 {
        return Err(SecretError::OpenToOthers(path.to_owned(), about.mode() & 0o7777));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_LIMIT).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// What no secret has, by the name that a person is told.
fn stray(text: &str) -> Option<&'static str> {
    if text.contains("...") || text.contains('\u{2026}') {
        return Some("`...`");
    }
    text.chars().find_map(|c| match c {
        '#' => Some("`#`"),
        '"' | '\'' | '`' | '\u{201c}'..='\u{201f}' => Some("a quote"),
        '$' => Some("`$`"),
        '\\' => Some("a backslash"),
        '<' | '>' => Some("`<` or `>`"),
        c if c.is_whitespace() => Some("a blank"),
        c if c.is_control() => Some("a control character"),
        _ => None,
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits
        .map(Zeroizing::new)
        .filter(|d| d.len() >= 2 * MIN_BYTES && d.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Few different bytes, a short pattern repeated, a run, or a word that only a placeholder has.
fn looks_weak(bytes: &[u8]) -> bool {
    let mut kinds = [false; 256];
    for &byte in bytes {
        kinds[usize::from(byte)] = true;
    }
    let lower = bytes.to_ascii_lowercase();
    let words = [
        "changeme",
        "change-me",
        "change_me",
        "example",
        "password",
        "replace",
        "default",
        "placeholder",
        "yoursecret",
        "your-secret",
        "your_secret",
    ];
    kinds.iter().filter(|&&seen| seen).count() < 8
        || (1..=bytes.len() / 2).any(|n| bytes[n..] == bytes[..bytes.len() - n])
        || bytes.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1))
        || words.iter().any(|word| lower.windows(word.len()).any(|part| part == word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::random::SeededRandom;
    use super::*;

    const HEX: &str = "0b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83a8cdf2173c6186";

    fn temp(name: &str) -> PathBuf {
        let random: &dyn Random = &super::super::random::SystemRandom::new();
        let folder = std::env::temp_dir().join(format!("pj-secret-{}", random.uuid()));
        fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    #[test]
    fn hkdf_gives_the_published_answer() {
        // RFC 5869 appendix A.1, first block of the output.
        let (salt, info): (Vec<u8>, Vec<u8>) = ((0..=0x0c).collect(), (0xf0..=0xf9).collect());
        let okm = hkdf_sha256(&salt, &[0x0b; 22], &info);
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf";
        assert_eq!(okm.as_slice(), hex(expected).unwrap());
    }

    #[test]
    fn a_key_stays_what_it_was() {
        let key = MasterSecret::parse(HEX).unwrap().derive("test");
        let expected = "f4876afb9cc827e2557380b7c94f51994886edeac7b17d0b6212bc85bfca3bee";
        assert_eq!(key.as_slice(), hex(expected).unwrap(), "sealed rows would stop opening");
        assert_ne!(key, MasterSecret::parse(HEX).unwrap().derive("test2"));
        assert_eq!(format!("{:?}", MasterSecret::parse(HEX).unwrap()), "MasterSecret(hidden)");
    }

    #[test]
    fn every_spelling_of_the_same_bytes_is_the_same_secret() {
        let key = MasterSecret::parse(HEX).unwrap().derive("x");
        let bytes = hex(HEX).unwrap();
        for text in [
            HEX.to_uppercase(),
            format!(" {HEX}\n"),
            STANDARD.encode(&bytes),
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            assert_eq!(MasterSecret::parse(&text).unwrap().derive("x"), key, "{text}");
        }
        assert!(MasterSecret::parse("correct-horse-battery-staple,twice").is_ok());
        for short in ["", "short", "a-text-of-thirty-one-characters", &HEX[..31]] {
            assert!(matches!(MasterSecret::parse(short), Err(SecretError::TooShort)), "{short}");
        }
    }

    #[test]
    fn what_a_file_or_a_shell_adds_is_no_secret() {
        let base64 = STANDARD.encode(hex(HEX).unwrap());
        for (text, found) in [
            (format!("{base64}            # openssl rand -base64 32"), "a blank"),
            (format!("{base64}#comment"), "`#`"),
            ("...            # openssl rand -base64 32; keep a copy".to_owned(), "`...`"),
            ("\u{2026}-the-secret-that-you-have-made-\u{2026}".to_owned(), "`...`"),
            (format!("\"{base64}\""), "a quote"),
            (format!("'{base64}'"), "a quote"),
            ("<the-secret-that-you-have-made-yourself>".to_owned(), "`<` or `>`"),
            ("${PAIN_JOURNAL_SECRET_OF_THIS_CLINIC_HERE}".to_owned(), "`$`"),
            ("correct horse battery staple, twice".to_owned(), "a blank"),
            (format!("{base64}\u{a0}x"), "a blank"),
            (format!("{base64}\u{0}"), "a control character"),
        ] {
            let refused = MasterSecret::parse(&text).unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("the secret holds {found}, ")),
                "{text}: {refused}"
            );
            assert!(!refused.contains(&base64), "the secret is printed: {refused}");
            assert!(
                MasterSecret::parse_earlier(&text).is_ok(),
                "one that is in use can be replaced: {text}"
            );
        }
    }

    #[test]
    fn placeholders_are_weak_and_random_bytes_are_not() {
        let run: Vec<u8> = (0..32).collect();
        for weak in [
            DOCUMENTED_EXAMPLE,
            "ChangeMeBeforeYouGoLiveWithRealPatientsPlease7X9",
            "ChangeMe-before-you-go-live-7c1f9e2b",
            &"0123456789abcdef".repeat(4),
            &STANDARD.encode([7; 32]),
            &STANDARD.encode(run),
            &STANDARD.encode(b"my-example-secret-of-many-letters"),
            "your-secret-of-32-characters-or-more",
        ] {
            assert!(MasterSecret::parse(weak).unwrap().is_weak(), "{weak}");
        }
        for strong in [HEX, "correct-horse-battery-staple,twice"] {
            assert!(!MasterSecret::parse(strong).unwrap().is_weak(), "{strong}");
        }
    }

    #[test]
    fn sealed_values_open_only_where_they_belong() {
        let (random, secret) = (SeededRandom::new(1), MasterSecret::parse(HEX).unwrap());
        let sealed = secret.seal("keys", b"private", b"row 1", &random).unwrap();
        assert_eq!(secret.open("keys", &sealed, b"row 1").unwrap().as_slice(), b"private");
        assert_eq!(sealed.len(), 1 + 12 + 7 + 16);
        assert_ne!(sealed, secret.seal("keys", b"private", b"row 1", &random).unwrap());

        assert!(secret.open("devices", &sealed, b"row 1").is_err());
        assert!(secret.open("keys", &sealed, b"row 2").is_err());
        let other = MasterSecret::parse(&HEX.replace('0', "1")).unwrap();
        assert!(other.open("keys", &sealed, b"row 1").is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(secret.open("keys", &changed, b"row 1").is_err(), "byte {at}");
            assert!(secret.open("keys", &sealed[..at], b"row 1").is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_file_is_made_once_and_kept_private() {
        use std::os::unix::fs::PermissionsExt;
        let (random, path) = (SeededRandom::new(2), temp("secret"));
        let made = MasterSecret::from_file_or_create(&path, &random).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft stays");
        let again = MasterSecret::from_file_or_create(&path, &random).unwrap();
        assert_eq!(made.derive("x"), again.derive("x"));
        assert!(!made.is_weak());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = MasterSecret::from_file_or_create(&path, &random).unwrap_err().to_string();
        assert!(refused.ends_with("can be read by others (mode 0640): run chmod 600 on it"));

        let folder = path.parent().unwrap();
        let refused = MasterSecret::from_file_or_create(folder, &random);
        assert!(matches!(refused, Err(SecretError::NotAFile(_))));
        let nowhere = MasterSecret::from_file_or_create(&folder.join("no/secret"), &random);
        assert!(matches!(nowhere, Err(SecretError::Io(..))));
        fs::remove_dir_all(folder).unwrap();
    }
}
