//! What changed since before the course: pain then and now, the worst of it, how large the change is,
//! and beside each number the short form of what binds it.

use super::content::{with_heading, worst};
use super::voice::{Voice, code_of, fact, span, value};
use crate::report::render::page::{Block, Fact, Span};
use crate::report::rules::cautions::Caution;
use crate::report::rules::life::questionnaires::QuestionnaireChange;
use crate::report::rules::pain::baseline::HIGH_BASELINE;
use crate::report::rules::pain::change::PainChange;
use crate::report::rules::pain::trend::{PainTrend, TrendPace};
use crate::report::rules::statement::ReportStatement;
use crate::report::rules::{PainSummary, Report};

/// Questionnaires that the summary shows.
const MOST_QUESTIONNAIRES: usize = 6;
/// The caution that binds two numbers: a high baseline, and the word meaningful.
const REGRESSION: &str = "regression_to_the_mean";

/// The section, as far as anything is known.
pub(super) fn blocks(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut beside = Beside::of(report, words);
    let (mut tiles, mut texts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(pain) = &report.pain {
        tiles = self::tiles(pain, words, &mut beside);
        texts.extend(sentence(pain, words, &mut beside));
        texts.extend(plateau(pain, words));
        lines.extend(size(&pain.change, words));
        lines.extend(trend(&pain.trend, words));
    }
    if let Some(questionnaires) = &report.questionnaires {
        let changes = questionnaires.instruments.iter().filter(|change| change.latest.is_some());
        lines.extend(changes.take(MOST_QUESTIONNAIRES).map(|change| questionnaire(words, change)));
        lines.extend(questionnaires.impression.as_ref().map(|impression| Fact {
            label: words.text("changed.impression", &[]),
            value: words.original(&impression.words),
            note: with(words.day(impression.journal_date), beside.take(&["impression_disagrees"])),
        }));
    }
    let mut blocks = Vec::new();
    if !tiles.is_empty() {
        blocks.push(Block::Facts(tiles));
    }
    blocks.extend(texts);
    blocks.extend(beside.rest().into_iter().map(Block::Small));
    if !lines.is_empty() {
        blocks.push(Block::Lines(lines));
    }
    with_heading(words, "changed.heading", blocks)
}

/// Pain before and now, the difference, and the worst pain before and now. What nobody rated has no
/// tile.
fn tiles(pain: &PainSummary, words: &Voice<'_>, beside: &mut Beside<'_>) -> Vec<Fact> {
    let (baseline, follow_up) = (&pain.baseline.mean, &pain.follow_up);
    let mut tiles = Vec::new();
    if baseline.have > 0 {
        let mut codes = vec!["no_baseline_before_treatment"];
        if baseline.value.is_some_and(|mean| mean >= HIGH_BASELINE) {
            codes.push(REGRESSION);
        }
        if pain.baseline.mean_with_late_entries.is_none() {
            codes.push("baseline_with_late_entries");
        }
        tiles.push(noted(fact(words, "changed.baseline", baseline), beside.take(&codes)));
    }
    if let Some(late) = &pain.baseline.mean_with_late_entries {
        let bound = beside.take(&["baseline_with_late_entries"]);
        tiles.push(noted(fact(words, "changed.baseline.late", late), bound));
    }
    if pain.window_mean.have > 0 {
        let bound =
            beside.take(&["follow_up_too_early", "follow_up_sparse", "last_treatment_long_ago"]);
        tiles.push(noted(fact(words, "changed.now", follow_up), bound));
    }
    if pain.change.difference.have > 0 {
        // Its days are those of the two before it.
        let difference = ReportStatement { window: None, ..pain.change.difference.clone() };
        tiles.push(fact(words, "changed.difference", &difference));
    }
    tiles.extend(worst(words, pain));
    tiles
}

/// The change in a sentence, with the days that are compared and the first treatment of the course.
fn sentence(pain: &PainSummary, words: &Voice<'_>, beside: &mut Beside<'_>) -> Option<Block> {
    let change = &pain.change;
    let told = change.told()?;
    let days = |statement: &ReportStatement| Some(span(words, statement.window?));
    let (then, now) = (days(&pain.baseline.mean)?, days(&pain.follow_up)?);
    let first = words.day(pain.baseline.first_session_date?);
    let points = words.number(&told.points);
    let percent = change.percent_reduction.map(|percent| words.decimal(percent.abs()));
    let percent = percent.unwrap_or_default();
    let values = [
        ("points", points.as_str()),
        ("percent", &percent),
        ("then", &then),
        ("now", &now),
        ("first", &first),
    ];
    let [sentence, judgement] = [told.key, told.judgement].map(|key| format!("changed.{key}"));
    let text = format!("{} {}", words.text(&sentence, &values), words.text(&judgement, &[]));
    let mut spans = vec![Span::plain(text)];
    if change.meaningful_improvement {
        spans.extend(beside.say(REGRESSION).map(|bound| Span::small(format!(" {bound}"))));
    }
    Some(Block::Paragraph(spans))
}

fn plateau(pain: &PainSummary, words: &Voice<'_>) -> Option<Block> {
    let is_level = pain.plateau.as_ref().is_some_and(|plateau| plateau.is_plateau);
    is_level.then(|| Block::Paragraph(vec![Span::plain(words.text("changed.plateau", &[]))]))
}

/// Which way the ratings of the window go, and how fast.
fn trend(trend: &PainTrend, words: &Voice<'_>) -> Option<Fact> {
    if trend.per_week.have == 0 {
        return None;
    }
    Some(match trend.pace() {
        TrendPace::Week(week) => fact(words, "changed.trend", week),
        TrendPace::All(all) => Fact {
            value: words.text("changed.trend.all", &[("value", &words.stated(all))]),
            ..fact(words, "changed.trend", all)
        },
        TrendPace::Under => {
            let key = format!("changed.trend.under.{}", code_of(trend.words.as_ref()?));
            Fact {
                value: words.text(&key, &[]),
                ..fact(
                    words,
                    "changed.trend",
                    &ReportStatement { interval: None, ..trend.per_week.clone() },
                )
            }
        }
    })
}

/// How large the change is by published bands.
fn size(change: &PainChange, words: &Voice<'_>) -> Option<Fact> {
    let percent = change.percent_reduction.unwrap_or_default();
    let key = if percent < 0.0 { "changed.percent.more" } else { "changed.percent.less" };
    let told = words.decimal(percent.abs());
    // Nothing is neither more nor less.
    let is_nothing = told == words.decimal(0.0);
    Some(Fact {
        label: words.text("changed.band", &[]),
        value: words.code("band", &code_of(change.band.as_ref()?)),
        note: if is_nothing { String::new() } else { words.text(key, &[("percent", &told)]) },
    })
}

/// The change of a questionnaire, and how many of the published thresholds it reaches.
fn questionnaire(words: &Voice<'_>, change: &QuestionnaireChange) -> Fact {
    let title = words.code("instrument", &change.instrument);
    let known = fact(words, "none", &ReportStatement { window: None, ..change.difference.clone() });
    let results = change.thresholds.iter().filter_map(|threshold| threshold.result.as_ref());
    let all = results.clone().count();
    let reached = results.filter(|result| result.0 == "met").count();
    let mut notes = vec![known.note.clone()];
    if all > 0 {
        let (reached, all) = (reached.to_string(), all.to_string());
        notes.push(words.text("questionnaire.reached", &[("reached", &reached), ("all", &all)]));
    }
    notes.retain(|note| !note.is_empty());
    let label = words.text("questionnaire.difference", &[("title", &title)]);
    Fact { label, note: notes.join(" \u{b7} "), ..known }
}

/// A fact with what binds it behind what stands behind it.
fn noted(known: Fact, bound: Vec<String>) -> Fact {
    Fact { note: with(known.note, bound), ..known }
}

fn with(note: String, bound: Vec<String>) -> String {
    // A caution is a sentence, and ends as one.
    let all = std::iter::once(note).filter(|note| !note.is_empty()).chain(bound);
    let parts: Vec<String> = all.map(|part| part.trim_end_matches('.').to_owned()).collect();
    parts.join(". ")
}

/// The cautions about the change, each to stand beside the number it binds.
struct Beside<'a> {
    report: &'a Report,
    words: &'a Voice<'a>,
    /// Those that stand nowhere yet.
    left: Vec<&'a Caution>,
}

impl<'a> Beside<'a> {
    fn of(report: &'a Report, words: &'a Voice<'a>) -> Self {
        let left = report.pain.iter().flat_map(|pain| &pain.cautions).collect();
        Self { report, words, left }
    }

    /// Those of these names, as far as they are there: they stand beside a number now.
    fn take(&mut self, codes: &[&str]) -> Vec<String> {
        codes.iter().filter_map(|code| self.say(code)).collect()
    }

    fn say(&mut self, code: &str) -> Option<String> {
        self.left.retain(|caution| caution.code != code);
        let mut all = self.report.pain.iter().flat_map(|pain| &pain.cautions);
        all.find(|caution| caution.code == code).map(|caution| self.text(caution))
    }

    /// Those whose number is not shown.
    fn rest(&self) -> Vec<String> {
        self.left.iter().map(|caution| self.text(caution)).collect()
    }

    /// The short form of a caution; the report's own sentence where there is none.
    fn text(&self, caution: &Caution) -> String {
        let (report, words) = (self.report, self.words);
        let Some(pain) = &report.pain else { return caution.words(words.language) };
        let course = report.course.as_ref();
        let window = pain.follow_up.window;
        let last = course.map(|course| course.last_session_date);
        let ago = last.zip(window).map(|(last, window)| (window.to - last).num_days());
        let late = pain.baseline.mean_with_late_entries.as_ref();
        let begins = course.and_then(|course| course.share_begins_on);
        let values = [
            ("have", pain.follow_up.have.to_string()),
            ("need", pain.follow_up.need.to_string()),
            ("days", window.map_or(0, |window| window.days()).to_string()),
            ("late", late.map_or(0, |late| late.n - pain.baseline.mean.n).to_string()),
            ("with", late.map(|late| value(words, late)).unwrap_or_default()),
            ("begins", begins.map(|day| words.day(day)).unwrap_or_default()),
            ("last", last.map(|day| words.day(day)).unwrap_or_default()),
            ("ago", ago.unwrap_or_default().to_string()),
        ];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let short = words.find(&format!("beside.{}", caution.code), &values);
        short.unwrap_or_else(|| caution.words(words.language))
    }
}
