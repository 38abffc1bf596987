//! Which journals of the list want a look, and which of them a page shows in which order. Pure.

use crate::sharing::{OpenJournal, Overview};
use std::cmp::Reverse;

/// Expected days without an entry after which a journal has gone quiet.
const QUIET_DAYS: i32 = 7;
/// Journals on a page.
pub(super) const PER_PAGE: usize = 50;

/// What makes a journal want a look, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A warning sign or a serious adverse event in the last 30 days.
    SafetyNotice,
    /// The plan's review is due.
    ReviewDue,
    /// So many expected days without an entry.
    Quiet(i32),
    /// So many records that were made or changed since it was last looked at.
    NewRecords(i32),
}

/// Why a journal wants a look, the most pressing first.
pub(super) fn reasons(overview: &Overview) -> Vec<Reason> {
    let notice = overview.safety_notice_on.map(|_| Reason::SafetyNotice);
    let is_due = overview.plan.as_ref().is_some_and(|plan| plan.review_due);
    let quiet = overview.days_quiet.filter(|days| *days >= QUIET_DAYS).map(Reason::Quiet);
    let new = (overview.new_records > 0).then_some(Reason::NewRecords(overview.new_records));
    [notice, is_due.then_some(Reason::ReviewDue), quiet, new].into_iter().flatten().collect()
}

/// How pressing a journal is: what comes first in the list is the larger.
fn pressing(journal: &OpenJournal) -> [bool; 4] {
    let reasons = journal.overview().map(reasons).unwrap_or_default();
    let has = |is: fn(&Reason) -> bool| reasons.iter().any(is);
    [
        has(|reason| matches!(reason, Reason::SafetyNotice)),
        has(|reason| matches!(reason, Reason::ReviewDue)),
        has(|reason| matches!(reason, Reason::Quiet(_))),
        has(|reason| matches!(reason, Reason::NewRecords(_))),
    ]
}

/// The orders a list can have: the value of the form, and the key of its name.
pub(super) const ORDERS: [(&str, &str); 5] = [
    ("attention", "clinic.list.by_attention"),
    ("name", "clinic.list.by_name"),
    ("reference", "clinic.list.by_reference"),
    ("last_entry", "clinic.list.by_last_entry"),
    ("next_visit", "clinic.list.by_next_visit"),
];

/// What a visitor wants to see of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ListView {
    /// Words of the name, the reference or the label.
    pub(super) search: String,
    /// The order, as [`ORDERS`] calls it; the first of them unless it is another.
    pub(super) order: String,
    /// The page, from 1 on.
    pub(super) page: usize,
}

/// A page of the list.
pub(super) struct ListedPage<'a> {
    /// The journals of the page.
    pub(super) journals: Vec<&'a OpenJournal>,
    /// Journals that were found.
    pub(super) found: usize,
    /// The page that is shown, from 1 on.
    pub(super) page: usize,
    /// How many there are.
    pub(super) pages: usize,
}

impl ListView {
    /// Finds, sorts and cuts.
    pub(super) fn of<'a>(&self, all: &'a [OpenJournal]) -> ListedPage<'a> {
        let name = |journal: &OpenJournal| {
            let share = journal.share();
            (share.display_name().unwrap_or_else(|| share.label())).to_lowercase()
        };
        let reference = |journal: &OpenJournal| journal.share().reference().map(str::to_lowercase);
        let words: Vec<String> = self.search.split_whitespace().map(str::to_lowercase).collect();
        let is_found = |journal: &&OpenJournal| words.iter().all(|word| journal.is_found_by(word));
        let mut journals: Vec<&OpenJournal> = all.iter().filter(is_found).collect();
        journals.sort_by_cached_key(|journal| name(journal));
        let overview = |journal: &&OpenJournal| journal.overview().map(|found| found.as_of);
        match self.order.as_str() {
            "name" => {}
            "reference" => journals.sort_by_cached_key(|journal| {
                let reference = reference(journal);
                (reference.is_none(), reference)
            }),
            "last_entry" => journals.sort_by_key(|journal| {
                (overview(journal).is_none(), journal.overview().and_then(|o| o.last_entry_on))
            }),
            "next_visit" => journals.sort_by_key(|journal| {
                let next = journal.overview().and_then(|o| o.next_visit_on);
                (next.is_none(), next)
            }),
            _ => journals.sort_by_key(|journal| Reverse(pressing(journal))),
        }
        let found = journals.len();
        let pages = found.div_ceil(PER_PAGE).max(1);
        let page = self.page.clamp(1, pages);
        let journals = journals.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
        ListedPage { journals, found, page, pages }
    }
}
