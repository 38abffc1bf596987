//! Adverse events, and the days on which the notice of warning signs was shown. Both are listed as
//! recorded; nothing is concluded.

use crate::collections::{RED_FLAG_NOTICE, RedFlag};
use crate::report::rows::{AdverseEventRow, EntryRow};
use crate::report::rules::statement::{ReportCode, ReportWindow, codes};
use crate::time::DayStarts;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// An adverse event as recorded. That it followed a treatment does not mean that it came from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedEvent {
    /// The record.
    pub adverse_event_id: Uuid,
    /// Journal day it began on.
    pub started_on: NaiveDate,
    /// Journal day it was over; null while it lasts or where that is unknown.
    #[schema(required)]
    pub ended_on: Option<NaiveDate>,
    /// The treatment session before it; null where none was named.
    #[schema(required)]
    pub treatment_session_id: Option<Uuid>,
    /// What happened.
    #[schema(max_items = 32)]
    pub kinds: Vec<ReportCode>,
    /// What `other` means; null where not said.
    #[schema(required, max_length = 200)]
    pub kind_other: Option<String>,
    /// `mild`, `moderate` or `severe`.
    pub severity: ReportCode,
    /// Death, danger to life, hospital or lasting disability.
    pub serious: bool,
    /// What was done about it.
    #[schema(max_items = 16)]
    pub actions: Vec<ReportCode>,
    /// How it ended; null where not said.
    #[schema(required)]
    pub outcome: Option<ReportCode>,
    /// How bad a practitioner holds it to be, beside `severity`; null where none has said.
    #[serde(default)]
    #[schema(required)]
    pub clinical_severity: Option<ReportCode>,
    /// How likely a practitioner holds it that the treatment caused it; null where none has said.
    #[serde(default)]
    #[schema(required)]
    pub clinical_relatedness: Option<ReportCode>,
    /// What a practitioner did about it, beside `actions`.
    #[serde(default)]
    #[schema(required, max_items = 16)]
    pub clinical_actions: Vec<ReportCode>,
    /// The practitioner's note; null where there is none.
    #[serde(default)]
    #[schema(required, max_length = 4000)]
    pub clinical_note: Option<String>,
}

/// A day on which the patient noted warning signs and was shown the fixed notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WarningDay {
    /// The journal day.
    pub journal_date: NaiveDate,
    /// The signs that were noted, in the documented order.
    #[schema(max_items = 16)]
    pub signs: Vec<ReportCode>,
}

/// Warning signs of the window up to today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WarningSigns {
    /// The days on which the notice was shown, in order.
    #[schema(max_items = 1200)]
    pub days: Vec<WarningDay>,
    /// Headline of the notice the patient was shown; null where it never was.
    #[schema(required, max_length = 200)]
    pub notice_title: Option<String>,
    /// Text of the notice the patient was shown; null where it never was.
    #[schema(required, max_length = 1000)]
    pub notice_text: Option<String>,
}

/// The events that began in a window, in the order of time.
pub(crate) fn adverse_events(
    rows: &[AdverseEventRow],
    window: Option<ReportWindow>,
    starts: &DayStarts,
) -> Vec<ReportedEvent> {
    let within = |row: &&AdverseEventRow| window.is_some_and(|w| w.contains(row.started_on));
    let mut rows: Vec<&AdverseEventRow> = rows.iter().filter(within).collect();
    rows.sort_unstable_by_key(|row| (row.started_on, row.id));
    rows.into_iter()
        .map(|row| ReportedEvent {
            adverse_event_id: row.id,
            started_on: row.started_on,
            ended_on: row.ended_on(starts),
            treatment_session_id: row.treatment_session_id,
            kinds: codes(&row.kinds),
            kind_other: row.kind_other.clone(),
            severity: row.severity.into(),
            serious: row.serious,
            actions: codes(&row.actions),
            outcome: row.outcome.map(ReportCode::from),
            clinical_severity: row.clinical_severity.map(ReportCode::from),
            clinical_relatedness: row.clinical_relatedness.map(ReportCode::from),
            clinical_actions: codes(&row.clinical_actions),
            clinical_note: row.clinical_note.clone(),
        })
        .collect()
}

/// The days of a window on which any warning sign was noted.
pub(crate) fn warning_signs(entries: &[EntryRow], window: Option<ReportWindow>) -> WarningSigns {
    let mut days: BTreeMap<NaiveDate, BTreeSet<RedFlag>> = BTreeMap::new();
    let within = |entry: &&EntryRow| window.is_some_and(|w| w.contains(entry.journal_date));
    for entry in entries.iter().filter(within).filter(|entry| !entry.red_flags.is_empty()) {
        days.entry(entry.journal_date).or_default().extend(&entry.red_flags);
    }
    let notice = (!days.is_empty()).then_some(RED_FLAG_NOTICE);
    let day = |(journal_date, signs): (NaiveDate, BTreeSet<RedFlag>)| WarningDay {
        journal_date,
        signs: signs.into_iter().map(ReportCode::from).collect(),
    };
    WarningSigns {
        days: days.into_iter().map(day).collect(),
        notice_title: notice.as_ref().map(|notice| notice.title.to_owned()),
        notice_text: notice.map(|notice| notice.text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::EntryKind;
    use crate::report::rules::fixtures::{date, event, rating};

    #[test]
    fn events_are_listed_by_the_day_they_began() {
        let rows = [event(9), event(3), event(99)];
        let found =
            adverse_events(&rows, ReportWindow::new(date(0), date(20)), &DayStarts::default());
        let days: Vec<_> = found.iter().map(|event| event.started_on).collect();
        assert_eq!(days, [date(3), date(9)]);
    }

    #[test]
    fn any_sign_brings_the_day_and_the_fixed_notice() {
        let with = |day, minute, red_flags: &[RedFlag]| EntryRow {
            red_flags: red_flags.to_vec(),
            ..rating(EntryKind::Daily, day, minute)
        };
        let window = ReportWindow::new(date(0), date(20));
        let rows = [
            with(4, 600, &[RedFlag::Fever]),
            with(4, 700, &[RedFlag::BladderBowel, RedFlag::Fever]),
            with(5, 600, &[]),
        ];
        let found = warning_signs(&rows, window);
        assert_eq!(found.days.len(), 1);
        assert_eq!(found.days[0].signs, ["bladder_bowel", "fever"].map(ReportCode::from));
        assert_eq!(found.notice_text.unwrap(), RED_FLAG_NOTICE.text);
        let none = warning_signs(&rows[2..], window);
        assert_eq!((none.days.len(), none.notice_title), (0, None));
    }
}
