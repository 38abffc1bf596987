//! What was done in the attended treatments, as recorded (STRICTA 2010, items 2 and 4): nothing is
//! concluded from it.

use crate::report::rows::TreatmentSessionRow;
use crate::report::rules::statement::{ReportCode, ReportWindow, codes};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A point that was needled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NeedledPoint {
    /// Its standard name, or where it is in plain words.
    #[schema(max_length = 60, examples("BL23"))]
    pub name: String,
    /// The patient's own side; null where not said.
    #[schema(required)]
    pub laterality: Option<ReportCode>,
}

/// What was done in one attended treatment, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TreatmentDone {
    /// The treatment session.
    pub treatment_session_id: Uuid,
    /// Its journal day.
    pub journal_date: NaiveDate,
    /// Machine names of the techniques used.
    #[schema(max_items = 100)]
    pub techniques: Vec<ReportCode>,
    /// The points, in the order they were recorded.
    #[schema(max_items = 60)]
    pub points: Vec<NeedledPoint>,
    /// Needles inserted in all; null where not said.
    #[schema(required, minimum = 0, maximum = 200)]
    pub needle_count: Option<i32>,
    /// Minutes the needles stayed; null where not said.
    #[schema(required, minimum = 0, maximum = 180)]
    pub retention_minutes: Option<i32>,
    /// How the needles were stimulated.
    #[schema(max_items = 16)]
    pub stimulation: Vec<ReportCode>,
    /// Frequency of electrical stimulation in hertz; null where not said.
    #[schema(required, minimum = 0, maximum = 1000)]
    pub electrical_frequency_hz: Option<f64>,
    /// The response that was obtained.
    #[schema(max_items = 16)]
    pub response_obtained: Vec<ReportCode>,
}

/// The attended treatments of a window, in the order of time.
pub(crate) fn treatments(
    visits: &[&TreatmentSessionRow],
    window: Option<ReportWindow>,
) -> Vec<TreatmentDone> {
    let mut done: Vec<&TreatmentSessionRow> = visits.to_vec();
    done.retain(|row| {
        row.is_attended_treatment()
            && window.is_some_and(|window| window.contains(row.journal_date))
    });
    done.sort_unstable_by_key(|row| (row.starts_at, row.journal_date, row.id));
    done.into_iter().map(of).collect()
}

fn of(row: &TreatmentSessionRow) -> TreatmentDone {
    let points = row.points.iter().map(|(name, side)| NeedledPoint {
        name: name.clone(),
        laterality: side.map(|side| side.code().into()),
    });
    TreatmentDone {
        treatment_session_id: row.id,
        journal_date: row.journal_date,
        techniques: row.techniques.iter().cloned().map(ReportCode).collect(),
        points: points.collect(),
        needle_count: row.needle_count,
        retention_minutes: row.retention_minutes,
        stimulation: codes(&row.stimulation),
        electrical_frequency_hz: row.electrical_frequency_hz,
        response_obtained: codes(&row.response_obtained),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::{Laterality, TreatmentSessionKind, TreatmentSessionStatus};
    use crate::report::rules::fixtures::{date, treatment_session};

    #[test]
    fn attended_treatments_alone_are_told_in_the_order_of_time() {
        let needled = TreatmentSessionRow {
            points: vec![("BL23".to_owned(), Some(Laterality::Both)), ("Ashi".to_owned(), None)],
            retention_minutes: Some(25),
            ..treatment_session(12, 600)
        };
        let rows = [
            needled,
            TreatmentSessionRow { kind: TreatmentSessionKind::Review, ..treatment_session(3, 600) },
            TreatmentSessionRow {
                status: TreatmentSessionStatus::Missed,
                ..treatment_session(4, 600)
            },
            treatment_session(5, 600),
            treatment_session(30, 600),
        ];
        let rows: Vec<&TreatmentSessionRow> = rows.iter().collect();
        let done = treatments(&rows, ReportWindow::new(date(0), date(20)));
        let days: Vec<NaiveDate> = done.iter().map(|done| done.journal_date).collect();
        assert_eq!(days, [date(5), date(12)]);
        let points = serde_json::to_value(&done[1].points).unwrap();
        let expected = serde_json::json!([
            {"name": "BL23", "laterality": "both"}, {"name": "Ashi", "laterality": null}]);
        assert_eq!((points, done[1].retention_minutes), (expected, Some(25)));
        assert!(done[0].points.is_empty() && done[0].retention_minutes.is_none());
        assert_eq!(treatments(&rows, None), []);
    }
}
