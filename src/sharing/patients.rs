//! A practitioner's list of patients: the open shares, and how each journal stands.

use super::model::Share;
use super::store;
use crate::access::{Call, FromCall, Own, Practitioner};
use crate::collections::{JournalEntry, PlanStatus, TreatmentSessionStatus};
use crate::db::{Statement, row};
use crate::http::{Answered, Documented, Found, Page, Query};
use crate::journal::{JournalPause, Pauses, Record};
use crate::language::Language;
use crate::plans::{PlanProgress, PlanTerms, Visit, progress};
use crate::sections::{Section, Sections};
use crate::time::{ExpectedDays, TimeZone, journal_today, parse_date, serialize_utc_option};
use crate::wire::Components;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// The days of the journal that the list looks back on.
const LOOK_BACK: u64 = 14;

row! {
    /// How a journal stands, as far as its share opens it.
    pub struct OverviewRow {
        share_id: Uuid,
        time_zone: String,
        day_start_minute: i16,
        journal_starts_on: NaiveDate,
        pauses: Pauses,
        open_from: Option<NaiveDate>,
        open_to: Option<NaiveDate>,
        looked_at: Option<DateTime<Utc>>,
        new_records: i32,
        notice_on: Option<NaiveDate>,
        last_entry_on: Option<NaiveDate>,
        entry_days: Option<Vec<String>>,
        next_visit_on: Option<NaiveDate>,
        plan_id: Option<Uuid>,
        status: Option<String>,
        start_date: Option<NaiveDate>,
        planned_sessions: Option<i16>,
        frequency_per_week: Option<f64>,
        planned_weeks: Option<i16>,
        review_after_sessions: Option<i16>,
        review_on: Option<NaiveDate>,
        paused_from: Option<NaiveDate>,
        paused_until: Option<NaiveDate>,
        ended_on: Option<NaiveDate>,
        visit_days: Option<Vec<String>>,
        visit_statuses: Option<Vec<String>>,
    }
}

fn overview(now: DateTime<Utc>, request: Uuid) -> Statement<Own, OverviewRow> {
    Statement::new(
        "SELECT share_id, time_zone, day_start_minute, journal_starts_on, pauses, open_from, open_to, \
         looked_at, new_records, notice_on, last_entry_on, entry_days, next_visit_on, plan_id, status, start_date, planned_sessions, frequency_per_week, \
         planned_weeks, review_after_sessions, review_on, paused_from, paused_until, ended_on, \
         visit_days, visit_statuses FROM sec.overview($1, $2)",
    )
    .bind(now)
    .bind(request)
}

/// How a journal stands today. What the share does not open is null.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Overview {
    /// Today in the patient's journal.
    pub as_of: NaiveDate,
    /// The newest journal day with an entry.
    pub last_entry_on: Option<NaiveDate>,
    /// Days with an entry among the last fourteen, today included.
    #[schema(minimum = 0, maximum = 14)]
    pub days_with_entry: Option<i32>,
    /// Of those fourteen, the days on which an entry was expected.
    #[schema(minimum = 0, maximum = 14)]
    pub days_expected: i32,
    /// Expected days since that entry, today left out.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_quiet: Option<i32>,
    /// When you last looked into the journal.
    #[serde(serialize_with = "serialize_utc_option")]
    pub looked_at: Option<DateTime<Utc>>,
    /// Records that others than you have made or changed since, on the days and in the sections that are open. A
    /// change of what is closed counts nowhere; of an entry changes count where pain, mobility and medication are open.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub new_records: i32,
    /// The newest day of the last 30 with a warning sign or a serious adverse event.
    pub safety_notice_on: Option<NaiveDate>,
    /// The next planned visit.
    pub next_visit_on: Option<NaiveDate>,
    /// The newest plan that runs or rests.
    pub treatment_plan_id: Option<Uuid>,
    /// How that plan stands.
    pub plan: Option<PlanProgress>,
}

/// A journal open to a practitioner: the share, and how the journal stands.
#[derive(Debug, Serialize)]
pub struct OpenJournal {
    /// The share; its id is the address of the journal.
    #[serde(flatten)]
    share: Share,
    /// How the journal stands; null in the moment in which the share opens or ends.
    overview: Option<Overview>,
}

impl Documented for OpenJournal {
    fn document(components: &mut Components) -> RefOr<Schema> {
        // The share's members with one more: flat in the answer, flat in the document.
        Share::document(components);
        crate::http::register::<Overview>(components);
        if let RefOr::T(Schema::Object(mut patient)) = Share::schema() {
            let null = utoipa::openapi::ObjectBuilder::new()
                .schema_type(utoipa::openapi::schema::Type::Null);
            let overview = utoipa::openapi::schema::OneOfBuilder::new()
                .item(Ref::from_schema_name(Overview::name()))
                .item(null)
                .description(Some("How the journal stands."));
            patient.description = Some("A journal open to a practitioner.".into());
            patient.properties.insert("overview".into(), overview.into());
            patient.required = patient.properties.keys().cloned().collect();
            components.schemas.insert("Patient".into(), RefOr::T(Schema::Object(patient)));
        }
        RefOr::Ref(Ref::from_schema_name("Patient"))
    }
}

impl OpenJournal {
    /// The share.
    pub const fn share(&self) -> &Share {
        &self.share
    }
    /// Does the name, the reference or the label have this in it, whatever its case?
    pub fn is_found_by(&self, search: &str) -> bool {
        let search = search.trim().to_lowercase();
        let texts = [self.share.display_name(), self.share.reference(), Some(self.share.label())];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&search))
    }
    /// How the journal stands.
    pub const fn overview(&self) -> Option<&Overview> {
        self.overview.as_ref()
    }
}

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest share first.
    #[default]
    Newest,
    /// By the patient's name.
    Name,
    /// By the practitioner's own reference.
    Reference,
    /// By what the patient calls the share.
    Label,
}

/// The sorts by their names on the wire, in order.
const SORTS: [&str; 4] = ["newest", "name", "reference", "label"];

impl Sort {
    /// The sort of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Newest, Self::Name, Self::Reference, Self::Label];
        SORTS.into_iter().zip(all).find(|(known, _)| *known == name).map(|(_, sort)| sort)
    }

    /// Sorts a list that has the newest share first; what has nothing to be sorted by comes last.
    pub fn arrange(self, list: &mut [OpenJournal]) {
        let key = |share: &Share| match self {
            Self::Newest => None,
            Self::Name => share.display_name().map(str::to_lowercase),
            Self::Reference => share.reference().map(str::to_lowercase),
            Self::Label => Some(share.label().to_lowercase()),
        };
        list.sort_by_cached_key(|journal| {
            let key = key(&journal.share);
            (key.is_none(), key)
        });
    }
}

/// How a list is asked for.
pub(super) struct Listing {
    search: Option<String>,
    sort: Sort,
}

impl FromCall for Listing {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query = Query::of(call.request(), &["search", "sort"]);
        let short = |text: &str| (text.chars().count() <= 100).then(|| text.to_owned());
        let search = query.get("search", "Must have at most 100 characters.", short);
        let sort = query.get("sort", "Must be one of the sorts in the document.", Sort::parse);
        query.done()?;
        Ok(Self { search, sort: sort.unwrap_or_default() })
    }
}

/// Answers the list.
pub(super) async fn list(
    practitioner: Practitioner,
    Listing { search, sort }: Listing,
) -> Answered<Found<Page<OpenJournal>>> {
    let (mut list, _) = patients(&practitioner).await?;
    if let Some(search) = search {
        list.retain(|journal| journal.is_found_by(&search));
    }
    sort.arrange(&mut list);
    Ok(Found(Page::whole(list)))
}

/// The journals open to a practitioner. Each gets its line in its access log.
/// Beside them, what the practitioner reads.
///
/// # Errors
/// 401 and 403 as the caller stands.
pub async fn patients(
    practitioner: &Practitioner,
) -> Answered<(Vec<OpenJournal>, &'static Language)> {
    let caller = practitioner.caller();
    practitioner
        .own(async |tx, own| {
            let read = tx.load(store::list_as_practitioner(own.moment())).await?;
            let stands = tx.load(overview(own.moment(), caller.request())).await?;
            let mut stands: HashMap<Uuid, OverviewRow> =
                stands.into_iter().map(|row| (row.share_id, row)).collect();
            let patients = read
                .into_iter()
                .map(|read| (Sections::of_codes(&read.row.sections), Share::of(read, own.moment())))
                .filter(|(_, share)| share.is_active())
                .map(|(sections, share)| OpenJournal {
                    overview: stands
                        .remove(&share.id())
                        .map(|row| Overview::of(&row, sections, own.moment())),
                    share,
                });
            Ok((patients.collect(), own.language()))
        })
        .await
}

impl Overview {
    fn of(row: &OverviewRow, sections: Sections, now: DateTime<Utc>) -> Self {
        let zone = TimeZone::parse(&row.time_zone);
        let with_entry: Vec<NaiveDate> = dates(row.entry_days.as_deref()).collect();
        let today = journal_today(now, zone, row.day_start_minute, with_entry.iter().copied());
        let expected = expected(row, today, with_entry.contains(&today));
        let first = today.checked_sub_days(Days::new(LOOK_BACK - 1)).unwrap_or(today);
        let opens_entries = JournalEntry::SECTIONS.iter().any(|s| sections.contains(s));
        let looked_back = expected.within(first, today);
        let logged = with_entry.iter().filter(|day| looked_back.contains(**day)).count();
        let since = row.last_entry_on.map_or(row.journal_starts_on, |day| day + Days::new(1));
        let quiet = expected.within(since, today);
        let opens_treatment = sections.contains(Section::Treatment);
        let visits = dates(row.visit_days.as_deref())
            .zip(row.visit_statuses.iter().flatten())
            .filter_map(|(day, status)| {
                Some(Visit { day, status: TreatmentSessionStatus::from_code(status)? })
            })
            .collect::<Vec<_>>();
        let terms = row.status.as_deref().and_then(PlanStatus::from_code).map(|status| PlanTerms {
            status,
            start_date: row.start_date,
            planned_sessions: row.planned_sessions.map(i32::from),
            frequency_per_week: row.frequency_per_week,
            planned_weeks: row.planned_weeks.map(i32::from),
            review_after_sessions: row.review_after_sessions.map(i32::from),
            review_on: row.review_on,
            paused_from: row.paused_from,
            paused_until: row.paused_until,
            ended_on: row.ended_on,
        });
        Self {
            as_of: today,
            last_entry_on: row.last_entry_on,
            days_with_entry: opens_entries.then(|| count(logged)),
            days_expected: count(looked_back.count()),
            days_quiet: opens_entries.then(|| count(quiet.count())),
            looked_at: row.looked_at,
            new_records: row.new_records,
            safety_notice_on: row.notice_on,
            next_visit_on: row.next_visit_on.filter(|_| opens_treatment),
            treatment_plan_id: row.plan_id,
            plan: terms.map(|terms| progress(&terms, &visits, today)),
        }
    }
}

/// The days on which an entry was expected, as far as the share opens them. Today is not over, so that it
/// only counts once it has an entry.
fn expected(row: &OverviewRow, today: NaiveDate, has_entry: bool) -> ExpectedDays {
    let last = if has_entry { today } else { today - Days::new(1) };
    let last = row.open_to.map_or(last, |open| open.min(last));
    let first = row.open_from.map_or(row.journal_starts_on, |open| open.max(row.journal_starts_on));
    let pauses: Vec<_> = row.pauses.0.as_slice().iter().map(JournalPause::days).collect();
    ExpectedDays::between(first, last, &pauses)
}

fn count(days: usize) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn dates(texts: Option<&[String]>) -> impl Iterator<Item = NaiveDate> {
    texts.unwrap_or_default().iter().filter_map(|text| parse_date(text))
}
