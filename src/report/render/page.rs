//! A page for people, before it has a shape: headings, facts, tables, pictures and notes as plain
//! values, the same for every way of showing them.
//!
//! All texts are data. A line feed inside a paragraph or a note starts a new line; no character
//! stands for markup.

use crate::language::Language;
use chrono::{DateTime, Utc};

/// A self-contained page.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportPage {
    /// What the page is; also the heading at its top.
    pub title: String,
    /// The language of the page's own words, as BCP 47 (`en`, `de-AT`, `ar`).
    pub language: String,
    /// Which way the page runs; by its language where it is not given.
    pub direction: Option<Direction>,
    /// Whose page it is, as its reader knows them: below the title and on every sheet.
    pub subject: Option<String>,
    /// What tells the page from others' in the title of a window, which browsers name files by: no
    /// person's name.
    pub mark: Option<String>,
    /// Lines below the title: over which days, computed when.
    pub meta: Vec<String>,
    /// The content in reading order; all of it, or its summary where there are details.
    pub blocks: Vec<Block>,
    /// What stands behind the summary: in smaller letters, and on paper from a new sheet on.
    pub details: Vec<Block>,
    /// What names the document for good, such as the id of the report. No one sees it.
    pub id: String,
    /// When the document was made, as its properties tell.
    pub created_at: Option<DateTime<Utc>>,
    /// The words that a renderer adds itself.
    pub wording: Wording,
}

impl ReportPage {
    /// The title that browsers name a kept page by.
    pub fn file_title(&self) -> String {
        let mark = self.mark.as_ref();
        mark.map_or_else(|| self.title.clone(), |mark| format!("{} \u{b7} {mark}", self.title))
    }

    /// The title with whose page it is.
    pub fn heading(&self) -> String {
        let subject = self.subject.as_ref();
        subject.map_or_else(|| self.title.clone(), |whose| format!("{} \u{b7} {whose}", self.title))
    }
}

/// Which way lines run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The heading of what follows: 2 below the title, 3 below that, and so on.
    Heading {
        /// 2 to 6; other levels are moved to the nearest that leaves no gap.
        level: u8,
        /// The words.
        text: String,
    },
    /// Running text.
    Paragraph(Vec<Span>),
    /// Single numbers with their names, as tiles.
    Facts(Vec<Fact>),
    /// Single numbers with their names, each on a line: many of them in little room.
    Lines(Vec<Fact>),
    /// Parts that stand side by side where there is room, and are read one after the other.
    Columns(Vec<Vec<Block>>),
    /// Rows and columns.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// Points, each on a line of its own.
    List(Vec<String>),
    /// What people wrote, each with when and who.
    Notes(Vec<Note>),
    /// Small print.
    Small(String),
    /// What few want to read at once: folded on a screen, in full on paper.
    Fold {
        /// What is folded.
        title: String,
        /// What is in it.
        blocks: Vec<Block>,
    },
}

/// A piece of a paragraph in one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Emphasised.
    pub strong: bool,
    /// In small print.
    pub small: bool,
}

impl Span {
    /// Words without emphasis.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Emphasised words.
    pub fn strong(text: impl Into<String>) -> Self {
        Self { text: text.into(), strong: true, ..Self::default() }
    }

    /// Words in small print.
    pub fn small(text: impl Into<String>) -> Self {
        Self { text: text.into(), small: true, ..Self::default() }
    }
}

/// A number with its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// The name.
    pub label: String,
    /// The number, with its unit.
    pub value: String,
    /// What stands behind it: count, window, interval. May be empty.
    pub note: String,
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What the table is about. May be empty.
    pub caption: String,
    /// The names of the columns; a table without one is left out.
    pub headers: Vec<String>,
    /// The cells by rows. A short row is filled with empty cells, a long one cut.
    pub rows: Vec<Vec<String>>,
    /// How the cells of each column stand; `Start` where it is not given.
    pub alignments: Vec<Alignment>,
}

/// How the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// Where lines start: on the left where they run from left to right.
    #[default]
    Start,
    /// In the middle.
    Centre,
    /// Where lines end: numbers.
    End,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figure {
    /// The SVG document, drawn by this program: never one that came from outside.
    pub svg: String,
    /// What the picture is, in a few words.
    pub name: String,
    /// The picture in words, for those who do not see it.
    pub alt: String,
    /// What stands below it. May be empty.
    pub caption: String,
}

impl Figure {
    /// How much of a page's width the picture takes, in percent: as it was drawn, a page being 960
    /// units wide, but so that its letters can be read.
    pub fn share_of_width(&self) -> u8 {
        match self.size() {
            Some((width, _)) if width <= 330.0 => 34,
            Some((width, _)) if width <= 500.0 => 58,
            Some((width, _)) if width <= 700.0 => 68,
            _ => 100,
        }
    }

    /// How high the picture is for its width; 0 where it does not say.
    pub fn height_of_width(&self) -> f64 {
        self.size().map_or(0.0, |(width, height)| height / width.max(1.0))
    }

    /// Width and height, as it was drawn.
    fn size(&self) -> Option<(f64, f64)> {
        let (_, view) = self.svg.split_once("viewBox=\"")?;
        let (view, _) = view.split_once('"')?;
        let mut sides = view.split_whitespace().skip(2).map(|side| side.parse().ok());
        Some((sides.next()??, sides.next()??))
    }
}

/// What someone wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// When, and who. May be empty.
    pub heading: String,
    /// The words, as written.
    pub text: String,
}

/// The words that a renderer adds itself, in the language of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The number of a page: `{n}` is the page, `{total}` how many there are.
    pub page_number: String,
    /// Stands at the end where the page was too long and the rest is left out.
    pub cut: String,
    /// Stands at the end where characters could not be shown.
    pub replaced: String,
}

impl Default for Wording {
    /// In English.
    fn default() -> Self {
        let text = |key: &str| Language::english().form(key).unwrap_or_default().to_owned();
        Self {
            page_number: text("document.page_number"),
            cut: text("document.cut"),
            replaced: text("document.replaced"),
        }
    }
}
