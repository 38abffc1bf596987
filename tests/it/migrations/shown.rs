//! Shares of before the version that shows whose journal it is: they show nobody until the patient agrees.

use super::filled::{at_version, before, donor, fill, folders, sign_in};
use crate::support::{Call, TestApp};
use chrono::{Duration, Utc};
use pain_journal::db::migrate;
use serde_json::{Value, json};

#[tokio::test]
async fn a_share_of_before_shows_neither_name_nor_year_until_the_patient_agrees() {
    let newest = donor().await;
    let folders = folders();
    let until = before(&folders, "2026-11-28-001200_whose_journal");
    let (database, url, sql) = at_version(&folders, until).await;
    fill(&sql, &newest).await;
    let shares =
        "UPDATE pj.shares SET state = 'active', expires_at = '2999-01-01' RETURNING id::text";
    let share: String = sql.query(shares, &[]).await.unwrap()[0].get(0);
    sql.batch_execute(
        "UPDATE pj.accounts SET display_name = 'Ana Weber', year_of_birth = 1980 \
         WHERE email = 'ana@demo.example'",
    )
    .await
    .unwrap();
    assert_eq!(migrate::run(&url).unwrap(), folders.len() - until);

    let app = TestApp::of(database);
    let ana = sign_in(&app).await;
    let body =
        json!({"email": "lind@demo.example", "password": "demo-silver-needle", "device": {}});
    let lind = app.call("POST", "/v1/auth/login").json(&body).send().await;
    let lind = lind.json["tokens"]["access_token"].as_str().unwrap().to_owned();
    let path = format!("/v1/shares/{share}");
    let read = async |token: &str| {
        let answer = Call::new(&app.base, "GET", &path).bearer(token).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    };
    let nobody = json!({"display_name": null, "year_of_birth": null});
    let own = read(&ana).await;
    assert_eq!(
        (&own.json["show_name"], &own.json["show_year_of_birth"]),
        (&json!(false), &json!(false))
    );
    let seen = read(&lind).await;
    assert!([&nobody, &Value::Null].contains(&&seen.json["patient"]), "{}", seen.text);
    assert!(!seen.text.contains("Weber") && !seen.text.contains("1980"), "{}", seen.text);

    // A change that says nothing of it is no agreement; one that does is.
    let mut terms = json!({});
    for name in ["label", "sections", "from_date", "to_date", "expires_at"] {
        terms[name] = own.json[name].clone();
    }
    terms["expires_at"] = json!(Utc::now() + Duration::days(300));
    for agreed in [false, true] {
        if agreed {
            terms["show_name"] = json!(true);
            terms["show_year_of_birth"] = json!(true);
        }
        let stands = read(&ana).await;
        let change = Call::new(&app.base, "PUT", &path).bearer(&ana);
        let changed = change.header("If-Match", stands.etag()).json(&terms).send().await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let seen = read(&lind).await;
        let whole = json!({"display_name": "Ana Weber", "year_of_birth": 1980});
        assert_eq!(seen.json["patient"] == whole, agreed, "{}", seen.text);
        assert_eq!(seen.text.contains("Weber"), agreed, "{}", seen.text);
    }
}
