//! The version of the schema with which apps sync. It follows from the definitions of the collections: a
//! changed one is a new version, and a test knows.

/// Every version, with the fingerprint of the definitions it stands for. Where the test finds another one,
/// a line is added with the next number, and `SCHEMA_VERSION` of the client library is counted up; apps bring
/// a migration of their own that names the new tables and columns. A line that was released stays as it is.
const VERSIONS: &[(u32, &str)] = &[
    (1, "be976ec86fce64b422897c5c85a739a433331a0cc22fc5df7bc3c6c6bedec39a"),
    (2, "e8959d3206df1f62b1caeaf769cb2bce6d3b27517c7a77990bb613e61d108bfc"),
];

/// The schema of the collections.
pub const SCHEMA_VERSION: u32 = VERSIONS[VERSIONS.len() - 1].0;
/// The oldest schema an app may still have.
pub const OLDEST_SCHEMA: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections;
    use crate::journal::Collection;
    use crate::wire::Components;
    use aws_lc_rs::digest;
    use serde_json::Value;

    /// What a value is in JSON, as far as a column of an app's table tells values apart.
    fn kind(schema: &Value) -> &str {
        let types = schema.get("type").and_then(|types| types.get(0).or(Some(types)));
        match types.and_then(Value::as_str) {
            Some("integer" | "number") => "number",
            Some("boolean") => "boolean",
            // Codes have a name of their own.
            Some("string") | None => "string",
            Some(other) => panic!("{other} is no column"),
        }
    }

    /// A collection as an app's schema has it: a line a field, in the order of their names.
    fn lines(collection: &dyn Collection) -> Vec<String> {
        let definition = collection.definition();
        let schemas = collection.field_schemas(&mut Components::default());
        let mut lines: Vec<String> = definition
            .fields
            .iter()
            .zip(schemas)
            .map(|(field, (name, schema))| {
                let schema = serde_json::to_value(schema).unwrap();
                let form = match format!("{:?}", field.form).as_str() {
                    "Plain" => kind(&schema).to_owned(),
                    form => form.to_lowercase(),
                };
                let null = if field.nullable { " or null" } else { "" };
                let required = if field.required { ", required" } else { "" };
                format!("{}.{name}: {form}{null}{required}", definition.name)
            })
            .collect();
        if definition.writers.has_practitioner() {
            lines.push(format!("{}.clinician_id: string or null", definition.name));
        }
        lines.sort();
        lines
    }

    fn definitions() -> String {
        let mut all: Vec<String> = collections::ALL.into_iter().flat_map(lines).collect();
        all.sort();
        all.join("\n")
    }

    fn fingerprint(text: &str) -> String {
        crate::hex::hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    }

    #[test]
    fn the_version_follows_from_the_definitions() {
        let text = definitions();
        let (version, known) = VERSIONS[VERSIONS.len() - 1];
        let next = version + 1;
        let found = fingerprint(&text);
        assert!(
            found == known,
            "{text}\n\nA collection's definition has changed; above are all. Add ({next}, \"{found}\") to VERSIONS in \
             src/sync/schema_version.rs, and set SCHEMA_VERSION of clients/core/src/wire.ts to {next}."
        );
        let numbers: Vec<u32> = VERSIONS.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=version).collect::<Vec<u32>>());
    }

    #[test]
    fn the_clients_library_speaks_this_version() {
        let wire = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/core/src/wire.ts");
        let wire = std::fs::read_to_string(wire).unwrap();
        assert!(wire.contains(&format!("export const SCHEMA_VERSION = {SCHEMA_VERSION}\n")));
    }

    #[test]
    fn every_part_of_a_definition_is_in_the_fingerprint() {
        let text = definitions();
        for line in [
            "journal_entries.mood: number or null",
            "journal_entries.effective_at: millis, required",
            "journal_entries.sites: text",
            "journal_entries.pain_free_day: boolean or null",
            "treatment_sessions.clinician_id: string or null",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
