//! Who reads reports: the patient the own, a practitioner that of a share.

use crate::access::{Patient, Purpose, Reader, Shared};
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

/// A reader of whole reports.
pub(crate) trait ReportReader: Reader {
    /// Does he read through a share?
    const IS_SHARED: bool;
}

impl ReportReader for Patient {
    const IS_SHARED: bool = false;
}

impl ReportReader for Shared<Reports> {
    const IS_SHARED: bool = true;
}
