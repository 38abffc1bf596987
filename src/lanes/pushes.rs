//! Big pushes are worked off where they hold up no other request: on threads of their own, a few at
//! once, and of each account one.

use super::{Lane, LanePlace};
use crate::db::Db;
use crate::http::{Answered, Problem, ProblemKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How long a big push waits for its turn, twice at most: behind others of its account, and in line.
const PATIENCE: Duration = Duration::from_secs(10);
/// Big pushes in the works and in line, whose bodies are in memory.
const MOST_IN_LINE: usize = 32;

/// The line of big pushes.
#[derive(Debug)]
pub struct BigPushes {
    lane: Lane,
    line: Arc<Semaphore>,
    accounts: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
    patience: Duration,
}

impl BigPushes {
    /// The line of this machine, for a pool of so many connections to the database.
    pub fn new(connections: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(cores.div_ceil(2).min(connections / 4).max(1), MOST_IN_LINE, PATIENCE)
    }

    fn of(places: usize, in_line: usize, patience: Duration) -> Self {
        Self {
            lane: Lane::new(places, patience),
            line: Arc::new(Semaphore::new(in_line)),
            accounts: Mutex::default(),
            patience,
        }
    }

    /// Waits for a turn of this account.
    ///
    /// # Errors
    /// 503 when there is none in time, or the line is full.
    pub(crate) async fn enter(&self, account: Uuid) -> Answered<Turn> {
        let busy = || Problem::new(ProblemKind::Overloaded);
        let in_line = Arc::clone(&self.line).try_acquire_owned().map_err(|_| busy())?;
        let turn = tokio::time::timeout(self.patience, self.account(account).acquire_owned());
        let own = turn.await.map_err(|_| busy())?.map_err(Problem::internal)?;
        let place = self.lane.enter().await?;
        Ok(Turn { place, held: [in_line, own] })
    }

    /// The one place of an account. It is forgotten when nobody holds it or waits for it.
    fn account(&self, account: Uuid) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, place| Arc::strong_count(place) > 1);
        Arc::clone(accounts.entry(account).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

/// The turn of a big push; over when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    place: LanePlace,
    held: [OwnedSemaphorePermit; 2],
}

impl Turn {
    /// Works it off on a thread that serves no requests, to the end also when the client has gone.
    ///
    /// # Errors
    /// What the work answers; 500 when it panics.
    pub(crate) async fn work<T, W>(
        self,
        db: &Db,
        work: impl FnOnce() -> W + Send + 'static,
    ) -> Answered<T>
    where
        T: Send + 'static,
        W: Future<Output = Answered<T>>,
    {
        let Self { place, held } = self;
        let db = db.clone();
        let done = place.compute(move || {
            let done = db.block_on(work());
            drop(held);
            done
        });
        done.await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_full_lane_and_a_full_line_are_told_to_come_back() {
        let (ana, bert) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lane = BigPushes::of(1, 9, SHORT);
        let turn = lane.enter(ana).await.unwrap();
        assert_eq!(lane.enter(bert).await.unwrap_err().kind(), ProblemKind::Overloaded);
        drop(turn);
        assert!(lane.enter(bert).await.is_ok());
        let line = BigPushes::of(9, 1, LONG);
        let turn = line.enter(ana).await.unwrap();
        assert_eq!(line.enter(bert).await.unwrap_err().kind(), ProblemKind::Overloaded);
        drop(turn);
        assert!(line.enter(bert).await.is_ok());
    }

    #[tokio::test]
    async fn one_account_takes_one_place_however_much_it_pushes() {
        let (ana, bert) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lane = Arc::new(BigPushes::of(2, 9, LONG));
        let first = lane.enter(ana).await.unwrap();
        let again = tokio::spawn({
            let lane = Arc::clone(&lane);
            async move { lane.enter(ana).await.map(drop) }
        });
        tokio::task::yield_now().await;
        let other = lane.enter(bert).await.unwrap();
        assert!(!again.is_finished());
        drop(other);
        drop(first);
        again.await.unwrap().unwrap();
        lane.account(bert);
        assert_eq!(lane.accounts.lock().unwrap().len(), 1, "who has gone is forgotten");
    }
}
