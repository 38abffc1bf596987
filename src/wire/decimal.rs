//! Numbers with a fixed count of decimals.

use super::{At, Components, Faults, Wire};
use crate::db::column_via;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

/// A number from `MIN` to `MAX`, both included, with at most `PLACES` decimals.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Decimal<const MIN: i32, const MAX: i32, const PLACES: u32>(f64);

impl<const MIN: i32, const MAX: i32, const PLACES: u32> Decimal<MIN, MAX, PLACES> {
    /// The number rounded to its decimals, half away from zero, if it is within the range.
    pub fn new(value: f64) -> Option<Self> {
        let rounded = Self::round(value);
        (f64::from(MIN)..=f64::from(MAX)).contains(&rounded).then_some(Self(rounded))
    }
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
    fn round(value: f64) -> f64 {
        let scale = f64::from(10_u32.pow(PLACES));
        // Zero has no sign here.
        (value * scale).round() / scale + 0.0
    }
}

impl<const MIN: i32, const MAX: i32, const PLACES: u32> Wire for Decimal<MIN, MAX, PLACES> {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Some(number) = value.as_number().and_then(serde_json::Number::as_f64) else {
            faults.add(at, "wrong_type", "Must be a number.");
            return None;
        };
        let Some(read) = Self::new(number) else {
            faults.add(at, "out_of_range", format!("Must be between {MIN} and {MAX}."));
            return None;
        };
        // What a double cannot hold exactly differs by far less than the last decimal.
        if (read.0 - number).abs() > 1e-9 * number.abs().max(1.0) {
            faults.add(at, "too_precise", format!("Must have at most {PLACES} decimals."));
            return None;
        }
        Some(read)
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}
column_via!([const MIN: i32, const MAX: i32, const PLACES: u32] Decimal<MIN, MAX, PLACES> as f64,
    |number| number.0, |raw| Ok(Self(raw)));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::json;

    #[test]
    fn numbers_keep_their_decimals_and_their_range() {
        type Dose = Decimal<0, 1000, 2>;
        for (good, kept) in
            [(json!(2.5), 2.5), (json!(0.07), 0.07), (json!(1000), 1000.0), (json!(25e-1), 2.5)]
        {
            assert!((read_body::<Dose>(&good).unwrap().get() - kept).abs() < 1e-12, "{good}");
        }
        for (bad, code) in [
            (json!(-0.01), "out_of_range"),
            (json!(1000.01), "out_of_range"),
            (json!(1e300), "out_of_range"),
            (json!(0.125), "too_precise"),
            (json!("2"), "wrong_type"),
            (json!(true), "wrong_type"),
        ] {
            assert_eq!(read_body::<Dose>(&bad).unwrap_err()[0].code, code, "{bad}");
        }
    }
}
