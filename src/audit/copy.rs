//! The copy of the seals outside of the database: a file of one line of JSON a seal, to which the sealer only adds.

use super::merkle::Hash;
use super::seal::Seal;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The copy, open for adding.
#[derive(Debug)]
pub struct SealCopy {
    file: File,
    path: PathBuf,
    newest: Option<(i64, Hash)>,
}

impl SealCopy {
    /// Opens the file, which is made where there is none. A last line that was cut off, since the sealer was killed
    /// as it wrote, is taken away: the database has that seal.
    ///
    /// # Errors
    /// One sentence: it cannot be read or written, or holds something else.
    pub fn open(path: &Path) -> Result<Self, String> {
        let failed = |e: io::Error| format!("{}: {e}", path.display());
        let open = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = open.map_err(failed)?;
        let text = fs::read_to_string(path).map_err(failed)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(u64::try_from(whole).unwrap_or_default()).map_err(failed)?;
        }
        let seals = read(path, &text[..whole])?;
        let newest = seals.last().map(|seal| (seal.head.number, seal.head.hash()));
        Ok(Self { file, path: path.to_owned(), newest })
    }

    /// The number of its newest seal and the hash of that one's head.
    pub fn newest(&self) -> Option<(i64, Hash)> {
        self.newest
    }

    /// Adds a seal; it is on the disk afterwards.
    ///
    /// # Errors
    /// One sentence.
    pub fn add(&mut self, seal: &Seal) -> Result<(), String> {
        let line = format!("{}\n", seal.to_json()?);
        let added = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        added.map_err(|e| format!("{}: {e}", self.path.display()))?;
        self.newest = Some((seal.head.number, seal.head.hash()));
        Ok(())
    }
}

/// Reads a copy.
///
/// # Errors
/// One sentence, which names the line that is no seal.
pub fn read_copy(path: &Path) -> Result<Vec<Seal>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    read(path, &text)
}

fn read(path: &Path, text: &str) -> Result<Vec<Seal>, String> {
    let seals = text.lines().enumerate().map(|(at, line)| {
        let seal = Seal::from_json(line);
        seal.ok_or_else(|| format!("line {} of {} is no seal", at + 1, path.display()))
    });
    seals.collect()
}
