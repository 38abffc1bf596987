//! Words that mean one thing: of what kind a session is, is said wherever one is named.

use crate::support::sources::{root, sources};
use std::collections::BTreeSet;
use std::fs;

/// Kinds of sessions, each in the words that may stand before it.
const KINDS: [&[&str]; 3] = [&["treatment"], &["database"], &["sign", "in"]];

/// Names with a session of no kind that stay: schemas and members of reports, of plans and of what a hash is made
/// of, which clients know, and what another library calls its own.
const KEPT_NAMES: [&str; 15] = [
    "IDLE_IN_TRANSACTION_SESSION_TIMEOUT",
    "IDLE_SESSION_TIMEOUT",
    "OtherSession",
    "SessionCounts",
    "SessionEffect",
    "SessionEffects",
    "first_session_date",
    "last_session_date",
    "other_sessions",
    "planned_sessions",
    "review_after_sessions",
    "session_effects",
    "sessions",
    "sessions_attended",
    "sessions_until_review",
];

/// The words of a name or of a sentence, in small letters: `SignInRevoked` has three.
fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && was_small {
            words.push(String::new());
        }
        was_small = letter.is_lowercase() || letter.is_ascii_digit();
        if letter.is_alphanumeric() {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Does a session stand in these words of which they do not say the kind?
fn has_session_alone(text: &str) -> bool {
    let words = words_of(text);
    let is_of_kind = |before: &[String]| KINDS.iter().any(|kind| before.ends_with_words(kind));
    let sessions = words.iter().enumerate();
    let mut sessions =
        sessions.filter(|(_, word)| ["session", "sessions"].contains(&word.as_str()));
    sessions.any(|(at, _)| !is_of_kind(&words[..at]))
}

trait EndsWithWords {
    fn ends_with_words(&self, end: &[&str]) -> bool;
}

impl EndsWithWords for [String] {
    fn ends_with_words(&self, end: &[&str]) -> bool {
        let from = self.len().checked_sub(end.len());
        from.is_some_and(|from| self[from..].iter().eq(end))
    }
}

/// The names of a source and its comments, each with all its lines. What stands in strings is neither, nor what a
/// comment quotes from code.
fn names_and_comments(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut code, mut comments, mut is_comment) = (String::new(), Vec::<String>::new(), false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let raw = rest.strip_prefix("r#\"").map(|text| (text, "\"#"));
        let raw = raw.or_else(|| rest.strip_prefix("r\"").map(|text| (text, "\"")));
        let is_start = !code.ends_with(|before: char| before.is_alphanumeric() || before == '_');
        if rest.starts_with("//") {
            let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
            let said = line.trim_start_matches(['/', '!']);
            match comments.last_mut().filter(|_| is_comment) {
                Some(comment) => comment.push_str(said),
                None => comments.push(said.to_owned()),
            }
            (rest, is_comment) = (behind, true);
            continue;
        }
        is_comment = is_comment && letter.is_whitespace();
        if let Some((text, end)) = raw.filter(|_| is_start) {
            rest = text.split_once(end).map_or("", |(_, behind)| behind);
        } else if letter == '"' {
            let mut is_escaped = false;
            let end = rest[1..].find(|letter| {
                let is_end = letter == '"' && !is_escaped;
                is_escaped = letter == '\\' && !is_escaped;
                is_end
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
        } else if rest.starts_with("'\\") {
            // A letter, which may be a quotation mark; what else begins so is a lifetime.
            let end = rest[3..].find('\'');
            rest = end.map_or("", |end| &rest[end + 4..]);
        } else if letter == '\'' && rest.chars().nth(2) == Some('\'') {
            let (end, _) = rest.char_indices().nth(2).unwrap();
            rest = &rest[end + 1..];
        } else {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        code.push(' ');
    }
    let names = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let said = comments.iter().map(|comment| comment.split('`').step_by(2).collect());
    (names.map(str::to_owned).collect(), said.collect())
}

#[test]
fn a_session_is_always_one_of_a_kind() {
    for (text, is_alone) in [
        ("SessionRow", true),
        ("TreatmentSessionRow", false),
        ("MOST_SESSIONS", true),
        ("DATABASE_SESSION", false),
        ("around_sessions_svg", true),
        ("The treatment sessions of a plan, and a sign-in session.", false),
        ("What was done in a session.", true),
        ("Many obsessions", false),
    ] {
        assert_eq!(has_session_alone(text), is_alone, "{text}");
    }
    let source = "// Of it.\n/// A\n/// session.\nlet visit = Session::new(\"a \\\" session\", '\"', '\\'');\n\
        r#\"a \"session\"#; session_two::<'a>(\"http://session\") // `session`, not";
    let (names, comments) = names_and_comments(source);
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["", "Session", "a", "let", "new", "session_two", "visit"]
    );
    assert_eq!(comments, [" Of it. A session.", " , not"]);

    let (mut alone, mut kept) = (Vec::new(), BTreeSet::new());
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(root()).unwrap().display();
        if has_session_alone(&file.file_stem().unwrap().to_string_lossy()) {
            alone.push(format!("{place}: its name"));
        }
        let (names, comments) = names_and_comments(&text);
        for name in names.into_iter().filter(|name| has_session_alone(name)) {
            match KEPT_NAMES.iter().find(|kept| **kept == name) {
                Some(name) => drop(kept.insert(*name)),
                None => alone.push(format!("{place}: {name}")),
            }
        }
        let said = comments.into_iter().filter(|said| has_session_alone(said));
        alone.extend(said.map(|said| format!("{place}:{said}")));
    }
    assert!(alone.is_empty(), "of which kind? {alone:#?}");
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), KEPT_NAMES, "a name that no code has");
}
