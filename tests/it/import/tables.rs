//! Tables: files as spreadsheets write them, corrected files, broken ones, and our own table of days.

use super::{all, load, server};
use crate::support::program::{Home, Serving, said};
use crate::support::{Person, TestApp, people::PASSWORD};
use chrono::{Days, NaiveDate};
use pain_journal::import::{BrokenOff, FileFormat, Summary, encoding, import, import_in};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::process::{Command, Stdio};

/// Imports the bytes of a table, in an encoding if one is named.
async fn table_in(app: &TestApp, person: &Person, named: Option<&str>, bytes: &[u8]) -> Summary {
    let (patient, bytes) = (person.id, bytes.to_vec());
    let named = named.map(|name| encoding(name).unwrap());
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        let zone = chrono_tz::Europe::Berlin;
        import_in(&app, patient, FileFormat::Csv, zone, named, bytes.as_slice()).await
    };
    app.operate(work).await.expect("the database")
}

async fn table(app: &TestApp, person: &Person, text: &str) -> Summary {
    table_in(app, person, None, text.as_bytes()).await
}

/// Created, changed, unchanged, refused lines.
fn counts(summary: &Summary) -> (usize, usize, usize, Vec<usize>) {
    let refused = summary.refused.keys().copied().collect();
    (summary.created, summary.changed, summary.unchanged, refused)
}

/// The entries of a person, oldest day first.
async fn entries(person: &Person) -> Vec<Value> {
    let mut entries = all(person, "/v1/journal-entries").await;
    entries.sort_by_key(|entry| entry["effective_at"].as_str().unwrap().to_owned());
    entries
}

#[tokio::test]
async fn one_bad_byte_costs_one_line_and_its_encoding_brings_it_in() {
    let app = server();
    let ana = app.patient("ana").await;
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let mut file = b"journal_date,pain_average,note\n".to_vec();
    for number in 0..700_u64 {
        let day = first + Days::new(number);
        let note: &[u8] = if number == 649 { b"R\xfccken" } else { b"back" };
        file.extend(format!("{day},4,").bytes().chain(note.iter().copied()).chain(*b"\n"));
    }
    let summary = table_in(&app, &ana, None, &file).await;
    assert_eq!(counts(&summary), (699, 0, 0, vec![651]));
    let reason = &summary.refused[&651][0];
    assert!(reason.starts_with("Character 15 is not UTF-8."), "{reason}");
    assert!(reason.contains("--encoding windows-1252"), "{reason}");
    let named = table_in(&app, &ana, Some("windows-1252"), &file).await;
    assert_eq!(counts(&named), (1, 0, 699, vec![]));
    let entry = entries(&ana).await.swap_remove(649);
    assert_eq!(entry["note"], "Rücken");
}

#[tokio::test]
async fn a_table_is_the_same_in_every_form_that_spreadsheets_give_it() {
    let app = server();
    let plain = "journal_date,pain_average,pain_free_day,steps,note\n\
        2026-05-01,4,,12345,\"Rücken, dann\nbesser\"\n2026-05-02,0,true,,\"sagte \"\"gut\"\"\"\n";
    let excel = "\u{feff}journal_date;pain_average;pain_free_day;steps;note\r\n\
        01.05.2026;4,0;;12.345;\"Rücken, dann\nbesser\"\r\n02.05.2026;0;WAHR;;\"sagte \"\"gut\"\"\"\r\n;;;;\r\n";
    let tabs = excel.replace(';', "\t");
    let utf16 = tabs.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = excel.trim_start_matches('\u{feff}');
    let ansi: Vec<u8> = marked.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let mac = plain.replace('\n', "\r");
    let hinted = format!("sep=;\r\n{marked}");
    let libre = "\"journal_date\",\"pain_average\",\"pain_free_day\",\"steps\",\"note\"\n\
        \"2026-05-01\",\"4,00\",,\"12345\",\"Rücken, dann\nbesser\"\n2026-05-02,0,1,,\"sagte \"\"gut\"\"\"\n";
    let forms: [(&str, Option<&str>, Vec<u8>); 8] = [
        ("plain", None, plain.into()),
        ("German Excel, UTF-8", None, excel.into()),
        ("with tabs", None, tabs.into()),
        ("Unicode text", None, utf16),
        ("German Excel, ANSI", Some("windows-1252"), ansi),
        ("CR alone", None, mac.into()),
        ("with a line that names the separator", None, hinted.into()),
        ("LibreOffice, all in quotes", None, libre.into()),
    ];
    let content = |entry: &Value| {
        ["journal_date", "effective_at", "pain_average", "pain_free_day", "steps", "note"]
            .map(|name| entry[name].clone())
    };
    let mut first: Option<Vec<[Value; 6]>> = None;
    for (name, named, bytes) in forms {
        let person = app.patient("form").await;
        let summary = table_in(&app, &person, named, &bytes).await;
        assert_eq!(counts(&summary), (2, 0, 0, vec![]), "{name} {:?}", summary.refused);
        let read: Vec<_> = entries(&person).await.iter().map(content).collect();
        let first = first.get_or_insert_with(|| read.clone());
        assert_eq!(&read, first, "{name}");
    }
    let first = first.unwrap();
    assert_eq!(first[0][2..], [json!(4), Value::Null, json!(12345), json!("Rücken, dann\nbesser")]);
    assert_eq!(first[1][2..], [json!(0), json!(true), Value::Null, json!("sagte \"gut\"")]);
}

#[tokio::test]
async fn a_corrected_table_changes_what_was_corrected_and_no_later_edit() {
    let app = server();
    let ana = app.patient("ana").await;
    let row = |day: &str, rest: &str| format!("{day},{rest}\n");
    let head = "journal_date,pain_average,mood,note\n";
    let file = [
        head,
        &row("2026-05-01", "4,5,a"),
        &row("2026-05-02", "3,5,b"),
        &row("2026-05-03", "2,5,c"),
    ];
    assert_eq!(counts(&table(&app, &ana, &file.concat()).await), (3, 0, 0, vec![]));
    // One value corrected.
    let file = [
        head,
        &row("2026-05-01", "6,5,a"),
        &row("2026-05-02", "3,5,b"),
        &row("2026-05-03", "2,5,c"),
    ];
    assert_eq!(counts(&table(&app, &ana, &file.concat()).await), (0, 1, 2, vec![]));
    let first = entries(&ana).await.swap_remove(0);
    assert_eq!(
        [&first["pain_average"], &first["mood"], &first["note"]],
        [&json!(6), &json!(5), &json!("a")]
    );
    // The app edits a note; the file corrects note and mood of that day, and empties another's.
    let path = format!("/v1/journal-entries/{}", first["id"].as_str().unwrap());
    let mut edited = first.clone();
    edited["note"] = json!("mine");
    let etag = ana.get(&path).await.etag().to_owned();
    assert_eq!(ana.replace(&path, &etag, &edited).await.status, 200);
    assert_eq!(
        counts(&table(&app, &ana, &file.concat()).await),
        (0, 0, 3, vec![]),
        "the same file again"
    );
    let file = [
        head,
        &row("2026-05-01", "6,7,z"),
        &row("2026-05-02", ",5,b"),
        &row("2026-05-03", "2,5,c"),
    ];
    let summary = table(&app, &ana, &file.concat()).await;
    assert_eq!(counts(&summary), (0, 2, 1, vec![2]));
    assert_eq!(summary.refused[&2], ["note: Was changed in an app since; that stays."]);
    let now = entries(&ana).await;
    assert_eq!([&now[0]["mood"], &now[0]["note"]], [&json!(7), &json!("mine")]);
    assert_eq!([&now[1]["pain_average"], &now[1]["note"]], [&Value::Null, &json!("b")]);
    // What was overwritten is in the history; a deleted day stays deleted.
    let past = format!("/v1/sync/history/journal_entries/{}", first["id"].as_str().unwrap());
    let history = ana.get(&past).await.json["history"].as_array().unwrap().clone();
    assert!(
        history.iter().any(|line| line["changes"]["pain_average"] == json!({"from": 4, "to": 6}))
    );
    ana.delete(&path).await;
    let summary = table(&app, &ana, &file.concat()).await;
    assert_eq!(counts(&summary), (0, 0, 2, vec![2]));
    // The same holds for lines of JSON.
    let mut line = now[2].clone();
    line["collection"] = json!("journal_entries");
    line["mood"] = json!(1);
    let (patient, text) = (ana.id, line.to_string());
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        import(&app, patient, FileFormat::Jsonl, chrono_tz::UTC, text.as_bytes()).await
    };
    assert_eq!(counts(&app.operate(work).await.unwrap()), (0, 1, 0, vec![]));
    assert_eq!(entries(&ana).await.last().unwrap()["mood"], 1);
}

#[tokio::test]
async fn a_day_that_an_app_has_begun_is_filled_and_not_overwritten() {
    let app = server();
    let ana = app.patient("ana").await;
    let id = uuid::Uuid::new_v5(&ana.id, b"journal_entries:2026-05-01");
    let entry = json!({"kind": "daily", "effective_at": "2026-05-01T18:13:00Z", "time_zone": "Europe/Berlin",
        "pain_average": 5, "note": "mine"});
    let path = format!("/v1/journal-entries/{id}");
    assert_eq!(ana.create(&path, &entry).await.status, 201);
    let summary =
        table(&app, &ana, "journal_date,pain_average,mood,note,steps\n2026-05-01,6,3,,\n").await;
    assert_eq!(counts(&summary), (0, 1, 0, vec![2]));
    assert!(summary.refused[&2][0].starts_with("pain_average: Was changed in an app"));
    let now = ana.get(&path).await.json;
    let read = ["pain_average", "mood", "note", "effective_at"].map(|name| now[name].clone());
    assert_eq!(read, [json!(5), json!(3), json!("mine"), json!("2026-05-01T18:13:00.000Z")]);
}

#[tokio::test]
async fn two_rows_of_one_day_are_two_entries_and_the_same_row_twice_is_one() {
    let app = server();
    let ana = app.patient("ana").await;
    let file = "journal_date,pain_average,note\n2026-05-01,4,morning\n2026-05-01,6,evening\n\
        2026-05-01,4,morning\n2026-05-02,3,\n";
    assert_eq!(counts(&table(&app, &ana, file).await), (3, 0, 1, vec![]));
    let read = entries(&ana).await;
    let notes: Vec<&Value> = read.iter().map(|entry| &entry["note"]).collect();
    assert_eq!(notes, [&json!("morning"), &json!("evening"), &Value::Null]);
    assert_eq!(read[0]["journal_date"], read[1]["journal_date"]);
    assert_eq!(counts(&table(&app, &ana, file).await), (0, 0, 4, vec![]));
    // The later row is the later answer of the day.
    let report = ana.get("/v1/report?from=2026-05-01&to=2026-05-02").await.json;
    assert_eq!(report["daily"][0]["pain"], json!(6.0));
}

#[tokio::test]
async fn what_is_broken_is_named_by_the_line_an_editor_shows_and_the_rest_comes_in() {
    let app = server();
    for end in ["\n", "\r\n", "\r"] {
        let ana = app.patient("ana").await;
        let lines = [
            "journal_date,mood,note",
            "2026-05-01,4,\"two", // 2
            "lines\"",
            "2026-05-02,11,out of range", // 4
            "",
            "2026-05-03,4",                // 6
            "2026-05-04,4,a,b",            // 7
            "2026-05-05,4,\"stray",        // 8
            "2026-05-06,4,\"sound\"",      // 9
            "2026-05-07,4,say \"no\"",     // 10
            "2026-05-08,4,\"x\"y",         // 11
            "2026-05-09,TRUE,x",           // 12
            "2026-05-10,4.0,x",            // 13
            "5/11/2026,4,x",               // 14
            "2026-05-12,4,\"never closed", // 15
            "2026-05-13,4,x",              // 16
        ];
        let summary = table(&app, &ana, &lines.join(end)).await;
        let (created, _, _, refused) = counts(&summary);
        assert_eq!(refused, [4, 6, 7, 8, 10, 11, 12, 14, 15], "{end:?} {:?}", summary.refused);
        assert_eq!(created, 4);
        let days: Vec<Value> =
            entries(&ana).await.iter().map(|entry| entry["journal_date"].clone()).collect();
        assert_eq!(days, ["2026-05-01", "2026-05-06", "2026-05-10", "2026-05-13"].map(Value::from));
        for (line, said) in
            [(4, "mood"), (6, "2 cells"), (7, "4 cells"), (8, "line 9"), (15, "never closed")]
        {
            assert!(
                summary.refused[&line][0].contains(said),
                "{end:?} {:?}",
                summary.refused[&line]
            );
        }
    }
}

#[tokio::test]
async fn a_header_that_says_nothing_is_named_once_and_nothing_is_stored() {
    let app = server();
    let ana = app.patient("ana").await;
    for (text, said) in [
        ("Datum|Schmerz\n2026-05-01|4\n2026-05-02|4\n", "no column journal_date"),
        ("journal_date;schmerz\n2026-05-01;4\n", "Column 2 (schmerz) is no field"),
        ("journal_date,mood,mood\n2026-05-01,4,5\n", "twice"),
        ("", "empty"),
    ] {
        let summary = table(&app, &ana, text).await;
        assert_eq!((summary.created, summary.refused.len()), (0, 1), "{text}");
        let reason = summary.refused.values().next().unwrap().join(" ");
        assert!(reason.contains(said), "{reason}");
    }
    assert_eq!(entries(&ana).await, [json!(null); 0]);
}

/// The values of a table of days that an import can bring in, by day.
fn measured(csv: &str) -> BTreeMap<String, Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(Result::unwrap).map(|row| {
        let cell = |name: &str| &row[header.iter().position(|n| n == name).unwrap()];
        let names = [
            "pain_worst",
            "pain_least",
            "pain_free_day",
            "interference",
            "mood",
            "stress",
            "energy",
            "stiffness",
            "walking_minutes",
            "steps",
            "sleep_minutes",
            "sleep_quality",
        ];
        let mut values: Vec<String> = names.iter().map(|name| cell(name).to_owned()).collect();
        let pain = if cell("source") == "momentary_mean" { "" } else { cell("pain") };
        values.push(pain.to_owned());
        (cell("journal_date").to_owned(), values)
    });
    rows.collect()
}

#[tokio::test]
async fn the_table_of_days_that_we_export_comes_in() {
    let app = server();
    let (ana, bea) = (app.patient("ana").await, app.patient("bea").await);
    load(&app, &ana, FileFormat::Jsonl, "diary.jsonl").await;
    let window = "/v1/report/days.csv?from=2025-04-01&to=2026-11-14";
    let exported = ana.get(window).await.text;
    let summary = table(&app, &bea, &exported).await;
    assert_eq!(summary.refused, BTreeMap::new());
    assert!(summary.created > 400, "{}", summary.created);
    assert_eq!(summary.remarks.iter().filter(|r| r.starts_with("sessions_attended")).count(), 1);
    // What the report of the new journal says of each day is what the old one said.
    let again = bea.get(window).await.text;
    assert_eq!(measured(&again), measured(&exported));
    // A mean is told, not made up.
    let means = exported.matches("momentary_mean").count();
    let noted = entries(&bea).await;
    let noted =
        noted.iter().filter_map(|e| e["note"].as_str()).filter(|n| n.starts_with("Mean of"));
    assert_eq!(noted.count(), means);
    // Once more, and into the journal it came from: nothing doubles.
    let twice = table(&app, &bea, &exported).await;
    assert_eq!((twice.created, twice.changed, twice.refused.len()), (0, 0, 0));
    let before = entries(&ana).await.len();
    let home = table(&app, &ana, &exported).await;
    assert_eq!((home.created, home.changed), (0, 0), "{:?}", home.refused);
    assert_eq!(home.refused, BTreeMap::new());
    assert_eq!(entries(&ana).await.len(), before);
    // A corrected one changes what was corrected.
    let line = exported.lines().find(|line| line.contains(",daily,")).unwrap();
    let cells: Vec<&str> = line.split(',').collect();
    let pain = if cells[2] == "5" { "6" } else { "5" };
    let corrected = format!("{},{},{pain},,,daily", cells[0], cells[1]);
    let corrected =
        format!("journal_date,expected,pain,pain_worst,pain_least,source\n{corrected}\n");
    assert_eq!(counts(&table(&app, &bea, &corrected).await), (0, 1, 0, vec![]));
}

/// What another program read in a table.
struct Judged {
    bytes: Vec<u8>,
    text: String,
    is_sound: bool,
    rows: Option<Vec<(usize, Vec<String>)>>,
}

fn judged(seed: u64, count: usize) -> Vec<Judged> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/import/spreadsheets.py");
    let output = Command::new("python3")
        .args([script, &seed.to_string(), &count.to_string()])
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the tests need Python 3.11");
    assert!(output.status.success(), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let judged: Value = serde_json::from_str(line).unwrap();
        let hex = judged["hex"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let rows = judged["rows"].as_array().map(|rows| {
            let cells = |row: &Value| serde_json::from_value(row["cells"].clone()).unwrap();
            let line = |row: &Value| usize::try_from(row["line"].as_u64().unwrap()).unwrap();
            rows.iter().map(|row| (line(row), cells(row))).collect()
        });
        Judged {
            bytes: (0..hex.len()).step_by(2).map(byte).collect(),
            text: judged["text"].as_str().unwrap().to_owned(),
            is_sound: judged["is_sound"].as_bool().unwrap(),
            rows,
        }
    };
    lines.lines().map(read).collect()
}

/// Python's csv module writes tables in its dialects, sound and damaged, and reads them strictly.
#[tokio::test]
async fn another_reader_finds_in_a_table_what_the_import_finds() {
    let app = server();
    let seed = std::env::var("SEED").map_or(20_261_127, |seed| seed.parse().unwrap());
    let (mut sound, mut broken) = (0, 0);
    for judged in judged(seed, 120) {
        let person = app.patient("judged").await;
        let summary = table_in(&app, &person, None, &judged.bytes).await;
        let context = format!("{:?}\n{:?}\n{:?}", judged.text, summary.refused, judged.rows);
        let stored: Vec<(String, String)> = entries(&person)
            .await
            .iter()
            .map(|e| {
                [&e["journal_date"], &e["note"]].map(|v| v.as_str().unwrap_or_default().to_owned())
            })
            .map(|[day, note]| (day, note))
            .collect();
        let is_day = |cells: &[String]| {
            NaiveDate::parse_from_str(&cells[0], "%Y-%m-%d").is_ok() && cells[0].len() == 10
        };
        let is_good = |cells: &[String]| cells.len() == 3 && is_day(cells) && cells[1] != "11";
        match judged.rows {
            Some(rows) if judged.is_sound || summary.refused.is_empty() => {
                sound += 1;
                let wanted: Vec<(String, String)> = rows
                    .iter()
                    .filter(|(_, cells)| is_good(cells))
                    // A note of blanks says nothing.
                    .map(|(_, cells)| (cells[0].clone(), &cells[2]))
                    .map(|(day, note)| {
                        (day, if note.trim().is_empty() { String::new() } else { note.clone() })
                    })
                    .collect();
                // Equal rows of one day are one entry; days are in order in a table that is sound.
                if judged.is_sound {
                    assert_eq!(stored, wanted, "{context}");
                    let bad: Vec<usize> = rows
                        .iter()
                        .filter(|(_, cells)| !is_good(cells))
                        .map(|(line, _)| *line)
                        .collect();
                    let refused: Vec<usize> = summary.refused.keys().copied().collect();
                    assert_eq!(refused, bad, "{context}");
                } else {
                    let all = |pairs: &[(String, String)]| -> std::collections::BTreeSet<(String, String)> {
                        pairs.iter().cloned().collect()
                    };
                    assert_eq!(all(&stored), all(&wanted), "{context}");
                }
            }
            // Broken for the other reader: never silent here.
            Some(_) => broken += 1,
            None => {
                broken += 1;
                assert!(!summary.refused.is_empty(), "{context}");
            }
        }
    }
    assert!(sound >= 60 && broken >= 10, "{sound} sound, {broken} broken");
}

struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            Err(io::Error::other("the disk is gone"))
        } else {
            self.0.read(buffer)
        }
    }
}

#[tokio::test]
async fn an_import_that_breaks_off_says_what_it_has_done() {
    let app = server();
    let ana = app.patient("ana").await;
    let patient = ana.id;
    let broken: BrokenOff = app
        .operate(async move |app: std::sync::Arc<pain_journal::app::App>| {
            let file = Failing(b"journal_date,mood\n2026-05-01,4\n");
            import(&app, patient, FileFormat::Csv, chrono_tz::UTC, file).await.unwrap_err()
        })
        .await;
    assert_eq!((broken.summary.created, broken.summary.unwritten), (0, 0));
    assert!(broken.problem.cause().unwrap().contains("the disk is gone"));
    assert_eq!(
        entries(&ana).await,
        [json!(null); 0],
        "nothing is stored of a file that cannot be read"
    );
    // The database fails at the second chunk.
    let sql = app.sql().await;
    let guard = "CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
        ALTER TABLE pj.journal_entries ADD CONSTRAINT full_of_it CHECK (steps IS DISTINCT FROM 77)";
    sql.batch_execute(guard).await.unwrap();
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let mut file = "journal_date,steps\n".to_owned();
    for number in 0..600 {
        let steps = if number == 550 { 77 } else { 1000 };
        writeln!(file, "{},{steps}", first + Days::new(number)).unwrap();
    }
    let broken: BrokenOff = app
        .operate(async move |app: std::sync::Arc<pain_journal::app::App>| {
            import(&app, patient, FileFormat::Csv, chrono_tz::UTC, file.as_bytes())
                .await
                .unwrap_err()
        })
        .await;
    assert_eq!((broken.summary.created, broken.summary.unwritten), (500, 100));
    assert_eq!(entries(&ana).await.len(), 500);
}

#[test]
fn the_exit_says_whether_every_line_was_taken_and_the_counts_are_always_there() {
    let home = Home::with_database("tables");
    let server = Serving::start(&home, &[]);
    let made = home.run(&["user", "create", "ana@example.org", "--role", "patient"], PASSWORD);
    assert!(made.status.success());
    let run = |text: &str, more: &[&str]| {
        let import = ["import", "-", "--account", "ana@example.org", "--format", "csv"];
        let output = home.run(&[&import[..], more].concat(), text);
        (output.status.code(), said(&output))
    };
    let (code, said) = run("journal_date;mood\n2026-05-01;4,0\n2026-05-02;x\n", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("line 3: mood") && said.contains("1 created, 0 already there, 1 refused"),
        "{said}"
    );
    assert!(said.contains("1 line was refused; the rest is imported"), "{said}");
    let (code, said) = run("journal_date;mood\n2026-05-01;5\n", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("0 created, 0 already there, 0 refused, 1 changed"), "{said}");
    let (code, said) = run("Datum;Schmerz\n2026-05-01;5\n", &[]);
    assert!(
        code == Some(1) && said.contains("nothing is imported") && said.contains("0 created"),
        "{said}"
    );
    let (code, said) = run("journal_date,mood\n", &["--encoding", "klingon"]);
    assert!(code == Some(1) && said.contains("klingon is no encoding"), "{said}");
    drop(server);
}
