//! Whose report is meant, by its address: the patient's own, or that of a share.

use crate::access::{Need, Target};

use crate::http::{Answered, path_id};
use crate::report::read::asked::Asked;
use crate::sections::Sections;
use actix_web::HttpRequest;
use uuid::Uuid;

/// The two sides a report is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The patient's own.
    Own,
    /// A patient's, through a share.
    Shared,
}

impl Whose {
    /// Who may ask.
    pub(crate) const fn need(self) -> Need {
        match self {
            Self::Own => Need::PATIENT,
            Self::Shared => Need::PRACTITIONER,
        }
    }

    /// The share in the address.
    pub(crate) fn share(self, request: &HttpRequest) -> Answered<Option<Uuid>> {
        match self {
            Self::Own => Ok(None),
            Self::Shared => path_id(request, "share_id").map(Some),
        }
    }
}

/// The journal to enter, and what its access log shall say.
pub(crate) const fn target(
    share: Option<Uuid>,
    action: &'static str,
    sections: Sections,
    asked: Asked,
) -> Target {
    match share {
        None => Target::Own,
        Some(id) => Target::Share { id, action, sections, from: asked.from, to: asked.to },
    }
}
