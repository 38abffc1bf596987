//! Where it hurt, on the body map: places shaded in three steps by their share of the days on
//! which any place was named, with the number of days on each.

use super::super::sites::{SiteSummary, SiteUse};
use super::super::statement::Status;
use super::svg::{self, Anchor, Frame, Svg};
use super::words::{counted, wrapped};
use crate::body_map::{self, BodyRegion, Fill, Laterality, Part, View};

const WIDTH: f64 = 320.0;
const EDGE: f64 = 12.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 17.0;
/// Where the body begins.
const BODY: f64 = 44.0;
/// Lines that the list of what is not drawn may fill.
const MOST_NOTES: usize = 6;

/// The steps from light to dark, far enough apart for grey print.
const STEPS: [(&str, &str); 3] = [
    ("#f3c79b", "up to a third of these days"),
    ("#d07d33", "up to two thirds"),
    ("#80300a", "more than two thirds"),
];

/// Draws the places of a summary that a view shows, as an SVG document: shaded by their share of
/// the days with a place named, with their days as numbers. What the view cannot show is listed
/// below it. The same summary gives the same bytes.
pub fn body_map_svg(summary: &SiteSummary, view: View) -> String {
    let notes = notes(summary, view);
    let legend = BODY + f64::from(body_map::HEIGHT) + 20.0;
    let rows = if summary.sites.is_empty() { 0 } else { legend_names(summary).len() + 1 };
    let first_note = legend + LINE * rows as f64 + 6.0;
    let height = first_note + LINE * notes.len() as f64;
    let frame = match view {
        View::Front => Frame { id: "pain-sites-front", size: (WIDTH, height) },
        View::Back => Frame { id: "pain-sites-back", size: (WIDTH, height) },
    };
    let title = format!("Where it hurt, seen from the {}", view.code());
    let mut svg = Svg::open(frame, &title, &body_map_alt(summary, view));
    svg.text((EDGE, 20.0), 15.0, Anchor::Start, svg::INK, &title);
    svg.text((EDGE, 37.0), SIZE, Anchor::Start, svg::MUTED, &behind(summary));

    let figure = body_map::figure(view, |region, side| fill(summary, region, side));
    svg.placed((0.0, BODY), &figure.elements);
    svg.group("days");
    for part in body_map::parts(view) {
        let Some(site) = find(summary, part.region, part.side) else { continue };
        number(&mut svg, part, site);
    }
    svg.end_group();

    svg.group("legend");
    if rows > 0 {
        for (index, (colour, name)) in legend_names(summary).into_iter().enumerate() {
            let y = legend + LINE * index as f64;
            svg.swatch((EDGE, y - 10.0), (20.0, 12.0), colour);
            svg.text((EDGE + 28.0, y), SIZE, Anchor::Start, svg::INK, name);
        }
        let y = legend + LINE * (rows - 1) as f64;
        svg.strong((EDGE + 10.0, y), SIZE, Anchor::Middle, "3");
        svg.text((EDGE + 28.0, y), SIZE, Anchor::Start, svg::INK, "number of days, here 3");
    }
    svg.end_group();
    svg.group("notes");
    for (index, note) in notes.iter().enumerate() {
        let y = first_note + LINE * index as f64;
        svg.text((EDGE, y), SIZE, Anchor::Start, svg::MUTED, note);
    }
    svg.end_group();
    svg.close()
}

/// The same in words: every place with its days and what it has of share and intensity, those that
/// the view does not show too.
pub fn body_map_alt(summary: &SiteSummary, view: View) -> String {
    let mut sentences = vec![format!("{}.", behind(summary))];
    let (shown, others): (Vec<_>, Vec<_>) =
        summary.sites.iter().partition(|site| is_shown(site, view));
    let list = |sites: Vec<&SiteUse>| sites.into_iter().map(told).collect::<Vec<_>>().join("; ");
    if !shown.is_empty() {
        sentences.push(format!("Seen from the {}: {}.", view.code(), list(shown)));
    }
    if !others.is_empty() {
        sentences.push(format!("Not on this view: {}.", list(others)));
    }
    sentences.push(String::from("Days without a place are unknown, not free of pain."));
    sentences.join(" ")
}

/// How much stands behind the picture.
fn behind(summary: &SiteSummary) -> String {
    match summary.days_with_sites {
        ..=0 => String::from("No place was named in this window"),
        days => format!("Self-reported. {} with a place named", counted(days, "day")),
    }
}

fn told(site: &SiteUse) -> String {
    let share = site
        .share
        .value_text
        .as_ref()
        .map(|share| format!(" ({share} percent{})", provisional(site.share.status)));
    let intensity = &site.mean_intensity;
    let pain = intensity.value_text.as_ref().map(|mean| {
        let days = counted(intensity.n, "day");
        format!(", mean pain {mean} of {days}{}", provisional(intensity.status))
    });
    let days = counted(site.days, "day");
    format!("{}: {days}{}{}", title(site), share.unwrap_or_default(), pain.unwrap_or_default())
}

fn provisional(status: Status) -> &'static str {
    if status == Status::Provisional { ", provisional" } else { "" }
}

/// The name of a place; codes that are not known stand for themselves.
fn title(site: &SiteUse) -> String {
    let region = BodyRegion::from_code(&site.region.0);
    let side = Laterality::from_code(&site.laterality.0);
    let name = region.map_or(site.region.0.as_str(), |region| region.label());
    match side {
        // What has no side is not without a known one.
        Some(Laterality::Unknown) if region.is_some_and(has_no_side) => name.to_owned(),
        Some(side) => format!("{name}, {}", side.label()),
        None => format!("{name}, {}", site.laterality.0),
    }
}

fn has_no_side(region: BodyRegion) -> bool {
    region.sides() == body_map::Sides::None
}

fn is_of(site: &SiteUse, region: BodyRegion, side: Laterality) -> bool {
    site.region.0 == region.code() && site.laterality.0 == side.code()
}

fn is_shown(site: &SiteUse, view: View) -> bool {
    body_map::parts(view).iter().any(|part| is_of(site, part.region, part.side))
}

fn find(summary: &SiteSummary, region: BodyRegion, side: Laterality) -> Option<&SiteUse> {
    summary.sites.iter().find(|site| is_of(site, region, side))
}

/// Whether there are days enough to speak of shares.
fn has_shares(summary: &SiteSummary) -> bool {
    summary.sites.iter().all(|site| site.share.status != Status::Insufficient)
}

/// The step of a place: a third, two thirds, more. The first, where shares are withheld.
fn step(summary: &SiteSummary, site: &SiteUse) -> usize {
    let (days, all) = (i64::from(site.days), i64::from(summary.days_with_sites));
    match days * 3 {
        _ if !has_shares(summary) => 0,
        tripled if tripled <= all => 0,
        tripled if tripled <= all * 2 => 1,
        _ => 2,
    }
}

fn fill(summary: &SiteSummary, region: BodyRegion, side: Laterality) -> Option<Fill> {
    let site = find(summary, region, side)?;
    let (colour, _) = STEPS.get(step(summary, site))?;
    let days = summary.days_with_sites;
    Some(Fill {
        colour: (*colour).to_owned(),
        words: format!("{} of {}", site.days, counted(days, "day")),
    })
}

/// The number of days on a part.
fn number(svg: &mut Svg, part: &Part, site: &SiteUse) {
    let (x, y) = part.centre();
    let at = (x, y + BODY + 4.0);
    let days = site.days.to_string();
    svg.label(at, SIZE, Anchor::Middle, svg::INK, &days);
}

fn legend_names(summary: &SiteSummary) -> Vec<(&'static str, &'static str)> {
    if has_shares(summary) {
        return STEPS.to_vec();
    }
    vec![(STEPS[0].0, "named; shares need 3 days with a place")]
}

/// What the view does not show: how much is on the other one, and what has no place on either.
fn notes(summary: &SiteSummary, view: View) -> Vec<String> {
    let on_other = |site: &&SiteUse| {
        !is_shown(site, view) && View::ALL.into_iter().any(|other| is_shown(site, other))
    };
    let on_none = |site: &&SiteUse| !View::ALL.into_iter().any(|view| is_shown(site, view));
    let mut lines = Vec::new();
    let width = WIDTH - 2.0 * EDGE;
    let nowhere: Vec<String> = summary
        .sites
        .iter()
        .filter(on_none)
        .map(|site| format!("{} ({})", title(site), counted(site.days, "day")))
        .collect();
    if !nowhere.is_empty() {
        lines = wrapped(&format!("Not drawn: {}.", nowhere.join("; ")), SIZE, width);
        if lines.len() > MOST_NOTES {
            lines.truncate(MOST_NOTES - 1);
            lines.push(String::from("and more, named in the text alternative."));
        }
    }
    match summary.sites.iter().filter(on_other).count() {
        0 => {}
        1 => lines.push(String::from("1 more place is on the other view.")),
        count => lines.push(format!("{count} more places are on the other view.")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::date;
    use super::super::super::sites::{self, SiteRow};
    use super::super::super::statement::ReportWindow;
    use super::super::tests::{assert_self_contained, class};
    use super::*;
    use crate::body_map::Laterality::{Both, Left};

    /// Each place on its first so many days, with a pain of six.
    fn summary(places: &[(BodyRegion, Option<Laterality>, i64)]) -> SiteSummary {
        let row = |day, (region, laterality, _): &(BodyRegion, Option<Laterality>, i64)| SiteRow {
            journal_date: date(day),
            region: *region,
            laterality: *laterality,
            intensity: Some(6),
        };
        let rows = places.iter().flat_map(|place| (0..place.2).map(move |day| row(day, place)));
        sites::summary(&rows.collect::<Vec<_>>(), ReportWindow::new(date(0), date(89)))
    }

    fn shade<'a>(svg: &'a str, id: &str) -> Option<&'a str> {
        let (_, after) = svg.split_once(&format!("<path id=\"{id}\" class=\"body-part"))?;
        after.strip_prefix(" body-shaded\" fill=\"")?.split('"').next()
    }

    #[test]
    fn places_are_shaded_in_three_steps_with_their_days() {
        let found = summary(&[
            (BodyRegion::LowBack, Some(Both), 12),
            (BodyRegion::Buttock, Some(Left), 8),
            (BodyRegion::Thigh, Some(Left), 4),
            (BodyRegion::Knee, None, 2),
            (BodyRegion::Widespread, None, 1),
            (BodyRegion::Abdomen, Some(Laterality::Midline), 1),
        ]);
        let svg = body_map_svg(&found, View::Back);
        assert_self_contained(&svg);
        assert_eq!(svg, body_map_svg(&found, View::Back));
        assert_eq!(shade(&svg, "low_back.left"), Some(STEPS[2].0));
        assert_eq!(shade(&svg, "low_back.right"), Some(STEPS[2].0));
        assert_eq!(shade(&svg, "buttock.left"), Some(STEPS[1].0));
        assert_eq!(shade(&svg, "thigh.left"), Some(STEPS[0].0));
        // What was not named has no shade, and a side that is not known is nowhere.
        assert_eq!([shade(&svg, "thigh.right"), shade(&svg, "knee.left")], [None, None]);
        assert_eq!(class(&svg, "days").matches(">12</text>").count(), 4);
        let notes = class(&svg, "notes");
        assert!(notes.contains("Not drawn: Knee, side not known (2 days);<"), "{notes}");
        assert!(notes.contains("1 more place is on the other view."));
        assert!(svg.contains(">Self-reported. 12 days with a place named</text>"));
        assert!(svg.contains("<title>Low back, your left: 12 of 12 days</title>"));
        assert_eq!(
            body_map_alt(&summary(&[(BodyRegion::Hip, Some(Left), 4)]), View::Front),
            "Self-reported. 4 days with a place named. Seen from the front: Hip, your left: 4 days \
             (100.0 percent, provisional), mean pain 6.0 of 4 days, provisional. Days without a \
             place are unknown, not free of pain."
        );
    }

    #[test]
    fn few_days_have_no_steps_and_none_have_no_shade() {
        let found = summary(&[(BodyRegion::Hip, Some(Left), 2), (BodyRegion::Neck, Some(Left), 1)]);
        let svg = body_map_svg(&found, View::Front);
        assert_self_contained(&svg);
        assert_eq!(shade(&svg, "hip.left"), Some(STEPS[0].0));
        assert!(class(&svg, "legend").contains("shares need 3 days"));
        for view in View::ALL {
            let svg = body_map_svg(&summary(&[]), view);
            assert_self_contained(&svg);
            assert!(!svg.contains("body-shaded") && !svg.contains("third"), "{svg}");
            assert!(svg.contains(">No place was named in this window</text>"));
        }
    }

    #[test]
    fn codes_of_a_later_version_are_told_and_not_drawn() {
        let mut found = summary(&[(BodyRegion::Hip, Some(Left), 5)]);
        found.sites[0].region = "<b>tail\"".into();
        let svg = body_map_svg(&found, View::Back);
        assert_self_contained(&svg);
        assert!(class(&svg, "notes").contains("&lt;b&gt;tail&quot;, your left (5 days)"), "{svg}");
        let all: Vec<_> = BodyRegion::all().map(|region| (region, None, 3)).collect();
        let notes = class(&body_map_svg(&summary(&all), View::Back), "notes").to_owned();
        assert_eq!(notes.matches("<text").count(), MOST_NOTES);
    }

    #[test]
    fn numbers_stand_on_their_own_side() {
        for view in View::ALL {
            for part in body_map::parts(view) {
                let (x, y) = part.centre();
                let is_on_left = (part.side == Left) == (view == View::Back);
                let right = f64::from(body_map::WIDTH);
                let (low, high) = match part.side {
                    Laterality::Midline => (right / 2.0 - 1.0, right / 2.0 + 1.0),
                    _ if is_on_left => (0.0, right / 2.0),
                    _ => (right / 2.0, right),
                };
                assert!(low < x && x < high, "{}: {x}", part.title());
                assert!(y > 0.0 && y < f64::from(body_map::HEIGHT), "{}: {y}", part.title());
            }
        }
    }
}
