//! The whole world of the engine: our template, the data of one page, and our fonts. There is no
//! other file, no package, no clock and no connection.

use super::fonts::Fonts;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// What is the same for all pages.
struct Fixed {
    library: LazyHash<Library>,
    template: Source,
    data: FileId,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| Fixed {
    library: LazyHash::new(Library::default()),
    template: Source::new(file("page.typ"), include_str!("page.typ").to_owned()),
    data: file("page.json"),
});

/// The id of a file by a name that is ours.
#[expect(clippy::expect_used, reason = "the two names are written above")]
fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain name is a path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// The world in which one page is set.
pub(super) struct PageWorld {
    data: Bytes,
}

impl PageWorld {
    /// The world of a page with its data as JSON.
    pub(super) fn new(data: Vec<u8>) -> Self {
        Self { data: Bytes::new(data) }
    }
}

impl World for PageWorld {
    fn library(&self) -> &LazyHash<Library> {
        &FIXED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &Fonts::get().book
    }

    fn main(&self) -> FileId {
        FIXED.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == FIXED.template.id() { Ok(FIXED.template.clone()) } else { Err(denied()) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == FIXED.data { Ok(self.data.clone()) } else { Err(denied()) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        Fonts::get().all.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn denied() -> FileError {
    FileError::AccessDenied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_other_file_and_no_clock() {
        let world = PageWorld::new(b"{}".to_vec());
        assert!(world.source(world.main()).is_ok() && world.file(FIXED.data).is_ok());
        for name in ["etc/passwd", "other.typ", "page.json/x"] {
            assert_eq!(world.source(file(name)).unwrap_err(), FileError::AccessDenied, "{name}");
            assert_eq!(world.file(file(name)).unwrap_err(), FileError::AccessDenied, "{name}");
        }
        assert!(world.source(FIXED.data).is_err() && world.today(None).is_none());
    }
}
