//! Who waits for changes of a journal, in this process: streams that are told to look where it stands.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

/// Streams a device may have open; the oldest ends when one more is opened.
const MOST_STREAMS: usize = 4;

/// Who listens to which journal, in this process.
#[derive(Debug, Clone, Default)]
pub struct Pokes(Arc<Mutex<Ears>>);

#[derive(Debug, Default)]
struct Ears {
    /// By journal.
    journals: HashMap<Uuid, watch::Sender<()>>,
    /// By device, its streams, oldest first. Dropping one ends it.
    devices: HashMap<Uuid, VecDeque<(u64, oneshot::Sender<Infallible>)>>,
    /// The number of the last stream.
    last: u64,
}

impl Pokes {
    fn ears(&self) -> MutexGuard<'_, Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the streams of a journal to look.
    pub fn poke(&self, patient: Uuid) {
        if let Some(sender) = self.ears().journals.get(&patient) {
            sender.send_replace(());
        }
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
        let journal = ears.journals.entry(patient).or_default();
        let poked = journal.subscribe();
        let (stays, ended) = oneshot::channel();
        let streams = ears.devices.entry(device).or_default();
        streams.push_back((number, stays));
        if streams.len() > MOST_STREAMS {
            streams.pop_front();
        }
        Listener { pokes: self.clone(), patient, device, number, poked, ended }
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
    /// Changes when it shall look; however often it is poked meanwhile, it looks once.
    pub(crate) poked: watch::Receiver<()>,
    /// Resolves when a newer stream has taken its place.
    pub(crate) ended: oneshot::Receiver<Infallible>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.pokes.leave(self);
    }
}
