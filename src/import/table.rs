//! A table of separated values, taken apart strictly (RFC 4180): what is not well formed is refused with
//! its place, never guessed at. After a fault the next line of the file begins a row again, so that one
//! quote out of place costs its own line and no day behind it.
//!
//! Lines are counted as editors show them: LF, CR and CRLF each end one, inside quotes, too. Within a
//! cell every one of them is kept as LF, so that a file saved again elsewhere says the same.

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableRow<'a> {
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// The line it ends on.
    pub(super) last_line: usize,
    /// The cells, unquoted.
    pub(super) cells: Vec<String>,
    /// The row as it stands in the file.
    pub(super) raw: &'a str,
}

impl TableRow<'_> {
    /// Has it no value at all? Spreadsheets write such rows for cells that once were filled.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| crate::wire::unseen::trim_unseen(cell).is_empty())
    }
}

/// A line that begins no well-formed row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misshapen<'a> {
    /// Its number, from 1.
    pub(super) line: usize,
    /// What is wrong, and where.
    pub(super) reason: String,
    /// The line as it stands in the file.
    pub(super) raw: &'a str,
}

/// The rows of a text, one after the other.
#[derive(Debug, Clone)]
pub(super) struct TableRows<'a> {
    rest: &'a str,
    line: usize,
    separator: char,
}

impl<'a> TableRows<'a> {
    /// The rows from `rest` on, which begins on `line`.
    pub(super) const fn new(rest: &'a str, line: usize, separator: char) -> Self {
        Self { rest, line, separator }
    }

    /// What is not read yet, and the line it begins on.
    pub(super) const fn rest(&self) -> (&'a str, usize) {
        (self.rest, self.line)
    }
}

impl<'a> Iterator for TableRows<'a> {
    type Item = Result<TableRow<'a>, Misshapen<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (text, first) = (self.rest, self.line);
        let mut reader = Reader { text, at: 0, line: first, line_at: 0, separator: self.separator };
        match reader.row() {
            Ok(cells) => {
                let raw = &text[..reader.at];
                let last_line = reader.line;
                reader.line_break();
                (self.rest, self.line) = (&text[reader.at..], last_line + 1);
                Some(Ok(TableRow { line: first, last_line, cells, raw }))
            }
            Err(reason) => {
                let end = text.find(['\n', '\r']).unwrap_or(text.len());
                let mut past = Reader { at: end, ..reader };
                past.line_break();
                (self.rest, self.line) = (&text[past.at..], first + 1);
                Some(Err(Misshapen { line: first, reason, raw: &text[..end] }))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Where the line began.
    line_at: usize,
    separator: char,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Takes a line break of any kind, if there is one.
    fn line_break(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let length = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return false,
        };
        self.at += length;
        true
    }

    /// The place of a byte of the present line, for people.
    fn place(&self, at: usize) -> String {
        let character = self.text[self.line_at..at].chars().count() + 1;
        format!("line {}, character {character}", self.line)
    }

    /// Takes the cells up to the end of the row.
    fn row(&mut self) -> Result<Vec<String>, String> {
        let mut cells = Vec::new();
        loop {
            cells.push(if self.peek() == Some('"') { self.quoted()? } else { self.plain()? });
            if self.peek() != Some(self.separator) {
                return Ok(cells);
            }
            self.at += self.separator.len_utf8();
        }
    }

    fn plain(&mut self) -> Result<String, String> {
        let rest = &self.text[self.at..];
        let ends = |c: char| c == self.separator || matches!(c, '\n' | '\r');
        let cell = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if let Some(quote) = cell.find('"') {
            return Err(format!(
                "A quote stands inside a cell without quotes ({}). A cell with quotes, separators or line \
                 breaks stands in quotes, and a quote in it is written twice.",
                self.place(self.at + quote)
            ));
        }
        self.at += cell.len();
        Ok(cell.to_owned())
    }

    fn quoted(&mut self) -> Result<String, String> {
        let opened = self.place(self.at);
        let mut cell = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(['"', '\n', '\r']) else {
                return Err(format!("The quote that opens a cell ({opened}) is never closed."));
            };
            cell.push_str(&rest[..end]);
            self.at += end;
            if self.line_break() {
                cell.push('\n');
                self.line += 1;
                self.line_at = self.at;
                continue;
            }
            self.at += 1;
            if self.peek() == Some('"') {
                cell.push('"');
                self.at += 1;
                continue;
            }
            return match self.peek() {
                None | Some('\n' | '\r') => Ok(cell),
                Some(next) if next == self.separator => Ok(cell),
                Some(_) => Err(format!(
                    "Behind the quote that closes a cell ({}) must come a separator or the end of the line; \
                     a quote inside the cell is written twice.",
                    self.place(self.at - 1)
                )),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row's line and cells, or a fault's line and reason.
    type Found = Result<(usize, Vec<String>), (usize, String)>;

    fn read(text: &str, separator: char) -> Vec<Found> {
        TableRows::new(text, 1, separator)
            .map(|row| match row {
                Ok(row) => Ok((row.line, row.cells)),
                Err(fault) => Err((fault.line, fault.reason)),
            })
            .collect()
    }

    fn cells(of: &[&str]) -> Vec<String> {
        of.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn lines_are_those_an_editor_shows_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,\"x", "", "y\"", "", "2,z"].join(end);
            let rows = read(&text, ',');
            let wanted = [
                Ok((1, cells(&["a", "b"]))),
                Ok((2, cells(&["1", "x\n\ny"]))),
                Ok((5, cells(&[""]))),
                Ok((6, cells(&["2", "z"]))),
            ];
            assert_eq!(rows, wanted, "{end:?}");
            assert_eq!(read(&format!("{text}{end}"), ','), wanted, "{end:?} at the end");
        }
    }

    #[test]
    fn what_is_not_well_formed_costs_its_own_line() {
        let text = "1,a\n2,\"b\n3,c\n4,\"d\"\n5,e\"e\n6,\"f\"f\n7,g\n8,\"h\n";
        let rows = read(text, ',');
        let faults: Vec<usize> =
            rows.iter().filter_map(|r| r.as_ref().err()).map(|f| f.0).collect();
        let sound: Vec<usize> = rows.iter().filter_map(|r| r.as_ref().ok()).map(|r| r.0).collect();
        assert_eq!((faults, sound), (vec![2, 5, 6, 8], vec![1, 3, 4, 7]));
        let reason = |line: usize| {
            rows.iter().filter_map(|r| r.as_ref().err()).find(|f| f.0 == line).unwrap().1.clone()
        };
        assert!(reason(2).contains("line 4, character 3"), "{}", reason(2));
        assert!(reason(5).contains("inside a cell") && reason(5).contains("line 5, character 4"));
        assert!(reason(6).contains("line 6, character 5"), "{}", reason(6));
        assert!(reason(8).contains("never closed") && reason(8).contains("line 8, character 3"));
    }

    #[test]
    fn blank_rows_are_known_by_having_no_value() {
        let blank = |text: &str| TableRows::new(text, 1, ';').next().unwrap().unwrap().is_blank();
        assert!(blank("\n") && blank(";;;\n") && blank("\" \";\u{a0};\n"));
        assert!(!blank(";0;\n"));
    }

    /// A cell as a cautious writer writes it.
    fn written(cell: &str) -> String {
        if cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }

    proptest! {
        #[test]
        fn whatever_a_table_holds_is_read_back(
            table in prop::collection::vec(prop::collection::vec("[a-z\",;\t\n äé0]{0,6}", 3), 1..8),
            end in 0..3_usize, separator in 0..3_usize,
        ) {
            let (end, separator) = (["\n", "\r\n", "\r"][end], [',', ';', '\t'][separator]);
            let lines: Vec<String> = table
                .iter()
                .map(|row| row.iter().map(|c| written(c).replace('\n', end)).collect::<Vec<_>>())
                .map(|row| row.join(&separator.to_string()))
                .collect();
            let text = format!("{}{end}", lines.join(end));
            let rows: Vec<TableRow<'_>> = TableRows::new(&text, 1, separator).map(Result::unwrap).collect();
            let mut line = 1;
            for (row, wanted) in rows.iter().zip(&table) {
                prop_assert_eq!(&row.cells, wanted);
                prop_assert_eq!(row.line, line);
                line = row.last_line + 1;
            }
            prop_assert_eq!(rows.len(), table.len());
        }

        #[test]
        fn any_text_is_read_to_its_end_and_every_line_is_in_one_piece(text in "[a,;\"\r\n]{0,40}") {
            let mut rows = TableRows::new(&text, 1, ',');
            let mut next = 1;
            while let Some(row) = rows.next() {
                let (first, last) = match &row {
                    Ok(row) => (row.line, row.last_line),
                    Err(fault) => (fault.line, fault.line),
                };
                prop_assert_eq!(first, next);
                next = last + 1;
                prop_assert_eq!(rows.rest().1, next);
            }
            prop_assert!(rows.rest().0.is_empty());
        }

        /// The crate that reads leniently agrees about all that is well formed.
        #[test]
        fn another_reader_reads_the_same(text in "[ab,\"\n]{0,40}") {
            let rows: Vec<_> = TableRows::new(&text, 1, ',').collect();
            if rows.iter().all(Result::is_ok) {
                let mut other = csv::ReaderBuilder::new()
                    .flexible(true)
                    .has_headers(false)
                    .from_reader(text.as_bytes());
                let theirs: Vec<Vec<String>> = other
                    .records()
                    .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                    .collect();
                let ours: Vec<Vec<String>> =
                    rows.into_iter().flatten().map(|row| row.cells).filter(|c| c != &[""]).collect();
                // That reader leaves out empty lines and one empty quoted cell alike.
                let theirs: Vec<_> = theirs.into_iter().filter(|c| c != &[""]).collect();
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
