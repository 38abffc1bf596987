//! The pages: every route of the table that is for people × every kind of caller, known by a cookie. What must
//! happen follows from the table alone; what did happen is the other table in `tests/snapshots`.

use super::callers::{Caller, World};
use super::{Expected, LEGEND, Operation, compare, expected};
use crate::support::TestApp;
use pain_journal::access::PAGES_COOKIE;
use reqwest::redirect::Policy;
use std::fmt::Write as _;

/// Somebody in front of a page.
struct Visitor<'w> {
    name: &'static str,
    /// With whose addresses.
    caller: &'w Caller,
    /// What the browser sends.
    headers: Vec<(&'static str, String)>,
    /// What every page that needs somebody, and every form, makes of it, where that is not for the caller.
    refused: Option<u16>,
}

/// What is shown: status, where it leads, and the page.
#[derive(PartialEq)]
struct Shown {
    status: u16,
    location: String,
    text: String,
}

impl Shown {
    /// The refusal that it is, as the API would have it; none for what is shown to this caller.
    fn refusal(&self) -> Option<u16> {
        match self.status {
            303 if self.location.ends_with("clinic/sign-in") => Some(401),
            403 | 404 => Some(self.status),
            401 => panic!("a page that needs somebody leads to the sign-in: {}", self.text),
            _ => None,
        }
    }
}

/// The callers of the API with a cookie of the same device, and who has the wrong thing in hand.
fn visitors<'w>(app: &TestApp, world: &'w World) -> Vec<Visitor<'w>> {
    let mut visitors: Vec<Visitor<'_>> = Vec::new();
    for caller in &world.callers {
        let cookie = |token: &String| ("Cookie", app.page_cookie(token));
        let headers = caller.token.iter().map(cookie).collect();
        visitors.push(Visitor { name: caller.name, caller, headers, refused: None });
    }
    let reader = world.callers.iter().find(|caller| caller.records()).unwrap();
    let token = reader.token.as_deref().unwrap();
    let abroad =
        vec![("Cookie", app.page_cookie(token)), ("Sec-Fetch-Site", "cross-site".to_owned())];
    for (name, headers, refused) in [
        ("header", vec![("Authorization", format!("Bearer {token}"))], 401),
        ("token", vec![("Cookie", format!("{PAGES_COOKIE}={token}"))], 401),
        ("abroad", abroad, 403),
    ] {
        visitors.push(Visitor { name, caller: reader, headers, refused: Some(refused) });
    }
    visitors
}

/// What the table says that a visitor of a page gets.
fn wanted(page: &Operation, visitor: &Visitor<'_>) -> Option<u16> {
    let is_form = page.method == "POST";
    match (page.path, visitor.refused) {
        // Whatever happens, it leads there.
        ("/clinic/sign-out", _) => Some(401),
        // Those of the problems there are have routes of their own.
        ("/problems/{code}", _) => Some(404),
        (_, Some(403)) if is_form => Some(403),
        (_, Some(401)) if page.bearer => Some(401),
        _ => match expected(page, visitor.caller) {
            Expected::Allowed => None,
            Expected::Refused(status, _) => Some(status),
        },
    }
}

async fn visit(world: &World, page: &Operation, path: &str, visitor: &Visitor<'_>) -> Shown {
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let mut request = client.request(page.method.parse().unwrap(), format!("{}{path}", world.base));
    for (name, value) in &visitor.headers {
        request = request.header(*name, value);
    }
    if page.method == "POST" {
        let form = "application/x-www-form-urlencoded";
        request = request.header("Content-Type", form).body("from=2026-10-01&to=2026-10-31");
    }
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location").map_or("", |to| to.to_str().unwrap());
    let (status, location) = (answer.status().as_u16(), location.to_owned());
    Shown { status, location, text: String::from_utf8_lossy(&answer.bytes().await.unwrap()).into() }
}

#[tokio::test]
async fn t066_t078_every_caller_gets_what_the_route_table_says_of_every_page() {
    let app = TestApp::shared();
    let world = World::make(&app).await;
    let visitors = visitors(&app, &world);
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for page in Operation::pages() {
        let mut answers: Vec<(String, Vec<&str>)> = Vec::new();
        for visitor in &visitors {
            let Some(path) = world.path(&page, visitor.caller) else { continue };
            let shown = visit(&world, &page, &path, visitor).await;
            let (wanted, got) = (wanted(&page, visitor), shown.refusal());
            if wanted != got {
                let (method, path) = (&page.method, page.path);
                faults.push(format!("{method} {path} as {}: {wanted:?} → {got:?}", visitor.name));
            }
            if wanted == Some(404) && page.through_share {
                let unknown = visit(&world, &page, &World::nowhere(&path), visitor).await;
                assert!(shown == unknown, "{path} shows that there is something");
            }
            // What is frozen has an id.
            let place = shown.location.split("frozen/").next().unwrap_or_default();
            let answer = format!("{} {place}", shown.status).trim_end().to_owned();
            match answers.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, names)) => names.push(visitor.name),
                None => answers.push((answer, vec![visitor.name])),
            }
        }
        let mut row = format!("{:<4} {}", page.method, page.path);
        for (answer, names) in &answers {
            if names.len() == visitors.len() {
                write!(row, "  {answer} everybody").unwrap();
            } else {
                write!(row, "\n       {answer:<33} {}", names.join(" ")).unwrap();
            }
        }
        row.push('\n');
        rows.push((page.path, row));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    rows.sort();
    let (_, callers) = LEGEND.split_once("\n\n").unwrap();
    let rows: String = rows.into_iter().map(|(_, row)| row).collect();
    compare("pages.txt", &format!("{ABOUT}\n{callers}{MORE}\n{rows}"));
}

const ABOUT: &str = "\
Who may see which page: the status of each answer of a real server and where it leads, by page and caller.
Written by the tests in tests/it/matrix/pages.rs when UPDATE_SNAPSHOTS is set. A way to the sign-in and 403
refuse the caller, 404 hides what is not his. All have a cookie of the pages, patients too, who get none.
";

const MORE: &str = "  header     as recording, with an access token in the header and no cookie
  token      as recording, with an access token as the cookie
  abroad     as recording, from a page of another site
";

#[test]
fn no_page_needs_what_only_an_app_can_do() {
    for page in Operation::pages() {
        assert!(!page.step_up && !page.recording, "{}", page.path);
        assert_eq!(page.through_share, page.path.contains("{share_id}"), "{}", page.path);
        // What a cookie opens, and every form, is asked where it comes from.
        assert_eq!(page.path.starts_with("/clinic"), page.on_pages, "{}", page.path);
        assert!(page.method == "GET" || page.on_pages, "{}", page.path);
    }
}
