//! What is written down of the database twice is held against the database: the tables that diesel's
//! builder knows, and the texts that the collections' definitions write. What else is written by hand stands
//! in a list.

use crate::support::cluster::{Cluster, connect};
use chrono::Utc;
use pain_journal::collections;
use pain_journal::journal::{REMEMBER, RESERVE, Texts};
use pain_journal::report::read;
use pain_journal::sync::{ANSWER, HEAD, KEEP_ANSWER, LINES, cut_text, touched_text};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tokio_postgres::types::Type;

/// What diesel calls a type of the catalogue.
fn in_diesel(data_type: &str) -> &str {
    match data_type {
        "uuid" => "Uuid",
        "text" => "Text",
        "text[]" => "Array<Text>",
        "bytea" => "Bytea",
        "boolean" => "Bool",
        "smallint" => "SmallInt",
        "integer" => "Integer",
        "bigint" => "BigInt",
        "date" => "Date",
        "smallint[]" => "Array<SmallInt>",
        "jsonb" => "Jsonb",
        "timestamp with time zone" => "Timestamptz",
        "timestamp with time zone[]" => "Array<Timestamptz>",
        other => panic!("{other} has no name here yet"),
    }
}

#[tokio::test]
async fn the_tables_that_diesel_knows_are_those_of_the_database() {
    let sql = connect(&Cluster::get().url(&Cluster::get().database())).await;
    let text = include_str!("../../src/db/schema.rs");
    let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut table = "";
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("pj.") {
            table = rest.split(' ').next().unwrap();
        } else if line.contains(" -> ") && line.ends_with(',') {
            tables.entry(table).or_default().push(line.trim_end_matches(',').to_owned());
        }
    }
    assert!(tables.len() >= 11, "{tables:?}");
    for (table, declared) in tables {
        // As information_schema tells it, with the type of what is in an array.
        let columns = sql
            .query(
                "SELECT c.column_name::text, c.is_nullable = 'YES', coalesce(e.data_type || '[]', c.data_type) \
                 FROM information_schema.columns c LEFT JOIN information_schema.element_types e \
                 ON (e.object_schema, e.object_name, e.object_type, e.collection_type_identifier) \
                  = (c.table_schema, c.table_name, 'TABLE', c.dtd_identifier) \
                 WHERE c.table_schema = 'pj' AND c.table_name = $1 ORDER BY c.ordinal_position",
                &[&table],
            )
            .await
            .unwrap();
        let mut is: Vec<String> = Vec::new();
        for column in &columns {
            let (name, is_nullable, data_type): (&str, bool, &str) =
                (column.get(0), column.get(1), column.get(2));
            let known = in_diesel(data_type);
            let known = if is_nullable { format!("Nullable<{known}>") } else { known.to_owned() };
            is.push(format!("{name} -> {known}"));
        }
        assert_eq!(declared, is, "{table}");
    }
}

#[tokio::test]
async fn every_text_of_the_collections_can_be_prepared() {
    let sql = connect(&Cluster::get().serving_url(&Cluster::get().database())).await;
    let mut prepared = 0;
    for collection in collections::ALL {
        let Texts { find, find_all, page, window, changes, upsert } = collection.texts();
        for text in [find, find_all, page, window, changes, upsert] {
            let statement = sql.prepare(text).await.unwrap_or_else(|e| panic!("{text}: {e:?}"));
            // A content's columns and those that every record has.
            let fields = collection.definition().fields.len();
            let wide = statement.params().len().max(statement.columns().len());
            assert!(wide > fields, "{text}");
            prepared += 1;
        }
    }
    let day = "2026-01-01".parse().unwrap();
    for (text, values) in read::written(Utc::now(), (day, day)) {
        let types: Vec<Type> =
            values.iter().map(|(type_oid, _)| Type::from_oid(*type_oid).unwrap()).collect();
        sql.prepare_typed(&text, &types).await.unwrap_or_else(|e| panic!("{text}: {e:?}"));
    }
    for text in [RESERVE, REMEMBER, HEAD, LINES, ANSWER, KEEP_ANSWER, cut_text(), touched_text()] {
        sql.prepare(text).await.unwrap_or_else(|e| panic!("{text}: {e:?}"));
    }
    assert_eq!(prepared, 6 * collections::ALL.len());
}

/// The sources in which a statement is made of a text.
fn by_hand(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            by_hand(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let makes = |line: &str| {
                let made = line.split_once("Statement::").map(|(_, rest)| rest);
                made.is_some_and(|rest| rest.starts_with("new(") || rest.contains(">::new("))
            };
            if text.lines().any(makes) {
                found.insert(path.strip_prefix("src").unwrap().to_string_lossy().into_owned());
            }
        }
    }
}

#[test]
fn statements_written_by_hand_are_those_that_the_decision_lists() {
    let decision = include_str!("../../docs/decisions/0045-sql-in-rust-and-in-the-database.md");
    let (_, list) = decision.split_once("<!-- by hand: begin -->").unwrap();
    let (list, _) = list.split_once("<!-- by hand: end -->").unwrap();
    let files = list.lines().filter_map(|row| row.strip_prefix("| `")?.split(" |").next());
    let listed: BTreeSet<String> =
        files.flat_map(|files| files.split(", ")).map(|file| file.replace('`', "")).collect();
    let mut found = BTreeSet::new();
    by_hand(Path::new("src"), &mut found);
    assert_eq!(found, listed);
}
