//! Rank correlation: Spearman's rho with an interval that allows for serial dependence (clinical.md, F11).

use super::numbers::mean;

/// Pairs below which no interval can be estimated.
const FEWEST_EFFECTIVE_PAIRS: f64 = 3.0;

/// Spearman's rank correlation of paired values in the order of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spearman {
    /// The correlation, -1 to 1.
    pub rho: f64,
    /// Pairs that the serial dependence of both series leaves, at most their count.
    pub effective_pairs: f64,
    /// Ends of the 95 % interval (Bonett and Wright); `None` for three effective pairs or fewer.
    pub interval: Option<(f64, f64)>,
}

impl Spearman {
    /// Correlates pairs. `None` where a side does not vary.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let side = |pick: fn(&(f64, f64)) -> f64| {
            centred_ranks(&pairs.iter().map(pick).collect::<Vec<_>>())
        };
        let (left, right) = (side(|pair| pair.0), side(|pair| pair.1));
        let products = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (of_left, of_right) = (products(&left, &left), products(&right, &right));
        if of_left <= 0.0 || of_right <= 0.0 {
            return None;
        }
        let rho = (products(&left, &right) / (of_left * of_right).sqrt()).clamp(-1.0, 1.0);
        // The lag is one place in the order of time, whatever days lie between.
        let lag = |ranks: &[f64], of: f64| products(ranks, &ranks[1..]) / of;
        let both = lag(&left, of_left) * lag(&right, of_right);
        let n = pairs.len() as f64;
        let effective_pairs = n.min(n * (1.0 - both) / (1.0 + both));
        let interval = (effective_pairs > FEWEST_EFFECTIVE_PAIRS).then(|| {
            let half = 1.96 * ((1.0 + rho * rho / 2.0) / (effective_pairs - 3.0)).sqrt();
            let end = |z: f64| z.tanh();
            (end(rho.atanh() - half), end(rho.atanh() + half))
        });
        Some(Self { rho, effective_pairs, interval })
    }
}

/// Ranks of values in their order, ties sharing the mean of their ranks, less the mean rank.
fn centred_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tie in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = below as f64 + f64::midpoint(1.0, tie.len() as f64);
        for index in tie {
            ranks[*index] = rank;
        }
        below += tie.len();
    }
    let centre = mean(&ranks).unwrap_or(0.0);
    ranks.into_iter().map(|rank| rank - centre).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::close;
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(centred_ranks(&[5.0, 3.0, 5.0, 9.0]), [0.0, -1.5, 0.0, 1.5]);
        assert_eq!(centred_ranks(&[]), [0.0; 0]);
    }

    #[test]
    fn the_widths_of_the_reference() {
        // "If the true rho were -0.40": only the interval's formula, so the ranks are bypassed.
        for (n, low, high) in [
            (7, -0.89, 0.53),
            (10, -0.83, 0.33),
            (14, -0.78, 0.19),
            (20, -0.72, 0.07),
            (30, -0.67, -0.03),
        ] {
            let (rho, n): (f64, f64) = (-0.4, f64::from(n));
            let half = 1.96 * ((1.0 + rho * rho / 2.0) / (n - 3.0)).sqrt();
            close((rho.atanh() - half).tanh(), low, 2);
            close((rho.atanh() + half).tanh(), high, 2);
        }
    }

    #[test]
    fn perfect_short_and_constant_series() {
        let rising: Vec<_> = (0..20).map(|n| (f64::from(n), f64::from(n))).collect();
        let found = Spearman::of(&rising).unwrap();
        close(found.rho, 1.0, 6);
        assert!(found.effective_pairs < 20.0, "a common trend leaves fewer pairs");
        assert!(found.interval.is_none_or(|(low, high)| low <= high && high <= 1.0));
        assert_eq!(Spearman::of(&[(1.0, 2.0), (2.0, 1.0)]).unwrap().interval, None);
        assert_eq!(Spearman::of(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(Spearman::of(&[]), None);
    }
}
