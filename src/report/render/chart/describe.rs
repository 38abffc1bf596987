//! The chart in words: its name, its heading, and the text alternative for those who do not see
//! it.

use super::labels::{day, span};
use crate::report::rules::Report;
use crate::report::rules::numbers::one_decimal;
use crate::report::rules::pain::baseline::BaselineKind;
use crate::report::rules::pain::flares::ReportedFlare;
use crate::report::rules::pain::trend::{PainTrend, TrendWords};
use crate::report::rules::series::DailyPoint;
use crate::report::rules::statement::{ReportStatement, Status};
use crate::sections::Section;

/// The name of the picture.
pub(super) fn title(report: &Report) -> String {
    format!("Daily pain from {} to {}", day(report.window.from), day(report.window.to))
}

/// The visible heading: the axis names the days.
pub(super) const fn heading() -> &'static str {
    "Daily pain"
}

/// The words after the heading: how much stands behind the picture.
pub(super) fn subheading(report: &Report) -> String {
    let header = &report.header;
    let Some(rated) = header.days_rated else { return String::from("Self-reported.") };
    let late = header.days_backfilled.filter(|late| *late > 0);
    let late = late.map_or_else(String::new, |late| format!(", {late} of them entered late"));
    format!("Self-reported. {rated} of {} expected days rated{late}.", header.days_expected)
}

/// The reliable means that the bars stand for, named beside the heading so that no name covers a
/// mark. A window that lies before the picture has no bar and is called earlier.
pub(super) fn means(report: &Report) -> Option<String> {
    let pain = report.pain.as_ref()?;
    let (first, last) = match pain.baseline.kind {
        BaselineKind::BeforeFirstSession => ("Baseline", "Follow-up"),
        BaselineKind::FirstWeekAfterStart => ("First week", "Follow-up"),
        BaselineKind::None => ("Baseline", "Last 14 days"),
    };
    let parts = [(first, &pain.baseline.mean), (last, &pain.follow_up)].map(|(name, mean)| {
        let is_earlier = mean.window.is_some_and(|window| window.to < report.window.from);
        let note = if is_earlier { " (earlier)" } else { "" };
        let value = mean.value_text.as_ref().filter(|_| mean.status == Status::Reliable)?;
        Some(format!("{name} mean {value}{note}"))
    });
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  \u{b7}  "))
}

/// The text alternative: the same facts as the picture, in sentences.
pub(super) fn text_alternative(report: &Report) -> String {
    if !report.shows(Section::Pain) {
        return String::from("Pain is not part of this report. The chart holds no ratings.");
    }
    let mut sentences = vec![subheading(report)];
    let scores: Vec<f64> = report.daily.iter().filter_map(|point| point.pain).collect();
    let least = scores.iter().copied().reduce(f64::min);
    let greatest = scores.iter().copied().reduce(f64::max);
    match least.zip(greatest) {
        Some((least, greatest)) => sentences.push(format!(
            "Daily scores lie between {} and {} on a scale of 0 to 10.",
            one_decimal(least),
            one_decimal(greatest)
        )),
        None => sentences.push(String::from("No ratings in this window.")),
    }
    if let Some(pain) = &report.pain {
        sentences.extend(mean(&pain.window_mean, "the window"));
        sentences.extend(mean(&pain.baseline.mean, "the baseline"));
        sentences.extend(mean(&pain.follow_up, "the follow-up window"));
        sentences.extend(trend(&pain.trend));
    }
    sentences.extend(sessions(report));
    sentences.extend(flares(report));
    sentences.extend(spikes(report));
    sentences.push(String::from("Days without a rating are left blank: unknown, not zero."));
    sentences.join(" ")
}

/// The mean of a window in words, where it is reliable.
fn mean(statement: &ReportStatement, name: &str) -> Option<String> {
    let is_reliable = statement.status == Status::Reliable;
    let value = statement.value_text.as_ref().filter(|_| is_reliable)?;
    let window = statement.window?;
    Some(format!(
        "The mean of {name} ({} to {}) is {} over {} rated days.",
        day(window.from),
        day(window.to),
        value,
        statement.n
    ))
}

/// The trend in words; `None` where it is withheld.
fn trend(trend: &PainTrend) -> Option<String> {
    let per_week = trend.per_week.value_text.as_ref()?;
    Some(match trend.words? {
        TrendWords::Falling => format!("The trend is falling: {per_week} points a week."),
        TrendWords::Rising => format!("The trend is rising: {per_week} points a week."),
        TrendWords::NoClearTrend => String::from("There is no clear trend."),
    })
}

/// The days of the attended treatment sessions; `None` where treatment is omitted.
fn sessions(report: &Report) -> Option<String> {
    let attended = |point: &DailyPoint| point.sessions_attended.unwrap_or(0);
    report.header.sessions?;
    let days: Vec<String> = report
        .daily
        .iter()
        .filter(|point| attended(point) > 0)
        .map(|point| day(point.journal_date))
        .collect();
    let count: i32 = report.daily.iter().map(attended).sum();
    Some(match count {
        0 => String::from("No treatment session was attended."),
        1 => format!("1 treatment session was attended: {}.", days.join(", ")),
        _ => format!("{count} treatment sessions were attended: {}.", days.join(", ")),
    })
}

/// The reported flares with their days in the picture; `None` where there are none.
fn flares(report: &Report) -> Option<String> {
    let is_flare = |point: &DailyPoint| point.flare == Some(true);
    let runs = report.daily.chunk_by(|a, b| is_flare(a) == is_flare(b));
    let run = |run: &[DailyPoint]| {
        let (first, last) = (run.first().filter(|first| is_flare(first))?, run.last()?);
        Some(span(first.journal_date, last.journal_date))
    };
    let spans: Vec<String> = runs.filter_map(run).collect();
    let is_open = |flare: &ReportedFlare| {
        flare.ended_on.is_none() && report.window.contains(flare.started_on)
    };
    let has_open = report.flares.iter().flat_map(|flares| &flares.reported).any(is_open);
    let open =
        if has_open { " Of a flare without a known end only the first day counts." } else { "" };
    (!spans.is_empty()).then(|| format!("Days in a flare as reported: {}.{open}", spans.join(", ")))
}

/// The days that the ratings make a spike; `None` where there are none.
fn spikes(report: &Report) -> Option<String> {
    let spikes = report.daily.iter().filter(|point| point.spike == Some(true));
    let days: Vec<String> = spikes.map(|point| day(point.journal_date)).collect();
    (!days.is_empty())
        .then(|| format!("Spikes, well above the 28 days before: {}.", days.join(", ")))
}
