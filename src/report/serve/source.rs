//! Where a report comes from: computed now, or kept. What is made of it does not ask.

use super::renderings::{for_practitioners, typeset};
use super::report::pull;
use crate::access::Reader;
use crate::app::App;
use crate::http::{Answered, Problem};
use crate::report::read::asked::Asked;
use crate::report::render::csv;
use crate::report::render::html;
use crate::report::rules::Report;
use std::sync::Arc;

/// A report that is not there yet. What is made of it is made beside the requests, in its turn.
pub(crate) trait Source {
    /// The application.
    fn app(&self) -> &Arc<App>;
    /// Makes something of the report, and answers it with the ETag of the report.
    ///
    /// # Errors
    /// As the reading of the report; 503 when too many others are at it.
    async fn make<T: Send + 'static>(
        self,
        make: impl FnOnce(&Report) -> T + Send + 'static,
    ) -> Answered<(T, String)>;
}

/// The report of these days, computed now.
#[derive(Clone)]
pub(crate) struct Live<R> {
    pub(crate) reader: R,
    pub(crate) asked: Asked,
}

impl<R: Reader> Source for Live<R> {
    fn app(&self) -> &Arc<App> {
        self.reader.app()
    }
    async fn make<T: Send + 'static>(
        self,
        make: impl FnOnce(&Report) -> T + Send + 'static,
    ) -> Answered<(T, String)> {
        pull(&self.reader, self.asked, move |report| make(&report)).await
    }
}

/// A file that a report can be taken along as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The page as a tagged document.
    Document,
    /// The page, whole.
    Page,
    /// The days as a table.
    Days,
}

impl File {
    /// All of them, in the order to offer them.
    pub const ALL: [Self; 3] = [Self::Document, Self::Page, Self::Days];

    /// The file of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }

    /// The name it is kept under, and asked for by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "report.pdf",
            Self::Page => "report.html",
            Self::Days => "days.csv",
        }
    }
    /// What the link says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Document => "PDF",
            Self::Page => "Save the page",
            Self::Days => "Days as CSV",
        }
    }
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Document => "application/pdf",
            Self::Page => "text/html; charset=utf-8",
            Self::Days => "text/csv; charset=utf-8",
        }
    }
    /// What the access log calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Document => "report_document",
            Self::Page => "report_page",
            Self::Days => "report_days",
        }
    }

    /// Its bytes, and the ETag of the report they are made of.
    ///
    /// # Errors
    /// As the source, or when it cannot be made.
    pub(crate) async fn render(self, source: impl Source) -> Answered<(Vec<u8>, String)> {
        match self {
            Self::Document => {
                // A document has its place before its report is read, so that nothing is kept for
                // those who wait.
                let place = source.app().lanes.documents.enter().await?;
                let (page, etag) = source.make(for_practitioners).await?;
                Ok((typeset(place, page).await?, etag))
            }
            Self::Page => {
                let page = |report: &Report| html::document(&for_practitioners(report));
                let (text, etag) = source.make(page).await?;
                Ok((text.into_bytes(), etag))
            }
            Self::Days => {
                let (bytes, etag) = source.make(csv::days).await?;
                Ok((bytes.map_err(Problem::internal)?, etag))
            }
        }
    }
}
