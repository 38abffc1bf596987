//! The body map over the wire: the list and the drawings agree, and are kept by their ETags.

use crate::support::{Answer, Call, TestApp};
use pain_journal::body_map::{BodyRegion, View, draw};
use std::collections::BTreeSet;

async fn get(path: &str) -> Answer {
    Call::new(&TestApp::shared().base, "GET", path).send().await
}

/// The ids of the elements of a class.
fn ids<'a>(svg: &'a str, class: &str) -> BTreeSet<&'a str> {
    let tags = svg.split('<').filter(|tag| tag.contains(&format!("class=\"{class}\"")));
    tags.map(|tag| tag.split_once("id=\"").unwrap().1.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_list_names_every_region_and_the_elements_that_show_it() {
    let list = get("/v1/body-map").await;
    assert_eq!((list.status, list.json["version"].as_i64()), (200, Some(1)), "{}", list.text);
    let regions = list.json["regions"].as_array().unwrap();
    let codes: Vec<&str> = regions.iter().map(|region| region["code"].as_str().unwrap()).collect();
    assert_eq!(codes, BodyRegion::CODES);

    for view in ["front", "back"] {
        let svg = get(list.json["drawings"][view].as_str().unwrap()).await.text;
        let mut parts = BTreeSet::new();
        let mut groups = BTreeSet::new();
        for region in regions {
            let code = region["code"].as_str().unwrap();
            let elements = region["elements"].as_array().unwrap();
            let here: Vec<_> = elements.iter().filter(|element| element["view"] == view).collect();
            let views = region["views"].as_array().unwrap();
            assert_eq!(views.iter().any(|one| one == view), !here.is_empty(), "{region}");
            for element in here {
                let side = element["side"].as_str().unwrap();
                assert!(region["sides"].as_array().unwrap().contains(&side.into()), "{region}");
                assert_eq!(element["id"], format!("{code}.{side}"));
                parts.insert(element["id"].as_str().unwrap());
                groups.insert(code);
            }
        }
        assert_eq!((ids(&svg, "body-part"), ids(&svg, "body-region")), (parts, groups));
    }
}

#[tokio::test]
async fn a_region_says_which_sides_it_takes() {
    let list = get("/v1/body-map").await.json;
    let region = |code: &str| {
        let mut regions = list["regions"].as_array().unwrap().iter();
        regions.find(|region| region["code"] == code).unwrap().clone()
    };
    let low_back = region("low_back");
    assert_eq!(low_back["label"], "Low back");
    assert_eq!(low_back["views"], serde_json::json!(["back"]));
    assert_eq!(
        low_back["sides"],
        serde_json::json!(["left", "right", "both", "midline", "unknown"])
    );
    assert_eq!(
        low_back["elements"],
        serde_json::json!([
            {"view": "back", "side": "left", "id": "low_back.left"},
            {"view": "back", "side": "right", "id": "low_back.right"},
            {"view": "back", "side": "midline", "id": "low_back.midline"},
        ])
    );
    assert_eq!(region("sacrum")["sides"], serde_json::json!(["midline", "unknown"]));
    assert_eq!(region("widespread")["sides"], serde_json::json!([]));
    assert_eq!(region("other")["elements"], serde_json::json!([]));
    assert_eq!(list["sides"][0], serde_json::json!({"code": "left", "label": "your left"}));
}

#[tokio::test]
async fn the_drawings_are_pictures() {
    for view in View::ALL {
        let drawing = get(&format!("/v1/body-map/{}.svg", view.code())).await;
        assert_eq!((drawing.status, drawing.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(drawing.text, draw(view, |_, _| None));
    }
    let unknown = Call::new(&TestApp::shared().base, "GET", "/v1/body-map/side.svg");
    assert_eq!(unknown.unchecked().send().await.status, 404);
}

#[tokio::test]
async fn who_has_them_is_not_sent_them_again() {
    let mut etags = BTreeSet::new();
    for path in ["/v1/body-map", "/v1/body-map/front.svg", "/v1/body-map/back.svg"] {
        let first = get(path).await;
        assert!(etags.insert(first.etag().to_owned()), "{path}: {}", first.etag());
        for (known, status) in [(first.etag(), 304), ("\"s0000000000000000\"", 200)] {
            let call = Call::new(&TestApp::shared().base, "GET", path);
            let again = call.header("If-None-Match", known).send().await;
            assert_eq!((again.status, again.etag()), (status, first.etag()), "{path} {known}");
            assert_eq!(again.text.is_empty(), status == 304, "{path}");
        }
    }
}
