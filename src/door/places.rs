//! The places that connections take. There are fewer of them than the process may have open files, and
//! whoever comes when all are taken gets the place of the one that has kept the server waiting longest.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use tokio::time::Instant;

/// The places of one worker. Connections stay on the thread that they came to.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: RefCell<Vec<Rc<ConnectionPlace>>>,
}

impl Places {
    pub(super) fn new(most: usize) -> Rc<Self> {
        Rc::new(Self { most, taken: RefCell::default() })
    }

    /// A place, or none while each is taken by a request that the server itself is busy with.
    pub(super) fn take(self: &Rc<Self>) -> Option<Taken> {
        if self.taken.borrow().len() >= self.most {
            self.make_room()?;
        }
        let mut taken = self.taken.borrow_mut();
        let place = Rc::new(ConnectionPlace {
            index: Cell::new(taken.len()),
            since: Cell::new(Instant::now()),
            answers: Cell::new(0),
            blocked: Cell::new(false),
            lost: Cell::new(false),
            waker: RefCell::default(),
        });
        taken.push(Rc::clone(&place));
        Some(Taken { places: Rc::clone(self), place })
    }

    /// Takes the place from the connection whose client has been silent for longest.
    fn make_room(&self) -> Option<()> {
        let slowest = {
            let taken = self.taken.borrow();
            let waiting = taken.iter().filter(|place| place.waits_for_its_client());
            Rc::clone(waiting.min_by_key(|place| place.since.get())?)
        };
        slowest.lost.set(true);
        self.remove(&slowest);
        if let Some(waker) = slowest.waker.take() {
            waker.wake();
        }
        Some(())
    }

    fn remove(&self, place: &ConnectionPlace) {
        let mut taken = self.taken.borrow_mut();
        let index = place.index.get();
        if taken.get(index).is_some_and(|there| std::ptr::eq(&raw const **there, place)) {
            taken.swap_remove(index);
            if let Some(moved) = taken.get(index) {
                moved.index.set(index);
            }
        }
    }
}

/// A place, held by its connection.
#[derive(Debug)]
pub(super) struct Taken {
    places: Rc<Places>,
    place: Rc<ConnectionPlace>,
}

impl std::ops::Deref for Taken {
    type Target = Rc<ConnectionPlace>;
    fn deref(&self) -> &Rc<ConnectionPlace> {
        &self.place
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.places.remove(&self.place);
    }
}

/// How a connection stands.
#[derive(Debug)]
pub struct ConnectionPlace {
    index: Cell<usize>,
    /// Since when the server waits for this client.
    since: Cell<Instant>,
    /// Answers in the making.
    answers: Cell<usize>,
    /// Is there something to write that the client does not take?
    blocked: Cell<bool>,
    /// Has another connection got the place?
    lost: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl ConnectionPlace {
    fn waits_for_its_client(&self) -> bool {
        self.answers.get() == 0 && !self.blocked.get()
    }

    /// Notes that the client has done something, or the server.
    pub(super) fn touch(&self, now: Instant) {
        self.since.set(now);
    }

    /// When something happened last.
    pub(super) fn since(&self) -> Instant {
        self.since.get()
    }

    pub(super) fn block(&self, blocked: bool) {
        self.blocked.set(blocked);
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.get()
    }

    pub(super) fn is_answering(&self) -> bool {
        self.answers.get() > 0
    }

    /// Who is to be woken when the place is lost.
    pub(super) fn watch(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }

    /// Keeps the place while an answer is in the making.
    pub(crate) fn answering(self: &Rc<Self>) -> Answering {
        self.answers.set(self.answers.get() + 1);
        Answering(Rc::clone(self))
    }
}

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Answering(Rc<ConnectionPlace>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answers.set(self.0.answers.get().saturating_sub(1));
        self.0.since.set(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn later(place: &ConnectionPlace, seconds: u64) {
        place.touch(place.since() + Duration::from_secs(seconds));
    }

    #[test]
    fn the_longest_silence_loses_its_place_and_work_never_does() {
        let places = Places::new(3);
        let [first, second, third] = [(); 3].map(|()| places.take().unwrap());
        let work = first.answering();
        later(&second, 2);
        later(&third, 1);
        let fourth = places.take().unwrap();
        assert!(third.is_lost() && !first.is_lost() && !second.is_lost());
        second.block(true);
        let busy = fourth.answering();
        assert!(places.take().is_none(), "the server is busy with all of them");
        drop((work, third));
        let fifth = places.take().unwrap();
        assert!(first.is_lost());
        drop((first, second, busy, fourth, fifth));
        assert!(places.taken.borrow().is_empty());
    }
}
