//! Passwords: the policy for new ones, and argon2id for all of them.
//!
//! Hashing runs on the blocking pool and is bounded: two at a time, 32 waiting, the rest refused, so
//! that a flood of sign-ins takes neither the memory nor the event loop. Devices that are known have a queue
//! of their own, which waits for one hash of the others at most. The memory of a hash (19 MiB)
//! is used again by the next one.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::hash_memory::HashMemory;
use super::random::Random;

/// The shortest new password, in bytes as received (NIST SP 800-63B; no composition rules).
pub const MIN_BYTES: usize = 12;
/// The longest password, in bytes as received. Every byte counts.
pub const MAX_BYTES: usize = 256;
/// How many hashes are computed at once.
pub const RUNNING: usize = 2;
/// How many more may wait for their turn.
pub const WAITING: usize = 32;

/// How many known devices may wait beside those.
pub const WAITING_KNOWN: usize = 16;

/// The shortest part of an address or a name that a password may not contain, in characters.
const OWN_CHARS: usize = 4;

/// Words that say which server it is.
const PRODUCT: [&str; 4] = ["painjournal", "pain-journal", "pain_journal", "pain journal"];

/// A password as the client sent it: never trimmed, normalised, printed or logged, and wiped from
/// memory when dropped.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(SecretString);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Password {
    /// Whether this may become the password of somebody with that e-mail address and name; see
    /// [`check_policy`].
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check_policy(&self, who: &[Option<&str>]) -> Result<(), PasswordFault> {
        let who: Vec<&str> = who.iter().copied().flatten().collect();
        check_policy(self.0.expose_secret(), &who)
    }
}

/// Why a password cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than 12 bytes.
    #[error("a password needs at least 12 characters")]
    TooShort,
    /// More than 256 bytes.
    #[error("a password can have at most 256 bytes")]
    TooLong,
    /// In the list of common passwords, or a short pattern repeated.
    #[error("this password is one of those that are tried first")]
    Common,
    /// Holds the part of the e-mail address before the `@`, or a part of the name.
    #[error("a password cannot contain your e-mail address or your name")]
    ContainsOwn,
    /// Holds the name of the product.
    #[error("a password cannot contain the name of this service")]
    ContainsProduct,
}

impl PasswordFault {
    /// The problem code of the API for this fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort | Self::TooLong => "validation_failed",
            Self::Common | Self::ContainsOwn | Self::ContainsProduct => "password_too_common",
        }
    }
}

/// The 10,000 commonest ones that leaked, and patterns with what people add to them.
const LISTS: [&str; 2] =
    [include_str!("leaked_passwords.txt"), include_str!("common_passwords.txt")];

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    LISTS.iter().flat_map(|list| list.lines()).filter(|line| !line.starts_with('#')).collect()
});

/// The rules for a new password: 12 to 256 bytes as received; not in the bundled lists of common
/// ones (in any case, with or without punctuation behind it) nor a pattern of up to six bytes
/// repeated; without the name of the product; and without the e-mail local part and the parts of the name of its
/// owner (`who`), those that have four characters or more.
///
/// # Errors
/// The first rule broken.
pub fn check_policy(password: &str, who: &[&str]) -> Result<(), PasswordFault> {
    if password.len() < MIN_BYTES {
        return Err(PasswordFault::TooShort);
    }
    if password.len() > MAX_BYTES {
        return Err(PasswordFault::TooLong);
    }
    let lower = password.to_lowercase();
    let bytes = lower.as_bytes();
    let plain = lower.trim_end_matches(|c: char| c.is_ascii_punctuation() || c == ' ');
    let repeats = (1..=6).any(|n| n >= bytes.len() || bytes[n..] == bytes[..bytes.len() - n]);
    if repeats || COMMON.contains(lower.as_str()) || COMMON.contains(plain) {
        return Err(PasswordFault::Common);
    }
    if PRODUCT.iter().any(|product| lower.contains(product)) {
        return Err(PasswordFault::ContainsProduct);
    }
    let is_own = |part: &str| {
        let part = part.trim().to_lowercase();
        part.chars().count() >= OWN_CHARS && lower.contains(&part)
    };
    let of = |who: &&str| match who.rsplit_once('@') {
        Some((local, _)) => is_own(local),
        None => is_own(who) || who.split([' ', '-', '.', ',']).any(is_own),
    };
    if who.iter().any(of) { Err(PasswordFault::ContainsOwn) } else { Ok(()) }
}

/// What one hash costs. A change is picked up at each account's next sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB, 8 or more for each lane.
    pub memory_kib: u32,
    /// Passes over the memory, 1 or more.
    pub passes: u32,
    /// Lanes, 1 or more.
    pub lanes: u32,
}

impl Default for HashCost {
    /// The OWASP minimum for argon2id: 19 MiB, 2 passes, 1 lane (Password Storage Cheat Sheet).
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// Why there is no answer about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Two are running and 32 are waiting: answer 503 and let the client come back.
    #[error("too many passwords are being checked")]
    Overloaded,
    /// The configured cost is outside what argon2 allows.
    #[error("the password hash cost is out of range")]
    Cost,
    /// A stored hash is not one of argon2.
    #[error("a stored password hash is damaged")]
    Damaged,
    /// The computation broke off (out of memory, or the server is going down).
    #[error("a password could not be hashed")]
    Failed,
}

/// The answer about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the account's password. `rehash`: it was hashed with another cost than today's, so
    /// store a new hash of it now.
    Match {
        /// Whether to hash and store the password again.
        rehash: bool,
    },
    /// It is not, or there is no such account.
    Mismatch,
}

/// Hashes and checks passwords. Clones share the same bounds.
#[derive(Debug, Clone)]
pub struct Hasher {
    argon: Argon2<'static>,
    dummy: Arc<str>,
    memory: Arc<HashMemory>,
    strangers: Queue,
    known: Queue,
    running: Arc<Semaphore>,
}

/// Who may wait for a hash, and how many of them stand before those that run at once.
#[derive(Debug, Clone)]
struct Queue {
    admitted: Arc<Semaphore>,
    next: Arc<Semaphore>,
}

impl Queue {
    fn new(waiting: usize) -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(RUNNING + waiting)),
            next: Arc::new(Semaphore::new(RUNNING)),
        }
    }
}

impl Hasher {
    /// What its hashes cost.
    pub fn cost(&self) -> HashCost {
        let params = self.argon.params();
        HashCost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() }
    }

    /// A hasher of that cost. Make one for the process: its bounds are its own.
    ///
    /// # Errors
    /// [`HashError::Cost`].
    pub fn new(cost: HashCost, random: &dyn Random) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|_| HashError::Cost)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (nobody, memory) = (random.uuid().to_string(), HashMemory::default());
        let dummy = hash(&argon, &memory, nobody.as_bytes(), &random.array::<16>())?;
        // The first sign-in may be hours away.
        memory.rest();
        memory.rest();
        Ok(Self {
            argon,
            dummy: dummy.into(),
            memory: Arc::new(memory),
            strangers: Queue::new(WAITING),
            known: Queue::new(WAITING_KNOWN),
            running: Arc::new(Semaphore::new(RUNNING)),
        })
    }

    /// Gives the memory of hashes back to the system if none was computed since the last call.
    pub fn rest(&self) {
        self.memory.rest();
    }

    /// The PHC string to store for a password, with a fresh salt of 16 bytes.
    ///
    /// # Errors
    /// [`HashError::Overloaded`], [`HashError::Failed`].
    pub async fn hash(
        &self,
        password: &Password,
        random: &dyn Random,
    ) -> Result<String, HashError> {
        let (argon, memory) = (self.argon.clone(), Arc::clone(&self.memory));
        let (password, salt) = (password.clone(), random.array::<16>());
        let work = move || hash(&argon, &memory, password.0.expose_secret().as_bytes(), &salt);
        self.run(&self.strangers, work).await
    }

    /// Checks a password against the stored PHC string. Without one (no such account) the same
    /// work is done against a dummy, so that the time tells nobody who has an account.
    ///
    /// # Errors
    /// [`HashError::Overloaded`], [`HashError::Damaged`], [`HashError::Failed`].
    pub async fn verify(
        &self,
        password: &Password,
        phc: Option<&str>,
    ) -> Result<Verdict, HashError> {
        self.check(&self.strangers, password, phc).await
    }

    /// The same for a device that has signed in before, which does not stand behind a flood of others.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_known(
        &self,
        password: &Password,
        phc: Option<&str>,
    ) -> Result<Verdict, HashError> {
        self.check(&self.known, password, phc).await
    }

    async fn check(
        &self,
        queue: &Queue,
        password: &Password,
        phc: Option<&str>,
    ) -> Result<Verdict, HashError> {
        let (known, stored) = (phc.is_some(), phc.unwrap_or(&self.dummy).to_owned());
        let (argon, memory) = (self.argon.clone(), Arc::clone(&self.memory));
        let password = password.clone();
        let work = move || {
            let stored = PasswordHash::new(&stored).map_err(|_| HashError::Damaged)?;
            let is_it = fits(&memory, password.0.expose_secret().as_bytes(), &stored)?;
            if known && is_it {
                Ok(Verdict::Match { rehash: is_outdated(&argon, &stored) })
            } else {
                Ok(Verdict::Mismatch)
            }
        };
        self.run(queue, work).await
    }

    /// The permits live until the work is done, also when the caller has gone away meanwhile.
    async fn run<T: Send + 'static>(
        &self,
        queue: &Queue,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let failed = |_| HashError::Failed;
        let admitted = Arc::clone(&queue.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_| HashError::Overloaded)?;
        // The last line is in the order of arrival: of each queue only a few may stand in it.
        let next = Arc::clone(&queue.next).acquire_owned().await.map_err(failed)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(failed)?;
        let permits = (admitted, next, running);
        let task = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(permits);
            answer
        });
        task.await.map_err(|_| HashError::Failed)?
    }
}

/// The PHC string of a password.
fn hash(
    argon: &Argon2<'_>,
    memory: &HashMemory,
    password: &[u8],
    salt: &[u8],
) -> Result<String, HashError> {
    let mut tag = [0; Params::DEFAULT_OUTPUT_LEN];
    memory.compute(argon, password, salt, &mut tag).map_err(|_| HashError::Failed)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon.params()).map_err(|_| HashError::Failed)?,
        salt: Some(Salt::new(salt).map_err(|_| HashError::Failed)?),
        hash: Some(Output::new(&tag).map_err(|_| HashError::Failed)?),
    };
    Ok(hash.to_string())
}

/// Whether the stored hash is that of the password. Algorithm, version and cost are those it was made
/// with.
fn fits(memory: &HashMemory, password: &[u8], stored: &PasswordHash) -> Result<bool, HashError> {
    let damaged = |_| HashError::Damaged;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(HashError::Damaged);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(damaged)?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from);
    let version = version.map_err(|_| HashError::Damaged)?;
    let params = Params::try_from(stored).map_err(damaged)?;
    let mut tag = vec![0; expected.len()];
    // The parameters were checked when they were read: it is the salt that is damaged.
    let argon = Argon2::new(algorithm, version, params);
    memory.compute(&argon, password, salt, &mut tag).map_err(|_| HashError::Damaged)?;
    Ok(constant_time::verify_slices_are_equal(&tag, expected.as_bytes()).is_ok())
}

/// Whether a hash that just matched differs from what would be stored today.
fn is_outdated(argon: &Argon2<'_>, stored: &PasswordHash) -> bool {
    let today = argon.params();
    stored.algorithm != Algorithm::Argon2id.ident()
        || stored.version != Some(Version::V0x13.into())
        || Params::try_from(stored).map_or(true, |then| {
            (then.m_cost(), then.t_cost(), then.p_cost())
                != (today.m_cost(), today.t_cost(), today.p_cost())
        })
}

#[cfg(test)]
mod tests {
    use super::super::random::SeededRandom;
    use super::*;

    const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
    const MAIL: &[&str] = &["Marina.Lopez@example.org"];

    fn hasher() -> Hasher {
        Hasher::new(CHEAP, &SeededRandom::new(1)).unwrap()
    }

    #[test]
    fn length_is_counted_in_bytes_and_nothing_is_trimmed() {
        let unusual = |n: usize| "kelp-Orbit7 violet/".chars().cycle().take(n).collect::<String>();
        for n in [12, 72, 73, 256] {
            assert_eq!(check_policy(&unusual(n), MAIL), Ok(()), "{n}");
        }
        assert_eq!(check_policy(&unusual(11), MAIL), Err(PasswordFault::TooShort));
        assert_eq!(check_policy(&unusual(257), MAIL), Err(PasswordFault::TooLong));
        assert_eq!(check_policy(" \u{1f9a9}\u{1f335}k1 ", MAIL), Ok(()), "12 bytes, 6 characters");
        assert_eq!(check_policy(&"\u{e9}z".repeat(86), MAIL), Err(PasswordFault::TooLong));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        let common = "password1234 PassWord1234!! qwertyuiop[] 1234567890123 acupuncture1 \
            PainJournal2026 aaaaaaaaaaaaaaaaaaaaaaaaa abc123abc123abc123 iloveyouiloveyou \
            1qaz2wsx3edc Q1w2e3r4t5y6 mailcreated5240 correcthorsebatterystaple \u{212a}\u{212a}\u{212a}\u{212a}";
        for common in common.split(' ') {
            assert_eq!(check_policy(common, MAIL), Err(PasswordFault::Common), "{common}");
        }
        for own in ["marina.lopez@example.org", "x-Marina.LOPEZ-2031"] {
            assert_eq!(check_policy(own, MAIL), Err(PasswordFault::ContainsOwn), "{own}");
        }
        assert_eq!(check_policy("bob-needs-a-hat", &["bob@example.org"]), Ok(()), "3 letters");
        assert_eq!(PasswordFault::ContainsOwn.code(), "password_too_common");
    }

    #[test]
    fn the_own_name_and_the_products_are_refused_in_any_case() {
        let who = ["ml@example.org", "Dr. Ana Lind-Bj\u{f6}rk"];
        for own in ["xxLIND4271xx", "my bj\u{d6}rk tree", "go-dr. ana lind-bj\u{f6}rk"] {
            assert_eq!(check_policy(own, &who), Err(PasswordFault::ContainsOwn), "{own}");
        }
        for other in ["ana needs a hat", "dr. no sees moonlight"] {
            assert_eq!(check_policy(other, &who), Ok(()), "three letters are in many words");
        }
        for product in
            ["myPainJournal77", "Pain-Journal#4271", "a pain journal!", "pain_journal_x1"]
        {
            assert_eq!(
                check_policy(product, &who),
                Err(PasswordFault::ContainsProduct),
                "{product}"
            );
        }
    }

    #[test]
    fn the_list_is_clean() {
        let sizes = LISTS.map(|list| {
            let lines: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
            let different: HashSet<_> = lines.iter().collect();
            assert_eq!(lines.len(), different.len(), "no line twice");
            lines.len()
        });
        assert_eq!(sizes[0], 10_000);
        assert!((1000..=3000).contains(&sizes[1]) && COMMON.len() > 10_000, "{sizes:?}");
        for line in COMMON.iter() {
            assert!(line.len() >= MIN_BYTES && *line == line.trim().to_lowercase(), "{line}");
        }
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_to_the_last_byte() {
        let (hasher, random) = (hasher(), SeededRandom::new(2));
        let long: String = "0123456789".chars().cycle().take(73).collect();
        let phc = hasher.hash(&long.clone().into(), &random).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{phc}");
        assert_ne!(phc, hasher.hash(&long.clone().into(), &random).await.unwrap(), "own salt");
        let verdict = async |text: &str| hasher.verify(&text.to_owned().into(), Some(&phc)).await;
        assert_eq!(verdict(&long).await, Ok(Verdict::Match { rehash: false }));
        assert_eq!(verdict(&format!("{}x", &long[..72])).await, Ok(Verdict::Mismatch), "byte 73");
        assert_eq!(verdict(&format!("{long} ")).await, Ok(Verdict::Mismatch));
        assert_eq!(verdict("").await, Ok(Verdict::Mismatch));
        let damaged = hasher.verify(&long.clone().into(), Some("md5:abc")).await;
        assert_eq!(damaged, Err(HashError::Damaged));
        let today = Hasher::new(HashCost { passes: 2, ..CHEAP }, &random).unwrap();
        let verdict = today.verify(&long.into(), Some(&phc)).await;
        assert_eq!(verdict, Ok(Verdict::Match { rehash: true }), "another cost");
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_recovers() {
        let hasher = hasher();
        let taken = Arc::clone(&hasher.strangers.admitted).acquire_many_owned(34).await.unwrap();
        let verdict = hasher.verify(&"password1234".to_owned().into(), None).await;
        assert_eq!(verdict, Err(HashError::Overloaded));
        let verdict = hasher.verify_known(&"password1234".to_owned().into(), None).await;
        assert_eq!(verdict, Ok(Verdict::Mismatch), "a known device has a queue of its own");
        drop(taken);
        assert!(hasher.dummy.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "nobody costs the same");
        let password = Password::from("password1234".to_owned());
        let all = (0..34).map(|_| hasher.verify(&password, None));
        let all = futures_util::future::join_all(all).await;
        let nobody = SeededRandom::new(1);
        let nobody = (&nobody as &dyn Random).uuid().to_string();
        assert_eq!(hasher.verify(&nobody.into(), None).await, Ok(Verdict::Mismatch));
        assert!(all.iter().all(|verdict| *verdict == Ok(Verdict::Mismatch)));
        assert_eq!(hasher.strangers.admitted.available_permits(), 34);
    }

    #[tokio::test]
    async fn t041_a_known_device_stands_behind_two_strangers_at_most() {
        let hasher = hasher();
        let running = Arc::clone(&hasher.running).acquire_many_owned(2).await.unwrap();
        let password = Password::from("password1234".to_owned());
        let done = Arc::new(std::sync::Mutex::new(Vec::new()));
        let asks = |is_known: bool| {
            let (hasher, password, done) = (hasher.clone(), password.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let verdict = if is_known {
                    hasher.verify_known(&password, None).await
                } else {
                    hasher.verify(&password, None).await
                };
                done.lock().unwrap().push(is_known);
                verdict
            })
        };
        // In the order in which they come: a full queue of strangers, then the device.
        let strangers: Vec<_> = (0..34).map(|_| asks(false)).collect();
        let device = asks(true);
        tokio::task::yield_now().await;
        drop(running);
        assert_eq!(device.await.unwrap(), Ok(Verdict::Mismatch));
        for stranger in strangers {
            assert_eq!(stranger.await.unwrap(), Ok(Verdict::Mismatch));
        }
        let place = done.lock().unwrap().iter().position(|is_known| *is_known).unwrap();
        // Two before it; more only of those that ended while it was told so.
        assert!(place < 8, "{place} strangers were before it");
    }

    #[test]
    fn nothing_prints_the_password_and_costs_are_checked() {
        assert!(!format!("{:?}", Password::from("hunter2hunter2".to_owned())).contains("hunter2"));
        let wrong = Hasher::new(HashCost { memory_kib: 7, ..CHEAP }, &SeededRandom::new(1));
        assert_eq!(wrong.unwrap_err(), HashError::Cost);
        assert_eq!(HashCost::default(), HashCost { memory_kib: 19_456, passes: 2, lanes: 1 });
    }
}
