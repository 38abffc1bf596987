//! A live hint that something changed: "pull now", and nothing else. Correctness never depends on it.

use super::cursor::Cursor;
use super::pull::head;
use super::store;
use crate::access::{self, Caller, Need, Target};
use crate::app::App;
use crate::http::{Answered, Events};
use actix_web::web::{Bytes, Data};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use uuid::Uuid;

/// How often an open stream shows that it lives, and looks for what another copy of the server wrote.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pokes a slow stream may lag behind; it only ever needs the last.
const BACKLOG: usize = 8;

/// A poke that names no timestamp.
const LOOK: i64 = 0;

/// Who listens to which journal, in this process.
#[derive(Debug, Clone, Default)]
pub struct Pokes(Arc<Mutex<HashMap<Uuid, broadcast::Sender<i64>>>>);

impl Pokes {
    /// Tells the streams of a journal its newest timestamp.
    pub fn poke(&self, patient: Uuid, timestamp: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = all.get(&patient)
            && sender.send(timestamp).is_err()
        {
            all.remove(&patient); // Nobody listens any longer.
        }
    }

    /// Tells the streams of a journal to look for themselves.
    pub fn poke_changed(&self, patient: Uuid) {
        self.poke(patient, LOOK);
    }

    fn listen(&self, patient: Uuid) -> broadcast::Receiver<i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(patient).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }
}

/// Opens a stream for the caller's own journal.
pub(super) async fn open(app: Data<App>, caller: Caller) -> Answered<Events> {
    let pokes = app.pokes.listen(caller.account());
    let seen = look(&app, &caller).await?;
    let first = Bytes::from(event(seen));
    let state = State { app, caller, pokes, seen, first: Some(first) };
    Ok(Events(Box::pin(futures_util::stream::unfold(state, next))))
}

struct State {
    app: Data<App>,
    caller: Caller,
    pokes: broadcast::Receiver<i64>,
    seen: i64,
    first: Option<Bytes>,
}

/// The next event; ends with the device's sign-in.
async fn next(mut state: State) -> Option<(Result<Bytes, actix_web::Error>, State)> {
    if let Some(first) = state.first.take() {
        return Some((Ok(first), state));
    }
    match tokio::time::timeout(HEARTBEAT, state.pokes.recv()).await {
        Ok(Ok(timestamp)) if timestamp > state.seen => {
            state.seen = timestamp;
            Some((Ok(Bytes::from(event(timestamp))), state))
        }
        Ok(Ok(timestamp)) if timestamp != LOOK => {
            Some((Ok(Bytes::from_static(b": more\n\n")), state))
        }
        Ok(Err(broadcast::error::RecvError::Closed)) => {
            state.pokes = state.app.pokes.listen(state.caller.account());
            Some((Ok(Bytes::from_static(b": again\n\n")), state))
        }
        Ok(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) | Err(_) => {
            let timestamp = look(&state.app, &state.caller).await.ok()?;
            let moved = timestamp > state.seen;
            state.seen = state.seen.max(timestamp);
            let text = if moved { event(timestamp) } else { ": alive\n\n".to_owned() };
            Some((Ok(Bytes::from(text)), state))
        }
    }
}

async fn look(app: &App, caller: &Caller) -> Answered<i64> {
    let (_, heads) = access::read(app, caller, Need::PATIENT, Target::Own, store::head).await?;
    let head = head(heads)?;
    Ok(Cursor { epoch: head.epoch, rev: head.rev }.timestamp())
}

fn event(timestamp: i64) -> String {
    format!("event: change\ndata: {{\"timestamp\":{timestamp}}}\n\n")
}
