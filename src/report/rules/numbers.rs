//! Small numeric tools shared by the formulas: means, medians, quantiles.

use crate::rounding::round_to;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Two decimals, as numbers stand in the JSON. Applied to results only, never in between.
pub(crate) fn round2(value: f64) -> f64 {
    round_to(value, 2)
}

/// One decimal as text, the precision of a mean in a sentence.
pub(crate) fn one_decimal(value: f64) -> String {
    format!("{:.1}", round_to(value, 1))
}

/// Arithmetic mean; `None` for no values.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample variance with n - 1 in the denominator; `None` below two values.
pub(crate) fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some(squares / (values.len() - 1) as f64)
}

/// Median; the mean of the two middle values where the count is even. `None` for no values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    median_in_place(&mut values)
}

/// As [`median`], reordering the values instead of copying them.
pub(crate) fn median_in_place(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

/// The 97.5 % point of Student's t with `df` degrees of freedom, at least 1 and not always a
/// whole number. Found by bisection of the distribution function: the library's own inverse is
/// off by up to two percent at some probabilities.
pub(crate) fn t_975(df: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, df).ok()?;
    // The point falls from 12.71 at one degree of freedom towards 1.96.
    let (mut low, mut high) = (1.9, 12.8);
    if df < 1.0 || student.cdf(low) > 0.975 || student.cdf(high) < 0.975 {
        return None;
    }
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if student.cdf(middle) < 0.975 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// A count as the 32-bit integer of the JSON.
pub(crate) fn count(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_and_zero_has_no_sign() {
        let cases = [
            (0.875, 0.88),
            (-0.875, -0.88),
            (1.005, 1.01),
            (0.285, 0.29),
            (-0.004, 0.0),
            (2.0 / 3.0, 0.67),
            (-1.995, -2.0),
        ];
        for (value, expected) in cases {
            assert_eq!(round2(value).to_bits(), f64::to_bits(expected), "{value}");
        }
        assert_eq!(one_decimal(-0.04), "0.0");
        assert_eq!(one_decimal(43.902_439), "43.9");
        assert_eq!(one_decimal(0.25), "0.3");
        assert_eq!(one_decimal(-2.0), "-2.0");
    }

    #[test]
    fn medians_of_odd_even_and_no_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn student_t_matches_the_tables() {
        for (df, expected) in [
            (1.0, 12.706_2),
            (2.0, 4.302_7),
            (5.0, 2.570_6),
            (10.0, 2.228_1),
            (29.0, 2.045_2),
            (120.0, 1.979_9),
            (1e6, 1.960_0),
        ] {
            let quantile = t_975(df).unwrap();
            assert!((quantile - expected).abs() < 5e-5, "{df}: {quantile}");
        }
        assert_eq!(t_975(0.0), None);
        assert_eq!(t_975(f64::NAN), None);
    }
}
