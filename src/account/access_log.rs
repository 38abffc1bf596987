//! Who looked at the own journal, and the proof that nothing in it was changed afterwards.

use crate::access::{Id, ListPage, Own, Patient};
use crate::audit::{AuditLine, Hash, encode, path};
use crate::db::schema::{accounts, audit_leaves, audit_lines, audit_seals, coalesce, subject};
use crate::db::{Statement, is_before, row};
use crate::http::{Answered, Found, Page, PageRequest, Problem, ProblemKind, document};
use crate::routes::{Operation, Routes};
use crate::sections::Section;
use crate::time::{serialize_utc, serialize_utc_option};
use actix_web::http::Method;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("listAccessLog", "account", "Who looked at the own journal")
        .describe(
            "Newest first: every read through a share, refused tries, what the clinic's operator did, and \
            which frozen reports were withdrawn. Of tries of somebody without the share, the first of each \
            hour. Nothing can be taken out of it.",
        )
        .pages();
    routes.serve(Method::GET, "/v1/me/access-log", op, list_access_log);
    let op = Operation::new(
        "getAccessLogProof",
        "account",
        "The proof that a line of the access log is as it was sealed",
    )
    .describe(
        "By the id of the request. A process that neither serves nor owns the database signs the lines, a minute \
        after they were written or so. Whoever has the public key of the clinic computes from `text` and `path` \
        the root that `head` names (RFC 9162, section 2.1.3), and verifies the Ed25519 signature of `head`. A line that is \
        not sealed yet has no seal.",
    );
    routes.serve(Method::GET, "/v1/me/access-log/{id}/proof", op, get_proof);
}

/// A look at the journal, or a refused try.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = audit_lines)]
pub struct AccessEvent {
    /// When.
    #[serde(serialize_with = "serialize_utc")]
    at: DateTime<Utc>,
    /// Who: the practitioner's name or address, or the patient's own of a report that was withdrawn; null for
    /// the clinic's operator, for a stranger whom the patient never gave a share, and for who is erased.
    #[schema(max_length = 254)]
    #[diesel(select_expression =
        coalesce(accounts::display_name.nullable(), accounts::email.nullable()))]
    practitioner: Option<String>,
    /// Through which share.
    share_id: Option<Uuid>,
    /// What was done: a collection's name, `report`, `report_chart`, `report_withdraw`, `import`, …
    #[schema(max_length = 60, examples("report"))]
    action: String,
    /// The sections that were open to it.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// The first journal day it could see; null for no limit.
    from_date: Option<NaiveDate>,
    /// The last journal day it could see; null for no limit.
    to_date: Option<NaiveDate>,
    /// `granted`, or `refused`: then nothing was shown and nothing was changed.
    #[schema(max_length = 20, examples("granted"))]
    outcome: String,
    /// Was it somebody who has no part in this share?
    stranger: bool,
    /// The request, as in its X-Request-Id.
    #[diesel(select_expression = audit_lines::request_id.assume_not_null())]
    request_id: Uuid,
    /// When it was sealed, so that no change of it would go unseen; null while it is not.
    #[serde(serialize_with = "serialize_utc_option")]
    #[diesel(select_expression = audit_seals::sealed_at.nullable())]
    sealed_at: Option<DateTime<Utc>>,
}
document!(AccessEvent);

fn access_log(page: PageRequest) -> Statement<Own, AccessEvent> {
    let request = audit_lines::request_id.assume_not_null();
    let owner = diesel::alias!(accounts as owner);
    let own = owner.filter(owner.field(accounts::id).eq(subject()));
    let pseudonym = own.select(owner.field(accounts::pseudonym)).single_value();
    let events = audit_lines::table
        .left_join(accounts::table.on(accounts::pseudonym.eq(audit_lines::actor)))
        .left_join(audit_leaves::table.inner_join(audit_seals::table))
        .filter(audit_lines::subject.eq(pseudonym))
        .filter(audit_lines::kind.eq("journal"))
        .filter(is_before((audit_lines::at, request), page.before()))
        .order((audit_lines::at.desc(), audit_lines::request_id.desc()))
        .limit(page.rows());
    Statement::query(events.select(AccessEvent::as_select()))
}

async fn list_access_log(
    patient: Patient,
    ListPage { page: asked, list }: ListPage,
) -> Answered<Found<Page<AccessEvent>>> {
    patient
        .own(async |tx, _| {
            let rows = tx.load(access_log(asked)).await?;
            let page = Page::of(rows, asked.limit, |last| {
                patient.app().cursors.seal(&list, (last.at.timestamp_micros(), last.request_id))
            });
            Ok(Found(page))
        })
        .await
}

/// The lines of one request in the own access log, each with its proof.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccessLogProof {
    /// One where the request looked through one share.
    #[schema(max_items = 200)]
    lines: Vec<LineProof>,
}
document!(AccessLogProof);

/// A line of the access log as it is sealed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineProof {
    /// The text that was hashed: a JSON object. It names people by pseudonyms.
    #[schema(max_length = 4_000)]
    text: String,
    /// The seal; null while there is none.
    seal: Option<LineSeal>,
}

/// What proves that a line is in a seal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineSeal {
    /// The place of the line among those of the seal, from 0.
    #[schema(minimum = 0, maximum = 999)]
    position: i32,
    /// How many lines the seal has.
    #[schema(minimum = 1, maximum = 1_000)]
    lines: i32,
    /// The hashes beside the way from the line to the root, the lowest first: SHA-256 in base64url, separated by
    /// blanks; empty where the seal has one line.
    #[schema(max_length = 440)]
    path: String,
    /// The text that was signed, which names the root and the public key.
    #[schema(max_length = 4_000)]
    head: String,
    /// The Ed25519 signature of the head, base64url.
    #[schema(max_length = 86)]
    signature: String,
}

row! {
    /// A seal around a line, as it is stored.
    pub struct SealAround {
        head: String,
        signature: Vec<u8>,
        position: i32,
    }
}

/// The lines of a request in the own log.
fn lines_of(request: Uuid) -> Statement<Own, AuditLine> {
    Statement::new(
        "SELECT l.line, l.written_in, l.kind, l.at, l.request_id, l.subject, l.actor, l.task, l.share_id, \
             l.action, l.detail, l.sections, l.from_date, l.to_date, l.outcome, l.stranger, l.rev \
         FROM pj.audit_lines l \
         WHERE l.subject = (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = sec.subject()) \
           AND l.request_id = $1 AND l.kind = 'journal' ORDER BY l.line LIMIT 200",
    )
    .bind(request)
}

fn seal_around(line: i64) -> Statement<Own, SealAround> {
    Statement::new(
        "SELECT s.head, s.signature, f.position FROM pj.audit_leaves f JOIN pj.audit_seals s ON s.number = f.seal \
         WHERE f.line = $1",
    )
    .bind(line)
}

fn hashes_around(line: i64) -> Statement<Own, (Vec<u8>,)> {
    Statement::new(
        "SELECT f.hash FROM pj.audit_leaves f \
         WHERE f.seal = (SELECT x.seal FROM pj.audit_leaves x WHERE x.line = $1) ORDER BY f.position",
    )
    .bind(line)
}

async fn get_proof(patient: Patient, Id(request): Id) -> Answered<Found<AccessLogProof>> {
    patient
        .own(async |tx, _| {
            let mut lines = Vec::new();
            for line in tx.load(lines_of(request)).await? {
                let seal = match tx.first(seal_around(line.line)).await? {
                    None => None,
                    Some(seal) => Some(proof(seal, tx.load(hashes_around(line.line)).await?)),
                };
                lines.push(LineProof { text: line.text().map_err(Problem::internal)?, seal });
            }
            if lines.is_empty() {
                return Err(ProblemKind::NotFound.into());
            }
            Ok(Found(AccessLogProof { lines }))
        })
        .await
}

fn proof(seal: SealAround, hashes: Vec<(Vec<u8>,)>) -> LineSeal {
    let hashes: Vec<Hash> =
        hashes.into_iter().map(|(hash,)| hash.try_into().unwrap_or_default()).collect();
    let at = usize::try_from(seal.position).unwrap_or(usize::MAX);
    let beside: Vec<String> = path(&hashes, at).iter().map(|hash| encode(hash)).collect();
    LineSeal {
        position: seal.position,
        lines: i32::try_from(hashes.len()).unwrap_or(i32::MAX),
        path: beside.join(" "),
        head: seal.head,
        signature: encode(&seal.signature),
    }
}
