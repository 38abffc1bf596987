//! F4, the moments: which ratings of pain now count as just before, just after and a day after a
//! treatment session.

use crate::collections::EntryKind;
use crate::report::rows::{EntryRow, TimeOrder, TreatmentSessionRow};
use chrono::{DateTime, TimeDelta, Utc};

/// Minutes before the start in which `pre` is looked for (clinical.md, F4).
pub const PRE_MINUTES: i64 = 180;
/// Minutes after the end in which `post` is looked for (clinical.md, F4).
pub const POST_MINUTES: i64 = 120;
/// Minutes after the end from which `post24` is looked for (clinical.md, F4: 18 h).
pub const POST24_FROM_MINUTES: i64 = 18 * 60;
/// Minutes after the end up to which `post24` is looked for (clinical.md, F4: 30 h).
pub const POST24_TO_MINUTES: i64 = 30 * 60;
/// Longest length assumed of a treatment session whose end was not recorded, in minutes.
const ASSUMED_LENGTH_MINUTES: i64 = 60;

/// One rating of pain now.
pub(crate) struct RatedMoment {
    order: TimeOrder,
    kind: EntryKind,
    now: i16,
}

impl RatedMoment {
    /// Pain now of a daily entry is left out: such an entry is about a day, not about a moment.
    pub(crate) fn of(row: &EntryRow) -> Option<Self> {
        let now = row.now.filter(|_| row.kind != EntryKind::Daily)?;
        Some(Self { order: row.time_order(), kind: row.kind, now })
    }

    /// Its place in time.
    pub(crate) fn order(&self) -> TimeOrder {
        self.order
    }

    fn at(&self) -> DateTime<Utc> {
        self.order.0
    }
}

/// The moments of the neighbouring treatment sessions, which cut the search for ratings.
pub(crate) struct Neighbours {
    pub(crate) previous_end: Option<DateTime<Utc>>,
    pub(crate) next_start: Option<DateTime<Utc>>,
}

/// The ratings found around one treatment session, 0 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AroundTreatmentSession {
    /// Just before.
    pub(crate) pre: Option<i16>,
    /// Just after.
    pub(crate) post: Option<i16>,
    /// About a day after.
    pub(crate) post24: Option<i16>,
}

impl Neighbours {
    /// Finds the ratings around a treatment session among moments in the order of time.
    pub(crate) fn ratings(
        &self,
        visit: &TreatmentSessionRow,
        moments: &[RatedMoment],
    ) -> AroundTreatmentSession {
        let start = visit.starts_at;
        let pre = moments.iter().rev().find(|moment| {
            let before = start - moment.at();
            moment.kind != EntryKind::PostTreatment
                && before >= TimeDelta::zero()
                && before <= TimeDelta::minutes(PRE_MINUTES)
                && self.previous_end.is_none_or(|end| moment.at() >= end)
        });
        // Without a recorded end the treatment session lasted between no time and an assumed hour.
        let end = visit.ends_at.unwrap_or(start);
        let slack = if visit.ends_at.is_some() { 0 } else { ASSUMED_LENGTH_MINUTES };
        let first = |from: i64, to: i64, label: EntryKind, never: EntryKind| {
            let found = moments.iter().find(|moment| {
                let after = moment.at() - end;
                let is_of_kind = match visit.ends_at {
                    Some(_) => moment.kind != never,
                    None => moment.kind == label,
                };
                is_of_kind
                    && after >= TimeDelta::minutes(from)
                    && after <= TimeDelta::minutes(to + slack)
                    && self.next_start.is_none_or(|next| moment.at() <= next)
            });
            found.map(|moment| moment.now)
        };
        let (from, to) = (POST24_FROM_MINUTES, POST24_TO_MINUTES);
        AroundTreatmentSession {
            pre: pre.map(|moment| moment.now),
            post: first(0, POST_MINUTES, EntryKind::PostTreatment, EntryKind::PreTreatment),
            post24: first(from, to, EntryKind::Post24h, EntryKind::PostTreatment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::{TreatmentSessionEffect, treatment_session_effects};
    use super::*;
    use crate::report::rules::fixtures::{date, rating, treatment_session};
    use crate::report::rules::pain::daily::PainDays;
    use crate::report::rules::statement::ReportWindow;

    fn now(kind: EntryKind, day: i64, minute: i64, now: i16) -> EntryRow {
        EntryRow { now: Some(now), ..rating(kind, day, minute) }
    }

    /// The effect of the one treatment session on day 10, 10:00 to 10:45, and what else is given.
    fn effect(ratings: &[EntryRow], others: &[TreatmentSessionRow]) -> TreatmentSessionEffect {
        let own = treatment_session(10, 600);
        let mut visits: Vec<&TreatmentSessionRow> = others.iter().collect();
        visits.push(&own);
        let window = ReportWindow::new(date(10), date(10));
        let mut effects =
            treatment_session_effects(ratings, &PainDays::default(), &visits, window).sessions;
        effects.retain(|effect| effect.treatment_session_id == own.id);
        effects.pop().unwrap()
    }

    #[test]
    fn ratings_are_found_at_the_edges_of_their_windows() {
        use EntryKind::Momentary;
        let found = effect(
            &[
                now(Momentary, 10, 419, 1),
                now(Momentary, 10, 420, 7),
                now(Momentary, 10, 600, 6),
                now(Momentary, 10, 601, 2),
                now(Momentary, 10, 645 + 120, 3),
                now(Momentary, 11, 645 + 361, 9),
                now(Momentary, 11, 645 + 360, 4),
            ],
            &[],
        );
        assert_eq!((found.pre, found.post, found.post24), (Some(6), Some(3), Some(4)));
        assert_eq!(found.immediate, Some(-3));
        let outside = effect(
            &[
                now(Momentary, 10, 419, 7),
                now(Momentary, 10, 644, 4),
                now(Momentary, 10, 645 + 121, 4),
                now(Momentary, 10, 645 + 18 * 60 - 1, 4),
                now(Momentary, 11, 645 + 361, 9),
            ],
            &[],
        );
        assert_eq!((outside.pre, outside.post, outside.post24), (None, None, None));
        assert_eq!(outside.immediate, None);
    }

    #[test]
    fn a_label_can_rule_a_rating_out() {
        let found = effect(
            &[
                now(EntryKind::PreTreatment, 10, 590, 7),
                now(EntryKind::PostTreatment, 10, 595, 1),
                now(EntryKind::PreTreatment, 10, 650, 8),
                now(EntryKind::PostTreatment, 10, 660, 4),
                now(EntryKind::Daily, 10, 650, 0),
                now(EntryKind::Post24h, 11, 645, 5),
            ],
            &[],
        );
        assert_eq!((found.pre, found.post, found.post24), (Some(7), Some(4), Some(5)));
    }

    #[test]
    fn neighbouring_treatments_cut_the_search() {
        let ratings = [
            now(EntryKind::Momentary, 10, 500, 9),
            now(EntryKind::Momentary, 10, 750, 2),
            now(EntryKind::Momentary, 11, 645, 5),
        ];
        let alone = effect(&ratings, &[]);
        assert_eq!((alone.pre, alone.post, alone.post24), (Some(9), Some(2), Some(5)));
        // One treatment session ends at 08:45 (after the rating at 08:20), the next starts at 12:00.
        let cut = effect(&ratings, &[treatment_session(10, 480), treatment_session(10, 720)]);
        assert_eq!((cut.pre, cut.post, cut.post24), (None, None, None));
    }

    #[test]
    fn without_a_recorded_end_only_labelled_ratings_count() {
        let open = TreatmentSessionRow { ends_at: None, ..treatment_session(10, 600) };
        let window = ReportWindow::new(date(10), date(10));
        let ratings = [
            now(EntryKind::Momentary, 10, 610, 1),
            now(EntryKind::PostTreatment, 10, 780, 4),
            now(EntryKind::Post24h, 11, 600, 5),
        ];
        let found = treatment_session_effects(&ratings, &PainDays::default(), &[&open], window);
        let found = &found.sessions[0];
        assert_eq!((found.end_recorded, found.post, found.post24), (false, Some(4), Some(5)));
    }
}
