//! The practitioner's page: read in a minute, in the order of clinical reference 6.1.

use super::content::{codes, heading, session_table};
use super::words::{
    Voice, behind, day, day_or, decimal, elapsed, fact, made_at, or_dash, span, value,
};
use super::{Catalogue, figures};
use crate::report::Report;
use crate::report::coverage::CoverageWeek;
use crate::report::page::{Alignment, Block, Fact, Note, Page, Span, Table, Wording};
use crate::report::questionnaires::{QuestionnaireChange, QuestionnaireScore};
use crate::report::statement::{Code, Statement, Status};

/// Composes the page. The same report gives the same page.
pub fn practitioner_page(report: &Report, catalogue: &Catalogue) -> Page {
    let words = &Voice { catalogue, window: elapsed(report) };
    let mut blocks = Vec::new();
    visit(&mut blocks, report, words);
    blocks.push(Block::Facts(header(report, words)));
    changed(&mut blocks, report, words);
    if report.pain.is_some() {
        blocks.push(heading(words, "chart.heading"));
        blocks.push(figures::daily_pain(words, report));
    }
    sessions(&mut blocks, report, words);
    function(&mut blocks, report, words);
    sleep(&mut blocks, report, words);
    medication(&mut blocks, report, words);
    flares(&mut blocks, report, words);
    safety(&mut blocks, report, words);
    let bodies = figures::body(report);
    if !bodies.is_empty() {
        blocks.push(heading(words, "body.heading"));
        blocks.extend(bodies);
    }
    patients_words(&mut blocks, report, words);
    footer(&mut blocks, report, words);
    Page {
        title: words.text("title", &[]),
        language: catalogue.language.to_owned(),
        direction: None,
        meta: meta(report, words),
        blocks,
        id: format!(
            "{}-{}-{}-{}",
            report.window.from, report.window.to, report.rule_version, report.journal_revision
        ),
        created_at: Some(report.generated_at),
        wording: Wording::default(),
    }
}

/// The lines below the title.
pub(super) fn meta(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let at = made_at(report);
    let revision = report.journal_revision.to_string();
    let made =
        [("at", at.as_str()), ("rules", &report.rule_version), ("revision", revision.as_str())];
    let mut meta = vec![
        words.text("meta.window", &[("span", &span(words, report.window))]),
        words.text("meta.made", &made),
        words.text("meta.nature", &[]),
    ];
    let list = |codes: &[Code]| self::codes(words, "section", codes);
    meta.push(words.text("meta.sections", &[("sections", &list(&report.sections_included))]));
    if !report.sections_omitted.is_empty() {
        meta.push(words.text("meta.omitted", &[("sections", &list(&report.sections_omitted))]));
    }
    meta
}

fn header(report: &Report, words: &Voice<'_>) -> Vec<Fact> {
    let header = &report.header;
    let mut facts = Vec::new();
    if let Some(rated) = header.days_rated {
        let (rated, expected) = (rated.to_string(), header.days_expected.to_string());
        facts.push(Fact {
            label: words.text("header.rated", &[]),
            value: words.text("header.rated.value", &[("rated", &rated), ("expected", &expected)]),
            note: String::new(),
        });
    }
    let statements =
        [("header.adherence", &header.adherence_any), ("header.timely", &header.adherence_timely)];
    facts.extend(
        statements.into_iter().filter_map(|(label, s)| Some(fact(words, label, s.as_ref()?))),
    );
    if let Some(sessions) = header.sessions {
        let [planned, attended, missed, patient, clinic] = [
            sessions.planned,
            sessions.attended,
            sessions.missed,
            sessions.cancelled_patient,
            sessions.cancelled_clinic,
        ]
        .map(|count| count.to_string());
        let values = [
            ("planned", planned.as_str()),
            ("missed", &missed),
            ("patient", &patient),
            ("clinic", &clinic),
        ];
        facts.push(Fact {
            label: words.text("header.sessions", &[]),
            value: words.text("header.sessions.value", &[("attended", &attended)]),
            note: words.text("header.sessions.note", &values),
        });
    }
    facts
}

/// What the patient brings along stands first: the page is read just before the visit.
fn visit(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let Some(visit) = &report.visit else { return };
    if visit.questions.is_empty() && visit.goals.is_empty() && visit.next_visit_on.is_none() {
        return;
    }
    blocks.push(heading(words, "visit.heading"));
    if let Some(next) = visit.next_visit_on {
        let text = words.text("visit.next", &[("day", &day(next))]);
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
    blocks.extend(visit_lists(report, words));
}

/// The open questions and goals, each under its name.
pub(super) fn visit_lists(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(visit) = &report.visit else { return Vec::new() };
    let questions = visit.questions.iter().map(|question| question.text.clone()).collect();
    let goals = visit.goals.iter().map(|goal| goal.text.clone()).collect();
    let lists: [(&str, Vec<String>); 2] = [("visit.questions", questions), ("visit.goals", goals)];
    lists
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .flat_map(|(label, lines)| {
            let label = Block::Paragraph(vec![Span::strong(words.text(label, &[]))]);
            [label, Block::List(lines)]
        })
        .collect()
}

fn changed(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let mut facts = Vec::new();
    let mut sentences = Vec::new();
    if let Some(pain) = &report.pain {
        facts.push(fact(words, "changed.baseline", &pain.baseline.mean));
        facts.push(fact(words, "changed.now", &pain.follow_up));
        facts.push(fact(words, "changed.difference", &pain.change.difference));
        if let Some(band) = &pain.change.band {
            let percent = pain.change.percent_reduction.map(decimal).unwrap_or_default();
            facts.push(Fact {
                label: words.text("changed.band", &[]),
                value: words.code("band", &code_of(band)),
                note: words.text("changed.percent", &[("percent", &percent)]),
            });
        }
        facts.push(Fact {
            label: words.text("changed.trend", &[]),
            value: value(words, &pain.trend.per_week),
            note: behind(words, &pain.trend.per_week),
        });
        sentences.extend(pain.change.sentence.clone());
        sentences.extend(pain.plateau.as_ref().and_then(|plateau| plateau.sentence.clone()));
    }
    if let Some(questionnaires) = &report.questionnaires {
        for change in questionnaires.instruments.iter().filter(|change| change.latest.is_some()) {
            let label = words.text("questionnaire.difference", &[("title", &change.title)]);
            facts.push(Fact { label, ..fact(words, "none", &change.difference) });
        }
        if let Some(impression) = &questionnaires.impression {
            facts.push(Fact {
                label: words.text("changed.impression", &[]),
                value: impression.words.clone(),
                note: day(impression.journal_date),
            });
        }
    }
    if facts.is_empty() {
        return;
    }
    blocks.push(heading(words, "changed.heading"));
    blocks.push(Block::Facts(facts));
    for sentence in sentences {
        blocks.push(Block::Paragraph(vec![Span::plain(sentence)]));
    }
}

/// The code that a fieldless enum is written as.
fn code_of(code: &impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

fn sessions(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let Some(effects) = &report.session_effects else { return };
    blocks.push(heading(words, "sessions.heading"));
    blocks.push(Block::Facts(vec![
        fact(words, "sessions.immediate", &effects.immediate.median),
        fact(words, "sessions.sustained", &effects.sustained.median),
    ]));
    blocks.extend(figures::around_sessions(report));
    blocks.extend(session_table(words, effects));
    blocks.push(Block::Small(words.text("sessions.hedge", &[])));
}

fn function(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    if report.function.is_none() && report.questionnaires.is_none() {
        return;
    }
    blocks.push(heading(words, "function.heading"));
    if let Some(function) = &report.function {
        let rows = [
            ("function.walking", &function.walking_minutes.mean),
            ("function.steps", &function.steps.mean),
            ("function.sitting", &function.sitting_tolerance.mean),
            ("function.standing", &function.standing_tolerance.mean),
            ("function.work", &function.work.affected),
        ];
        blocks.push(Block::Facts(facts(words, &rows)));
    }
    let instruments = report.questionnaires.as_ref().map_or(&[][..], |found| &found.instruments);
    if !instruments.is_empty() {
        blocks.push(questionnaires(words, instruments));
    }
    for change in instruments.iter().filter(|change| !change.activities.is_empty()) {
        blocks.push(activities(words, change));
    }
}

/// One line an instrument: first and latest score, the difference, and what it is held against.
fn questionnaires(words: &Voice<'_>, instruments: &[QuestionnaireChange]) -> Block {
    let rows = instruments.iter().map(|change| {
        let dated = |score: &QuestionnaireScore| {
            let day = day(score.journal_date);
            words.text("questionnaire.dated", &[("score", &score.score_text), ("day", &day)])
        };
        let held: Vec<String> = change
            .thresholds
            .iter()
            .filter_map(|threshold| {
                let result =
                    words.text(&format!("threshold.{}", threshold.result.as_ref()?.0), &[]);
                let name = words.code("threshold_name", &threshold.name);
                let values =
                    [("name", name.as_str()), ("source", &threshold.source), ("result", &result)];
                Some(words.text("questionnaire.threshold", &values))
            })
            .collect();
        let higher = words.code("questionnaire", &change.higher_is.0);
        let values = [("title", change.title.as_str()), ("higher", &higher)];
        vec![
            words.text("questionnaire.title", &values),
            dated(&change.first),
            change.latest.as_ref().map_or_else(|| or_dash(None::<i32>), dated),
            value(words, &change.difference),
            held.join("\n"),
        ]
    });
    Block::Table(Table {
        caption: words.text("questionnaire.caption", &[]),
        headers: ["name", "first", "latest", "change", "held"]
            .map(|key| words.text(&format!("questionnaire.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start; 5],
    })
}

/// The activities the patient named, at both times.
pub(super) fn activities(words: &Voice<'_>, change: &QuestionnaireChange) -> Block {
    let rows = change.activities.iter().map(|activity| {
        vec![activity.activity.clone(), decimal(activity.first), decimal(activity.latest)]
    });
    Block::Table(Table {
        caption: words.text("own.activities.caption", &[]),
        headers: ["activity", "first", "latest"]
            .map(|key| words.text(&format!("questionnaire.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::End, Alignment::End],
    })
}

/// Tiles of several statements.
fn facts(words: &Voice<'_>, rows: &[(&str, &Statement)]) -> Vec<Fact> {
    rows.iter().map(|(label, statement)| fact(words, label, statement)).collect()
}

fn sleep(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let mut shown = Vec::new();
    if let Some(sleep) = &report.sleep {
        shown.extend(facts(
            words,
            &[
                ("sleep.total", &sleep.total_sleep.mean),
                ("sleep.efficiency", &sleep.efficiency.mean),
                ("sleep.quality", &sleep.quality.mean),
                ("sleep.woken", &sleep.woken_by_pain),
            ],
        ));
    }
    if let Some(pain) = &report.pain {
        let states = &pain.time_in_state;
        shown.extend(facts(
            words,
            &[
                ("states.high", &states.worst_high.share),
                ("states.low", &states.worst_low.share),
                ("states.none", &states.no_pain.share),
            ],
        ));
    }
    if let Some(wellbeing) = &report.wellbeing {
        shown.extend(facts(
            words,
            &[
                ("wellbeing.interference", &wellbeing.interference.mean),
                ("wellbeing.stiffness", &wellbeing.stiffness.mean),
                ("wellbeing.morning", &wellbeing.morning_stiffness.mean),
                ("wellbeing.mood", &wellbeing.mood.mean),
                ("wellbeing.stress", &wellbeing.stress.mean),
                ("wellbeing.energy", &wellbeing.energy.mean),
            ],
        ));
    }
    if shown.is_empty() {
        return;
    }
    blocks.push(heading(words, "sleep.heading"));
    blocks.push(Block::Facts(shown));
    blocks.extend(figures::weeks(words, report));
    if let Some(link) = &report.sleep_link {
        blocks.push(Block::Paragraph(vec![
            Span::strong(words.text("sleep.link", &[])),
            Span::plain(": "),
            Span::plain(link.sentence.clone()),
        ]));
    }
}

fn medication(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    if report.medication.is_none() && report.relief.is_none() {
        return;
    }
    blocks.push(heading(words, "medication.heading"));
    if let Some(medication) = &report.medication {
        let mut shown = Vec::new();
        for kind in &medication.kinds {
            let label = words.code("medication.kind", &kind.kind.0);
            let change = words.text("medication.change", &[("kind", &label)]);
            shown.push(Fact { label, ..fact(words, "none", &kind.per_week) });
            if kind.change.status != Status::Insufficient {
                shown.push(Fact { label: change, ..fact(words, "none", &kind.change) });
            }
        }
        blocks.push(Block::Facts(shown));
        let [known, any, none] = [medication.days_known, medication.days_any, medication.days_none]
            .map(|count| count.to_string());
        let values = [("known", known.as_str()), ("any", &any), ("none", &none)];
        blocks.push(Block::Small(words.text("medication.days", &values)));
    }
    if let Some(relief) = report.relief.as_ref().filter(|relief| !relief.is_empty()) {
        let rows = relief.iter().map(|used| {
            let helped = used.helped;
            let helped = format!(
                "{} / {} / {} / {}",
                helped.none, helped.some, helped.a_lot, helped.not_answered
            );
            vec![words.code("relief", &used.what.0), used.days.to_string(), helped]
        });
        blocks.push(Block::Table(Table {
            caption: words.text("relief.caption", &[]),
            headers: ["what", "days", "helped"]
                .map(|key| words.text(&format!("relief.{key}"), &[]))
                .to_vec(),
            rows: rows.collect(),
            alignments: vec![Alignment::Start, Alignment::End, Alignment::End],
        }));
    }
}

fn flares(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let Some(flares) = &report.flares else { return };
    blocks.push(heading(words, "flares.heading"));
    blocks.push(Block::Facts(facts(
        words,
        &[("flares.rate", &flares.flare_days_per_28), ("flares.spikes", &flares.spike_days_per_28)],
    )));
    if let Some(overlap) = &flares.overlap {
        let [both, spike, flare] =
            [overlap.both, overlap.spike_only, overlap.flare_only].map(|count| count.to_string());
        let values = [("both", both.as_str()), ("spike", &spike), ("flare", &flare)];
        blocks.push(Block::Small(words.text("flares.overlap", &values)));
    }
    if flares.reported.is_empty() {
        blocks.push(Block::Paragraph(vec![Span::plain(words.text("flares.none", &[]))]));
        return;
    }
    let rows = flares.reported.iter().map(|flare| {
        let tried: Vec<String> =
            flare.what_helped.iter().map(|tried| words.code("relief", &tried.what.0)).collect();
        vec![
            day(flare.started_on),
            day_or(words, flare.ended_on),
            or_dash(flare.severity),
            codes(words, "trigger", &flare.suspected_triggers),
            tried.join(", "),
        ]
    });
    blocks.push(Block::Table(Table {
        caption: words.text("flares.caption", &[]),
        headers: ["from", "to", "severity", "triggers", "helped"]
            .map(|key| words.text(&format!("flares.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::Start, Alignment::End],
    }));
}

fn safety(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    if report.adverse_events.is_none() && report.warning_signs.is_none() {
        return;
    }
    blocks.push(heading(words, "safety.heading"));
    if let Some(events) = &report.adverse_events {
        if events.is_empty() {
            blocks.push(Block::Paragraph(vec![Span::plain(words.text("safety.none", &[]))]));
        }
        let lines = events.iter().map(|event| {
            let (on, kinds) = (day(event.started_on), codes(words, "event", &event.kinds));
            let severity = words.code("severity", &event.severity.0);
            let serious =
                if event.serious { words.text("safety.serious", &[]) } else { String::new() };
            let values = [
                ("day", on.as_str()),
                ("kinds", &kinds),
                ("severity", &severity),
                ("serious", &serious),
            ];
            words.text("safety.event", &values)
        });
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            blocks.push(Block::List(lines));
        }
    }
    if let Some(signs) = &report.warning_signs {
        let days: Vec<String> = signs.days.iter().map(|on| day(on.journal_date)).collect();
        let title = signs.notice_title.clone().unwrap_or_default();
        let text = if days.is_empty() {
            words.text("safety.no_signs", &[])
        } else {
            words.text("safety.signs", &[("days", &days.join(", ")), ("title", &title)])
        };
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
}

fn patients_words(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let mut lines = Vec::new();
    for complaint in report.complaints.iter().flatten() {
        let onset = day_or(words, complaint.onset_date);
        let values = [("label", complaint.label.as_str()), ("onset", &onset)];
        lines.push(words.text("complaint.line", &values));
    }
    for plan in report.plans.iter().flatten() {
        let (on, status) = (day(plan.agreed_on), words.code("status", &plan.status.0));
        let values = [("day", on.as_str()), ("goal", &plan.goal), ("status", &status)];
        lines.push(words.text("plan.line", &values));
    }
    lines.extend(goal_lines(report, words));
    let notes: Vec<Note> = report
        .shared_notes
        .iter()
        .flatten()
        .flat_map(|note| {
            let texts = [note.text.clone(), note.trigger_text.clone()];
            let heading = day(note.journal_date);
            texts.into_iter().flatten().map(move |text| Note { heading: heading.clone(), text })
        })
        .collect();
    if lines.is_empty() && notes.is_empty() {
        return;
    }
    blocks.push(heading(words, "notes.heading"));
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
    }
    if !notes.is_empty() {
        blocks.push(Block::Notes(notes));
    }
}

/// The goals, open ones first as the report has them.
fn goal_lines(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let lines = report.goals.iter().flatten().map(|goal| {
        let (kind, status) =
            (words.code("goal", &goal.kind.0), words.code("status", &goal.status.0));
        let values = [("text", goal.text.as_str()), ("kind", &kind), ("status", &status)];
        words.text("goal.line", &values)
    });
    lines.collect()
}

fn footer(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    blocks.push(heading(words, "footer.heading"));
    let cautions: Vec<&str> = report.cautions.iter().map(|caution| caution.text.as_str()).collect();
    blocks.push(Block::Small(cautions.join(" ")));
    if let Some(coverage) = &report.coverage {
        blocks.push(Block::Small(coverage_line(words, coverage)));
    }
    blocks.push(Block::Small(words.text("footer.log", &[])));
}

/// The days rated of those expected, week by week, as small as it may be.
fn coverage_line(words: &Voice<'_>, coverage: &[CoverageWeek]) -> String {
    let weeks = coverage.iter().map(|week| {
        let from = day(week.window.from);
        let counts = [week.rated, week.expected, week.backfilled].map(|count| count.to_string());
        let [rated, expected, late] = counts.each_ref().map(String::as_str);
        let key = if week.backfilled > 0 { "coverage.week.late" } else { "coverage.week" };
        let values =
            [("from", from.as_str()), ("rated", rated), ("expected", expected), ("late", late)];
        words.text(key, &values)
    });
    let weeks: Vec<String> = weeks.collect();
    format!("{} {}.", words.text("coverage.caption", &[]), weeks.join("; "))
}
