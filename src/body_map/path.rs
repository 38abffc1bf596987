//! From lines to paths: smooth curves through spots, followed from name to name, mirrored, written.
//!
//! Everything is whole tenths of a unit, so the same artwork gives the same bytes everywhere and
//! both halves are equal to the last digit.

use std::fmt::Write as _;

/// A point of a line: its name or none, its distance from the midline, its height.
pub(super) type Spot = (&'static str, i32, i32);
/// A line through its spots. Where it ends on the midline it meets its mirror image smoothly.
pub(super) type Rail = &'static [Spot];

type Point = (i32, i32);

/// Where the midline stands.
const MIDLINE: i32 = 1600;

/// A piece of a path: a cubic curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Curve {
    pub(super) from: Point,
    bends: (Point, Point),
    pub(super) to: Point,
}

impl Curve {
    const fn straight(from: Point, to: Point) -> Self {
        Self { from, bends: (from, to), to }
    }

    const fn reversed(self) -> Self {
        Self { from: self.to, bends: (self.bends.1, self.bends.0), to: self.from }
    }

    const fn mirrored(self) -> Self {
        const fn mirror((x, y): Point) -> Point {
            (-x, y)
        }
        let (first, second) = self.bends;
        Self {
            from: mirror(self.from),
            bends: (mirror(first), mirror(second)),
            to: mirror(self.to),
        }
    }
}

/// Which half a path is written on, as the viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// The half to the viewer's right, as the artwork is noted.
    Right,
    /// Its mirror image.
    Left,
}

/// The curves of a whole line: a Catmull-Rom spline, whose curves depend on their neighbours only
/// and so are the same in both directions.
pub(super) fn curves(rail: &[Spot]) -> Vec<Curve> {
    let points: Vec<Point> = rail.iter().map(|&(_, x, y)| (x, y)).collect();
    let beyond = |end: Point, next: Point| if end.0 == 0 { (-next.0, next.1) } else { end };
    let bend = |at: Point, before: Point, after: Point| {
        (at.0 + (after.0 - before.0) / 6, at.1 + (after.1 - before.1) / 6)
    };
    let mut curves = Vec::with_capacity(points.len());
    for (index, pair) in points.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let before = match index.checked_sub(1) {
            Some(previous) => points[previous],
            None => beyond(from, to),
        };
        let after = points.get(index + 2).copied().unwrap_or_else(|| beyond(to, from));
        curves.push(Curve { from, bends: (bend(from, before, to), bend(to, after, from)), to });
    }
    curves
}

/// The same curves backwards.
fn reversed(curves: &[Curve]) -> Vec<Curve> {
    curves.iter().rev().map(|curve| curve.reversed()).collect()
}

/// The curves and, from where they end on the midline, their mirror image back.
pub(super) fn with_mirror_image(mut curves: Vec<Curve>) -> Vec<Curve> {
    let back: Vec<Curve> = reversed(&curves).into_iter().map(Curve::mirrored).collect();
    curves.extend(back);
    curves
}

/// Where a name is.
pub(super) fn spot(rails: &[Rail], name: &str) -> Option<Point> {
    let mut spots = rails.iter().copied().flatten();
    spots.find(|spot| spot.0 == name).map(|&(_, x, y)| (x, y))
}

/// From one name to the other along the shortest line that has both, straight where none has.
fn join(rails: &[Rail], from: &str, to: &str) -> Vec<Curve> {
    let place = |rail: Rail, name: &str| rail.iter().position(|spot| spot.0 == name);
    let along = rails.iter().filter_map(|rail| {
        let (start, end) = (place(rail, from)?, place(rail, to)?);
        let whole = curves(rail);
        Some(if start < end {
            whole.get(start..end)?.to_vec()
        } else {
            reversed(whole.get(end..start)?)
        })
    });
    along.min_by_key(Vec::len).unwrap_or_else(|| {
        let ends = spot(rails, from).zip(spot(rails, to));
        ends.map(|(from, to)| Curve::straight(from, to)).into_iter().collect()
    })
}

/// The curves from name to name.
pub(super) fn trace(rails: &[Rail], names: &str) -> Vec<Curve> {
    let names: Vec<&str> = names.split(' ').collect();
    names.windows(2).flat_map(|pair| join(rails, pair[0], pair[1])).collect()
}

/// The curves from name to name and back to the first.
pub(super) fn trace_around(rails: &[Rail], names: &str) -> Vec<Curve> {
    let first = names.split(' ').next().unwrap_or_default();
    trace(rails, &format!("{names} {first}"))
}

/// Writes curves as path data; those that end where they began are closed.
pub(super) fn data(curves: &[Curve], half: Half) -> String {
    let mut path = String::with_capacity(curves.len() * 36);
    let (Some(first), Some(last)) = (curves.first(), curves.last()) else { return path };
    path.push('M');
    put(&mut path, first.from, half);
    for curve in curves {
        if curve.bends == (curve.from, curve.to) {
            path.push('L');
        } else {
            path.push('C');
            put(&mut path, curve.bends.0, half);
            path.push(' ');
            put(&mut path, curve.bends.1, half);
            path.push(' ');
        }
        put(&mut path, curve.to, half);
    }
    if last.to == first.from {
        path.push('Z');
    }
    path
}

/// A line and its mirror image.
pub(super) fn on_both_halves(rail: Rail) -> String {
    let curves = curves(rail);
    let ends_on_midline = rail.last().is_some_and(|spot| spot.1 == 0);
    if rail.iter().all(|spot| spot.1 == 0) {
        data(&curves, Half::Right)
    } else if ends_on_midline {
        data(&with_mirror_image(curves), Half::Right)
    } else {
        data(&curves, Half::Right) + &data(&curves, Half::Left)
    }
}

fn put(path: &mut String, (x, y): Point, half: Half) {
    let x = match half {
        Half::Right => MIDLINE + x,
        Half::Left => MIDLINE - x,
    };
    put_tenths(path, x);
    path.push(' ');
    put_tenths(path, y);
}

/// The picture has no negative coordinates.
fn put_tenths(path: &mut String, tenths: i32) {
    // Writing to a String cannot fail.
    let _ = match (tenths / 10, tenths % 10) {
        (whole, 0) => write!(path, "{whole}"),
        (whole, part) => write!(path, "{whole}.{part}"),
    };
}
