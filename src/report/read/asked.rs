//! The days a report is asked for.

use chrono::{Days, NaiveDate};

/// Days a report covers unless the reader asks otherwise.
const DEFAULT_DAYS: u64 = 90;
/// Days a report may cover that is computed while the reader waits.
pub(crate) const MOST_DAYS: i64 = 731;

/// The days asked for; what is left open is settled when the patient's today is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AskedDays {
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
}

/// What is wrong with the days: the field, the code of the fault and what to do about it.
pub(crate) type AskedFault = (&'static str, &'static str, String);

impl AskedDays {
    /// These days, of which there may be so many.
    ///
    /// # Errors
    /// With the fault where one day is missing, they are in the wrong order or too many.
    pub(crate) fn of(
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        most: i64,
    ) -> Result<Self, AskedFault> {
        match (from, to) {
            (Some(from), Some(to)) if to < from => {
                Err(("to", "contradiction", "Must not lie before `from`.".to_owned()))
            }
            (Some(from), Some(to)) if (to - from).num_days() >= most => {
                Err(("from", "out_of_range", format!("At most {most} days. {}", longer(most))))
            }
            (Some(_), None) => Err(("to", "required", BOTH.to_owned())),
            (None, Some(_)) => Err(("from", "required", BOTH.to_owned())),
            _ => Ok(Self { from, to }),
        }
    }

    /// The same, as a share is asked for them.
    pub(crate) const fn days(self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        (self.from, self.to)
    }

    /// The days meant, when it is this day for the patient.
    pub(crate) fn window(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let to = self.to.unwrap_or(today);
        (self.from.unwrap_or(to - Days::new(DEFAULT_DAYS - 1)), to)
    }
}

const BOTH: &str = "Give both days or neither.";

/// What to do about more days than these.
const fn longer(most: i64) -> &'static str {
    if most == MOST_DAYS { "Freeze a longer report: it is made in a job." } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::date;

    #[test]
    fn both_days_or_neither_in_order_and_not_too_many() {
        let of = |from: Option<i64>, to: Option<i64>| {
            AskedDays::of(from.map(date), to.map(date), MOST_DAYS)
                .map_err(|fault| (fault.0, fault.1))
        };
        assert!(of(None, None).is_ok());
        assert!(of(Some(0), Some(0)).is_ok());
        assert!(of(Some(0), Some(730)).is_ok());
        assert_eq!(of(Some(0), Some(731)), Err(("from", "out_of_range")));
        assert_eq!(of(Some(1), Some(0)), Err(("to", "contradiction")));
        assert_eq!(of(Some(1), None), Err(("to", "required")));
        assert_eq!(of(None, Some(1)), Err(("from", "required")));
    }

    #[test]
    fn ninety_days_up_to_today_unless_asked_otherwise() {
        let open = AskedDays { from: None, to: None };
        assert_eq!(open.window(date(89)), (date(0), date(89)));
        let named = AskedDays { from: Some(date(3)), to: Some(date(4)) };
        assert_eq!(named.window(date(89)), (date(3), date(4)));
    }
}
