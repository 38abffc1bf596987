//! A live hint that something changed: "pull now", and nothing else. Correctness never depends on it.

use super::pull::head;
use super::store;
use crate::access::{Patient, Reader};
use crate::http::{Answered, Events};
use crate::pokes::Listener;
use actix_web::web::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// How often an open stream shows that it lives, and looks for what another copy of the server wrote.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Opens a stream for the caller's own journal.
pub(super) async fn open(patient: Patient) -> Answered<Events> {
    let seen = look(&patient).await?;
    let (app, caller) = (patient.app(), patient.caller());
    let listener = app.pokes.listen(caller.account(), caller.device());
    // What was written before it listened is seen by the first look.
    let seen = seen.max(look(&patient).await?);
    let left = (caller.expires() - app.clock.now()).to_std().unwrap_or_default();
    let first = Bytes::from(event(seen));
    let ends = Instant::now() + left;
    let state = State { patient, listener, seen, ends, first: Some(first) };
    Ok(Events(Box::pin(futures_util::stream::unfold(state, next))))
}

struct State {
    patient: Patient,
    listener: Listener,
    seen: i64,
    /// When the token does.
    ends: Instant,
    first: Option<Bytes>,
}

/// The next event. The sign-in is looked at again before each; the stream ends with it, with its token,
/// and when the device has opened too many more.
async fn next(mut state: State) -> Option<(Result<Bytes, actix_web::Error>, State)> {
    if let Some(first) = state.first.take() {
        return Some((Ok(first), state));
    }
    let Listener { poked, ended, .. } = &mut state.listener;
    tokio::select! {
        biased;
        _ = ended => return None,
        () = tokio::time::sleep_until(state.ends) => return None,
        // Poked or not, it looks where the journal stands.
        _ = tokio::time::timeout(HEARTBEAT, poked.changed()) => {}
    }
    let timestamp = look(&state.patient).await.ok()?;
    let moved = timestamp > state.seen;
    state.seen = state.seen.max(timestamp);
    let text = if moved { event(timestamp) } else { ": alive\n\n".to_owned() };
    Some((Ok(Bytes::from(text)), state))
}

async fn look(patient: &Patient) -> Answered<i64> {
    let (_, heads) = patient.read((None, None), store::head()).await?;
    Ok(head(heads)?.cursor().timestamp())
}

fn event(timestamp: i64) -> String {
    format!("event: change\ndata: {{\"timestamp\":{timestamp}}}\n\n")
}
