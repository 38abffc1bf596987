//! Who waits for changes of a journal, in this process: streams that are told to look.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, oneshot};
use uuid::Uuid;

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
    pub(crate) fn listen(&self, patient: Uuid, device: Uuid) -> Listener {
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
#[derive(Debug)]
pub(crate) struct Listener {
    pokes: Pokes,
    patient: Uuid,
    device: Uuid,
    number: u64,
    /// What it is poked with.
    pub(crate) heard: broadcast::Receiver<i64>,
    /// Resolves when a newer stream has taken its place.
    pub(crate) ended: oneshot::Receiver<Infallible>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.pokes.leave(self);
    }
}
