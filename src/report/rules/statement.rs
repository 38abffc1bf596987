//! The shape that every statement of a report shares: a number never travels without its unit,
//! its count, its window, its method and its grade.

use super::numbers::{count, one_decimal, round2};
use crate::time::ExpectedDays;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An inclusive range of journal days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportWindow {
    /// First journal day, included.
    pub from: NaiveDate,
    /// Last journal day, included.
    pub to: NaiveDate,
}

impl ReportWindow {
    /// The window from `from` to `to`; `None` where it holds no day.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// Whether a journal day lies in the window.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// Number of days, at least 1.
    pub fn days(&self) -> usize {
        usize::try_from((self.to - self.from).num_days() + 1).unwrap_or(0)
    }

    /// The days of the window in order.
    pub fn iter(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |date| *date <= self.to)
    }

    /// The blocks of seven days from the first day on; the last may be shorter.
    pub fn weeks(self) -> impl Iterator<Item = Self> {
        let block = move |from| Self::new(from, shift(from, 6).min(self.to));
        self.iter().step_by(7).filter_map(block)
    }

    /// The last `days` days of the window, or all where it has fewer.
    #[must_use]
    pub fn last(self, days: usize) -> Self {
        let back = i64::try_from(days).unwrap_or(i64::MAX);
        Self { from: shift(self.to, 1 - back).max(self.from), to: self.to }
    }
}

impl From<Option<ReportWindow>> for ExpectedDays {
    fn from(window: Option<ReportWindow>) -> Self {
        window.map_or_else(Self::default, |window| Self::between(window.from, window.to, &[]))
    }
}

/// `date` moved by `days`; stops at the calendar's ends instead of failing.
pub(crate) fn shift(date: NaiveDate, days: i64) -> NaiveDate {
    let amount = Days::new(days.unsigned_abs());
    if days < 0 {
        date.checked_sub_days(amount).unwrap_or(NaiveDate::MIN)
    } else {
        date.checked_add_days(amount).unwrap_or(NaiveDate::MAX)
    }
}

/// A machine name out of a vocabulary, lower snake case. More names may appear: take one that is
/// not known as "other".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(max_length = 64, examples("pain"))]
pub struct ReportCode(pub String);

impl From<&str> for ReportCode {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

impl<V: crate::wire::Code> From<V> for ReportCode {
    fn from(term: V) -> Self {
        Self(term.as_code().to_owned())
    }
}

/// Terms of a vocabulary in the order given.
pub(crate) fn codes<V: crate::wire::Code + Copy>(terms: &[V]) -> Vec<ReportCode> {
    terms.iter().copied().map(ReportCode::from).collect()
}

/// How a number was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementMethod {
    /// Stable machine name, lower snake case. More names may appear.
    #[schema(max_length = 64, examples("mean_of_daily_scores"))]
    pub name: String,
    /// The same in one sentence for people.
    #[schema(max_length = 400)]
    pub text: String,
}

/// A method as the formulas declare it: its name and its sentence.
pub(crate) type Method = (&'static str, &'static str);

/// An interval around a value, in the unit of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatementInterval {
    /// Lower end, two decimals.
    pub low: f64,
    /// Upper end, two decimals.
    pub high: f64,
    /// Nominal level of the interval in percent.
    #[schema(minimum = 1, maximum = 99, examples(95))]
    pub level_percent: i32,
}

impl StatementInterval {
    /// A 95 % interval; its ends are rounded here and nowhere before.
    pub(crate) fn ninety_five(low: f64, high: f64) -> Self {
        Self { low: round2(low), high: round2(high), level_percent: 95 }
    }
}

/// Rated days from which a window mean is reliable (clinical.md, F1; Heapy 2014).
pub const RELIABLE_DAYS: usize = 5;

/// Rated days from which a window mean is shown as provisional (clinical.md, F1; Jensen
/// 2024: three to four days suffice for trials; Stone 2014 warns against single days).
pub const PROVISIONAL_DAYS: usize = 3;

/// How far a statement may be trusted (gates of clinical.md, F1 to F7, Gates).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Too few data: the value is withheld.
    Insufficient,
    /// A value is shown, but too few data stand behind it to conclude anything.
    Provisional,
    /// The gate is met.
    Reliable,
}

/// The unit of a statement's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A score on the numeric rating scale, 0 (no pain) to 10.
    #[serde(rename = "score_0_10")]
    Score0To10,
    /// A difference of two such scores, -10 to 10; negative means less pain.
    Points,
    /// A rate of change in points per seven days; negative means less pain.
    PointsPerWeek,
    /// A share, 0 to 100.
    Percent,
    /// Minutes, 0 or more.
    Minutes,
    /// Steps of a day, 0 or more.
    Steps,
    /// Days of seven, 0 to 7.
    DaysPerWeek,
    /// Days of twenty-eight, 0 to 28.
    #[serde(rename = "days_per_28")]
    DaysPer28,
    /// A rank correlation, -1 to 1.
    Correlation,
    /// Points on the scale of the questionnaire, or a difference of two scores on it.
    InstrumentPoints,
}

/// One number of the report with all that is needed to read and to check it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Statement)]
pub struct ReportStatement {
    /// The value, rounded to two decimals (half away from zero); null where it is withheld or
    /// cannot be computed.
    #[schema(required)]
    pub value: Option<f64>,
    /// The value to one decimal, the precision to show to people: rounded once, from the
    /// unrounded value, so that it can differ from `value` rounded again. Null with `value`.
    #[schema(required, max_length = 16, examples("-3.0"))]
    pub value_text: Option<String>,
    /// Unit of `value` and `interval`: `score_0_10`, `points`, `points_per_week`, `percent`,
    /// `minutes`, `steps`, `days_per_week`, `days_per_28`, `correlation` or `instrument_points`.
    /// More may appear.
    #[schema(value_type = String, max_length = 32, examples("points"))]
    pub unit: Unit,
    /// How many observations stand behind the value (rated days, treatment sessions or expected days, as
    /// the method says).
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub n: i32,
    /// The journal days looked at; null where there are none to look at.
    #[schema(required)]
    pub window: Option<ReportWindow>,
    /// How the value was made.
    pub method: StatementMethod,
    /// Interval around the value; null where the method gives none or it cannot be estimated.
    #[schema(required)]
    pub interval: Option<StatementInterval>,
    /// `reliable`, `provisional` (shown, but conclude nothing) or `insufficient` (withheld).
    /// It is `reliable` exactly when `have` is at least `need`.
    #[schema(value_type = String, max_length = 16, examples("reliable"))]
    pub status: Status,
    /// What is there of the quantity that decides the status; see `need`.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub have: i32,
    /// How much of it a reliable statement needs.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub need: i32,
}

/// A statement before it is graded and rounded.
pub(crate) struct Draft {
    pub(crate) value: Option<f64>,
    pub(crate) unit: Unit,
    pub(crate) n: usize,
    pub(crate) window: Option<ReportWindow>,
    pub(crate) method: Method,
    pub(crate) interval: Option<StatementInterval>,
    pub(crate) have: usize,
    pub(crate) need: usize,
    /// Count from which the value is shown as provisional; equal to `need` where a statement
    /// is either reliable or withheld.
    pub(crate) show_from: usize,
}

impl Draft {
    /// Grades, withholds and rounds.
    pub(crate) fn finish(self) -> ReportStatement {
        let status = grade(self.have, self.show_from, self.need);
        let shown = status != Status::Insufficient;
        let (name, text) = self.method;
        let value = self.value.filter(|_| shown);
        ReportStatement {
            value: value.map(round2),
            value_text: value.map(one_decimal),
            unit: self.unit,
            n: count(self.n),
            window: self.window,
            method: StatementMethod { name: name.to_owned(), text: text.to_owned() },
            interval: self.interval.filter(|_| shown),
            status,
            have: count(self.have),
            need: count(self.need),
        }
    }
}

/// The grade of a count: below `show_from` insufficient, below `need` provisional.
pub(crate) fn grade(have: usize, show_from: usize, need: usize) -> Status {
    match have {
        have if have >= need => Status::Reliable,
        have if have >= show_from => Status::Provisional,
        _ => Status::Insufficient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(have: usize) -> Draft {
        Draft {
            value: Some(1.005),
            unit: Unit::Points,
            n: have,
            window: None,
            method: ("m", "M."),
            interval: Some(StatementInterval::ninety_five(-1.005, 0.0)),
            have,
            need: 5,
            show_from: 3,
        }
    }

    #[test]
    fn a_value_is_withheld_below_the_gate() {
        let withheld = draft(2).finish();
        assert_eq!((withheld.value, withheld.interval), (None, None));
        assert_eq!((withheld.status, withheld.have, withheld.need), (Status::Insufficient, 2, 5));
        let provisional = draft(3).finish();
        assert_eq!((provisional.value, provisional.status), (Some(1.01), Status::Provisional));
        // Rounded once: 50 / 11 is 4.5, although it is 4.55 to two decimals.
        let once = Draft { value: Some(50.0 / 11.0), ..draft(5) }.finish();
        assert_eq!((once.value, once.value_text.as_deref()), (Some(4.55), Some("4.5")));
        assert_eq!(draft(5).finish().status, Status::Reliable);
    }

    #[test]
    fn json_carries_every_property() {
        let json = serde_json::to_string(&draft(0).finish()).unwrap();
        assert_eq!(
            json,
            r#"{"value":null,"value_text":null,"unit":"points","n":0,"window":null,"method":{"name":"m","text":"M."},"interval":null,"status":"insufficient","have":0,"need":5}"#
        );
    }

    #[test]
    fn windows_hold_at_least_a_day_and_shifting_never_fails() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!(ReportWindow::new(day, shift(day, -1)), None);
        let window = ReportWindow::new(day, shift(day, 2)).unwrap();
        assert_eq!((window.days(), window.iter().count()), (3, 3));
        assert_eq!(shift(NaiveDate::MIN, -1), NaiveDate::MIN);
        assert_eq!(shift(NaiveDate::MAX, 1), NaiveDate::MAX);
    }
}
