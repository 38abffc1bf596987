//! A line of the audit, and the text of it that is hashed.

use super::merkle::{Hash, leaf};
use crate::db::row;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serializer;
use uuid::Uuid;

row! {
    /// A line of the audit. Its text is this as JSON, members in this order, without blanks: whoever has the lines
    /// can hash them without this program. Nothing may be added here, since earlier lines have their hashes.
    #[derive(PartialEq, Eq, serde::Serialize)]
    pub struct AuditLine {
        line: i64,
        written_in: i64,
        kind: String,
        #[serde(serialize_with = "microseconds")]
        at: DateTime<Utc>,
        request_id: Option<Uuid>,
        subject: Option<Uuid>,
        actor: Option<Uuid>,
        task: Option<String>,
        share_id: Option<Uuid>,
        action: String,
        detail: Option<String>,
        sections: Vec<String>,
        from_date: Option<NaiveDate>,
        to_date: Option<NaiveDate>,
        outcome: String,
        stranger: bool,
        rev: Option<i64>,
    }
}

/// As exactly as Postgres keeps it.
fn microseconds<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

impl AuditLine {
    /// The text that is hashed: one line of JSON.
    ///
    /// # Errors
    /// When it cannot be written, which is never.
    pub fn text(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|e| e.to_string())
    }

    /// Its hash as a leaf.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn hash(&self) -> Result<Hash, String> {
        Ok(leaf(self.text()?.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_line_never_changes() {
        let line = AuditLine {
            line: 7,
            written_in: 812,
            kind: "journal".into(),
            at: "2026-11-28T16:00:00.123456Z".parse().unwrap(),
            request_id: Some(Uuid::from_u128(1)),
            subject: Some(Uuid::from_u128(2)),
            actor: None,
            task: Some("operate".into()),
            share_id: None,
            action: "import".into(),
            detail: Some("a \"quote\" and ä".into()),
            sections: vec!["pain".into(), "sleep".into()],
            from_date: "2026-11-01".parse().ok(),
            to_date: None,
            outcome: "granted".into(),
            stranger: false,
            rev: Some(3),
        };
        assert_eq!(
            line.text().unwrap(),
            r#"{"line":7,"written_in":812,"kind":"journal","at":"2026-11-28T16:00:00.123456Z","request_id":"00000000-0000-0000-0000-000000000001","subject":"00000000-0000-0000-0000-000000000002","actor":null,"task":"operate","share_id":null,"action":"import","detail":"a \"quote\" and ä","sections":["pain","sleep"],"from_date":"2026-11-01","to_date":null,"outcome":"granted","stranger":false,"rev":3}"#
        );
    }
}
