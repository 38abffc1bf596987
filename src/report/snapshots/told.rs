//! A frozen report as its reader is told of it: the patient of the own, a practitioner with whose journal it is.

use super::model::ReportSnapshot;
use crate::access::{JournalAccess, Patient, Purpose, Reader, Shared};
use crate::http::{Documented, ShareTags};
use crate::journal_subject::JournalSubject;
use crate::wire::Components;
use serde::Serialize;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// A frozen report, and whose journal it is of where that was read through a share.
#[derive(Debug)]
pub(crate) struct Kept {
    snapshot: ReportSnapshot,
    subject: Option<JournalSubject>,
    tags: Option<ShareTags>,
}

impl Kept {
    /// A report of the journal that was entered, and whose that is, as its reader knows them now.
    pub(crate) const fn of<L>(
        snapshot: ReportSnapshot,
        journal: &JournalAccess<L>,
        subject: Option<JournalSubject>,
    ) -> Self {
        Self { snapshot, subject, tags: journal.share_tags() }
    }

    /// Its id.
    pub(crate) const fn id(&self) -> Uuid {
        self.snapshot.id()
    }

    /// The report, without whose journal it is of.
    pub(crate) fn into_snapshot(self) -> ReportSnapshot {
        self.snapshot
    }
}

/// A frozen report of a journal that is read through a share: what every reader is told of one, and whose journal it
/// is. That is no part of what was frozen, but as the share shows it now.
#[derive(Debug, Serialize)]
pub struct SharedReportSnapshot {
    #[serde(flatten)]
    snapshot: ReportSnapshot,
    /// Whose journal it is: what the share shows of the patient now, and the practitioner's own reference.
    subject: JournalSubject,
}

impl Documented for SharedReportSnapshot {
    fn document(components: &mut Components) -> RefOr<Schema> {
        // The members of every frozen report with one more: flat in the answer, flat in the document.
        ReportSnapshot::document(components);
        crate::http::register::<JournalSubject>(components);
        if let RefOr::T(Schema::Object(mut shared)) = ReportSnapshot::schema() {
            shared.description = Some(
                "A frozen report of a journal that is read through a share: what was said on a day, never changed, \
                 and whose journal it is, as the share shows that now."
                    .into(),
            );
            let subject = Ref::from_schema_name(JournalSubject::name());
            shared.properties.insert("subject".into(), RefOr::Ref(subject));
            shared.required = shared.properties.keys().cloned().collect();
            components
                .schemas
                .insert("SharedReportSnapshot".into(), RefOr::T(Schema::Object(shared)));
        }
        RefOr::Ref(Ref::from_schema_name("SharedReportSnapshot"))
    }
}

/// Who is told of frozen reports, and how.
pub(crate) trait Told: Reader {
    /// One as this reader is told of it.
    type Snapshot: Documented + 'static;

    /// Tells of one, with its ETag.
    fn tell(kept: Kept) -> (Self::Snapshot, String);
}

impl Told for Patient {
    type Snapshot = ReportSnapshot;

    fn tell(kept: Kept) -> (ReportSnapshot, String) {
        let etag = kept.snapshot.etag("");
        (kept.snapshot, etag)
    }
}

impl<P: Purpose> Told for Shared<P> {
    type Snapshot = SharedReportSnapshot;

    fn tell(Kept { snapshot, subject, tags }: Kept) -> (SharedReportSnapshot, String) {
        let subject = subject.unwrap_or_default();
        // Nothing in a subject cannot be written.
        let visible = serde_json::to_vec(&subject).unwrap_or_default();
        let print = tags.map(|tags| format!(".{}", tags.of(&visible))).unwrap_or_default();
        let etag = snapshot.etag(&print);
        (SharedReportSnapshot { snapshot, subject }, etag)
    }
}
