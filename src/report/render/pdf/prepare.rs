//! From a page to what the template reads: clean texts within their limits, and levels without
//! gaps.

use super::fonts::Fonts;
use super::text::{Cleaner, Limit, Line};
use crate::language::Paper;
use crate::report::render::page::{
    Alignment, Block, Direction, Fact, Figure, Note, ReportPage, Table,
};
use serde::Serialize;

/// Characters that one document holds at most; lines and cells count for some, too. It bounds time
/// and memory: 40 to 120 sheets.
pub(super) const BUDGET: usize = 250_000;
/// What a line, an item or a cell costs beyond its characters.
const LINE_COST: usize = 24;
/// Bytes of the largest picture.
const LARGEST_PICTURE: usize = 1024 * 1024;
/// Pictures that one document holds at most.
const MOST_PICTURES: usize = 24;
/// Columns of the widest table.
const MOST_COLUMNS: usize = 12;

const TITLE: Limit = Limit { characters: 200, word: 24 };
const LABEL: Limit = Limit { characters: 200, word: 14 };
const VALUE: Limit = Limit { characters: 60, word: 10 };
const SHORT: Limit = Limit { characters: 1_000, word: 40 };
const LONG: Limit = Limit { characters: 20_000, word: 40 };

/// Languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 12] =
    ["ar", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "ug", "ur", "yi"];

/// All that the template reads.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    fonts: &'static [String],
    /// The paper, as the engine calls it.
    paper: &'static str,
    document_title: String,
    title: Line,
    lang: String,
    region: Option<String>,
    rtl: bool,
    subject: Option<Line>,
    /// The foot of each sheet.
    foot: Line,
    meta: Vec<Line>,
    blocks: Vec<Part>,
    details: Vec<Part>,
    page_number: String,
}

#[derive(Debug, Serialize)]
struct FactLines {
    label: Line,
    value: Line,
    note: Option<Line>,
}

#[derive(Debug, Serialize)]
struct NoteLines {
    heading: Option<Line>,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Part {
    Heading {
        level: u8,
        line: Line,
    },
    Paragraph {
        lines: Vec<Line>,
    },
    Facts {
        facts: Vec<FactLines>,
    },
    Lines {
        facts: Vec<FactLines>,
    },
    Columns {
        columns: Vec<Vec<Part>>,
    },
    Table {
        caption: Option<Line>,
        headers: Vec<Line>,
        rows: Vec<Vec<Line>>,
        alignments: Vec<&'static str>,
        weights: Vec<usize>,
    },
    Figure {
        svg: String,
        alt: String,
        caption: Option<Line>,
        width: u8,
    },
    List {
        lines: Vec<Line>,
    },
    Notes {
        notes: Vec<NoteLines>,
    },
    Small {
        lines: Vec<Line>,
    },
    Fold {
        line: Option<Line>,
        parts: Vec<Part>,
    },
}

/// Prepares a page for the template, for this paper and with so many characters at most.
pub(super) fn prepare(page: &ReportPage, paper: Paper, budget: usize) -> Data {
    let (lang, region) = language(&page.language);
    let rtl = match page.direction {
        Some(direction) => direction == Direction::RightToLeft,
        None => RIGHT_TO_LEFT.contains(&lang.as_str()),
    };
    let mut cleaner = Cleaner::new(budget);
    let title = cleaner.some_line(&page.title, TITLE);
    let title = title.unwrap_or_else(|| cleaner.line("\u{2014}", TITLE));
    let meta = page.meta.iter().take(12).flat_map(|line| cleaner.lines(line, SHORT)).collect();
    let subject = page.subject.as_ref().and_then(|line| cleaner.some_line(line, SHORT));
    let foot = cleaner.line(&page.heading(), SHORT);
    let document_title = cleaner.line(&page.file_title(), SHORT).text();
    let mut parts = Parts { cleaner: &mut cleaner, level: 1, pictures: 0, is_narrow: false };
    let mut blocks = parts.of(&page.blocks);
    let mut details = parts.of(&page.details);

    let (is_cut, is_replaced) = (cleaner.is_cut, cleaner.is_replaced);
    // The words about it must fit even where nothing else does.
    cleaner.budget = 2 * SHORT.characters;
    for (_, words) in [(is_cut, &page.wording.cut), (is_replaced, &page.wording.replaced)]
        .into_iter()
        .filter(|(applies, _)| *applies)
    {
        let last = if details.is_empty() { &mut blocks } else { &mut details };
        last.push(Part::Small { lines: cleaner.lines(words, SHORT) });
    }
    Data {
        fonts: &Fonts::get().families,
        paper: match paper {
            Paper::A4 => "a4",
            Paper::Letter => "us-letter",
        },
        document_title,
        title,
        lang,
        region,
        rtl,
        subject,
        foot,
        meta,
        blocks,
        details,
        page_number: cleaner.line(&page.wording.page_number, LABEL).text(),
    }
}

/// The language and the region of a BCP 47 tag; `und` where it names no language.
fn language(tag: &str) -> (String, Option<String>) {
    let is_word = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut parts = tag.split(['-', '_']);
    let lang = parts.next().filter(is_word).filter(|part| (2..=3).contains(&part.len()));
    let region = parts.filter(is_word).find(|part| part.len() == 2);
    (lang.unwrap_or("und").to_ascii_lowercase(), region.map(str::to_ascii_uppercase))
}

/// The parts of the page as they come.
struct Parts<'a> {
    cleaner: &'a mut Cleaner,
    /// The level of the last heading.
    level: u8,
    pictures: usize,
    /// Between others: words break sooner.
    is_narrow: bool,
}

impl Parts<'_> {
    /// Blocks, as far as there is room for them.
    fn of(&mut self, blocks: &[Block]) -> Vec<Part> {
        let mut done = Vec::new();
        for block in blocks {
            if !self.cleaner.take(LINE_COST) {
                break;
            }
            done.extend(self.part(block));
        }
        done
    }

    fn part(&mut self, block: &Block) -> Option<Part> {
        match block {
            Block::Heading { level, text } => self.heading(*level, text),
            Block::Paragraph(spans) => {
                Some(Part::Paragraph { lines: self.cleaner.paragraph(spans, LONG) })
            }
            Block::Facts(facts) => self.facts(facts).map(|facts| Part::Facts { facts }),
            Block::Lines(facts) => self.facts(facts).map(|facts| Part::Lines { facts }),
            Block::Columns(columns) => {
                self.is_narrow = true;
                let columns: Vec<_> = columns.iter().map(|blocks| self.of(blocks)).collect();
                self.is_narrow = false;
                let is_empty = columns.iter().all(Vec::is_empty);
                (!is_empty).then_some(Part::Columns { columns })
            }
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => Some(self.figure(figure)),
            Block::List(items) => self.list(items),
            Block::Notes(notes) => self.notes(notes),
            Block::Small(text) => Some(Part::Small { lines: self.cleaner.lines(text, LONG) }),
            Block::Fold { title, blocks } => {
                let line = self.cleaner.some_line(title, TITLE);
                Some(Part::Fold { line, parts: self.of(blocks) })
            }
        }
    }

    fn heading(&mut self, level: u8, text: &str) -> Option<Part> {
        let line = self.cleaner.some_line(text, TITLE)?;
        self.level = level.clamp(2, 6).min(self.level + 1);
        Some(Part::Heading { level: self.level, line })
    }

    fn facts(&mut self, facts: &[Fact]) -> Option<Vec<FactLines>> {
        let mut tiles = Vec::new();
        for fact in facts {
            let texts = [&fact.label, &fact.value, &fact.note];
            if !self.cleaner.admits(3 * LINE_COST, texts, LABEL) {
                break;
            }
            tiles.push(FactLines {
                label: self.cleaner.line(&fact.label, LABEL),
                value: self.cleaner.line(&fact.value, VALUE),
                note: self.cleaner.some_line(&fact.note, LABEL),
            });
        }
        (!tiles.is_empty()).then_some(tiles)
    }

    fn table(&mut self, table: &Table) -> Option<Part> {
        let width = table.headers.len().min(MOST_COLUMNS);
        if width == 0 {
            return None;
        }
        self.cleaner.is_cut |= table.headers.len() > width;
        // A row stays lower than a sheet, however narrow its columns are.
        let characters = (3_000 / width).min(1_000);
        let cell = Limit { characters, word: (72 / width).clamp(12, 30) };
        let caption = self.cleaner.some_line(&table.caption, SHORT);
        // The head stands on every sheet and must leave room for rows.
        let head = Limit { characters: 60, ..cell };
        let headers = self.row(&table.headers, width, head);
        let mut rows = Vec::new();
        for row in &table.rows {
            if !self.cleaner.admits(LINE_COST * width, row.iter().take(width), cell) {
                break;
            }
            rows.push(self.row(row, width, cell));
        }
        let alignment = |column| match table.alignments.get(column).copied().unwrap_or_default() {
            Alignment::Start => "start",
            Alignment::Centre => "centre",
            Alignment::End => "end",
        };
        let alignments = (0..width).map(alignment).collect();
        let weights = (0..width).map(|column| weight(table, column)).collect();
        Some(Part::Table { caption, headers, rows, alignments, weights })
    }

    fn row(&mut self, cells: &[String], width: usize, limit: Limit) -> Vec<Line> {
        let text = |column| cells.get(column).map_or("", String::as_str);
        (0..width).map(|column| self.cleaner.line(text(column), limit)).collect()
    }

    /// A picture that is too large is shown by its words.
    fn figure(&mut self, figure: &Figure) -> Part {
        let caption = self.cleaner.some_line(&figure.caption, SHORT);
        let alt = self.cleaner.some_line(&figure.alt, LONG).map(|line| line.text());
        self.pictures += 1;
        if figure.svg.len() > LARGEST_PICTURE || self.pictures > MOST_PICTURES {
            self.cleaner.is_cut = true;
            return Part::Paragraph { lines: self.cleaner.lines(&figure.alt, LONG) };
        }
        let alt = alt.or_else(|| caption.as_ref().map(Line::text));
        let alt = alt.unwrap_or_else(|| String::from("\u{2014}"));
        Part::Figure { svg: figure.svg.clone(), alt, caption, width: figure.share_of_width() }
    }

    fn list(&mut self, items: &[String]) -> Option<Part> {
        let limit = Limit { word: if self.is_narrow { 17 } else { LONG.word }, ..LONG };
        let mut lines = Vec::new();
        for item in items {
            if !self.cleaner.admits(LINE_COST, [item], limit) {
                break;
            }
            lines.extend(self.cleaner.some_line(item, limit));
        }
        (!lines.is_empty()).then_some(Part::List { lines })
    }

    fn notes(&mut self, notes: &[Note]) -> Option<Part> {
        let mut entries = Vec::new();
        for note in notes {
            if !self.cleaner.admits(2 * LINE_COST, [&note.heading, &note.text], LONG) {
                break;
            }
            entries.push(NoteLines {
                heading: self.cleaner.some_line(&note.heading, SHORT),
                lines: self.cleaner.lines(&note.text, LONG),
            });
        }
        (!entries.is_empty()).then_some(Part::Notes { notes: entries })
    }
}
/// The share of a table's width that a column gets: by its longest text, within limits.
fn weight(table: &Table, column: usize) -> usize {
    const LEAST: usize = 7;
    const MOST: usize = 48;
    let cells = table.rows.iter().filter_map(|row| row.get(column));
    let longest = cells.map(|cell| cell.chars().take(MOST).count()).max();
    let header = table.headers.get(column).map_or("", String::as_str);
    let word = header.split(' ').map(|word| word.chars().count() + 2).max();
    longest.max(word).unwrap_or(LEAST).clamp(LEAST, MOST)
}
