//! The commands about keys: those that sign access tokens, and the master secret.

use super::{say, with_app, with_database};
use crate::auth::{self, SecretChange};
use crate::config::{DatabaseArgs, Mode};
use crate::credentials::keys::{KEEP_PREVIOUS, KeyRing, KeyState};
use crate::credentials::random::SystemRandom;
use crate::credentials::secret::{MasterSecret, StagedSecret};
use crate::db::migrate;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use secrecy::zeroize::Zeroizing;
use std::io::IsTerminal;

#[derive(Debug, Args)]
pub(super) struct RotateKeysArgs {
    /// Also end every token issued so far; for a key that may be in other hands.
    #[arg(long)]
    emergency: bool,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub(super) struct RotateSecretArgs {
    /// The secret in use is lost, or in other hands: make new keys, and sign everybody out.
    #[arg(long)]
    lost: bool,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
}

pub(super) fn rotate_keys(args: &RotateKeysArgs) -> Result<(), String> {
    with_app(&args.database, async |app| {
        let ring = app.rotate_keys(args.emergency).await?;
        tell_of(&ring, args.emergency);
        Ok(())
    })
}

fn tell_of(ring: &KeyRing, emergency: bool) {
    say("running servers look for changed keys once a second; from then on:");
    for key in ring.keys() {
        let kid = key.key.kid();
        match (key.state, key.retired_at) {
            (KeyState::Current, _) => say(&format!("key {kid} signs")),
            (KeyState::Next, _) => say(&format!("key {kid} is published, and signs next")),
            (KeyState::Previous, Some(retired)) => {
                let end = time(retired + KEEP_PREVIOUS);
                say(&format!("key {kid} signs no more, and verifies until {end}"));
            }
            (KeyState::Previous, None) => {}
        }
    }
    if emergency {
        say(
            "every other key is gone: no access token issued before is accepted, and apps get a new \
             one with their refresh token",
        );
    }
}

fn time(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn rotate_secret(args: &RotateSecretArgs) -> Result<(), String> {
    let database = &args.database;
    let file = database.secret_file()?;
    let text = match (typed()?, &file) {
        (text, Some(_)) if text.is_empty() => MasterSecret::generate(&SystemRandom::new()),
        (text, _) => text,
    };
    let new = MasterSecret::parse(&text).map_err(|e| format!("the new secret: {e}"))?;
    if database.mode == Mode::Production && new.is_weak() {
        return Err("the new secret is one that anybody could guess; \
                    make one with: openssl rand -base64 32"
            .into());
    }
    let present = if args.lost { None } else { Some(database.present_secret()?) };
    if present.as_ref().is_some_and(|present| present.derive("same") == new.derive("same")) {
        return Err("the new secret is the one in use".into());
    }
    let staged = file.as_deref().map(|file| StagedSecret::new(file, &text)).transpose();
    let staged = staged.map_err(|e| e.to_string())?;
    let mut changed = None;
    let done = match present {
        Some(present) => with_database(database, present, async |parts, _| {
            // Before anything is changed: do its keys open?
            parts.key_store().load_or_create().await?;
            changed = Some(auth::change_secret(&parts, &new).await?);
            Ok(())
        }),
        None => with_database(database, new, async |parts, owner| {
            migrate::forget_gate(owner)?;
            changed = Some(auth::replace_secret(&parts).await?);
            Ok(())
        }),
    };
    // What is sealed with the new secret needs it, whatever came after.
    match (staged, changed.is_some()) {
        (Some(staged), true) => staged.put().map_err(|e| e.to_string())?,
        (Some(staged), false) => staged.discard().map_err(|e| e.to_string())?,
        (None, _) => {}
    }
    if let Some(changed) = changed {
        tell_of_change(&changed, args.lost);
        if file.is_none() {
            say(
                "set PAIN_JOURNAL_SECRET to the new secret before the server starts, and keep a copy",
            );
        }
    }
    done
}

/// The line on standard input, without its end.
fn typed() -> Result<Zeroizing<String>, String> {
    if std::io::stdin().is_terminal() {
        say("type the new secret and press Enter");
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}

fn tell_of_change(changed: &SecretChange, lost: bool) {
    let SecretChange { devices, codes, invitations } = changed;
    if lost {
        say(&format!("new signing keys were made, and {devices} devices were signed out"));
    } else {
        say(&format!(
            "the signing keys and the keys of {devices} devices are sealed with the new \
                      secret; everybody stays signed in"
        ));
    }
    say(&format!(
        "void: {codes} codes in verification mails (their links are good), {invitations} open \
                  invitations, and places in lists that apps are leafing through"
    ));
}
