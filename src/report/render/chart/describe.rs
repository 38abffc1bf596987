//! The chart in words: its name, its heading, and the text alternative for those who do not see
//! it.

use super::labels::span;
use crate::language::Language;
use crate::report::rules::Report;
use crate::report::rules::numbers::one_decimal;
use crate::report::rules::pain::baseline::BaselineKind;
use crate::report::rules::pain::flares::ReportedFlare;
use crate::report::rules::pain::trend::{PainTrend, TrendPace, TrendWords};
use crate::report::rules::series::DailyPoint;
use crate::report::rules::statement::{ReportStatement, Status};
use crate::sections::Section;

/// The name of the picture.
pub(super) fn title(report: &Report, language: &Language) -> String {
    let [from, to] = [report.window.from, report.window.to].map(|date| language.day(date));
    language.text("chart.daily.title", &[("from", &from), ("to", &to)])
}

/// The words after the heading: how much stands behind the picture.
pub(super) fn subheading(report: &Report, language: &Language) -> String {
    let header = &report.header;
    let Some(rated) = header.days_rated else {
        return language.text("chart.daily.self_reported", &[]);
    };
    let late = header.days_backfilled.filter(|late| *late > 0);
    let key = if late.is_some() { "chart.daily.rated_late" } else { "chart.daily.rated" };
    let late = late.unwrap_or_default().to_string();
    let (rated, expected) = (rated.to_string(), header.days_expected.to_string());
    language.text(key, &[("rated", &rated), ("expected", &expected), ("late", &late)])
}

/// The reliable means that the bars stand for, named beside the heading so that no name covers a
/// mark. A window that lies before the picture has no bar and is called earlier.
pub(super) fn means(report: &Report, language: &Language) -> Option<String> {
    let pain = report.pain.as_ref()?;
    let (first, last) = match pain.baseline.kind {
        BaselineKind::BeforeFirstTreatment => {
            ("chart.means.before_first_session", "chart.means.follow_up")
        }
        BaselineKind::FirstWeekAfterStart => {
            ("chart.means.first_week_after_start", "chart.means.follow_up")
        }
        BaselineKind::None => ("chart.means.none", "chart.means.last_days"),
    };
    let parts = [(first, &pain.baseline.mean), (last, &pain.follow_up)].map(|(key, mean)| {
        let is_earlier = mean.window.is_some_and(|window| window.to < report.window.from);
        let value = mean.value_text.as_ref().filter(|_| mean.status == Status::Reliable)?;
        let named = language.text(key, &[("value", &language.number(value))]);
        Some(if is_earlier {
            language.text("chart.means.earlier", &[("mean", &named)])
        } else {
            named
        })
    });
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  \u{b7}  "))
}

/// The text alternative: the same facts as the picture, in sentences.
pub(super) fn text_alternative(report: &Report, language: &Language) -> String {
    if !report.shows(Section::Pain) {
        return language.text("chart.daily.omitted.told", &[]);
    }
    let mut sentences = vec![subheading(report, language)];
    let scores: Vec<f64> = report.daily.iter().filter_map(|point| point.pain).collect();
    let least = scores.iter().copied().reduce(f64::min);
    let greatest = scores.iter().copied().reduce(f64::max);
    match least.zip(greatest) {
        Some((least, greatest)) => {
            let [least, greatest] = [least, greatest].map(|v| language.number(&one_decimal(v)));
            let values = [("least", least.as_str()), ("greatest", &greatest)];
            sentences.push(language.text("chart.daily.between", &values));
        }
        None => sentences.push(language.text("chart.daily.no_ratings.told", &[])),
    }
    if let Some(pain) = &report.pain {
        sentences.extend(mean(language, &pain.window_mean, "chart.daily.mean.window"));
        sentences.extend(mean(language, &pain.baseline.mean, "chart.daily.mean.baseline"));
        sentences.extend(mean(language, &pain.follow_up, "chart.daily.mean.follow_up"));
        sentences.extend(trend(language, &pain.trend));
    }
    sentences.extend(treatments(report, language));
    sentences.extend(flares(report, language));
    sentences.extend(spikes(report, language));
    sentences.push(language.text("chart.daily.blank", &[]));
    sentences.join(" ")
}

/// The mean of a window in words, where it is reliable.
fn mean(language: &Language, statement: &ReportStatement, key: &str) -> Option<String> {
    let is_reliable = statement.status == Status::Reliable;
    let value = language.number(statement.value_text.as_ref().filter(|_| is_reliable)?);
    let window = statement.window?;
    let days = span(language, window.from, window.to);
    let rated = language.counted("chart.rated_days", statement.n);
    Some(language.text(key, &[("days", &days), ("value", &value), ("rated", &rated)]))
}

/// The trend in words; `None` where it is withheld.
fn trend(language: &Language, trend: &PainTrend) -> Option<String> {
    trend.per_week.value_text.as_ref()?;
    let by = |key: &str, pace: &ReportStatement| {
        let value = language.number(pace.value_text.as_deref().unwrap_or_default());
        language.text(key, &[("value", &value)])
    };
    let by = match trend.pace() {
        TrendPace::Week(week) => by("chart.daily.trend.week", week),
        TrendPace::All(all) => by("chart.daily.trend.all", all),
        TrendPace::Under => language.text("chart.daily.trend.under", &[]),
    };
    let key = match trend.words? {
        TrendWords::Falling => "chart.daily.trend.falling",
        TrendWords::Rising => "chart.daily.trend.rising",
        TrendWords::NoClearTrend => "chart.daily.trend.none",
    };
    Some(language.text(key, &[("by", &by)]))
}

/// The days of the attended treatment sessions; `None` where treatment is omitted.
fn treatments(report: &Report, language: &Language) -> Option<String> {
    report.header.sessions?;
    let attended = |point: &DailyPoint| point.sessions_attended.unwrap_or(0);
    let treated = report.daily.iter().filter(|point| attended(point) > 0);
    let days: Vec<String> = treated.map(|point| language.day(point.journal_date)).collect();
    let count: i32 = report.daily.iter().map(attended).sum();
    let key = match count {
        0 => "chart.daily.sessions.none",
        1 => "chart.daily.sessions.one",
        _ => "chart.daily.sessions",
    };
    let (count, days) = (count.to_string(), days.join(", "));
    Some(language.text(key, &[("count", &count), ("days", &days)]))
}

/// The reported flares with their days in the picture; `None` where there are none.
fn flares(report: &Report, language: &Language) -> Option<String> {
    let is_flare = |point: &DailyPoint| point.flare == Some(true);
    let runs = report.daily.chunk_by(|a, b| is_flare(a) == is_flare(b));
    let run = |run: &[DailyPoint]| {
        let (first, last) = (run.first().filter(|first| is_flare(first))?, run.last()?);
        Some(span(language, first.journal_date, last.journal_date))
    };
    let spans: Vec<String> = runs.filter_map(run).collect();
    if spans.is_empty() {
        return None;
    }
    let told = language.text("chart.daily.flares", &[("days", &spans.join(", "))]);
    let is_open = |flare: &ReportedFlare| {
        flare.ended_on.is_none() && report.window.contains(flare.started_on)
    };
    let has_open = report.flares.iter().flat_map(|flares| &flares.reported).any(is_open);
    Some(if has_open {
        format!("{told} {}", language.text("chart.daily.flares.open", &[]))
    } else {
        told
    })
}

/// The days that the ratings make a spike; `None` where there are none.
fn spikes(report: &Report, language: &Language) -> Option<String> {
    let spikes = report.daily.iter().filter(|point| point.spike == Some(true));
    let days: Vec<String> = spikes.map(|point| language.day(point.journal_date)).collect();
    let told = || language.text("chart.daily.spikes", &[("days", &days.join(", "))]);
    (!days.is_empty()).then(told)
}
