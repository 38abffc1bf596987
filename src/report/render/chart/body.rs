//! Where it hurt, on the body map: both views, their places shaded in three steps by their share of
//! the days on which any place was named, and the places named most in words.

use super::labels::fitted;
use super::svg::{self, Anchor, Frame, Svg};
use crate::body_map::{self, BodyRegion, Fill, Laterality, View};
use crate::language::Language;
use crate::report::rules::pain::sites::{SiteSummary, SiteUse};
use crate::report::rules::statement::Status;

const WIDTH: f64 = 480.0;
const EDGE: f64 = 8.0;
const LINE: f64 = 16.5;
/// Room below the last of it.
const BELOW: f64 = 5.0;
/// How much smaller the views are than the map that is tapped on.
const SCALE: f64 = 0.20;
/// Top of the views, below what stands above them.
const BODY: f64 = 34.0;
/// Left edges of the views, and of the words beside them.
const VIEWS: [(View, f64, &str); 2] =
    [(View::Back, EDGE, "chart.body.back"), (View::Front, 114.0, "chart.body.front")];
const WORDS: f64 = 226.0;
/// Places that are told in words; the rest is counted.
const MOST_PLACES: usize = 4;

/// The steps from light to dark, far enough apart for grey print.
const STEPS: [(&str, &str); 3] = [
    ("#f3c79b", "chart.body.third"),
    ("#d07d33", "chart.body.two_thirds"),
    ("#80300a", "chart.body.most"),
];

/// Draws the places of a summary as an SVG document: shaded on the back and on the front by their
/// share of the days with a place named, and listed with their days. The same summary gives the
/// same bytes.
pub fn body_map_svg(summary: &SiteSummary, language: &Language) -> String {
    let words = |key: &str| language.text(key, &[]);
    let title = words("chart.body.title");
    let mut svg = Svg::part();
    let behind = format!("{} {}", behind(summary, language), words("chart.body.sides"));
    svg.text((EDGE, 14.0), svg::LEAST, Anchor::Start, svg::MUTED, &behind);
    let size = [body_map::WIDTH, body_map::HEIGHT].map(|units| f64::from(units) * SCALE);
    for (view, left, name) in VIEWS {
        let shade = |region, side| fill(summary, region, side, language);
        let called = |region, side| place(region, side, language);
        let figure = body_map::figure(view, shade, called);
        // Its own words would be too small here.
        let body = figure.elements.split_once("<path class=\"body-silhouette\"");
        let body = body
            .map_or_else(String::new, |(_, rest)| format!("<path class=\"body-silhouette\"{rest}"));
        svg.scaled((left, BODY), SCALE, &body);
        let sides = ["left", "right"].map(|side| words(&format!("chart.body.side.{side}")));
        let [left_of_it, right_of_it] = &sides;
        let (start, end) = match view {
            View::Back => (left_of_it, right_of_it),
            View::Front => (right_of_it, left_of_it),
        };
        let middle = left + size[0] / 2.0;
        svg.text((middle, 31.0), svg::LEAST, Anchor::Middle, svg::INK, &words(name));
        svg.text((left, 46.0), svg::LEAST, Anchor::Start, svg::MUTED, start);
        svg.text((left + size[0], 46.0), svg::LEAST, Anchor::End, svg::MUTED, end);
    }

    svg.group("legend");
    let mut y = 44.0;
    for (colour, name) in legend_names(summary) {
        svg.swatch((WORDS, y - 10.0), (18.0, 12.0), colour);
        svg.text((WORDS + 24.0, y), svg::LEAST, Anchor::Start, svg::INK, &words(name));
        y += LINE;
    }
    svg.end_group();
    svg.group("places");
    y += 12.0;
    let width = WIDTH - WORDS - EDGE;
    // Those of one day alone are told together, below the picture.
    let places: Vec<&SiteUse> = summary.sites.iter().filter(|site| site.days > 1).collect();
    for site in places.iter().take(MOST_PLACES) {
        let days = language.counted("chart.days", site.days);
        let room = width - svg::text_width(&days, svg::LEAST) - 8.0;
        let name = fitted(&self::title(site, language), svg::LEAST, room);
        svg.text((WORDS, y), svg::LEAST, Anchor::Start, svg::INK, &name);
        svg.text((WIDTH - EDGE, y), svg::LEAST, Anchor::End, svg::INK, &days);
        y += LINE;
    }
    if let Some(more) = places.len().checked_sub(MOST_PLACES).filter(|more| *more > 0) {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        let more = language.counted("chart.body.more_places", more);
        svg.text((WORDS, y), svg::LEAST, Anchor::Start, svg::MUTED, &more);
        y += LINE;
    }
    svg.end_group();
    // As high as the views and the words beside them.
    let height = (BODY + size[1]).max(y - LINE) + BELOW;
    let frame = Frame { id: "pain-sites", size: (WIDTH, height) };
    let mut whole = Svg::open(frame, language, &title, &body_map_alt(summary, language));
    whole.insert(&svg);
    whole.close()
}

/// The same in words: every place with its days, of how many, and its intensity.
pub fn body_map_alt(summary: &SiteSummary, language: &Language) -> String {
    let mut sentences = vec![behind(summary, language)];
    if !summary.sites.is_empty() {
        let places: Vec<String> = summary.sites.iter().map(|site| told(site, language)).collect();
        sentences.push(format!("{}.", places.join("; ")));
    }
    sentences.push(language.text("chart.body.unknown", &[]));
    sentences.join(" ")
}

/// How much stands behind the picture.
fn behind(summary: &SiteSummary, language: &Language) -> String {
    match summary.days_with_sites {
        ..=0 => language.text("chart.body.none", &[]),
        days => language.counted("chart.body.named", days),
    }
}

fn told(site: &SiteUse, language: &Language) -> String {
    let (place, days) = (title(site, language), language.counted("chart.days", site.days));
    let share = &site.share;
    let mut told = if share.value.is_none() {
        language.text("chart.body.place", &[("place", &place), ("days", &days)])
    } else {
        // As the days it is made of: four of them bear no percentage.
        let (part, all) = (site.days.to_string(), share.n.to_string());
        let provisional = provisional(share.status, language);
        let values = [
            ("place", place.as_str()),
            ("part", &part),
            ("all", &all),
            ("provisional", &provisional),
        ];
        language.text("chart.body.place.share", &values)
    };
    let intensity = &site.mean_intensity;
    if let Some(mean) = &intensity.value_text {
        let (mean, days) = (language.number(mean), language.counted("chart.days", intensity.n));
        let provisional = provisional(intensity.status, language);
        let values = [("mean", mean.as_str()), ("days", &days), ("provisional", &provisional)];
        told.push_str(", ");
        told.push_str(&language.text("chart.body.pain", &values));
    }
    told
}

fn provisional(status: Status, language: &Language) -> String {
    if status == Status::Provisional {
        format!(", {}", language.text("chart.provisional", &[]))
    } else {
        String::new()
    }
}

/// The name of a place on the patient's own side; codes that are not known stand for themselves.
pub fn title(site: &SiteUse, language: &Language) -> String {
    let region = BodyRegion::from_code(&site.region.0);
    let name = match region {
        Some(region) => language.code("region", region.code()),
        None => site.region.0.clone(),
    };
    let side = Laterality::from_code(&site.laterality.0);
    // What has no side is not without a known one.
    if side == Some(Laterality::Unknown) && region.is_some_and(has_no_side) {
        return name;
    }
    sided(&name, &language.code("side", &site.laterality.0), language)
}

/// A place of the drawing, or the whole region.
fn place(region: BodyRegion, side: Option<Laterality>, language: &Language) -> String {
    let name = language.code("region", region.code());
    match side {
        Some(side) => sided(&name, &language.code("side", side.code()), language),
        None => name,
    }
}

fn sided(region: &str, side: &str, language: &Language) -> String {
    language.text("chart.body.sided", &[("region", region), ("side", side)])
}

fn has_no_side(region: BodyRegion) -> bool {
    region.sides() == body_map::Sides::None
}

fn is_of(site: &SiteUse, region: BodyRegion, side: Laterality) -> bool {
    site.region.0 == region.code() && site.laterality.0 == side.code()
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

fn fill(
    summary: &SiteSummary,
    region: BodyRegion,
    side: Laterality,
    language: &Language,
) -> Option<Fill> {
    let site = find(summary, region, side)?;
    let (colour, _) = STEPS.get(step(summary, site))?;
    let (count, all) = (site.days.to_string(), summary.days_with_sites);
    let all = language.counted("chart.days", all);
    let words = language.text("chart.body.shade", &[("count", &count), ("days", &all)]);
    Some(Fill { colour: (*colour).to_owned(), words })
}

fn legend_names(summary: &SiteSummary) -> Vec<(&'static str, &'static str)> {
    if summary.sites.is_empty() {
        return Vec::new();
    }
    if has_shares(summary) {
        return STEPS.to_vec();
    }
    vec![(STEPS[0].0, "chart.body.few")]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_self_contained, class};
    use super::*;
    use crate::body_map::Laterality::{Both, Left};
    use crate::report::rows::SiteRow;
    use crate::report::rules::fixtures::date;
    use crate::report::rules::pain::sites;
    use crate::report::rules::statement::ReportWindow;

    /// Each place on its first so many days, with a pain of six.
    fn summary(places: &[(BodyRegion, Option<Laterality>, i64)]) -> SiteSummary {
        let row = |day, (region, laterality, _): &(BodyRegion, Option<Laterality>, i64)| {
            let site = SiteRow { region: *region, laterality: *laterality, intensity: Some(6) };
            (date(day), site)
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
            (BodyRegion::Knee, None, 5),
            (BodyRegion::Widespread, None, 1),
            (BodyRegion::Abdomen, Some(Laterality::Midline), 1),
        ]);
        let svg = body_map_svg(&found, Language::english());
        assert_self_contained(&svg);
        assert_eq!(svg, body_map_svg(&found, Language::english()));
        assert_eq!(shade(&svg, "low_back.left"), Some(STEPS[2].0));
        assert_eq!(shade(&svg, "low_back.right"), Some(STEPS[2].0));
        assert_eq!(shade(&svg, "buttock.left"), Some(STEPS[1].0));
        assert_eq!(shade(&svg, "thigh.left"), Some(STEPS[0].0));
        // What was not named has no shade, and a side that is not known is nowhere.
        assert_eq!([shade(&svg, "thigh.right"), shade(&svg, "knee.left")], [None, None]);
        let places = class(&svg, "places");
        assert!(places.contains(">Low back, left</text>") && places.contains(">12 days</text>"));
        assert!(places.contains(">Knee, side not known</text>"), "{places}");
        assert!(svg.contains(">Self-reported. 12 days with a place named. Sides are the"));
        assert_eq!(
            body_map_alt(&summary(&[(BodyRegion::Hip, Some(Left), 4)]), Language::english()),
            "Self-reported. 4 days with a place named. Hip, left: 4 of 4 days, provisional, \
             mean pain 6.0 of 4 days, provisional. Days without a place are unknown, \
             not free of pain."
        );
    }

    #[test]
    fn few_days_have_no_steps_and_none_have_no_shade() {
        let found = summary(&[(BodyRegion::Hip, Some(Left), 2), (BodyRegion::Neck, Some(Left), 1)]);
        let svg = body_map_svg(&found, Language::english());
        assert_self_contained(&svg);
        assert_eq!(shade(&svg, "hip.left"), Some(STEPS[0].0));
        assert!(class(&svg, "legend").contains("shares need 3 days"));
        let svg = body_map_svg(&summary(&[]), Language::english());
        assert_self_contained(&svg);
        assert!(!svg.contains("body-shaded") && !svg.contains("third"), "{svg}");
        assert!(svg.contains(">No place was named in this window. "));
    }

    #[test]
    fn codes_of_a_later_version_are_told_and_not_drawn() {
        let mut found = summary(&[(BodyRegion::Hip, Some(Left), 5)]);
        found.sites[0].region = "<b>tail\"".into();
        let svg = body_map_svg(&found, Language::english());
        assert_self_contained(&svg);
        assert!(class(&svg, "places").contains("&lt;b&gt;tail&quot;, left<"), "{svg}");
        let all: Vec<_> = BodyRegion::all().map(|region| (region, None, 3)).collect();
        let svg = body_map_svg(&summary(&all), Language::english());
        let places = class(&svg, "places");
        assert_eq!(places.matches("<text").count(), 2 * MOST_PLACES + 1);
        assert!(places.contains(&format!(">and {} more places<", all.len() - MOST_PLACES)));
    }
}
