//! Sparklines: a row for each measure with the means of its weeks as a small line.
//!
//! A week with few days is a hollow dot; a week with too few leaves its place blank and breaks the
//! line.

use super::labels::{duration, fitted, span};
use super::legend::LegendRows;
use super::svg::{self, Anchor, Frame, Point, Stroke, Svg, text_width};
use crate::language::Language;
use crate::report::rules::numbers::one_decimal;
use crate::report::rules::statement::{ReportWindow, Status};
use crate::report::rules::weekly::{WeekValue, WeeklySeries};

const WIDTH: f64 = 480.0;
const EDGE: f64 = 8.0;
/// Top of the first row.
const TOP: f64 = 22.0;
const ROW: f64 = 18.0;
/// Left and right edge of the lines.
const PLOT: (f64, f64) = (150.0, 318.0);
/// Left edge of the numbers.
const NUMBER: f64 = 328.0;
/// Where the ends of a range lie below the top of a row.
const RANGE: (f64, f64) = (2.5, 15.5);
const SIZE: f64 = svg::LEAST;
/// Where the words of a row stand below its top.
const LINE: f64 = 14.0;

/// The legend: the width of a sample and the key of its name.
const LEGEND: [(f64, &str); 3] =
    [(16.0, "chart.weeks.reliable"), (16.0, "chart.weeks.provisional"), (0.0, "chart.weeks.blank")];

/// One measure of a picture of sparklines.
#[derive(Debug, Clone, Copy)]
pub struct Sparkline<'a> {
    /// What is measured.
    pub label: &'a str,
    /// The ends of the row as people read them; the numbers of the range where it is empty.
    pub scale: &'a str,
    /// Are minutes what is measured? They are written as hours and minutes.
    pub is_duration: bool,
    /// The values at the bottom and at the top of the row; means outside are drawn at its edge.
    pub range: (f64, f64),
    /// The means.
    pub series: &'a WeeklySeries,
}

/// Draws measures as rows of week means, as an SVG document. The last mean of each stands beside
/// its line with the number of days behind it. The same rows give the same bytes.
pub fn sparklines_svg(rows: &[Sparkline<'_>], language: &Language) -> String {
    let words = |key: &str| language.text(key, &[]);
    let bottom = TOP + ROW * rows.len().max(1) as f64;
    let legend =
        LegendRows { left: EDGE, right: WIDTH - EDGE, first: bottom + 17.0, text_size: SIZE };
    let items = LEGEND.map(|(sample, key)| (sample, words(key)));
    let places = legend.layout(items.iter().map(|(sample, name)| (*sample, name.as_str())));
    let height = places.last().map_or(bottom, |place| place.1) + 7.0;
    let frame = Frame { id: "week-means", size: (WIDTH, height) };
    let title = words("chart.weeks.title");
    let mut svg = Svg::open(frame, language, &title, &sparklines_alt(rows, language));
    let reported = words("chart.weeks.self_reported");
    svg.text((EDGE, 14.0), SIZE, Anchor::Start, svg::MUTED, &reported);

    let days = days(rows);
    for (index, row) in rows.iter().enumerate() {
        draw_row(&mut svg, TOP + ROW * index as f64, (row, days), language);
    }
    match days {
        Some(days) => {
            let last = words("chart.weeks.last");
            svg.text((NUMBER, 14.0), SIZE, Anchor::Start, svg::MUTED, &last);
            let (from, to) = (language.day(days.from), language.day(days.to));
            svg.text((PLOT.0, 14.0), SIZE, Anchor::Start, svg::MUTED, &from);
            svg.text((PLOT.1, 14.0), SIZE, Anchor::End, svg::MUTED, &to);
        }
        None => svg.note((WIDTH / 2.0, bottom - ROW / 2.0 + 5.0), &words("chart.weeks.none")),
    }
    svg.group("legend");
    for (((sample, name), (x, y)), is_hollow) in items.iter().zip(places).zip([false, true, true]) {
        if *sample > 0.0 {
            svg.dot((x + 5.0, y - 4.0), 3.6, is_hollow);
        }
        svg.text((x + sample, y), SIZE, Anchor::Start, svg::INK, name);
    }
    svg.end_group();
    svg.close()
}

/// The same in words: for each measure how many weeks have a mean, the first, the last and the
/// ends between which they lie.
pub fn sparklines_alt(rows: &[Sparkline<'_>], language: &Language) -> String {
    if days(rows).is_none() {
        return language.text("chart.weeks.none.told", &[]);
    }
    let mut sentences: Vec<String> = rows.iter().map(|row| told(row, language)).collect();
    sentences.push(language.text("chart.weeks.fewer", &[]));
    sentences.join(" ")
}

fn told(row: &Sparkline<'_>, language: &Language) -> String {
    let name = match row.scale {
        "" => row.label.to_owned(),
        scale => format!("{} ({scale})", row.label),
    };
    let number = |value| number(row, value, language);
    let means: Vec<(&WeekValue, f64)> = means(row.series).collect();
    let (Some(first), Some(last)) = (means.first(), means.last()) else {
        return language.text("chart.weeks.too_few", &[("name", &name)]);
    };
    let mean = |(week, value): &(&WeekValue, f64)| {
        let days = span(language, week.window.from, week.window.to);
        let is_provisional = week.status == Status::Provisional;
        let key = if is_provisional { "chart.weeks.mean.provisional" } else { "chart.weeks.mean" };
        let (value, count) = (number(*value), language.counted("chart.days", week.n));
        language.text(key, &[("value", &value), ("days", &days), ("count", &count)])
    };
    let (low, high) = means
        .iter()
        .fold((first.1, first.1), |(low, high), (_, value)| (low.min(*value), high.max(*value)));
    let extent = if means.len() > 1 {
        let values = [
            ("first", mean(first)),
            ("last", mean(last)),
            ("low", number(low)),
            ("high", number(high)),
        ];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        language.text("chart.weeks.extent", &values)
    } else {
        mean(last)
    };
    let weeks = u64::try_from(row.series.weeks.len()).unwrap_or(u64::MAX);
    let (count, weeks) = (means.len().to_string(), language.counted("chart.weeks", weeks));
    let values = [("name", &name), ("count", &count), ("weeks", &weeks), ("extent", &extent)];
    language.text("chart.weeks.told", &values.map(|(name, value)| (name, value.as_str())))
}

/// The weeks that have a mean to show.
fn means(series: &WeeklySeries) -> impl Iterator<Item = (&WeekValue, f64)> {
    series.weeks.iter().filter_map(|week| shown(week).map(|value| (week, value)))
}

fn shown(week: &WeekValue) -> Option<f64> {
    week.value.filter(|value| value.is_finite() && week.status != Status::Insufficient)
}

/// The days that all rows lie in.
fn days(rows: &[Sparkline<'_>]) -> Option<ReportWindow> {
    let weeks = || rows.iter().flat_map(|row| &row.series.weeks);
    let from = weeks().map(|week| week.window.from).min()?;
    let to = weeks().map(|week| week.window.to).max()?;
    ReportWindow::new(from, to)
}

/// A mean as people read it: hours and minutes, else one decimal, none where it is a hundred or more.
fn number(row: &Sparkline<'_>, value: f64, language: &Language) -> String {
    if row.is_duration { duration(language, value) } else { language.number(&plain(value)) }
}

fn plain(value: f64) -> String {
    let text = one_decimal(value);
    if value.abs() >= 99.95 { format!("{:.0}", value.round()) } else { text }
}

fn draw_row(
    svg: &mut Svg,
    top: f64,
    (row, days): (&Sparkline<'_>, Option<ReportWindow>),
    language: &Language,
) {
    let label_width = PLOT.0 - EDGE - 12.0;
    svg.group("row");
    svg.line((EDGE, top), (WIDTH - EDGE, top), Stroke::solid(svg::GRID, 0.8));
    let label = fitted(row.label, SIZE, label_width);
    svg.strong((EDGE, top + LINE), SIZE, Anchor::Start, &label);
    let scale = scale(row);
    let after = EDGE + text_width(&label, SIZE) * 1.06 + 5.0;
    if after + text_width(&scale, SIZE) <= PLOT.0 - 6.0 {
        svg.text((PLOT.0 - 6.0, top + LINE), SIZE, Anchor::End, svg::MUTED, &scale);
    }

    for end in [RANGE.0, RANGE.1] {
        let y = top + end;
        svg.line((PLOT.0, y), (PLOT.1, y), Stroke::solid(svg::GRID, 0.8));
    }
    line(svg, top, row, days);
    if let Some((week, value)) = means(row.series).last() {
        let text = number(row, value, language);
        // A duration is longer than a score.
        let (size, after) = if row.is_duration { (SIZE, 84.0) } else { (14.0, 40.0) };
        svg.strong((NUMBER, top + LINE), size, Anchor::Start, &text);
        let is_provisional = week.status == Status::Provisional;
        let key = if is_provisional { "chart.weeks.n.provisional" } else { "chart.weeks.n" };
        let n = language.text(key, &[("n", &week.n.to_string())]);
        svg.text((NUMBER + after, top + LINE), SIZE, Anchor::Start, svg::MUTED, &n);
    } else {
        let n = row.series.mean.n.to_string();
        let n = language.text("chart.weeks.n.insufficient", &[("n", &n)]);
        svg.text((NUMBER, top + LINE), SIZE, Anchor::Start, svg::MUTED, &n);
    }
    svg.end_group();
}

/// The ends of the row, where there is room behind the name.
fn scale(row: &Sparkline<'_>) -> String {
    let (low, high) = row.range;
    match row.scale {
        "" => format!("{low}\u{2013}{high}"),
        scale => scale.to_owned(),
    }
}

/// The means of a row, joined where no week between them is blank.
fn line(svg: &mut Svg, top: f64, row: &Sparkline<'_>, days: Option<ReportWindow>) {
    let Some(days) = days else { return };
    let (low, high) = row.range;
    let day_width = (PLOT.1 - PLOT.0) / days.days() as f64;
    let place = |week: &WeekValue| {
        let middle = (week.window.from - days.from).num_days() as f64
            + f64::midpoint(0.0, week.window.days() as f64);
        let share = (shown(week)? - low) / (high - low);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        let y = top + RANGE.1 - share * (RANGE.1 - RANGE.0);
        Some(((PLOT.0 + middle * day_width, y), week.status == Status::Provisional))
    };
    let places: Vec<Option<(Point, bool)>> = row.series.weeks.iter().map(place).collect();
    for run in places.split(Option::is_none) {
        let run: Vec<Point> = run.iter().flatten().map(|(at, _)| *at).collect();
        if run.len() > 1 {
            svg.polyline(&run, Stroke::solid(svg::INK, 1.4));
        }
    }
    let radius = (day_width * 2.4).clamp(1.2, 3.6);
    for (at, is_provisional) in places.into_iter().flatten() {
        svg.dot(at, radius, is_provisional);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_self_contained, class};
    use super::*;
    use crate::report::rules::fixtures::date;
    use crate::report::rules::statement::Unit;
    use crate::report::rules::weekly::{ByDay, weekly};

    fn series(days: &[(i64, f64)], length: i64) -> WeeklySeries {
        let values: ByDay<f64> = days.iter().map(|(day, value)| (date(*day), *value)).collect();
        let window = ReportWindow::new(date(0), date(length - 1));
        weekly(&values, window, Unit::Score0To10, ("m", "M."))
    }

    fn row<'a>(label: &'a str, scale: &'a str, series: &'a WeeklySeries) -> Sparkline<'a> {
        Sparkline { label, scale, is_duration: false, range: (0.0, 10.0), series }
    }

    /// Weeks of 7, 2, 4, 7 and 7 days.
    fn mood() -> WeeklySeries {
        let counts = [7, 2, 4, 7, 7];
        let days = counts.iter().zip(0..).flat_map(|(count, week)| {
            (0..*count).map(move |day| (week * 7 + day, 4.0 + week as f64))
        });
        series(&days.collect::<Vec<_>>(), 35)
    }

    #[test]
    fn weeks_without_a_mean_are_blank_and_break_the_line() {
        let mood = mood();
        let rows = [row("Mood", "0 worst to 10 best", &mood)];
        let svg = sparklines_svg(&rows, Language::english());
        assert_self_contained(&svg);
        assert_eq!(svg, sparklines_svg(&rows, Language::english()));
        let drawn = class(&svg, "row");
        assert_eq!(drawn.matches("<circle").count(), 4);
        assert_eq!(drawn.matches("fill=\"#ffffff\" stroke").count(), 1);
        assert_eq!(drawn.matches("<polyline").count(), 1);
        let zero = format!("cy=\"{:.2}\"", TOP + RANGE.1);
        assert!(!drawn.contains(&zero));
        assert!(drawn.contains(">8.0</text>") && drawn.contains(">n 7</text>"));
        assert_eq!(
            sparklines_alt(&rows, Language::english()),
            "Mood (0 worst to 10 best): 4 of 5 weeks with a mean: first 4.0 (1 Mar 2026 to 7 Mar \
             2026, 7 days), last 8.0 (29 Mar 2026 to 4 Apr 2026, 7 days), lowest 4.0, highest 8.0. \
             Weeks with fewer than 3 days are left blank: unknown, not zero."
        );
    }

    #[test]
    fn a_measure_without_means_and_no_measure_at_all_say_so() {
        let few = series(&[(0, 3.0), (1, 4.0)], 14);
        let rows = [row("Stress", "", &few)];
        let svg = sparklines_svg(&rows, Language::english());
        assert_self_contained(&svg);
        assert!(!class(&svg, "row").contains("<circle"));
        assert!(svg.contains(">insufficient, n 2</text>"));
        assert!(
            sparklines_alt(&rows, Language::english())
                .starts_with("Stress: too few days for the mean of a week.")
        );
        let none = sparklines_svg(&[], Language::english());
        assert_self_contained(&none);
        assert!(none.contains(">No weeks in this window</text>"));
    }

    #[test]
    fn odd_ranges_and_hostile_labels_do_no_harm() {
        let mood = mood();
        for range in [(5.0, 5.0), (10.0, 0.0), (6.0, 7.0), (f64::NAN, 1.0)] {
            let svg = sparklines_svg(
                &[Sparkline { range, ..row("Mood", "", &mood) }],
                Language::english(),
            );
            let circles = svg.split("<circle cx=").skip(1).collect::<String>();
            assert!(!circles.contains("NaN") && !circles.contains("inf"), "{svg}");
        }
        let label = "</text><script>alert(1)</script>".repeat(9);
        let svg = sparklines_svg(&[row(&label, "\"&'", &mood)], Language::english());
        assert_self_contained(&svg);
        assert!(svg.contains("&lt;/text&gt;"));
        let svg = sparklines_svg(&[row("Mood", "\"&'", &mood)], Language::english());
        assert!(svg.contains("&quot;&amp;&#39;"), "{svg}");
    }

    #[test]
    fn numbers_have_one_decimal_or_none() {
        let texts = [6.25, 99.9, 99.96, 4321.5, -0.04].map(plain);
        assert_eq!(texts, ["6.3", "99.9", "100", "4322", "0.0"]);
        let texts =
            [402.4, 59.4, 59.5, 720.0].map(|minutes| duration(Language::english(), minutes));
        assert_eq!(texts, ["6 h 42 min", "59 min", "1 h 0 min", "12 h 0 min"]);
    }
}
