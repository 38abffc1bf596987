//! Backups and what becomes of them: closed to others, never half, and never over a database.

use crate::support::Call;
use crate::support::cluster::Cluster;
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving, program, said};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const ANA: &str = "ana@example.org";

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

async fn sign_in(base: &str) -> String {
    let body = json!({"email": ANA, "password": PASSWORD, "device": {}});
    let answer = Call::new(base, "POST", "/v1/auth/login").json(&body).send().await;
    answer.json["tokens"]["access_token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_backup_beside_the_server_becomes_a_database_with_a_new_epoch() {
    let home = Home::with_database("backed-up");
    assert!(home.run(&["user", "create", ANA], PASSWORD).status.success());
    let server = Serving::start(&home, &[]);
    let token = sign_in(&server.base).await;
    let path = fresh("journal-entries");
    let entry = daily("2026-05-01", &json!({}));
    let put = Call::new(&server.base, "PUT", &path).bearer(&token).header("If-None-Match", "*");
    assert_eq!(put.json(&entry).send().await.status, 201);
    let page =
        Call::new(&server.base, "GET", "/v1/sync?last_pulled_at=0").bearer(&token).send().await;
    let cursor = page.json["timestamp"].as_i64().unwrap();

    let folder = home.path().join("backups");
    let made = home.run(&["backup", folder.to_str().unwrap()], "");
    assert!(made.status.success(), "{}", said(&made));
    let [dump] = &files(&folder)[..] else { panic!("{:?}", files(&folder)) };
    let name = dump.file_name().unwrap().to_str().unwrap();
    let time = name.strip_prefix("pain-journal-").and_then(|name| name.strip_suffix(".dump"));
    let time = chrono::NaiveDateTime::parse_from_str(time.unwrap(), "%Y%m%dT%H%M%SZ").unwrap();
    let age = chrono::Utc::now().naive_utc() - time;
    assert!((0..600).contains(&age.num_seconds()), "{name}");
    for (place, mode) in [(dump, 0o600), (&folder, 0o700)] {
        assert_eq!(fs::metadata(place).unwrap().permissions().mode() & 0o7777, mode, "{place:?}");
    }

    let dump = dump.to_str().unwrap();
    let over = home.run(&["restore", dump], "");
    let expected = format!("there is a database in {}: stop the server", home.text());
    assert!(!over.status.success() && said(&over).contains(&expected), "{}", said(&over));
    let restored = Home::fresh("restored-backup");
    let keyless = restored.run(&["restore", dump], "");
    assert!(!keyless.status.success() && !restored.path().exists(), "{}", said(&keyless));
    fs::create_dir(restored.path()).unwrap();
    fs::copy(home.path().join("secret"), restored.path().join("secret")).unwrap();
    let done = restored.run(&["restore", dump], "");
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&done).contains("the epoch is now 2"), "{}", said(&done));
    assert!(restored.is_quiet(), "the command left its database");

    let again = Serving::start(&restored, &[]);
    let token = sign_in(&again.base).await;
    assert_eq!(Call::new(&again.base, "GET", &path).bearer(&token).send().await.status, 200);
    let old = format!("/v1/sync?last_pulled_at={cursor}");
    let old = Call::new(&again.base, "GET", &old).bearer(&token).send().await;
    assert_eq!((old.status, &old.json["reason"]), (410, &json!("epoch_changed")), "{}", old.text);
}

#[test]
fn a_dump_that_fails_or_is_cut_off_leaves_nothing() {
    let home = Home::with_database("bad-dumps");
    let folder = home.path().join("backups");
    let programs = home.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let real = Cluster::get().bin_dir();
    for program in files(real) {
        symlink(&program, programs.join(program.file_name().unwrap())).unwrap();
    }
    let dump = programs.join("pg_dump");
    let real = real.join("pg_dump");
    let real = real.display();
    for fails in [
        format!("{real} \"$@\" | head -c 20000; exit 1"),
        format!("{real} \"$@\" > {0}; head -c -5000 {0}", home.path().join("whole").display()),
        "exit 0".to_owned(),
    ] {
        fs::remove_file(&dump).unwrap();
        fs::write(&dump, format!("#!/bin/sh\n{fails}\n")).unwrap();
        fs::set_permissions(&dump, fs::Permissions::from_mode(0o755)).unwrap();
        let mut backup = program(&["backup", folder.to_str().unwrap(), "--data-dir", home.text()]);
        let output = backup.env("PG_BIN_DIR", &programs).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{fails}: {}", said(&output));
        assert_eq!(files(&folder), Vec::<PathBuf>::new(), "{fails}");
    }
}

#[test]
fn what_is_no_backup_makes_no_database() {
    let home = Home::fresh("no-backup");
    fs::create_dir(home.path()).unwrap();
    let secret = home.path().join("secret");
    fs::write(&secret, "a-secret-for-a-restored-database-0815\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let file = home.path().join("notes.dump");
    fs::write(&file, "this is no dump").unwrap();
    let output = home.run(&["restore", file.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("pg_restore failed"), "{}", said(&output));
    assert!(!home.path().join("data").exists());
}
