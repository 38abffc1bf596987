//! A live hint that something changed: "pull now", and nothing else. Correctness never depends on it.

use super::cursor::Cursor;
use super::pull::head;
use super::store;
use crate::access::{self, Caller, Need, Target};
use crate::app::App;
use crate::http::{Answered, Events};
use actix_web::web::{Bytes, Data};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

/// How often an open stream shows that it lives, and looks for what another copy of the server wrote.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pokes a slow stream may lag behind; it only ever needs the last.
const BACKLOG: usize = 8;

/// Streams a device may have open; the oldest ends when one more is opened.
const MOST_STREAMS: usize = 4;

/// A poke that names no timestamp.
const LOOK: i64 = 0;

/// Who listens to which journal, in this process.
#[derive(Debug, Clone, Default)]
pub struct Pokes(Arc<Mutex<Ears>>);

#[derive(Debug, Default)]
struct Ears {
    /// By journal.
    journals: HashMap<Uuid, broadcast::Sender<i64>>,
    /// By device, its streams, oldest first. Dropping one ends it.
    devices: HashMap<Uuid, VecDeque<(u64, oneshot::Sender<Infallible>)>>,
    /// The number of the last stream.
    last: u64,
}

impl Pokes {
    fn ears(&self) -> MutexGuard<'_, Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the streams of a journal its newest timestamp.
    pub fn poke(&self, patient: Uuid, timestamp: i64) {
        if let Some(sender) = self.ears().journals.get(&patient) {
            let _ = sender.send(timestamp); // Who has just gone need not hear it.
        }
    }

    /// Tells the streams of a journal to look for themselves.
    pub fn poke_changed(&self, patient: Uuid) {
        self.poke(patient, LOOK);
    }

    /// How many streams a device has open.
    pub fn streams_of(&self, device: Uuid) -> usize {
        self.ears().devices.get(&device).map_or(0, VecDeque::len)
    }

    /// A new stream of a device.
    fn listen(&self, patient: Uuid, device: Uuid) -> Listener {
        let mut ears = self.ears();
        ears.last += 1;
        let number = ears.last;
        let journal = ears.journals.entry(patient).or_insert_with(|| broadcast::channel(BACKLOG).0);
        let heard = journal.subscribe();
        let (stays, ended) = oneshot::channel();
        let streams = ears.devices.entry(device).or_default();
        streams.push_back((number, stays));
        if streams.len() > MOST_STREAMS {
            streams.pop_front();
        }
        Listener { pokes: self.clone(), patient, device, number, heard, ended }
    }

    fn leave(&self, listener: &Listener) {
        let mut ears = self.ears();
        if let Entry::Occupied(mut streams) = ears.devices.entry(listener.device) {
            streams.get_mut().retain(|(number, _)| *number != listener.number);
            if streams.get().is_empty() {
                streams.remove();
            }
        }
        if let Entry::Occupied(journal) = ears.journals.entry(listener.patient)
            && journal.get().receiver_count() <= 1
        {
            journal.remove(); // This was the last one.
        }
    }
}

/// A stream's place among those that listen; it leaves when it is dropped.
struct Listener {
    pokes: Pokes,
    patient: Uuid,
    device: Uuid,
    number: u64,
    heard: broadcast::Receiver<i64>,
    /// Resolves when a newer stream has taken its place.
    ended: oneshot::Receiver<Infallible>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.pokes.leave(self);
    }
}

/// Opens a stream for the caller's own journal.
pub(super) async fn open(app: Data<App>, caller: Caller) -> Answered<Events> {
    let seen = look(&app, &caller).await?;
    let listener = app.pokes.listen(caller.account(), caller.device());
    // What was written before it listened is seen by the first look.
    let seen = seen.max(look(&app, &caller).await?);
    let left = (caller.expires() - app.clock.now()).to_std().unwrap_or_default();
    let first = Bytes::from(event(seen));
    let ends = Instant::now() + left;
    let state = State { app, caller, listener, seen, ends, first: Some(first) };
    Ok(Events(Box::pin(futures_util::stream::unfold(state, next))))
}

struct State {
    app: Data<App>,
    caller: Caller,
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
    let Listener { heard, ended, .. } = &mut state.listener;
    tokio::select! {
        biased;
        _ = ended => return None,
        () = tokio::time::sleep_until(state.ends) => return None,
        // Whatever is heard, or missed, or not: it is looked where the journal stands.
        _ = tokio::time::timeout(HEARTBEAT, heard.recv()) => {}
    }
    *heard = heard.resubscribe();
    let timestamp = look(&state.app, &state.caller).await.ok()?;
    let moved = timestamp > state.seen;
    state.seen = state.seen.max(timestamp);
    let text = if moved { event(timestamp) } else { ": alive\n\n".to_owned() };
    Some((Ok(Bytes::from(text)), state))
}

async fn look(app: &App, caller: &Caller) -> Answered<i64> {
    let (_, heads) = access::read(app, caller, Need::PATIENT, Target::Own, store::head).await?;
    let head = head(heads)?;
    Ok(Cursor { epoch: head.epoch, rev: head.rev }.timestamp())
}

fn event(timestamp: i64) -> String {
    format!("event: change\ndata: {{\"timestamp\":{timestamp}}}\n\n")
}
