//! Who reads reports: the patient the own, a practitioner that of a share.

use crate::access::{Purpose, Reader, Subject};
use crate::report::read::SECTIONS;
use crate::sections::{Section, Sections};

/// A report is read through a share.
#[derive(Debug)]
pub struct Reports;

impl Purpose for Reports {
    const SECTIONS: Sections = SECTIONS;
    const ACTION: &'static str = "report";
}

/// The picture of daily pain is read through a share.
#[derive(Debug)]
pub struct Pictures;

impl Purpose for Pictures {
    const SECTIONS: Sections = Sections::of(&[Section::Pain, Section::Sleep, Section::Treatment]);
    const ACTION: &'static str = "report_chart";
}

/// What a practitioner is told of the report of a share.
pub(super) const SHARED: &str = "Statements and days of sections the share does not open are left out, and \
    the report says so. Each call is a line in the patient's access log.";

/// Does he read through a share?
pub(super) fn is_shared<R: Reader>() -> bool {
    matches!(R::NEED.subject(), Subject::Share)
}

/// The address of the report.
pub(super) fn report_at<R: Reader>() -> &'static str {
    if is_shared::<R>() { "/v1/patients/{share_id}/report" } else { "/v1/report" }
}
