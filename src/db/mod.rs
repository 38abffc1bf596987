//! The only door to Postgres.
//!
//! The pool hands out no connection. It runs [`Statement`]s inside a transaction whose first
//! statement sets the row-level-security context: of somebody ([`Db::entered`], [`Db::transact`]), or of a
//! [`Task`], which sees no journal at all ([`Db::anonymous`]). A transaction has a
//! [`Level`], which only the holder of its key can open, and runs only statements of that level.

mod batch;
mod bind;
mod connection;
mod dsl;
mod error;
mod functions;
mod gate;
mod level;
mod loan;
mod login;
pub mod migrate;
mod pool;
mod probe;
mod rows;
pub(crate) mod schema;
mod sealing;
mod statement;
mod task;

pub(crate) use batch::Batch;
pub(crate) use bind::column_via;
pub use bind::{Column, OptionalColumn, Parameters, WrittenParameter, array_literal};
pub(crate) use dsl::is_before;
pub use error::DbError;
pub use gate::{FOREIGN, Gate};
pub use level::{Anonymous, Level, Runs};
pub use login::{Duty, OPERATOR, SERVER};
pub use pool::check_url;
pub use probe::WriteProbe;
pub(crate) use rows::row;
pub use rows::{Columns, Row, next};
pub use sealing::{SEALER, SealerDb, Sealing};
pub use statement::Statement;
pub use task::Task;

use connection::Connection;
use deadpool::managed::{Pool, PoolError};
use loan::Loan;
use pool::Opener;
use std::collections::HashSet;
use std::marker::PhantomData;
use tokio::runtime::Handle;

/// Begins a transaction whose statements all see the same state.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// The place behind the first statement, to which a transaction can be taken back.
const SAVEPOINT: &str = "SAVEPOINT entered";
const TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT entered";

/// A write that must reach the disk, and a file that must grow: a row is changed in its page, so it
/// alone would be taken when the disk is full. The sort is larger than the memory it may use.
const TRY_WRITE: &str = "BEGIN; SET LOCAL work_mem = '64kB'; \
    UPDATE pj.write_probe SET at = clock_timestamp(); \
    SELECT count(*) FROM (SELECT repeat(md5(n::text), 32) FROM generate_series(1, 400) n \
        ORDER BY 1 OFFSET 0) large; \
    COMMIT";

/// The database as the server's handlers see it.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Opener>,
    /// Where the connections live, whoever uses them.
    home: Handle,
    gate: Gate,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").finish_non_exhaustive()
    }
}

impl Db {
    /// A pool of at most `size` connections to `url`, with a login for this duty, opened when first needed. They belong to the
    /// tokio runtime that this is called in, and can be used from every other. What is asked for is proved
    /// with `gate`.
    ///
    /// # Errors
    /// When the URL cannot be used (see [`check_url`]), or outside a tokio runtime.
    pub fn new(url: &str, duty: Duty, size: usize, gate: Gate) -> Result<Self, DbError> {
        let home = Handle::try_current().map_err(|e| DbError::Unavailable(e.to_string()))?;
        Ok(Self { pool: pool::pool(url, duty, size, home.clone())?, home, gate })
    }

    /// How many connections there are at most.
    pub fn connections(&self) -> usize {
        self.pool.status().max_size
    }

    /// What is asked for is proved with this.
    pub(crate) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Like [`anonymous`](Self::anonymous), at the first start: the database is shown the key that things are
    /// proved with, which it keeps where it has none, unless `work` fails.
    ///
    /// # Errors
    /// [`DbError::Refused`] where it has another one, and whatever `work` answers.
    pub(crate) async fn opening<T, E: From<DbError>>(
        &self,
        task: Task,
        work: impl AsyncFnOnce(&Tx<'_, Anonymous>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin("BEGIN", self.gate.put(None), async |tx, shown| {
            gate::accepted(shown)?;
            tx.load(task.begin(&self.gate)).await?;
            work(tx).await
        })
        .await
    }

    /// Opens every connection now, so that the first requests do not wait for it, and sees that each is
    /// a database session of its own.
    ///
    /// # Errors
    /// When the database does not answer, or a pooler in between pools transactions.
    pub async fn warm_up(&self) -> Result<(), DbError> {
        let all = 0..self.connections();
        let loans = futures_util::future::try_join_all(all.map(|_| self.checkout())).await?;
        let mut processes = HashSet::new();
        // One after the other: whoever pools transactions has the same database session for all of them.
        for loan in &loans {
            let process = Statement::<Anonymous, (i32,)>::new("SELECT pg_backend_pid()");
            let process = process.load(loan).await?;
            if !process.iter().all(|(process,)| processes.insert(*process)) {
                return Err(DbError::Refused(error::POOLED.to_owned()));
            }
        }
        Ok(())
    }

    /// Does the database answer?
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        let connection = self.checkout().await?;
        connection.simple("SELECT 1").await
    }

    /// Does the database take a write? It costs some milliseconds, so it is not for every request.
    ///
    /// # Errors
    /// When it does not: the disk is full, or the database only reads.
    pub async fn try_write(&self) -> Result<(), DbError> {
        let mut connection = self.checkout().await?;
        connection.begins();
        connection.simple(TRY_WRITE).await?;
        connection.ended();
        Ok(())
    }

    /// One round trip: BEGIN, `enter`, the queries of `batch`, COMMIT. The queries see one state of
    /// the journal. The caller must judge `enter`'s answer before it looks at the rows; without a
    /// context they are empty.
    pub(crate) async fn entered<L: Level, E: Row, B: Batch<L>>(
        &self,
        _: L::Key,
        enter: Statement<L, E>,
        batch: B,
    ) -> Result<(E, B::Rows), DbError> {
        let mut connection = self.checkout().await?;
        connection.begins();
        let entered = read_behind(&connection, enter, batch, true).await?;
        connection.ended();
        Ok(entered)
    }

    /// A transaction whose first statement is `enter`, sent together with BEGIN. It commits when
    /// `work` answers with `Ok` and rolls back otherwise, at once also when the future is dropped or
    /// `work` panics.
    pub(crate) async fn transact<L: Level, P: Row, T, E: From<DbError>>(
        &self,
        _: L::Key,
        enter: Statement<L, P>,
        work: impl AsyncFnOnce(&Tx<'_, L>, P) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin("BEGIN", enter, work).await
    }

    /// Like [`transact`](Self::transact), with one state for all its statements.
    pub(crate) async fn snapshot<L: Level, P: Row, T, E: From<DbError>>(
        &self,
        _: L::Key,
        enter: Statement<L, P>,
        work: impl AsyncFnOnce(&Tx<'_, L>, P) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(SNAPSHOT, enter, work).await
    }

    async fn begin<L: Level, P: Row, T, E: From<DbError>>(
        &self,
        begin: &str,
        enter: Statement<L, P>,
        work: impl AsyncFnOnce(&Tx<'_, L>, P) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.checkout().await?;
        connection.begins();
        let entered = start(&connection, begin, enter, false).await?;
        let done = work(&Tx::on(&connection), entered).await;
        finish(&mut connection, done).await
    }

    /// Like [`entered`](Self::entered), but `settle` looks at the rows before the transaction commits. A
    /// refusal may come with a statement that notes it, which commits with the rest.
    pub(crate) async fn settled<L: Level, E: Row, B: Batch<L>, T, F>(
        &self,
        _: L::Key,
        enter: Statement<L, E>,
        batch: B,
        settle: impl FnOnce(E, B::Rows) -> (Result<T, F>, Option<Statement<L>>),
    ) -> Result<Result<T, F>, DbError> {
        let mut connection = self.checkout().await?;
        connection.begins();
        let (entered, rows) = read_behind(&connection, enter, batch, false).await?;
        let (done, note) = settle(entered, rows);
        if let Some(note) = note {
            note.execute(&connection).await?;
        }
        finish(&mut connection, Ok::<_, DbError>(done)).await
    }

    /// Like [`transact`](Self::transact), or like [`snapshot`](Self::snapshot) where `still`. When `work` fails
    /// with what has a note, all that it did is taken back, and only the note commits with `enter`.
    pub(crate) async fn attempt<L: Level, P: Row, T, E: From<DbError>>(
        &self,
        _: L::Key,
        still: bool,
        enter: Statement<L, P>,
        work: impl AsyncFnOnce(&Tx<'_, L>, P) -> Result<T, E>,
        note: impl FnOnce(&E) -> Option<Statement<L>>,
    ) -> Result<T, E> {
        let mut connection = self.checkout().await?;
        connection.begins();
        let begin = if still { SNAPSHOT } else { "BEGIN" };
        let entered = start(&connection, begin, enter, true).await?;
        let done = work(&Tx::on(&connection), entered).await;
        if let Err(error) = &done
            && let Some(note) = note(error)
        {
            connection.simple(TO_SAVEPOINT).await?;
            note.execute(&connection).await?;
            finish(&mut connection, Ok::<_, E>(())).await?;
            return done;
        }
        finish(&mut connection, done).await
    }

    /// A transaction in which nobody has signed in, for a task, which begins together with it.
    pub(crate) async fn anonymous<T, E: From<DbError>>(
        &self,
        task: Task,
        work: impl AsyncFnOnce(&Tx<'_, Anonymous>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin("BEGIN", task.begin(&self.gate), async |tx, ()| work(tx).await).await
    }

    /// Works something off on the calling thread, which must serve no requests, in the runtime of the
    /// connections.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.home.block_on(work)
    }

    async fn checkout(&self) -> Result<Loan, DbError> {
        let connection = self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => DbError::Unavailable("no connection became free".into()),
            PoolError::Backend(error) => error,
            other => DbError::Unavailable(other.to_string()),
        })?;
        Ok(Loan::new(connection, self.home.clone()))
    }
}

/// Begins a transaction whose first statement is `enter`, and which can be taken back to behind it where it
/// `saves`; one round trip, once `enter` is known.
async fn start<L: Level, P: Row>(
    connection: &Connection,
    begin: &str,
    enter: Statement<L, P>,
    saves: bool,
) -> Result<P, DbError> {
    // BEGIN is a plain message, so it is always on its way before `enter` is; what comes behind `enter` is sent
    // with it only where that need not be prepared first.
    let together = saves && enter.is_known(connection);
    let save = async { if together { connection.simple(SAVEPOINT).await } else { Ok(()) } };
    let (begun, entered, saved) =
        futures_util::join!(connection.simple(begin), enter.load(connection), save);
    begun?;
    let entered = entered?.into_iter().next().ok_or_else(no_row)?;
    saved?;
    if saves && !together {
        connection.simple(SAVEPOINT).await?;
    }
    Ok(entered)
}

/// Begins a transaction, enters and reads, and commits where it is to end with that; one round trip, once all
/// statements are known.
async fn read_behind<L: Level, E: Row, B: Batch<L>>(
    connection: &Connection,
    enter: Statement<L, E>,
    batch: B,
    ends: bool,
) -> Result<(E, B::Rows), DbError> {
    let begin = if B::SIZE > 1 { SNAPSHOT } else { "BEGIN" };
    let commit = async || if ends { connection.simple("COMMIT").await } else { Ok(()) };
    let (entered, rows) = if enter.is_known(connection) && batch.is_known(connection) {
        let (begun, entered, rows, committed) = futures_util::join!(
            connection.simple(begin),
            enter.load(connection),
            batch.together(connection),
            commit(),
        );
        begun?;
        let (entered, rows) = (entered?, rows?);
        committed?;
        (entered, rows)
    } else {
        connection.simple(begin).await?;
        let entered = enter.load(connection).await?;
        let rows = batch.in_turn(connection).await?;
        commit().await?;
        (entered, rows)
    };
    Ok((entered.into_iter().next().ok_or_else(no_row)?, rows))
}

/// Commits or rolls back; a connection that cannot do either is not used again.
async fn finish<T, E: From<DbError>>(connection: &mut Loan, done: Result<T, E>) -> Result<T, E> {
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.simple(end).await;
    if ended.is_ok() {
        connection.ended();
    }
    match done {
        Ok(value) => ended.map(|()| value).map_err(E::from),
        Err(error) => Err(error),
    }
}

/// An open transaction of level `L`.
pub struct Tx<'l, L> {
    connection: &'l Connection,
    level: PhantomData<L>,
}

impl<'l, L: Level> Tx<'l, L> {
    const fn on(connection: &'l Connection) -> Self {
        Self { connection, level: PhantomData }
    }

    /// The same transaction, as one that may do less.
    pub const fn only<M: Level>(&self) -> Tx<'l, M>
    where
        L: Runs<M>,
    {
        Tx::on(self.connection)
    }

    /// Runs a statement and reads its rows.
    ///
    /// # Errors
    /// When the database refuses it or a row does not fit `R`.
    pub async fn load<R>(&self, statement: Statement<L, R>) -> Result<Vec<R>, DbError> {
        statement.load(self.connection).await
    }

    /// Runs a statement that answers with at most one row.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn first<R>(&self, statement: Statement<L, R>) -> Result<Option<R>, DbError> {
        Ok(self.load(statement).await?.into_iter().next())
    }

    /// Runs the queries of a batch in one round trip, in their order.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub(crate) async fn load_all<B: Batch<L>>(&self, batch: B) -> Result<B::Rows, DbError> {
        if batch.is_known(self.connection) {
            batch.together(self.connection).await
        } else {
            batch.in_turn(self.connection).await
        }
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(&self, statement: Statement<L>) -> Result<usize, DbError> {
        statement.execute(self.connection).await
    }

    /// Runs statements in one round trip, in this order.
    ///
    /// # Errors
    /// When the database refuses one of them.
    pub async fn execute_all(&self, statements: Vec<Statement<L>>) -> Result<(), DbError> {
        if statements.iter().all(|s| s.is_known(self.connection)) {
            let all = statements.into_iter().map(|s| s.execute(self.connection));
            // What failed first is the cause; those behind it only find the transaction aborted.
            for done in futures_util::future::join_all(all).await {
                done?;
            }
        } else {
            for statement in statements {
                self.execute(statement).await?;
            }
        }
        Ok(())
    }
}

impl Tx<'_, Anonymous> {
    /// Replaces the key that things are proved with.
    ///
    /// # Errors
    /// [`DbError::Refused`] where `before` is not the one that the database has.
    pub(crate) async fn replace_gate(&self, before: &Gate, new: &Gate) -> Result<(), DbError> {
        gate::accepted(self.first(new.put(Some(before))).await?.ok_or_else(no_row)?)
    }
}

fn no_row() -> DbError {
    DbError::Other("a statement answered with no row".into())
}
