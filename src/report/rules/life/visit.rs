//! What the patient brings to the next visit: its day, open questions, open goals.

use crate::collections::GoalStatus;
use crate::collections::TreatmentSessionStatus;
use crate::report::rows::{GoalRow, QuestionRow, TreatmentSessionRow};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A question the patient wants to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedQuestion {
    /// The record.
    pub question_id: Uuid,
    /// Journal day it was written down.
    pub written_on: NaiveDate,
    /// The question, in the patient's words.
    #[schema(max_length = 1000)]
    pub text: String,
}

/// A goal that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenGoal {
    /// The record.
    pub goal_id: Uuid,
    /// What shall be reached, in the patient's words.
    #[schema(max_length = 500)]
    pub text: String,
}

/// What the patient brings to the next visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitPreparation {
    /// The next planned visit from today on; null where none is planned or treatment is omitted.
    #[schema(required)]
    pub next_visit_on: Option<NaiveDate>,
    /// Open questions for that visit, and those for none in particular, oldest first.
    #[schema(max_items = 10_000)]
    pub questions: Vec<ReportedQuestion>,
    /// Open goals, the most important first.
    #[schema(max_items = 10_000)]
    pub goals: Vec<OpenGoal>,
}

/// Prepares the next visit as of `today`. `sessions` are those the reader may see. A question for a
/// visit that is over is still open until it is answered.
pub(crate) fn preparation(
    questions: &[QuestionRow],
    goals: &[GoalRow],
    visits: Option<&[&TreatmentSessionRow]>,
    today: NaiveDate,
) -> VisitPreparation {
    let ahead = visits.unwrap_or_default().iter().filter(|visit| {
        visit.status == TreatmentSessionStatus::Planned && visit.journal_date >= today
    });
    let next = ahead.min_by_key(|visit| (visit.starts_at, visit.id));
    let later = |question: &&QuestionRow| {
        // One for another visit that still lies ahead waits for it.
        let other = question.treatment_session_id.filter(|id| next.is_none_or(|s| s.id != *id));
        let waits = other.is_some_and(|id| {
            visits.unwrap_or_default().iter().any(|visit| {
                visit.id == id
                    && visit.status == TreatmentSessionStatus::Planned
                    && visit.journal_date >= today
            })
        });
        !waits
    };
    let mut open: Vec<&QuestionRow> = questions
        .iter()
        .filter(|question| question.answered_on.is_none() && question.written_on <= today)
        .filter(later)
        .collect();
    open.sort_by_key(|question| (question.written_on, question.id));
    let mut wanted: Vec<&GoalRow> =
        goals.iter().filter(|goal| goal.status == GoalStatus::Open).collect();
    wanted.sort_by_key(|goal| (std::cmp::Reverse(goal.importance), goal.set_on, goal.id));
    VisitPreparation {
        next_visit_on: next.map(|visit| visit.journal_date),
        questions: open
            .into_iter()
            .map(|question| ReportedQuestion {
                question_id: question.id,
                written_on: question.written_on,
                text: question.text.clone(),
            })
            .collect(),
        goals: wanted
            .into_iter()
            .map(|goal| OpenGoal { goal_id: goal.id, text: goal.text.clone() })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{date, goal, treatment_session};

    fn planned(day: i64) -> TreatmentSessionRow {
        TreatmentSessionRow {
            status: TreatmentSessionStatus::Planned,
            ..treatment_session(day, 600)
        }
    }

    fn question(number: u128, day: i64, visit: Option<Uuid>) -> QuestionRow {
        QuestionRow {
            id: Uuid::from_u128(number),
            written_on: date(day),
            text: format!("question {number}"),
            treatment_session_id: visit,
            answered_on: None,
        }
    }

    #[test]
    fn open_questions_come_with_the_visit_they_are_for() {
        let (past, next, later) = (treatment_session(10, 600), planned(20), planned(30));
        let visits = [&past, &later, &next];
        let mut answered = question(5, 4, None);
        answered.answered_on = Some(date(11));
        let questions = [
            question(3, 9, Some(later.id)),
            question(2, 8, Some(next.id)),
            question(1, 9, None),
            question(4, 3, Some(past.id)),
            answered,
        ];
        let seen = preparation(&questions, &[goal(1)], Some(&visits), date(15));
        assert_eq!(seen.next_visit_on, Some(date(20)));
        let texts: Vec<&str> = seen.questions.iter().map(|q| q.text.as_str()).collect();
        assert_eq!(texts, ["question 4", "question 2", "question 1"]);
        let closed = preparation(&questions, &[], None, date(15));
        assert_eq!((closed.next_visit_on, closed.questions.len()), (None, 4));
    }
}
