//! The signing keys, and the memory that hashing passwords takes.

use crate::app::App;
use crate::http::Answered;

/// Loads the signing keys again, rotating them where due, so that all copies of the server agree.
///
/// # Errors
/// When the database fails.
pub async fn refresh_keys(app: &App) -> Answered<()> {
    app.refresh_keys().await
}
