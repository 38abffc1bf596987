//! How much heavy work is in hand at once, so that much of it holds up nobody's entry.
//!
//! A report reads far more than a write does and then computes. What is over waits in line without
//! a connection to the database and without rows in memory. Big pushes have a lane, too
//! ([`BigPushes`]).

mod pushes;

pub use pushes::BigPushes;

use crate::http::{Answered, Problem, ProblemKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lanes of reports.
#[derive(Debug)]
pub struct Lanes {
    /// Reports read and computed: milliseconds each.
    pub(crate) reports: Lane,
    /// Documents typeset: a tenth of a second each, so that they have a line of their own.
    pub(crate) documents: Lane,
    /// Long reports: one at a time. Jobs wait for their turn, however long it takes.
    pub(crate) long: Lane,
}

impl Lanes {
    /// The lanes of this machine, for a pool of so many connections to the database.
    pub fn new(connections: usize) -> Self {
        Self::of(std::thread::available_parallelism().map_or(1, usize::from), connections)
    }

    fn of(cores: usize, connections: usize) -> Self {
        // A report waits for the database half of its time. Half of the connections are left to
        // entries, and one core to whoever needs no document.
        let reports = (2 * cores).min(connections / 2).max(1);
        Self {
            reports: Lane::new(reports, Duration::from_secs(3)),
            documents: Lane::new(cores.saturating_sub(1).max(1), Duration::from_secs(10)),
            long: Lane::new(1, Duration::MAX),
        }
    }
}

/// A line in front of a few places, first come, first served.
#[derive(Debug)]
pub(crate) struct Lane {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Lane {
    pub(crate) fn new(places: usize, patience: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// 503 when none was free for too long.
    pub(crate) async fn enter(&self) -> Answered<LanePlace> {
        match tokio::time::timeout(self.patience, self.turn()).await {
            Ok(place) => place,
            Err(_) => Err(ProblemKind::Overloaded.into()),
        }
    }

    /// Waits for a place as long as it takes.
    ///
    /// # Errors
    /// 500 when the line is closed, which none is.
    pub(crate) async fn turn(&self) -> Answered<LanePlace> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map(|permit| LanePlace { _permit: permit }).map_err(Problem::internal)
    }
}

/// A place in a lane, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct LanePlace {
    _permit: OwnedSemaphorePermit,
}

impl LanePlace {
    /// Computes on a thread where it holds up no other request, and leaves the lane. The place is
    /// kept until the work is done, also when the reader has gone away meanwhile.
    ///
    /// # Errors
    /// 500 when the work panics.
    pub(crate) async fn compute<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Answered<T> {
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(self);
            done
        });
        task.await.map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn no_more_than_the_places_are_taken_and_everybody_has_a_turn() {
        let lane = Lane::new(2, LONG);
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let one = async || {
            let place = lane.enter().await?;
            let (inside, most) = (Arc::clone(&inside), Arc::clone(&most));
            place
                .compute(move || {
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                    inside.fetch_sub(1, Ordering::SeqCst);
                })
                .await
        };
        let all = futures_util::future::join_all((0..20).map(|_| one())).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_to_come_back() {
        let lane = Lane::new(1, Duration::from_millis(10));
        let place = lane.enter().await.unwrap();
        assert_eq!(lane.enter().await.unwrap_err().kind(), ProblemKind::Overloaded);
        drop(place);
        assert!(lane.enter().await.is_ok());
    }

    #[tokio::test]
    async fn work_keeps_its_place_when_the_reader_leaves_and_frees_it_when_it_panics() {
        let lane = Lane::new(1, LONG);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let place = lane.enter().await.unwrap();
        let work = place.compute(move || wait.recv().is_ok());
        assert!(tokio::time::timeout(Duration::from_millis(10), work).await.is_err());
        assert_eq!(lane.places.available_permits(), 0);
        go.send(()).unwrap();
        let place = lane.enter().await.unwrap();
        let fallen = place.compute(|| panic!("a faulty report")).await;
        assert_eq!(fallen.unwrap_err().kind(), ProblemKind::Internal);
        assert_eq!(lane.places.available_permits(), 1);
    }

    #[test]
    fn every_machine_has_places_and_spares_connections_and_a_core() {
        for (cores, connections, reports, documents) in
            [(0, 2, 1, 1), (1, 12, 2, 1), (2, 12, 4, 1), (8, 12, 6, 7), (8, 64, 16, 7)]
        {
            let lanes = Lanes::of(cores, connections);
            assert_eq!(lanes.reports.places.available_permits(), reports);
            assert_eq!(lanes.documents.places.available_permits(), documents);
        }
    }
}
