//! The one place where a number is rounded.

/// Absorbs the binary representation of decimal fractions, so that an exact half is a half.
const HALF_GUARD: f64 = 1e-9;

/// Rounds half away from zero to `places` decimals; never returns a negative zero.
pub(crate) fn round_to(value: f64, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    let rounded = (value.abs() * scale + HALF_GUARD).round() / scale;
    if value < 0.0 && rounded > 0.0 { -rounded } else { rounded }
}
