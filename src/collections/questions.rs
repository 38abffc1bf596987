//! Questions: what the patient wants to ask at the next visit.

use super::moment::{dated, refuse_future};
use crate::journal::{Context, Rules, collection};
use crate::wire::{Faults, Text};
use chrono::NaiveDate;
use uuid::Uuid;

collection! {
    /// A question: what the patient wants to ask at a visit.
    ///
    /// Open questions stand at the top of the practitioner's page: those for the next visit, and
    /// those for none in particular.
    pub struct Question {
        plural: "Questions", table: "questions", path: "questions", number: 13,
        sections: [Goals], writers: Patient,
        example: {
            "journal_date": "2026-01-27", "text": "May I lift again?"
        },
        fields: {
            /// The day it was written down.
            journal_date: NaiveDate,
            /// The question.
            text: Text<1000>,
            /// The visit it is for; null for the next one, whichever that is.
            treatment_session_id: Option<Uuid> => Treatment,
            /// The day it was answered; null while it is open.
            answered_on: Option<NaiveDate>,
            /// What the patient took from the answer.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

dated!(Question);

impl Rules for Question {
    fn settle(&mut self, _previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        refuse_future(self.journal_date, "journal_date", context, faults);
        if let Some(answered) = self.answered_on {
            refuse_future(answered, "answered_on", context, faults);
            if answered < self.journal_date {
                faults.field("answered_on", "contradiction", "Must not lie before journal_date.");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn an_answer_comes_after_its_question() {
        let question = json!({"journal_date": "2026-05-01", "text": "May I lift again?"});
        assert!(faults_of::<Question>(&question, &json!({"answered_on": "2026-05-04"})).is_empty());
        for (day, fault) in [
            ("2026-04-30", "#/answered_on contradiction"),
            ("2026-06-30", "#/answered_on date_out_of_range"),
        ] {
            assert_eq!(faults_of::<Question>(&question, &json!({"answered_on": day})), [fault]);
        }
    }
}
