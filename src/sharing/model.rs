//! What a share is, on the wire and in the table.

use crate::account::Licence;
use crate::db::schema::{
    accounts, actor, has_reference, own_reference, shares, shown_name, shown_year_of_birth,
};
use crate::http::{Resource, document};
use crate::sections::Section;
use crate::time::{Instant, serialize_utc, serialize_utc_option};
use crate::wire::{Faults, Items, Text, wire};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// A share ends at the latest after this long, in days.
const LONGEST: i64 = 400;

wire! {
    /// What a patient opens, and for how long.
    pub struct ShareTerms {
        /// How the patient calls it; the practitioner sees it too.
        label: Text<100>,
        /// The open sections, at least one. Notes stay closed unless they are named here.
        sections: Items<Section, 8>,
        /// The first journal day that is open; null for no limit.
        from_date: Option<NaiveDate>,
        /// The last journal day that is open; null for no limit.
        to_date: Option<NaiveDate>,
        /// When the share ends, at most 400 days from now.
        expires_at: Instant,
        /// May the practitioner record treatment sessions, plans and the like here? Not unless
        /// said so; needs the section `treatment`.
        may_record: Option<bool>,
        /// Shall the practitioner see the patient's display name, and all that is made of the journal
        /// carry it? A new share shows it unless this says no; left out of a change, it stays as it is.
        show_name: Option<bool>,
        /// The same of the year of birth, where the profile has one.
        show_year_of_birth: Option<bool>,
    }
}

impl Resource for ShareTerms {
    type Answer = Share;
    const MADE: &'static [&'static str] = &[
        "id",
        "version",
        "side",
        "state",
        "code_expires_at",
        "created_at",
        "redeemed_at",
        "confirmed_at",
        "ended_at",
        "practitioner",
        "patient",
        "reference",
        "has_reference",
    ];
}

impl ShareTerms {
    /// Notes every fault that one field alone does not show.
    pub fn check(&self, now: DateTime<Utc>, faults: &mut Faults) {
        if self.sections.as_slice().is_empty() {
            faults.field("sections", "required", "Open at least one section.");
        }
        let expires_at = self.expires_at.get();
        if expires_at <= now || expires_at > now + Duration::days(LONGEST) {
            faults.field("expires_at", "out_of_range", "Must lie ahead, at most 400 days.");
        }
        if self.may_record() && !self.sections.as_slice().contains(&Section::Treatment) {
            faults.field("may_record", "contradiction", "Open the section treatment as well.");
        }
        if let (Some(from), Some(to)) = (self.from_date, self.to_date)
            && to < from
        {
            faults.field("to_date", "contradiction", "Must not lie before from_date.");
        }
    }

    /// May the practitioner record?
    pub fn may_record(&self) -> bool {
        self.may_record == Some(true)
    }

    /// The open sections as the table keeps them, each once, in documented order.
    pub fn section_codes(&self) -> Vec<String> {
        crate::sections::Sections::of(self.sections.as_slice()).codes()
    }
}

wire! {
    /// The code of an invitation.
    pub struct RedeemShare {
        /// As the patient reads it out: case, spaces and dashes do not matter.
        code: Text<40>,
    }
}

wire! {
    /// What a practitioner calls a journal, such as its number in the clinic's charts; null for nothing.
    pub struct ShareReference {
        /// The reference. The patient sees that there is one, not which.
        reference: Option<Text<64>>,
    }
}

/// A share as it is kept.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = shares)]
pub(super) struct ShareRow {
    id: Uuid,
    state: String,
    pub(super) label: String,
    pub(super) sections: Vec<String>,
    from_date: Option<NaiveDate>,
    to_date: Option<NaiveDate>,
    may_record: bool,
    pub(super) show_name: bool,
    pub(super) show_year_of_birth: bool,
    expires_at: DateTime<Utc>,
    code_expires_at: DateTime<Utc>,
    pub(super) version: i64,
    created_at: DateTime<Utc>,
    redeemed_at: Option<DateTime<Utc>>,
    confirmed_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl ShareRow {
    /// How it stands at `now`.
    pub(super) fn state(&self, now: DateTime<Utc>) -> &'static str {
        let over = self.expires_at <= now;
        match self.state.as_str() {
            "invited" if over || self.code_expires_at <= now => "expired",
            "invited" => "invited",
            "redeemed" if !over => "redeemed",
            "active" if !over => "active",
            "redeemed" | "active" => "expired",
            _ => "ended",
        }
    }
}

/// A share as its patient or its practitioner reads it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = shares)]
pub(super) struct ReadShare {
    #[diesel(embed)]
    pub(super) row: ShareRow,
    #[diesel(select_expression = shares::patient_id.eq(actor()))]
    is_patient: bool,
    #[diesel(embed)]
    patient: SharePatient,
    #[diesel(select_expression = own_reference(shares::id))]
    reference: Option<String>,
    #[diesel(select_expression = has_reference(shares::id))]
    has_reference: bool,
    #[diesel(embed)]
    practitioner: Option<SharePractitioner>,
}

/// The patient of a share, as the practitioner sees them once it is open. What the share does not show,
/// and what the profile does not have, is null.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = shares)]
pub struct SharePatient {
    /// The name the patient's profile has.
    #[schema(max_length = 100)]
    #[diesel(select_expression = shown_name(shares::id))]
    display_name: Option<String>,
    /// The year of birth the patient's profile has.
    #[schema(minimum = 1900, maximum = 2199)]
    #[diesel(select_expression = shown_year_of_birth(shares::id))]
    year_of_birth: Option<i16>,
}

/// The practitioner of a share, as the patient sees him before confirming.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct SharePractitioner {
    /// The account, as `clinician_id` of the records names it.
    #[diesel(select_expression = accounts::id.nullable())]
    id: Option<Uuid>,
    /// The name the account gives itself.
    #[schema(max_length = 100)]
    display_name: Option<String>,
    /// The clinic the account gives itself.
    #[schema(max_length = 200)]
    organisation: Option<String>,
    /// The address; this one is verified.
    #[schema(format = "email", max_length = 254)]
    #[diesel(select_expression = accounts::email.nullable())]
    email: Option<String>,
    /// The licence, as the account states it, and when the clinic's operator checked it.
    #[diesel(embed)]
    licence: Licence,
}

/// A patient's grant to a practitioner.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of its own in the JSON")]
pub struct Share {
    /// Its id; a practitioner's address of the journal.
    id: Uuid,
    /// Rises with every change.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    version: i64,
    /// The side of the account that asks: `patient` or `practitioner`.
    #[schema(max_length = 20, examples("patient"))]
    side: &'static str,
    /// `invited`, `redeemed`, `active`, `expired` or `ended`.
    #[schema(max_length = 20, examples("active"))]
    state: &'static str,
    /// How the patient calls it.
    #[schema(max_length = 100)]
    label: String,
    /// The open sections.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// The first open journal day; null for no limit.
    from_date: Option<NaiveDate>,
    /// The last open journal day; null for no limit.
    to_date: Option<NaiveDate>,
    /// May the practitioner record treatment sessions, plans and the like?
    may_record: bool,
    /// Does it show the practitioner the patient's display name?
    show_name: bool,
    /// Does it show the year of birth, where the profile has one?
    show_year_of_birth: bool,
    /// When it ends.
    #[serde(serialize_with = "serialize_utc")]
    expires_at: DateTime<Utc>,
    /// Until when the invitation can be redeemed.
    #[serde(serialize_with = "serialize_utc")]
    code_expires_at: DateTime<Utc>,
    /// When the patient made it.
    #[serde(serialize_with = "serialize_utc")]
    created_at: DateTime<Utc>,
    /// When a practitioner redeemed it.
    #[serde(serialize_with = "serialize_utc_option")]
    redeemed_at: Option<DateTime<Utc>>,
    /// When the patient confirmed the practitioner.
    #[serde(serialize_with = "serialize_utc_option")]
    confirmed_at: Option<DateTime<Utc>>,
    /// When either side ended it.
    #[serde(serialize_with = "serialize_utc_option")]
    ended_at: Option<DateTime<Utc>>,
    /// The practitioner, once redeemed; only the patient sees this.
    practitioner: Option<SharePractitioner>,
    /// What the share shows of the patient; null for a practitioner to whom it is not open.
    patient: Option<SharePatient>,
    /// What the practitioner calls the journal; only the practitioner sees this.
    #[schema(max_length = 64)]
    reference: Option<String>,
    /// Does the practitioner keep a reference of their own?
    has_reference: bool,
}

impl Share {
    /// A share as it stands at `now`.
    pub(super) fn of(read: ReadShare, now: DateTime<Utc>) -> Self {
        let ReadShare { row, is_patient, patient, reference, has_reference, practitioner } = read;
        let state = row.state(now);
        let is_shown = is_patient || state == "active";
        Self {
            id: row.id,
            version: row.version,
            side: if is_patient { "patient" } else { "practitioner" },
            state,
            label: row.label,
            sections: row.sections,
            from_date: row.from_date,
            to_date: row.to_date,
            may_record: row.may_record,
            show_name: row.show_name,
            show_year_of_birth: row.show_year_of_birth,
            expires_at: row.expires_at,
            code_expires_at: row.code_expires_at,
            created_at: row.created_at,
            redeemed_at: row.redeemed_at,
            confirmed_at: row.confirmed_at,
            ended_at: row.ended_at,
            practitioner: practitioner.filter(|_| is_patient && row.redeemed_at.is_some()),
            patient: Some(patient).filter(|_| is_shown),
            reference,
            has_reference,
        }
    }

    /// The ETag of its version.
    pub fn etag(&self) -> String {
        crate::http::precondition::etag(self.version)
    }

    /// Its id.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// How the patient calls it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The name the patient's profile has, where the share shows it.
    pub fn display_name(&self) -> Option<&str> {
        self.patient.as_ref()?.display_name.as_deref()
    }

    /// The year of birth the patient's profile has, where the share shows it.
    pub fn year_of_birth(&self) -> Option<i16> {
        self.patient.as_ref()?.year_of_birth
    }

    /// What the practitioner calls the journal.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Is it open now, as its patient's practitioner sees it?
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }
}

/// A new share with its invitation; the code is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ShareInvitation {
    /// The share.
    pub share: Share,
    /// What the practitioner types, good once and for 72 hours.
    #[schema(max_length = 14, examples("K7QF-2M9X-TP4D"))]
    pub code: String,
    /// The same as text for a QR code.
    #[schema(max_length = 400)]
    pub qr_text: String,
}

/// An invitation was redeemed; the patient still has to confirm.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedeemedShare {
    /// The share.
    pub share_id: Uuid,
    /// `redeemed`.
    #[schema(max_length = 20, examples("redeemed"))]
    pub state: &'static str,
    /// How the patient calls it.
    #[schema(max_length = 100)]
    pub label: String,
}
document!(Share, ShareInvitation, RedeemedShare);
