//! The commands about backups.

use super::{say, start_log, with_database};
use crate::app::App;
use crate::backup;
use crate::config::DatabaseArgs;
use crate::database::Database;
use crate::db::Task;
use crate::sync;
use crate::time::Clock;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The directory that gets the file.
    folder: PathBuf,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The file that `backup` has written.
    file: PathBuf,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
}

pub(super) fn back_up(args: &BackupArgs) -> Result<(), String> {
    start_log(&args.database);
    let mut database = Database::join(&args.database, &mut say)?;
    let made = backup::write(&database, &args.folder, Clock::system().now());
    if let Some(private) = &mut database.private {
        private.stop().map_err(|e| e.to_string())?;
    }
    let made = made?;
    say(&format!(
        "{} ({} tables, {} bytes) was written and read back",
        made.file.display(),
        made.tables,
        made.bytes
    ));
    say("the master secret is not in it: keep a copy of that in another place");
    Ok(())
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), String> {
    if args.database.database_url.is_some() {
        return Err("restore makes a private database; docs/operations.md has the commands for a \
                    database of DATABASE_URL"
            .into());
    }
    // Without it the restored keys do not open, and that should be known before.
    let secret = args.database.present_secret()?;
    backup::restore(&args.database, &args.file, &mut say)?;
    with_database(&args.database, secret, async |parts, _| {
        let app = App::open(parts).await?;
        let epoch = app
            .db
            .anonymous(Task::of_the_operator(""), async |tx| sync::new_epoch(tx).await)
            .await?;
        say(&format!(
            "restored; the epoch is now {epoch}, so that every app syncs from the start and \
                      offers back what came after the backup"
        ));
        Ok(())
    })
}
