//! The collections: one file each, registered here once.

mod journal_entries;
mod moment;
mod sleep_records;
mod treatment_sessions;

pub use journal_entries::{EntryKind, JournalEntry};
pub use sleep_records::{Night, SleepRecord};
pub use treatment_sessions::{SessionStatus, TreatmentSession};

use crate::http::Routes;

/// Calls a macro with every collection, in the order of their numbers. This is the one list.
macro_rules! for_each_collection {
    ($do:ident) => {
        $do!(
            $crate::collections::JournalEntry,
            $crate::collections::SleepRecord,
            $crate::collections::TreatmentSession
        )
    };
}
pub(crate) use for_each_collection;

/// Registers the routes of every collection.
pub fn routes(routes: &mut Routes) {
    macro_rules! register {
        ($($collection:ty),+) => { $(crate::journal::http::routes::<$collection>(routes);)+ };
    }
    for_each_collection!(register);
}

#[cfg(test)]
mod tests {
    use crate::journal::Record;
    use std::collections::HashSet;

    #[test]
    fn numbers_names_and_paths_are_unique() {
        let mut seen = HashSet::new();
        macro_rules! check {
            ($($collection:ty),+) => { $(
                assert!(seen.insert(<$collection>::NUMBER.to_string()));
                assert!(seen.insert(<$collection>::COLLECTION.to_owned()));
                assert!(seen.insert(<$collection>::PATH.to_owned()));
                assert!(<$collection>::FIELDS.iter().any(|f| f.name == "journal_date"));
            )+ };
        }
        for_each_collection!(check);
    }
}
