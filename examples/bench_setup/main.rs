//! Writes what `script/bench` needs: tokens for the seeded people, and pgbench scripts made of the
//! very statements the server sends. With `cost`, it measures what a report costs inside a process.
//!
//! Usage: `bench_setup DATA_DIR DATABASE_URL PUBLIC_URL PATIENTS OUT`, or `bench_setup cost`

mod cost;
mod report;
mod sync;

use pain_journal::access::{self};
use pain_journal::app::{App, Parts};
use pain_journal::collections::JournalEntry;
use pain_journal::credentials::access_token::{Grant, issue};
use pain_journal::credentials::password::HashCost;
use pain_journal::credentials::random::SystemRandom;
use pain_journal::credentials::secret::MasterSecret;
use pain_journal::db::{Db, Duty};
use pain_journal::http::Proxies;
use pain_journal::journal::Record;
use pain_journal::mail::Mailer;
use pain_journal::sections::Sections;
use pain_journal::time::Clock;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Journals of other lengths that `bench/seed.sql` adds behind the patients.
const MORE_JOURNALS: u32 = 40;

const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// The seeded ids: a kind's first digits and a decimal number, as `bench/seed.sql` makes them.
fn seeded(kind: u32, number: u32) -> Result<Uuid, uuid::Error> {
    format!("{kind:08}-0000-7000-8000-{number:012}").parse()
}

/// The same id as an SQL expression over a pgbench variable.
fn seeded_sql(kind: u32, variable: &str) -> String {
    format!("('{kind:08}-0000-7000-8000-' || lpad((:{variable})::text, 12, '0'))::uuid")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == "cost") {
        return cost::print();
    }
    let [_, data_dir, database_url, public_url, patients, out] = args.as_slice() else {
        return Err("usage: bench_setup DATA_DIR DATABASE_URL PUBLIC_URL PATIENTS OUT".into());
    };
    let random = SystemRandom::new();
    let secret = MasterSecret::from_file_or_create(&Path::new(data_dir).join("secret"), &random)?;
    let parts = Parts {
        db: Db::new(database_url, Duty::Serve, 2, secret.gate())?,
        clock: Clock::system(),
        secret,
        random: Arc::new(random),
        hash_cost: HashCost::default(),
        mailer: Mailer::Log,
        public_url: public_url.clone(),
        proxies: Proxies::default(),
        registers: false,
    };
    let app = App::open(parts).await.map_err(|e| format!("{e:?}"))?;
    let out = Path::new(out);
    let patients: u32 = patients.parse()?;
    let mut tokens = String::new();
    for number in 1..=patients + MORE_JOURNALS {
        tokens.push_str(&token(&app, 1, number)?);
        tokens.push('\t');
        tokens.push_str(&token(&app, 2, (number - 1) / 20 + 1)?);
        tokens.push('\n');
    }
    fs::write(out.join("tokens.tsv"), tokens)?;
    let reports = report::scripts(patients)?;
    for (name, script) in
        scripts(patients).into_iter().chain(sync::scripts(patients)).chain(reports)
    {
        fs::write(out.join(format!("{name}.sql")), script)?;
    }
    Ok(())
}

/// An access token of patient (1) or practitioner (2) `number`; devices have kind + 2.
fn token(app: &App, kind: u32, number: u32) -> Result<String, Box<dyn Error>> {
    let now = app.clock.now();
    let grant = Grant {
        account: seeded(kind, number)?,
        device: seeded(kind + 2, number)?,
        client_id: pain_journal::auth::FIRST_PARTY.to_owned(),
        counter: 0,
        scope: pain_journal::auth::FIRST_PARTY_SCOPE.to_owned(),
        authenticated_at: now,
        methods: vec!["pwd".to_owned()],
    };
    Ok(issue(app.keys().ring().current(), &app.public_url, grant, now, &*app.random)?)
}

/// Puts SQL expressions where the parameters are, the highest number first.
fn fill(text: &str, values: &[String]) -> String {
    let mut text = text.to_owned();
    for (index, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", index + 1), value);
    }
    text
}

/// Enters, with the proof that the server makes in its process and `bench.proof` here: some microseconds that
/// are the server's stand among the database's.
fn enter(kind: u32, variable: &str, share: Option<&str>, lock: bool) -> String {
    let none = |ty: &str| format!("NULL::{ty}");
    let asked = if share.is_some() { Sections::ALL } else { Sections::NONE };
    let mut values = vec![
        seeded_sql(kind, variable),
        seeded_sql(kind + 2, variable),
        "0".into(),
        "asked.moment".into(),
        share.map_or_else(|| none("uuid"), str::to_owned),
        "'report'".into(),
        format!("'{{{}}}'::text[]", asked.codes().join(",")),
        none("date"),
        none("date"),
        "asked.request".into(),
        lock.to_string(),
    ];
    values.push(format!("bench.proof({})", values.join(", ")));
    let asked = "FROM (SELECT clock_timestamp() AS moment, gen_random_uuid() AS request OFFSET 0) asked, sec.enter";
    fill(&access::ENTER.replace("FROM sec.enter", asked), &values)
}

/// Sent together.
fn pipeline(statements: &[String]) -> String {
    format!("\\startpipeline\n{};\n\\endpipeline\n", statements.join(";\n"))
}

/// One pgbench script an operation: the statements of the server, in its order and pipelines.
fn scripts(patients: u32) -> BTreeMap<&'static str, String> {
    let pick = format!("\\set p random(1, {patients})\n\\set d random(0, 1094)\n");
    let read = |query: String| {
        let me = enter(1, "p", None, false);
        format!("{pick}{}", pipeline(&["BEGIN".into(), me, query, "COMMIT".into()]))
    };
    let entry = JournalEntry::sql();
    let one = fill(entry.find, &[seeded_sql(5, "p * 10000 + :d")]);
    let month = [
        "'2026-10-01'",
        "'2026-10-30'",
        "'9999-12-31'::date",
        "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
        "51",
    ]
    .map(str::to_owned);
    let page = fill(entry.page, &month);
    BTreeMap::from([
        ("R1", read(one)),
        ("R3", read(page)),
        ("W1", create(&pick.replace("random(1,", &format!("random({},", patients / 2 + 1)))),
    ])
}

/// The writer's transaction for one new entry of 13 numbers, a site and a note.
fn create(pick: &str) -> String {
    let entry = JournalEntry::sql();
    let fields: Vec<String> = JournalEntry::FIELDS
        .iter()
        .map(|field| format!("'{{{}}}'", sync::value(field.name)))
        .collect();
    let mut values: Vec<String> = [
        "ARRAY[':id'::uuid]",
        "ARRAY[:rev + 1]",
        "ARRAY[:rev + 1]",
        "'{NULL}'",
        "ARRAY[':me'::uuid]",
        "ARRAY[':device'::uuid]",
        "ARRAY[clock_timestamp()]",
        "ARRAY[clock_timestamp()]",
        "ARRAY[clock_timestamp()]",
    ]
    .map(|v| {
        v.replace("':id'", "(:id)").replace("':me'", "(:me)").replace("':device'", "(:device)")
    })
    .to_vec();
    values.extend(fields);
    values.push("'{NULL}'".to_owned());
    let history = [
        "1",
        "(:me)::uuid",
        "(:device)::uuid",
        "clock_timestamp()",
        "ARRAY[(:id)::uuid]",
        "ARRAY[:rev + 1]",
        "ARRAY[gen_random_uuid()]",
        "'{1}'",
        "'{true}'",
        "'{NULL}'",
        "ARRAY['{}']",
    ]
    .map(str::to_owned);
    let ids = format!(
        "SELECT gen_random_uuid() AS id, {} AS me, {} AS device \\gset\n",
        seeded_sql(1, "p"),
        seeded_sql(3, "p")
    );
    [
        pick.to_owned(),
        ids,
        "BEGIN;\n".into(),
        format!("{} \\gset\n", enter(1, "p", None, true)),
        format!("{};\n", fill(entry.find_all, &["ARRAY[(:id)::uuid]".to_owned()])),
        "\\startpipeline\n".into(),
        format!("{};\n", fill(pain_journal::journal::RESERVE, &["1".to_owned()])),
        format!("{};\n", fill(entry.upsert, &values)),
        format!("{};\n", fill(pain_journal::journal::REMEMBER, &history)),
        "COMMIT;\n\\endpipeline\n".into(),
    ]
    .concat()
}
