//! Lists: their order, their pages, their filters, and cursors that are good for one list only.

use crate::records::{merged, samples};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

const ENTRIES: &str = "/v1/journal-entries";

/// An entry of a day of June 2025; answers it as stored.
async fn entry(person: &Person, day: u32) -> Value {
    let body = daily(&format!("2025-06-{day:02}"), &json!({"steps": 900}));
    let made = person.create(&fresh("journal-entries"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json
}

/// Entries on days that repeat, in an order that is neither theirs nor its reverse.
async fn diary(person: &Person, count: u32) -> Vec<Value> {
    let mut made = Vec::new();
    for number in 0..count {
        made.push(entry(person, 1 + number * 7 % 10).await);
    }
    made.sort_by_key(|record| std::cmp::Reverse(place(record)));
    made
}

fn place(record: &Value) -> (String, String) {
    let text = |name: &str| record[name].as_str().unwrap().to_owned();
    (text("journal_date"), text("id"))
}

/// Page after page; `between` runs before every further page.
async fn walk(
    person: &Person,
    list: &str,
    limit: usize,
    mut between: impl AsyncFnMut(&Answer),
) -> Vec<Value> {
    let separator = if list.contains('?') { '&' } else { '?' };
    let mut seen = Vec::new();
    let mut next = format!("{list}{separator}limit={limit}");
    loop {
        let page = person.get(&next).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let data = page.json["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        seen.extend(data.iter().cloned());
        assert!(seen.len() < 500, "the list does not end");
        let cursor = page.json["next_cursor"].as_str();
        assert_eq!(page.json["has_more"], cursor.is_some());
        let Some(cursor) = cursor else { return seen };
        assert_eq!(data.len(), limit, "a page before the last is full");
        next = format!("{list}{separator}limit={limit}&cursor={cursor}");
        between(&page).await;
    }
}

#[tokio::test]
async fn a_list_has_the_newest_day_first_and_pages_of_any_size_hold_it_once() {
    let ana = TestApp::shared().patient("ana").await;
    let whole = diary(&ana, 23).await;
    assert_eq!(ana.get(ENTRIES).await.json["data"], json!(whole));
    for limit in [1, 2, 7, 22, 23, 24, 200] {
        assert_eq!(walk(&ana, ENTRIES, limit, async |_| ()).await, whole, "{limit}");
    }
}

#[tokio::test]
async fn every_collection_lists_what_is_alive_and_only_its_own() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    for sample in samples() {
        let list = format!("/v1/{}", sample.path);
        let empty = json!({"data": [], "has_more": false, "next_cursor": null});
        assert_eq!(ana.get(&list).await.json, empty);
        eve.create(&fresh(sample.path), &sample.body).await;
        let kept = ana.create(&fresh(sample.path), &sample.body).await;
        let gone = fresh(sample.path);
        ana.create(&gone, &sample.other).await;
        ana.delete(&gone).await;
        assert_eq!(ana.get(&list).await.json["data"], json!([kept.json]));
    }
}

#[tokio::test]
async fn what_stays_is_listed_once_while_other_records_come_and_go() {
    for limit in [1, 2, 3] {
        let ana = TestApp::shared().patient("ana").await;
        let mut stays = diary(&ana, 12).await;
        let doomed = stays.split_off(9);
        let mut doomed = doomed.iter().map(|record| record["id"].as_str().unwrap());
        let seen = walk(&ana, ENTRIES, limit, async |page| {
            // One comes before all that is left, one behind it; one that is still ahead goes, and
            // so does the one that the cursor stands on.
            entry(&ana, 28).await;
            entry(&ana, 1).await;
            let last = page.json["data"].as_array().unwrap().last().unwrap();
            for id in doomed.next().into_iter().chain(last["id"].as_str()) {
                assert_eq!(ana.delete(&format!("{ENTRIES}/{id}")).await.status, 204);
            }
        })
        .await;
        let places: Vec<_> = seen.iter().map(place).collect();
        assert!(places.is_sorted_by(|a, b| a > b), "in order, so none twice: {places:?}");
        for record in &stays {
            assert!(places.contains(&place(record)), "{record} is missing");
        }
        assert!(
            !places.iter().any(|(day, _)| day == "2025-06-28"),
            "what came before stays unseen"
        );
    }
}

#[tokio::test]
async fn from_and_to_are_days_of_the_journal_and_both_are_included() {
    let ana = TestApp::shared().patient("ana").await;
    let whole = diary(&ana, 20).await;
    let within = |from: &str, to: &str| -> Vec<Value> {
        let holds = |record: &&Value| {
            let day = record["journal_date"].as_str().unwrap();
            from <= day && day <= to
        };
        whole.iter().filter(holds).cloned().collect()
    };
    for (query, from, to) in [
        ("from=2025-06-04&to=2025-06-07", "2025-06-04", "2025-06-07"),
        ("from=2025-06-05", "2025-06-05", "9999-12-31"),
        ("to=2025-06-05", "0001-01-01", "2025-06-05"),
        ("from=2025-06-05&to=2025-06-05", "2025-06-05", "2025-06-05"),
        ("from=2024-01-01&to=2024-12-31", "2024-01-01", "2024-12-31"),
        ("from=0001-01-01&to=9999-12-31", "0001-01-01", "9999-12-31"),
    ] {
        let wanted = within(from, to);
        let list = format!("{ENTRIES}?{query}");
        assert_eq!(ana.get(&list).await.json["data"], json!(wanted), "{query}");
        assert_eq!(walk(&ana, &list, 3, async |_| ()).await, wanted, "{query}");
    }
    let moment = merged(
        &daily("2025-06-12", &json!({})),
        &json!({"kind": "momentary",
        "effective_at": "2025-06-13T01:59:59Z"}),
    );
    ana.create(&fresh("journal-entries"), &moment).await;
    let night = ana.get(&format!("{ENTRIES}?from=2025-06-12&to=2025-06-12")).await;
    assert_eq!(night.json["data"].as_array().unwrap().len(), 1, "the day lasts until 04:00");
}

#[tokio::test]
async fn t063_a_list_cannot_be_asked_in_any_other_way() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let shared = format!("/v1/patients/{share}/journal-entries");
    for (query, parameters) in [
        ("limit=0", vec!["limit"]),
        ("limit=201", vec!["limit"]),
        ("limit=-1", vec!["limit"]),
        ("limit=1.5", vec!["limit"]),
        ("limit=zaunkoenig", vec!["limit"]),
        ("limit=", vec!["limit"]),
        ("limit=1%00", vec!["limit"]),
        ("limit=99999999999999999999", vec!["limit"]),
        ("limit=1&limit=1", vec!["limit"]),
        ("limit[]=1", vec!["limit[]"]),
        ("from=2025-02-30", vec!["from"]),
        ("from=today", vec!["from"]),
        ("from=2025-06-01T00:00:00Z", vec!["from"]),
        ("to=", vec!["to"]),
        ("from=2025-06-02&to=2025-06-01", vec!["to"]),
        ("from=x&to=y&limit=z", vec!["from", "to", "limit"]),
        ("FROM=2025-06-01", vec!["FROM"]),
        ("offset=3", vec!["offset"]),
        ("access_token=zaunkoenig", vec!["access_token"]),
        ("patient_id=0195a3c2-0000-7000-8000-00000000000a", vec!["patient_id"]),
        ("share_id=0195a3c2-0000-7000-8000-00000000000a", vec!["share_id"]),
        ("a=1&b=2", vec!["a", "b"]),
        ("limit", vec!["limit"]),
        ("%ff=1", vec!["\u{fffd}"]),
    ] {
        for (reader, list) in [(&ana, ENTRIES), (&lind, shared.as_str())] {
            let answer = reader.get(&format!("{list}?{query}")).await;
            assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
            let errors = answer.json["errors"].as_array().unwrap();
            let named: Vec<&str> =
                errors.iter().map(|error| error["parameter"].as_str().unwrap()).collect();
            assert_eq!(named, parameters, "{query}");
            assert!(errors.iter().all(|error| error["in"] == "query"));
            assert!(!answer.text.contains("zaunkoenig"), "an echo: {}", answer.text);
        }
    }
    for list in [format!("{ENTRIES}?"), format!("{ENTRIES}?&"), format!("{ENTRIES}?limit=0200")] {
        assert_eq!(ana.get(&list).await.status, 200, "{list}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_one_person_one_list_and_one_filter() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    let lind = app.practitioner("lind").await;
    let share = ana.share_with(&lind, &["pain"]).await;
    let shared = format!("/v1/patients/{share}/journal-entries");
    diary(&ana, 5).await;
    diary(&eve, 5).await;
    let cursor_of = async |person: &Person, list: &str| -> String {
        let page = person.get(list).await;
        page.json["next_cursor"].as_str().unwrap_or_else(|| panic!("{}", page.text)).to_owned()
    };
    let own = cursor_of(&ana, &format!("{ENTRIES}?limit=2")).await;
    let filtered = cursor_of(&ana, &format!("{ENTRIES}?limit=2&from=2025-06-01")).await;
    let eves = cursor_of(&eve, &format!("{ENTRIES}?limit=2")).await;
    let linds = cursor_of(&lind, &format!("{shared}?limit=2")).await;
    for good in [
        format!("{ENTRIES}?cursor={own}"),
        format!("{ENTRIES}?limit=1&cursor={own}"),
        format!("{ENTRIES}?from=2025-06-01&cursor={filtered}"),
    ] {
        assert_eq!(ana.get(&good).await.status, 200, "{good}");
    }
    assert_eq!(lind.get(&format!("{shared}?cursor={linds}")).await.status, 200);

    let mut flipped = own.clone().into_bytes();
    flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for (reader, list, cursor) in [
        (&ana, ENTRIES, eves.as_str()),
        (&ana, ENTRIES, &linds),
        (&ana, ENTRIES, &filtered),
        (&ana, ENTRIES, &flipped),
        (&ana, ENTRIES, &own[1..]),
        (&ana, ENTRIES, ""),
        (&ana, ENTRIES, "%20"),
        (&ana, ENTRIES, "AAAA"),
        (&ana, ENTRIES, "' OR 1=1 --"),
        (&ana, &format!("{ENTRIES}?from=2025-06-01"), &own),
        (&ana, &format!("{ENTRIES}?from=2025-06-02"), &filtered),
        (&ana, "/v1/sleep-records", &own),
        (&ana, "/v1/me/access-log", &own),
        (&lind, &shared, &own),
    ] {
        let separator = if list.contains('?') { '&' } else { '?' };
        let answer = reader.get(&format!("{list}{separator}cursor={cursor}")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_cursor"), "{list} {cursor}");
    }
}

#[tokio::test]
async fn a_share_list_pages_through_its_window_and_sections_only() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let whole = diary(&ana, 20).await;
    let terms = json!({"from_date": "2025-06-03", "to_date": "2025-06-08"});
    let invitation = ana.invite(&["mobility"], &terms).await;
    let redeemed = lind.post("/v1/shares/redeem", &json!({"code": invitation["code"]})).await;
    let share = redeemed.json["share_id"].as_str().unwrap();
    ana.call("POST", &format!("/v1/shares/{share}/confirm")).send().await;
    let shared = format!("/v1/patients/{share}/journal-entries");
    let wanted: Vec<&Value> = whole
        .iter()
        .filter(|record| {
            ("2025-06-03".."2025-06-09").contains(&record["journal_date"].as_str().unwrap())
        })
        .collect();
    for limit in [1, 5, 200] {
        let seen = walk(&lind, &shared, limit, async |_| ()).await;
        assert_eq!(seen.len(), wanted.len());
        for (seen, record) in seen.iter().zip(&wanted) {
            assert_eq!(place(seen), place(record));
            assert_eq!(seen["pain_average"], Value::Null, "pain is not open");
        }
    }
    let closed = lind.get(&format!("/v1/patients/{share}/sleep-records")).await;
    assert_eq!((closed.status, closed.code()), (404, "not_found"));
}
