//! Who may call what: every route of the table × every kind of caller. What must happen follows from
//! `x-authz` alone; what did happen is in `tests/snapshots`.

mod callers;
mod pages;
mod routes;

use crate::support::contract::{document, operations};
use crate::support::{Answer, Call, TestApp};
use callers::{Caller, World};
use pain_journal::access::{Role, Subject};
use pain_journal::routes::TableEntry;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

/// What anybody may call without a token. Beside what is the same for everybody, this list may only
/// get shorter.
const OPEN_TO_ANYBODY: [&str; 16] = [
    "forgotPassword",
    "getBodyMap",
    "getBodyMapBack",
    "getBodyMapFront",
    "getHealth",
    "getInstrument",
    "getJwks",
    "getReadiness",
    "getRedFlags",
    "listInstruments",
    "listVocabularies",
    "login",
    "refreshTokens",
    "register",
    "resetPassword",
    "verifyEmail",
];

/// The route table of the server.
static TABLE: LazyLock<Vec<TableEntry>> = LazyLock::new(pain_journal::api::table);

/// A route: an operation, as the document describes it, or a page, as the table does.
#[expect(clippy::struct_excessive_bools, reason = "a row of a table of yes and no")]
struct Operation {
    path: &'static str,
    method: String,
    id: &'static str,
    bearer: bool,
    role: Option<&'static str>,
    through_share: bool,
    sections: Vec<&'static str>,
    step_up: bool,
    recording: bool,
    takes_body: bool,
    takes_if_match: bool,
    on_pages: bool,
}

impl Operation {
    fn read(path: &'static str, method: &str, operation: &'static Value) -> Self {
        let id = operation["operationId"].as_str().unwrap();
        let authz = operation["x-authz"].as_object().expect(id);
        let names: BTreeSet<&str> = authz.keys().map(String::as_str).collect();
        let known = BTreeSet::from([
            "auth",
            "recording",
            "role",
            "scope",
            "sections",
            "step_up",
            "subject",
        ]);
        assert!(names.is_subset(&known), "{id}: this test knows no others: {names:?}");
        let bearer = match authz["auth"].as_str() {
            Some("none") => false,
            Some("bearer") => true,
            other => panic!("{id}: auth {other:?}"),
        };
        let role = authz.get("role").map(|role| role.as_str().expect(id));
        assert!([None, Some("patient"), Some("practitioner")].contains(&role), "{id}: {role:?}");
        let through_share = match (authz["subject"].as_str(), bearer) {
            (Some("none"), false) | (Some("own"), true) => false,
            (Some("share"), true) => true,
            other => panic!("{id}: subject {other:?}"),
        };
        // What is not asked for is left out; what is there must be meant.
        let sections = authz.get("sections").map(|list| list.as_array().unwrap().as_slice());
        assert!(sections.is_none_or(|list| !list.is_empty()), "{id}");
        let asked = |name: &str| {
            let asked = authz.get(name);
            assert!(asked.is_none_or(|asked| *asked == true), "{id}: {name}");
            asked.is_some()
        };
        let parameters = operation["parameters"].as_array();
        Self {
            path,
            method: method.to_uppercase(),
            id,
            bearer,
            role,
            through_share,
            sections: sections.into_iter().flatten().map(|s| s.as_str().unwrap()).collect(),
            step_up: asked("step_up"),
            recording: asked("recording"),
            takes_body: operation["requestBody"].is_object(),
            takes_if_match: parameters.into_iter().flatten().any(|p| p["name"] == "If-Match"),
            on_pages: false,
        }
    }

    /// As the route table has it.
    fn of(entry: &'static TableEntry) -> Self {
        let need = entry.need;
        let sections = need.sections().codes();
        Self {
            path: &entry.path,
            method: entry.method.to_string(),
            id: "",
            bearer: need.is_signed_in(),
            role: need.role().map(Role::code),
            through_share: need.subject() == Subject::Share,
            sections: callers::ALL
                .into_iter()
                .filter(|s| sections.iter().any(|n| n == s))
                .collect(),
            step_up: need.is_fresh(),
            recording: need.is_recording(),
            takes_body: false,
            takes_if_match: false,
            on_pages: need.is_on_pages(),
        }
    }

    /// Every route of the table that is an operation, as the document describes it.
    fn all() -> Vec<Self> {
        let described = |entry: &TableEntry| {
            let method = entry.method.as_str().to_lowercase();
            let operation =
                operations().into_iter().find(|o| (o.0, o.1) == (&*entry.path, &*method));
            operation.unwrap_or_else(|| panic!("{method} {} is not described", entry.path))
        };
        let all: Vec<Self> = TABLE
            .iter()
            .filter(|entry| !entry.is_page)
            .map(described)
            .map(|(path, method, operation)| Self::read(path, method, operation))
            .collect();
        assert_eq!(all.len(), operations().len(), "what is described is in the table");
        all
    }

    /// Every route of the table that is a page.
    fn pages() -> Vec<Self> {
        let mut pages: Vec<Self> = TABLE.iter().filter(|e| e.is_page).map(Self::of).collect();
        // What signs the visitor out comes last.
        pages.sort_by_key(|page| page.path == "/clinic/sign-out");
        pages
    }

    /// The thing its address names: the part of the path before `{id}`.
    fn collection(&self) -> Option<&'static str> {
        if self.path.contains("{collection}") {
            return Some("journal-entries");
        }
        let before = self.path.split_once("/{id}")?.0;
        before.rsplit('/').next()
    }

    /// What reads comes before what changes, and what signs the caller out comes last.
    fn turn(&self) -> (bool, usize) {
        let order = ["GET", "PUT", "POST", "DELETE"];
        let place = order.iter().position(|method| *method == self.method);
        (self.id == "logout", place.expect("a known method"))
    }
}

/// What `x-authz` says about a caller.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// Anything but a refusal to this caller.
    Allowed,
    /// This status and code.
    Refused(u16, &'static str),
}

const NOT_FOUND: Expected = Expected::Refused(404, "not_found");

fn expected(operation: &Operation, caller: &Caller) -> Expected {
    if !operation.bearer {
        return Expected::Allowed;
    }
    if let Some((status, code)) = caller.locked_out {
        return Expected::Refused(status, code);
    }
    if operation.role.is_some_and(|role| !caller.roles.contains(&role)) {
        return Expected::Refused(403, "role_insufficient");
    }
    if operation.id == "putShareReference" && !caller.is_open() {
        return NOT_FOUND;
    }
    if operation.through_share && !caller.opens() {
        return NOT_FOUND;
    }
    if operation.recording && !caller.records() {
        return Expected::Refused(403, "share_read_only");
    }
    if operation.step_up && caller.stale {
        return Expected::Refused(401, "reauthentication_required");
    }
    match operation.collection() {
        Some(collection) if !operation.through_share && !caller.has(collection) => NOT_FOUND,
        _ => Expected::Allowed,
    }
}

fn verdict(answer: &Answer) -> Expected {
    match (answer.status, answer.code()) {
        (401, "unauthenticated") => Expected::Refused(401, "unauthenticated"),
        (401, "session_revoked") => Expected::Refused(401, "session_revoked"),
        (401, "reauthentication_required") => Expected::Refused(401, "reauthentication_required"),
        (403, "role_insufficient") => Expected::Refused(403, "role_insufficient"),
        (403, "account_suspended") => Expected::Refused(403, "account_suspended"),
        (403, "share_read_only") => Expected::Refused(403, "share_read_only"),
        (404, _) => NOT_FOUND,
        (401 | 403, other) => panic!("{} {other} is no verdict this test knows", answer.status),
        _ => Expected::Allowed,
    }
}

/// A body the operation takes; `{}` where being told of its faults is proof enough.
fn body(operation: &Operation) -> Value {
    match (operation.id, operation.collection()) {
        ("createShare" | "changeShare", _) => World::terms(),
        ("putShareReference", _) => json!({"reference": "A-1041"}),
        (_, Some(collection)) => World::sample(collection),
        _ => json!({}),
    }
}

async fn call(world: &World, operation: &Operation, caller: &Caller, path: &str) -> Answer {
    let mut call = Call::new(&world.base, &operation.method, path);
    if let Some(token) = &caller.token {
        call = call.bearer(token);
    }
    if operation.takes_if_match {
        let present = if operation.method == "PUT" { world.etag(path).await } else { "*".into() };
        call = call.header("If-Match", &present);
    }
    if operation.takes_body {
        call = call.json(&body(operation));
    }
    call.send().await
}

#[tokio::test]
async fn t066_t078_t080_every_caller_gets_what_the_document_says_of_every_operation() {
    let world = World::make(&TestApp::shared()).await;
    let mut operations = Operation::all();
    operations.sort_by_key(Operation::turn);
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for operation in &operations {
        let mut row = format!("{:<6} {:<57}", operation.method, operation.path);
        for caller in &world.callers {
            let Some(path) = world.path(operation, caller) else {
                write!(row, " {:>9}", "-").unwrap();
                continue;
            };
            let answer = call(&world, operation, caller, &path).await;
            let (wanted, got) = (expected(operation, caller), verdict(&answer));
            if wanted != got {
                let (method, path) = (&operation.method, operation.path);
                faults.push(format!("{method} {path} as {}: {wanted:?} → {got:?}", caller.name));
            }
            if wanted == NOT_FOUND {
                let nothing = World::nowhere(&path);
                let unknown = call(&world, operation, caller, &nothing).await;
                let texts =
                    [&answer, &unknown].map(|a| a.text.replace(a.header("x-request-id"), ""));
                assert_eq!(texts[0], texts[1], "{path} shows that there is something");
            }
            write!(row, " {:>9}", answer.status).unwrap();
        }
        rows.push((operation.path, row));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    rows.sort();
    let mut table = String::from(LEGEND);
    write!(table, "\n{:<64}", "operation").unwrap();
    for caller in &world.callers {
        write!(table, " {:>9}", caller.name).unwrap();
    }
    table.push('\n');
    for (_, row) in rows {
        table.push_str(&row);
        table.push('\n');
    }
    compare("authorization.txt", &table);
}

const LEGEND: &str = "\
Who may call what: the status of each answer of a real server, by operation and caller.
Written by the tests in tests/it/matrix.rs when UPDATE_SNAPSHOTS is set. 401 and 403 refuse the
caller, 404 hides what is not his; 412, 422 and the like come after that question.

  anonymous  nobody: no token
  signedout  patient and practitioner, on a device that is signed out
  suspended  patient and practitioner, the account suspended
  stranger   another patient
  patient    the patient whose journal, devices and shares these are
  stale      the same, more than five minutes after the last password check
  noshare    a practitioner without a share
  invited    a practitioner with a code that is not yet redeemed
  redeemed   a practitioner whom the patient has not yet confirmed
  active     a practitioner with an active share of all sections
  recording  the same, allowed to record; what the addresses behind a share name is this one's
  expired    a practitioner whose share has run out
  revoked    a practitioner whose share the patient has ended
  other      a practitioner with an active share of all sections but those the operation needs
";

/// A table, against the committed one.
fn compare(file: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(file);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let [old, new] = [committed.as_str(), table].map(|t| t.lines().collect::<BTreeSet<_>>());
    let gone: Vec<_> = old.difference(&new).collect();
    let come: Vec<_> = new.difference(&old).collect();
    assert!(
        committed == table,
        "the policy changed; if that is meant, run with UPDATE_SNAPSHOTS=1\n- {gone:#?}\n+ {come:#?}"
    );
}

#[test]
fn the_document_and_the_route_table_are_of_one_mind() {
    let mut seen = BTreeSet::new();
    for entry in TABLE.iter() {
        assert!(seen.insert((&entry.path, entry.method.as_str())), "{} twice", entry.path);
    }
    let operations: Vec<_> =
        TABLE.iter().filter(|entry| !entry.is_page).map(Operation::of).collect();
    let described = Operation::all();
    assert_eq!(operations.len(), described.len());
    for (ours, theirs) in operations.iter().zip(&described) {
        let words = |o: &Operation| {
            let sections: BTreeSet<_> = o.sections.iter().copied().collect();
            (
                o.path,
                o.method.clone(),
                o.bearer,
                o.role,
                o.through_share,
                sections,
                o.step_up,
                o.recording,
                o.on_pages,
            )
        };
        assert_eq!(words(ours), words(theirs));
    }
}

#[test]
fn nothing_more_is_open_to_anybody() {
    let all = Operation::all();
    let open: BTreeSet<&str> = all.iter().filter(|o| !o.bearer).map(|o| o.id).collect();
    assert_eq!(open, BTreeSet::from(OPEN_TO_ANYBODY));
}

#[test]
fn what_the_document_says_of_authorization_agrees_with_itself() {
    for (path, method, operation) in operations() {
        let read = Operation::read(path, method, operation);
        let id = read.id;
        let asked = operation["security"].as_array().expect(id);
        assert_eq!(*asked, if read.bearer { vec![json!({"bearer": []})] } else { vec![] }, "{id}");
        assert_eq!(read.through_share, path.contains("{share_id}"), "{id}");
        assert_eq!(read.through_share, !read.sections.is_empty(), "{id}");
        if read.through_share {
            assert_eq!(read.role, Some("practitioner"), "{id}");
        }
        // What is frozen stands beside the journal.
        let records = read.method != "GET" && id != "freezeSharedReport";
        assert_eq!(read.recording, read.through_share && records, "{id}");
        assert!(read.bearer || (read.role.is_none() && !read.step_up), "{id}");
        let codes = |status: &str| {
            let codes = operation["responses"][status]["x-codes"].as_array();
            codes.cloned().unwrap_or_default()
        };
        let has = |status, code: &str| codes(status).iter().any(|known| *known == code);
        assert_eq!(has("401", "unauthenticated"), read.bearer, "{id}");
        assert_eq!(has("401", "reauthentication_required"), read.step_up, "{id}");
        assert_eq!(has("403", "role_insufficient"), read.role.is_some(), "{id}");
        assert_eq!(has("403", "share_read_only"), read.recording, "{id}");
        assert!(!path.contains('{') || has("404", "not_found"), "{id}");
    }
    let schemes = document()["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["bearer"]);
}
