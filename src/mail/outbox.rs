//! The outbox: a folder in which every mail becomes one text file.
//!
//! A file is headers, an empty line, and the text, in UTF-8 with `\n` line ends: close to `.eml`,
//! and easy to read by a person or a test. Names begin with the date, so they sort by age.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Mail;

/// Writes a mail as `<date>-<id>.eml`, mode 0600, and gives back the file's path. The folder is
/// made when missing (0700). The file appears whole or not at all: it is written under a name
/// that begins with a dot, then renamed. The caller has checked the headers for control characters.
///
/// # Errors
/// What the file system says.
pub fn put(folder: &Path, id: Uuid, mail: &Mail, now: DateTime<Utc>) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let name = format!("{}-{id}.eml", now.format("%Y%m%dT%H%M%S%.6fZ"));
    let (draft, path) = (folder.join(format!(".{name}")), folder.join(name));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    write!(
        file,
        "To: {}\nSubject: {}\nDate: {}\nMessage-ID: <{id}@outbox>\n\
         Content-Type: text/plain; charset=utf-8\n\n{}",
        mail.to,
        mail.subject,
        now.to_rfc2822(),
        mail.text,
    )?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_mail_is_one_private_file_and_names_sort_by_age() {
        let folder = std::env::temp_dir().join(format!("pj-outbox-{}", Uuid::now_v7())).join("a/b");
        let mail = Mail {
            to: "ana@example.org".to_owned(),
            subject: "Confirm your e-mail address".to_owned(),
            text: "Your code: 012345\n".to_owned(),
        };
        let now = DateTime::from_timestamp(1_800_000_000, 5_000).unwrap();
        let later =
            put(&folder, Uuid::from_u128(1), &mail, now + TimeDelta::microseconds(1)).unwrap();
        let first = put(&folder, Uuid::from_u128(9), &mail, now).unwrap();
        assert_eq!(put(&folder, Uuid::from_u128(9), &mail, now).unwrap(), first, "sent again");

        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        assert_eq!(names, [first.clone(), later]);
        let expected = "20270115T080000.000005Z-00000000-0000-0000-0000-000000000009.eml";
        assert_eq!(first.file_name().unwrap(), expected);
        assert_eq!(fs::metadata(&first).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);

        let text = fs::read_to_string(&first).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        assert_eq!(body, mail.text);
        assert!(
            head.starts_with("To: ana@example.org\nSubject: Confirm your e-mail address\nDate: ")
        );
        fs::remove_dir_all(folder.parent().unwrap().parent().unwrap()).unwrap();
    }
}
