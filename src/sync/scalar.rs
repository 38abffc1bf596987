//! From the flat values of the sync wire to the values of REST they stand for.

use crate::journal::{Collection, FieldInfo};
use crate::time::format_utc;
use crate::wire::number::whole;
use crate::wire::{Faults, Form, json};
use chrono::DateTime;
use serde_json::Value;

/// A sync value as REST would have sent it; `None` for what the form cannot be. Clients of the sync
/// wire have no way to send a missing text but as an empty one, so the two are the same here.
pub fn from_wire(form: Form, value: &Value) -> Option<Value> {
    match (form, value) {
        (_, Value::Null) => Some(Value::Null),
        (_, Value::String(text)) if text.is_empty() => Some(Value::Null),
        (Form::Millis, Value::Number(number)) => {
            let time = DateTime::from_timestamp_millis(whole(number)?)?;
            Some(Value::String(format_utc(time)))
        }
        (Form::Text, Value::String(text)) => json::parse(text.as_bytes()).ok(),
        (Form::Plain, Value::Number(_) | Value::String(_) | Value::Bool(_)) => Some(value.clone()),
        _ => None,
    }
}

/// A value as the server would keep it, or why it would not.
pub(super) fn canonical(
    collection: &dyn Collection,
    field: &FieldInfo,
    sent: &Value,
) -> Result<Value, &'static str> {
    let value = from_wire(field.form, sent).ok_or("invalid_value")?;
    // A required field sent as null is judged with the whole record.
    if value.is_null() && field.required {
        return Ok(Value::Null);
    }
    let mut faults = Faults::default();
    match collection.canonical(field.name, &value, &mut faults) {
        Some(kept) if faults.is_empty() => Ok(kept),
        _ => {
            let too_large = faults.into_vec().iter().any(|f| f.code.starts_with("too_"));
            Err(if too_large { "too_large" } else { "invalid_value" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_comes_back_as_it_left() {
        for (form, rest, wire) in [
            (Form::Millis, json!("2026-05-01T19:00:00.123Z"), json!(1_777_662_000_123_i64)),
            (Form::Text, json!(["lifting"]), json!("[\"lifting\"]")),
            (Form::Text, json!([]), json!("[]")),
            (Form::Plain, json!(4), json!(4)),
            (Form::Plain, json!("daily"), json!("daily")),
            (Form::Plain, Value::Null, Value::Null),
        ] {
            assert_eq!(form.to_wire(&rest), wire);
            assert_eq!(from_wire(form, &wire), Some(rest));
        }
    }

    #[test]
    fn odd_spellings_are_read_and_wrong_types_are_not() {
        assert_eq!(from_wire(Form::Millis, &json!(1.0)), from_wire(Form::Millis, &json!(1)));
        assert_eq!(from_wire(Form::Plain, &json!("")), Some(Value::Null));
        for (form, wire) in [
            (Form::Millis, json!("2026-05-01")),
            (Form::Millis, json!(1.5)),
            (Form::Millis, json!(9e17)),
            (Form::Text, json!("not json")),
            (Form::Text, json!("[{\"region\": \"neck\", \"region\": \"hip\"}]")),
            (Form::Text, json!(format!("{}{}", "[".repeat(33), "]".repeat(33)))),
            (Form::Text, json!("[\"\\ud800\"]")),
            (Form::Text, json!([1])),
            (Form::Plain, json!({"a": 1})),
        ] {
            assert_eq!(from_wire(form, &wire), None, "{wire}");
        }
    }
}
