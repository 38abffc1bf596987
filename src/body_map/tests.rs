//! The rules of sides as a table; the drawing: complete, tiled, mirrored, well formed.

use super::drawing::{outline, rails};
use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// An element of a drawing with its attributes; the first is the root.
type Element<'a> = (&'a str, BTreeMap<&'a str, &'a str>);

/// Reads a drawing, and panics where it is not well-formed XML.
#[track_caller]
fn elements(svg: &str) -> Vec<Element<'_>> {
    let (mut open, mut found) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') && (!open.is_empty() || text.trim().is_empty()), "{text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').map(|(name, _)| name);
            assert!(matches!(name, Some("amp" | "lt" | "gt" | "quot" | "#39")), "&{entity}");
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            assert!(!open.is_empty() || rest.trim().is_empty(), "{rest} after the root");
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut inner) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while let Some((attribute, after)) = inner.trim_start().split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap();
            assert!(attributes.insert(attribute, value).is_none(), "{tag}: {attribute} twice");
            assert!(after.is_empty() || after.starts_with(' '), "{tag}");
            inner = after;
        }
        assert!(inner.is_empty(), "{tag}");
        found.push((name, attributes));
        if !is_empty {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    found
}

/// The numbers of path data, and its commands.
fn numbers(path: &str) -> (Vec<f64>, String) {
    let numbers = path.split(|c: char| !c.is_ascii_digit() && c != '.');
    (
        numbers.filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect(),
        path.chars().filter(char::is_ascii_alphabetic).collect(),
    )
}

/// The area that one closed path of lines and curves encloses, by Green's theorem over each curve.
fn area(path: &str) -> f64 {
    let (numbers, commands) = numbers(path);
    let mut points = numbers.chunks(2).map(|pair| (pair[0], pair[1]));
    let mut next = || points.next().unwrap();
    let cross = |a: (f64, f64), b: (f64, f64)| a.0.mul_add(b.1, -(b.0 * a.1));
    let (mut at, mut twice) = ((0.0, 0.0), 0.0);
    for command in commands.chars() {
        match command {
            'M' => at = next(),
            'L' => {
                let to = next();
                twice += cross(at, to);
                at = to;
            }
            'C' => {
                let (first, second, to) = (next(), next(), next());
                twice += 0.6 * (cross(at, first) + cross(second, to))
                    + 0.3 * (cross(at, second) + cross(first, second) + cross(first, to))
                    + 0.1 * cross(at, to);
                at = to;
            }
            'Z' => {}
            other => panic!("{other}"),
        }
    }
    (twice / 2.0).abs()
}

fn has_no_shape(region: BodyRegion) -> bool {
    matches!(region, BodyRegion::Widespread | BodyRegion::Other)
}

#[test]
fn each_region_takes_its_sides_and_no_others() {
    let paired = [
        "shoulder",
        "upper_arm",
        "elbow",
        "forearm",
        "hand",
        "hip",
        "groin",
        "buttock",
        "thigh",
        "knee",
        "lower_leg",
        "foot",
        "jaw",
    ];
    let axial = [
        "head",
        "neck",
        "upper_back",
        "mid_back",
        "low_back",
        "chest",
        "abdomen",
        "pelvis",
        "other",
    ];
    for region in BodyRegion::all() {
        let allowed: &[&str] = match region.code() {
            code if paired.contains(&code) => &["left", "right", "both", "unknown"],
            code if axial.contains(&code) => &["left", "right", "both", "midline", "unknown"],
            "sacrum" => &["midline", "unknown"],
            code => {
                assert_eq!(code, "widespread");
                &[]
            }
        };
        for code in Laterality::CODES {
            let side = Laterality::from_code(code).unwrap();
            assert_eq!(side_fits(region, side), allowed.contains(code), "{region:?} {code}");
        }
    }
    assert_eq!(BodyRegion::all().count(), 24);
    assert_eq!(side_fault(BodyRegion::Knee), "Must be one of: left, right, both, unknown.");
    assert_eq!(side_fault(BodyRegion::Sacrum), "Must be one of: midline, unknown.");
    assert_eq!(side_fault(BodyRegion::Widespread), "Must be left out: this region has no side.");
}

#[test]
fn every_region_is_told_in_whole_sentences() {
    let mut labels = BTreeSet::new();
    for region in BodyRegion::all() {
        assert!(labels.insert(region.label()), "{region:?}");
        for text in [Some(region.definition()), region.note()].into_iter().flatten() {
            assert!(text.ends_with('.') && !text.contains("  ") && text.len() <= 300, "{text}");
        }
    }
}

#[test]
fn every_side_of_every_region_has_a_shape() {
    for region in BodyRegion::all() {
        let drawn: BTreeSet<Laterality> = View::ALL
            .into_iter()
            .flat_map(|view| parts(view).iter().filter(|part| part.region == region))
            .map(|part| part.side)
            .collect();
        let allowed = region.sides().allowed().iter().flat_map(|side| side.places());
        let wanted: BTreeSet<Laterality> = allowed.copied().collect();
        let wanted = if has_no_shape(region) { BTreeSet::new() } else { wanted };
        assert_eq!(drawn, wanted, "{region:?}");
    }
    assert!(Laterality::Unknown.places().is_empty());
    assert_eq!(Laterality::Both.places(), [Laterality::Left, Laterality::Right]);
}

#[test]
fn every_view_shows_what_is_seen_from_there() {
    let seen = |region| {
        View::ALL.map(|view| parts(view).iter().any(|part: &BodyPart| part.region == region))
    };
    for region in BodyRegion::all() {
        let wanted = match region.code() {
            "jaw" | "chest" | "abdomen" | "pelvis" | "groin" => [true, false],
            "upper_back" | "mid_back" | "low_back" | "sacrum" | "buttock" => [false, true],
            "widespread" | "other" => [false, false],
            _ => [true, true],
        };
        assert_eq!(seen(region), wanted, "{region:?}");
    }
}

#[test]
fn every_name_of_the_artwork_is_one_place() {
    for view in View::ALL {
        let rails = rails(view);
        let mut places = BTreeMap::new();
        for (name, x, y) in rails.iter().copied().flatten() {
            if !name.is_empty() {
                let place = *places.entry(*name).or_insert((*x, *y));
                assert_eq!(place, (*x, *y), "{view:?} {name}");
            }
        }
        for shape in artwork::shapes(view) {
            for name in shape.side.split(' ').chain(shape.middle.split(' ')) {
                assert!(name.is_empty() || places.contains_key(name), "{view:?} {name}");
            }
            // Both ends of a middle part lie on the midline, where its mirror image goes on.
            let ends = [shape.middle.split(' ').next(), shape.middle.rsplit(' ').next()];
            for end in ends.into_iter().flatten().filter(|end| !end.is_empty()) {
                assert_eq!(places[end].0, 0, "{view:?} {end}");
            }
        }
    }
}

#[test]
fn the_shapes_cover_the_body_without_gap_or_overlap() {
    let body = area(&outline());
    for view in View::ALL {
        let areas: Vec<f64> = parts(view).iter().map(|part| area(&part.path)).collect();
        assert!(areas.iter().all(|area| *area > 100.0), "{view:?} {areas:?}");
        let covered = areas.iter().sum::<f64>() / body;
        assert!((covered - 1.0).abs() < 0.000_5, "{view:?} {covered}");
        for part in parts(view) {
            let (numbers, commands) = numbers(&part.path);
            assert!(commands.starts_with('M') && commands.ends_with('Z'), "{}", part.path);
            assert_eq!(commands.matches('M').count(), 1, "{}", part.path);
            let inside = |at: (usize, &f64)| *at.1 < [320.0, 640.0][at.0 % 2];
            assert!(numbers.iter().enumerate().all(inside), "{}", part.path);
        }
    }
}

#[test]
fn left_is_the_mirror_image_of_right_and_lies_where_it_should() {
    for view in View::ALL {
        let one = |region, side| {
            parts(view).iter().find(|part| part.region == region && part.side == side)
        };
        for part in parts(view) {
            let (here, commands) = numbers(&part.path);
            let mirrored = |there: &[f64]| {
                here.len() == there.len()
                    && here.chunks(2).zip(there.chunks(2)).all(|(a, b)| {
                        (a[0] + b[0] - 320.0).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9
                    })
            };
            let centre = here.iter().step_by(2).sum::<f64>() / (here.len() / 2) as f64;
            match part.side {
                Laterality::Left => {
                    let right = one(part.region, Laterality::Right).unwrap();
                    let (there, same) = numbers(&right.path);
                    assert!(mirrored(&there) && commands == same, "{view:?} {part:?}");
                    // Seen from the front, the patient's left is on the viewer's right.
                    assert_eq!(centre > 160.0, view == View::Front, "{view:?} {part:?}");
                }
                Laterality::Right => assert!(one(part.region, Laterality::Left).is_some()),
                _ => {
                    let back: Vec<f64> = here.rchunks(2).flatten().copied().collect();
                    assert!(mirrored(&back), "{view:?} {part:?}");
                }
            }
        }
    }
}

#[test]
fn the_drawings_are_well_formed_self_contained_and_repeatable() {
    for view in View::ALL {
        let svg = draw(view, |_, _| None);
        assert_eq!(svg, draw(view, |_, _| None));
        let elements = elements(&svg);
        let (name, root) = &elements[0];
        assert_eq!((*name, root["viewBox"], root["role"]), ("svg", "0 0 320 640", "img"));
        for id in root["aria-labelledby"].split(' ') {
            assert!(elements.iter().any(|(_, a)| a.get("id") == Some(&id)), "{id}");
        }
        for forbidden in ["<script", "href", "url(", "@import", "style=", "<style", "NaN"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
        let ids: Vec<&str> = elements.iter().filter_map(|(_, a)| a.get("id").copied()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        assert!(svg.len() < 64 * 1024, "{}", svg.len());
    }
}

#[test]
fn the_drawings_name_exactly_the_regions_of_the_list() {
    let mut shown = BTreeSet::new();
    for view in View::ALL {
        let svg = draw(view, |_, _| None);
        let mut region = "";
        let mut titles = svg.split("<title>").skip(1);
        for (name, attributes) in elements(&svg) {
            let class = attributes.get("class").copied().unwrap_or_default();
            if class == "body-region" {
                region = attributes["id"];
                assert_eq!((name, attributes["data-region"]), ("g", region));
                let label = BodyRegion::from_code(region).unwrap().label();
                assert_eq!(attributes["aria-label"], label);
                shown.insert(region.to_owned());
            } else if class == "body-part" {
                let side = attributes["data-side"];
                assert_eq!(attributes["data-region"], region);
                assert_eq!(attributes["id"], format!("{region}.{side}"));
                let (region, side) = (
                    BodyRegion::from_code(region).unwrap().label(),
                    Laterality::from_code(side).unwrap().label(),
                );
                let title = titles.next().unwrap();
                assert!(title.starts_with(&format!("{region}, {side}</title>")), "{title}");
            }
        }
        assert!(titles.next().is_none());
    }
    let listed = BodyRegion::all().filter(|region| !has_no_shape(*region));
    let listed: BTreeSet<String> = listed.map(|region| region.code().to_owned()).collect();
    assert_eq!(shown, listed);
}

#[test]
fn the_labels_stand_on_the_patients_own_sides() {
    let place = |view, label: &str| {
        let svg = draw(view, |_, _| None);
        let (before, _) = svg.split_once(&format!(">{label}</text>")).unwrap();
        let (_, tag) = before.rsplit_once("<text x=\"").unwrap();
        tag.split('"').next().unwrap().parse::<i32>().unwrap()
    };
    assert!(place(View::Front, "your left") > 160 && place(View::Front, "your right") < 160);
    assert!(place(View::Back, "your left") < 160 && place(View::Back, "your right") > 160);
}

#[test]
fn a_shade_is_drawn_named_and_told() {
    let shaded = |region, side| {
        (region == BodyRegion::LowBack && side == Laterality::Left)
            .then(|| Fill { colour: "#b3480b\"".into(), words: "12 of 28 days & <more>".into() })
    };
    let svg = draw(View::Back, shaded);
    let found: Vec<_> = elements(&svg)
        .into_iter()
        .filter(|(_, a)| a.get("class") == Some(&"body-part body-shaded"))
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1["id"], found[0].1["fill"]), ("low_back.left", "#b3480b&quot;"));
    let words = "Low back, your left: 12 of 28 days &amp; &lt;more&gt;";
    assert!(svg.contains(&format!("<title>{words}</title>")), "{svg}");
    assert!(svg.contains(&format!(" {words}.</desc>")), "{svg}");
    assert_eq!(draw(View::Front, shaded), draw(View::Front, |_, _| None));
}
