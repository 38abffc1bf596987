//! The pgbench scripts of a practitioner's report: what the server reads, and the report in SQL.

use super::{SNAPSHOT, enter, fill, pipeline, seeded_sql};
use chrono::{NaiveDate, NaiveTime};
use pain_journal::report::read::written;
use std::error::Error;

/// A report as a server would make it that leaves the work to the database: weekly means, the first
/// 28 days against the last, each region, and three days on either side of each treatment session.
const SQL: &str = "WITH e AS MATERIALIZED ( \
    SELECT journal_date AS day, pain_average AS pain, sites FROM pj.journal_entries \
    WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1::date - 3 AND $2::date + 3), \
  w AS (SELECT * FROM e WHERE day BETWEEN $1 AND $2), \
  s AS (SELECT id, journal_date AS day FROM pj.treatment_sessions \
    WHERE patient_id = sec.subject() AND deleted_at IS NULL AND status = 'attended' AND journal_date BETWEEN $1 AND $2) \
  SELECT (SELECT json_agg(x) FROM (SELECT (day - $1) / 7 AS week, avg(pain), count(pain), max(pain) FROM w GROUP BY 1 ORDER BY 1) x), \
    (SELECT row_to_json(x) FROM (SELECT avg(pain) FILTER (WHERE day < $1 + 28) AS first, count(pain) FILTER (WHERE day < $1 + 28) AS firsts, \
      avg(pain) FILTER (WHERE day > $2 - 28) AS last, count(pain) FILTER (WHERE day > $2 - 28) AS lasts FROM w) x), \
    (SELECT json_agg(x) FROM (SELECT site->>'region' AS region, count(DISTINCT day), avg((site->>'intensity')::int) \
      FROM w, jsonb_array_elements(sites) site GROUP BY 1 ORDER BY 2 DESC) x), \
    (SELECT json_agg(x) FROM (SELECT s.id, s.day, avg(pain) FILTER (WHERE e.day < s.day) AS before, avg(pain) FILTER (WHERE e.day > s.day) AS after \
      FROM s JOIN e ON e.day BETWEEN s.day - 3 AND s.day + 3 GROUP BY 1, 2 ORDER BY 2) x)";

const LAST_DAY: &str = "2026-10-30";
const WINDOWS: [(&str, &str); 2] = [("R4", "2025-10-31"), ("R4_90", "2026-08-02")];

/// The scripts; the first half of the patients is read, as `bench/requests.lua` does.
pub(super) fn scripts(patients: u32) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let script = |queries: Vec<String>| {
        let mut all = vec![SNAPSHOT.to_owned(), enter(2, "l", Some(&seeded_sql(6, "p")), false)];
        all.extend(queries);
        all.push("COMMIT".to_owned());
        let pick = format!("\\set p random(1, {})\n\\set l (:p - 1) / 20 + 1\n", patients / 2);
        pick + &pipeline(&all)
    };
    let mut scripts = Vec::new();
    for (name, from) in WINDOWS {
        scripts.push((name, script(read((from.parse()?, LAST_DAY.parse()?))?)));
    }
    let year = [WINDOWS[0].1, LAST_DAY].map(|day| format!("'{day}'::date"));
    scripts.push(("R4_sql", script(vec![fill(SQL, &year)])));
    Ok(scripts)
}

/// The oids of the types that a report's values have: days, which Postgres counts from 2000, and numbers.
const DATE: u32 = 1082;
const INTEGER: u32 = 23;

/// What the server reads for a report of these days, with the values in their places.
fn read(window: (NaiveDate, NaiveDate)) -> Result<Vec<String>, Box<dyn Error>> {
    let now = window.1.and_time(NaiveTime::MIN).and_utc();
    let filled = written(now, window).into_iter().map(|(text, values)| {
        let values = values.into_iter().map(|(oid, bytes)| {
            let bytes = bytes.ok_or("a report reads no NULL")?;
            let number = i32::from_be_bytes(bytes.as_slice().try_into()?);
            match oid {
                DATE => Ok(format!("('2000-01-01'::date + {number})")),
                INTEGER => Ok(number.to_string()),
                _ => Err(format!("a value of type {oid} is none of a report's").into()),
            }
        });
        Ok(fill(&text, &values.collect::<Result<Vec<_>, Box<dyn Error>>>()?))
    });
    filled.collect()
}
