//! A night on the day of the earlier rule, which took the start of the journal's day off: apps send it with
//! what they wrote or pulled then. It is settled on the date of waking, and nothing of it is refused.

use super::support::{changes, edit, head, pull, push};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// 2 May 2026, 03:30 in Berlin: of 1 May by the earlier rule.
const RISEN: i64 = 1_777_685_400_000;

fn night(id: Uuid, day: &str) -> Value {
    json!({"id": id, "time_zone": "Europe/Berlin", "bed_at": RISEN - 6 * 3_600_000, "rise_at": RISEN,
        "journal_date": day})
}

async fn pulled(ana: &Person, id: Uuid) -> Value {
    let page = pull(ana, 0).await;
    let rows = page["changes"]["sleep_records"]["updated"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == json!(id)).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_new_night_on_the_earlier_rules_day_is_settled_and_sent_back() {
    let app = TestApp::shared();
    let ana = app.patient("early").await;
    let (old, new, wrong) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let rows = [night(old, "2026-05-01"), night(new, "2026-05-02"), night(wrong, "2026-04-30")];
    let answer = push(&ana, 0, changes("sleep_records", "created", &rows)).await;
    let rejected = answer["rejected"].as_array().unwrap();
    let rejected: Vec<&Value> = rejected.iter().map(|one| &one["id"]).collect();
    assert_eq!(json!(rejected), json!([wrong]), "neither day of any rule: {answer}");
    let records = answer["records"].as_array().unwrap();
    let back = records.iter().find(|one| one["id"] == json!(old)).unwrap_or(&Value::Null);
    assert!(back.to_string().contains("2026-05-02"), "the app learns of the day: {answer}");
    assert_eq!(pulled(&ana, old).await["journal_date"], "2026-05-02");
    assert_eq!(pulled(&ana, new).await["journal_date"], "2026-05-02");
}

#[tokio::test]
async fn an_edit_that_carries_the_earlier_rules_day_keeps_the_night_on_the_date_of_waking() {
    let app = TestApp::shared();
    let ana = app.patient("early").await;
    let id = Uuid::now_v7();
    push(&ana, 0, changes("sleep_records", "created", &[night(id, "2026-05-02")])).await;
    let cursor = head(&ana).await;
    // A row that was pulled before the rule changed, with one field edited; then a client that names all.
    let mut row = night(id, "2026-05-01");
    row["_status"] = json!("updated");
    row["_changed"] = json!("quality");
    row["quality"] = json!(4);
    let whole = edit(id, &json!({"journal_date": "2026-05-01", "rise_at": RISEN, "awakenings": 2}));
    for row in [row, whole] {
        let answer = push(&ana, cursor, changes("sleep_records", "updated", &[row])).await;
        assert_eq!(answer["rejected"], json!([]), "{answer}");
    }
    let row = pulled(&ana, id).await;
    assert_eq!(
        (&row["journal_date"], &row["quality"], &row["awakenings"]),
        (&json!("2026-05-02"), &json!(4), &json!(2))
    );
}
