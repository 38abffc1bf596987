//! What a writer wants of a record, and what that comes to: the stage of the writer that decides. Pure.

use super::author::Author;
use super::authorship::{self, NOT_YOURS};
use super::history::HistoryOp;
use super::record::Record;
use super::stored::Stored;
use crate::http::precondition::Versions;
use crate::wire::Fault;

/// What a writer wants of one record.
#[derive(Debug, Clone)]
pub enum Intent<C> {
    /// It shall come into being.
    Create(C),
    /// It shall be this, provided it still has version `base`.
    Replace {
        /// The version the writer saw, or those he would replace.
        base: Versions,
        /// The new content.
        content: C,
    },
    /// It shall go, provided it still has version `base`, where one is given.
    Delete {
        /// The version the writer saw.
        base: Option<Versions>,
    },
}

impl<C> Intent<C> {
    /// The same with its content read.
    pub(super) fn try_map<D, E>(
        self,
        read: impl FnOnce(C) -> Result<D, E>,
    ) -> Result<Intent<D>, E> {
        Ok(match self {
            Self::Create(content) => Intent::Create(read(content)?),
            Self::Replace { base, content } => Intent::Replace { base, content: read(content)? },
            Self::Delete { base } => Intent::Delete { base },
        })
    }
}

/// What became of it; `T` tells the record as it stands. What the protocol foresees is a value, not an
/// error.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOutcome<T> {
    /// It is new.
    Created(T),
    /// It was already as asked: a repeated request, or no change at all.
    Unchanged(T),
    /// It changed.
    Replaced(T),
    /// It is a tombstone now, or was one already; its ETag, as the author sees it.
    Deleted(String),
    /// The id names another record, of this ETag.
    Taken(String),
    /// The record is a tombstone, of this ETag.
    Gone(String),
    /// The record has this ETag, not the one the writer saw.
    Stale(String),
    /// Somebody else answers for the record.
    NotYours,
    /// There is no such record.
    Unknown,
    /// The content breaks the collection's rules.
    Invalid(Vec<Fault>),
}

impl<T> WriteOutcome<T> {
    /// Does the record stand as it was asked?
    pub(super) const fn is_accepted(&self) -> bool {
        self.is_change() || matches!(self, Self::Unchanged(_))
    }

    /// The same with the record turned into something else.
    pub fn map<U>(self, record: impl FnOnce(T) -> U) -> WriteOutcome<U> {
        match self {
            Self::Created(it) => WriteOutcome::Created(record(it)),
            Self::Unchanged(it) => WriteOutcome::Unchanged(record(it)),
            Self::Replaced(it) => WriteOutcome::Replaced(record(it)),
            Self::Deleted(etag) => WriteOutcome::Deleted(etag),
            Self::Taken(etag) => WriteOutcome::Taken(etag),
            Self::Gone(etag) => WriteOutcome::Gone(etag),
            Self::Stale(etag) => WriteOutcome::Stale(etag),
            Self::NotYours => WriteOutcome::NotYours,
            Self::Unknown => WriteOutcome::Unknown,
            Self::Invalid(faults) => WriteOutcome::Invalid(faults),
        }
    }

    /// Did the journal move?
    pub const fn is_change(&self) -> bool {
        matches!(self, Self::Created(_) | Self::Replaced(_) | Self::Deleted(_))
    }
}

/// A decided change.
pub(super) enum Step<C> {
    /// Write this, settled.
    Put(HistoryOp, C),
    /// Make it a tombstone.
    Bury,
    /// Write nothing.
    Stop(WriteOutcome<Stored<C>>),
}

/// Known record × intent × author → what to do. Total and pure.
pub(super) fn decide<C: Record>(
    known: Option<&Stored<C>>,
    intent: Intent<C>,
    author: &Author,
) -> Step<C> {
    if !authorship::may_touch(author.hand, known) {
        return Step::Stop(WriteOutcome::NotYours);
    }
    let Some(known) = known else {
        let Intent::Create(content) = intent else { return Step::Stop(WriteOutcome::Unknown) };
        return match author.settle(None, HistoryOp::Create, content) {
            Ok(content) => Step::Put(HistoryOp::Create, content),
            Err(faults) => Step::Stop(WriteOutcome::Invalid(faults)),
        };
    };
    let is_tombstone = known.deleted_at.is_some();
    let etag = || author.etag(known);
    Step::Stop(match intent {
        Intent::Create(_) if is_tombstone => WriteOutcome::Gone(etag()),
        Intent::Create(content) => match author.settle(Some(known), HistoryOp::Create, content) {
            Ok(content) if content == known.content => WriteOutcome::Unchanged(known.clone()),
            Err(faults) if !are_foreign(&faults) => WriteOutcome::Invalid(faults),
            _ => WriteOutcome::Taken(etag()),
        },
        Intent::Replace { base, content } => {
            let op = if is_tombstone { HistoryOp::Resurrect } else { HistoryOp::Update };
            let saw_this = author.has_seen(&base, known);
            match author.settle(Some(known), op, content) {
                // Equal content is what the writer asked for, whatever version he saw: a lost answer.
                Ok(content) if content == known.content && !is_tombstone => {
                    WriteOutcome::Unchanged(known.clone())
                }
                Ok(content) if saw_this => return Step::Put(op, content),
                Err(faults) if saw_this || !are_foreign(&faults) => WriteOutcome::Invalid(faults),
                _ => WriteOutcome::Stale(etag()),
            }
        }
        Intent::Delete { .. } if is_tombstone => WriteOutcome::Deleted(etag()),
        Intent::Delete { base: Some(base) } if !author.has_seen(&base, known) => {
            WriteOutcome::Stale(etag())
        }
        Intent::Delete { .. } if !authorship::may_delete(author.hand, known) => {
            WriteOutcome::NotYours
        }
        Intent::Delete { .. } => return Step::Bury,
    })
}

/// Is all that is wrong that somebody else's fields differ? Who has seen another version than the
/// present one may have touched none of them.
fn are_foreign(faults: &[Fault]) -> bool {
    faults.iter().all(|fault| fault.code == NOT_YOURS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Hand;
    use crate::http::precondition::etag;
    use crate::journal::{Context, Dated, Rules, collection};
    use crate::sections::Sections;
    use crate::wire::{Faults, Whole};
    use chrono::NaiveDate;
    use uuid::Uuid;

    collection! {
        /// A finding of a practitioner, and how the patient felt.
        pub struct Finding {
            plural: "Findings", table: "findings", path: "findings", number: 0,
            sections: [Treatment], writers: Both,
            example: {},
            fields: {
                /// The day.
                journal_date: NaiveDate as Clinical,
                /// What was found.
                found: Option<Whole<0, 10>> as Clinical,
                /// How the patient felt.
                felt: Option<Whole<0, 10>>,
            }
        }
    }

    impl Dated for Finding {
        fn journal_date(&self) -> Option<NaiveDate> {
            Some(self.journal_date)
        }
    }

    impl Rules for Finding {
        fn settle(&mut self, _: Option<&Self>, _: &Context, faults: &mut Faults) {
            if self.found == self.felt && self.found.is_some() {
                faults.field("felt", "contradiction", "Must differ, for the test.");
            }
        }
    }

    const PRACTITIONER: Uuid = Uuid::from_u128(7);

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, day).unwrap()
    }

    fn finding(found: Option<i32>, felt: Option<i32>) -> Finding {
        let whole = |number: Option<i32>| number.and_then(Whole::new);
        Finding { journal_date: day(4), found: whole(found), felt: whole(felt) }
    }

    /// A record of revision 3 that this practitioner answers for.
    fn known(content: Finding) -> Stored<Finding> {
        let at = "2026-05-04T12:00:00Z".parse().unwrap();
        Stored {
            id: Uuid::nil(),
            rev: 3,
            created_rev: 2,
            deleted_at: None,
            author_id: PRACTITIONER,
            clinician_id: Some(PRACTITIONER),
            device_id: None,
            created_at: at,
            updated_at: at,
            received_at: at,
            content,
        }
    }

    fn author(hand: Hand) -> Author {
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let context = Context { now, day_starts: crate::time::DayStarts::always(240) };
        Author { hand, window: (None, None), sections: Sections::ALL, tags: None, context }
    }

    fn codes(settled: Result<Finding, Vec<Fault>>) -> Vec<&'static str> {
        settled.unwrap_err().iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn the_patient_changes_his_part_and_leaves_the_other_alone() {
        let (patient, known) = (author(Hand::Patient), known(finding(Some(1), None)));
        let settle = |content| patient.settle(Some(&known), HistoryOp::Update, content);
        assert_eq!(settle(finding(Some(1), Some(5))), Ok(finding(Some(1), Some(5))));
        assert_eq!(codes(settle(finding(Some(2), None))), [NOT_YOURS]);
        assert_eq!(codes(settle(finding(Some(1), Some(1)))), ["contradiction"], "rules hold, too");
    }

    #[test]
    fn what_takes_the_place_of_a_tombstone_continues_nobodys_record() {
        let known = Stored {
            deleted_at: Some(known(finding(None, None)).created_at),
            ..known(finding(Some(1), None))
        };
        let patient = author(Hand::Patient);
        let settle = |op| patient.settle(Some(&known), op, finding(None, Some(5)));
        assert_eq!(codes(settle(HistoryOp::Resurrect)), [NOT_YOURS]);
        assert!(settle(HistoryOp::Recreate).is_ok());
    }

    #[test]
    fn a_practitioner_keeps_what_the_patient_wrote_within_the_days_of_the_share() {
        let known = known(finding(Some(1), Some(5)));
        let mut practitioner = author(Hand::Practitioner(PRACTITIONER));
        let settle =
            |author: &Author, content| author.settle(Some(&known), HistoryOp::Update, content);
        assert_eq!(settle(&practitioner, finding(Some(2), None)), Ok(finding(Some(2), Some(5))));
        assert_eq!(codes(settle(&practitioner, finding(Some(2), Some(6)))), [NOT_YOURS]);
        practitioner.window = (Some(day(5)), None);
        assert_eq!(codes(settle(&practitioner, finding(Some(2), None))), ["outside_share"]);
    }

    fn stops(
        known: Option<&Stored<Finding>>,
        intent: Intent<Finding>,
        hand: Hand,
    ) -> WriteOutcome<()> {
        match decide(known, intent, &author(hand)) {
            Step::Stop(outcome) => outcome.map(|_| ()),
            Step::Put(op, content) => panic!("{op:?} {content:?}"),
            Step::Bury => panic!("a tombstone"),
        }
    }

    #[test]
    fn an_intent_meets_what_stands() {
        let stands = known(finding(Some(1), None));
        let tombstone = Stored { deleted_at: Some(stands.created_at), ..stands.clone() };
        let replace = |rev, felt| Intent::Replace {
            base: Versions::only(rev),
            content: finding(Some(1), felt),
        };
        let delete = |rev| Intent::Delete { base: Some(Versions::only(rev)) };
        let practitioner = Hand::Practitioner(PRACTITIONER);
        for (known, intent, hand, outcome) in [
            (None, delete(3), Hand::Patient, WriteOutcome::Unknown),
            (
                Some(&stands),
                Intent::Create(finding(Some(1), None)),
                Hand::Patient,
                WriteOutcome::Unchanged(()),
            ),
            (
                Some(&stands),
                Intent::Create(finding(Some(2), None)),
                Hand::Patient,
                WriteOutcome::Taken(etag(3)),
            ),
            (
                Some(&tombstone),
                Intent::Create(finding(Some(1), None)),
                practitioner,
                WriteOutcome::Gone(etag(3)),
            ),
            (Some(&stands), replace(2, None), Hand::Patient, WriteOutcome::Unchanged(())),
            (Some(&stands), replace(2, Some(5)), Hand::Patient, WriteOutcome::Stale(etag(3))),
            (Some(&stands), delete(2), practitioner, WriteOutcome::Stale(etag(3))),
            (Some(&stands), delete(3), Hand::Patient, WriteOutcome::NotYours),
            (Some(&tombstone), delete(2), Hand::Patient, WriteOutcome::Deleted(etag(3))),
            (
                Some(&stands),
                replace(3, None),
                Hand::Practitioner(Uuid::nil()),
                WriteOutcome::NotYours,
            ),
        ] {
            assert_eq!(stops(known, intent, hand), outcome);
        }
        assert!(matches!(decide(Some(&stands), delete(3), &author(practitioner)), Step::Bury));
        let back = decide(Some(&tombstone), replace(3, Some(5)), &author(Hand::Patient));
        assert!(matches!(back, Step::Put(HistoryOp::Resurrect, _)));
    }
}
