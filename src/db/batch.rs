//! Several queries of one round trip, each with rows of its own kind.

use super::DbError;
use super::bind::WrittenParameter;
use super::connection::Connection;
use super::level::Level;
use super::statement::Statement;

/// A tuple of statements of one level that are sent together.
pub(crate) trait Batch<L> {
    /// The rows of each, in the order of the statements.
    type Rows;
    /// How many statements there are.
    const SIZE: usize;

    /// Has the connection prepared every one of them?
    fn is_known(&self, connection: &Connection) -> bool;
    /// The text of each, and the values behind it as they are sent. For the benchmark.
    fn written(&self) -> Vec<(String, Vec<WrittenParameter>)>;
    /// Sends them all before the first answer is read. Only for a connection that knows them.
    async fn together(self, connection: &Connection) -> Result<Self::Rows, DbError>;
    /// One after the other, so that each can be prepared.
    async fn in_turn(self, connection: &Connection) -> Result<Self::Rows, DbError>;
}

macro_rules! batches {
    ($(($size:literal: $($row:ident $statement:ident),+))+) => {$(
        impl<Lv: Level, $($row),+> Batch<Lv> for ($(Statement<Lv, $row>,)+) {
            type Rows = ($(Vec<$row>,)+);
            const SIZE: usize = $size;

            fn is_known(&self, connection: &Connection) -> bool {
                let ($($statement,)+) = self;
                $($statement.is_known(connection))&&+
            }
            fn written(&self) -> Vec<(String, Vec<WrittenParameter>)> {
                let ($($statement,)+) = self;
                vec![$($statement.written()),+]
            }
            async fn together(self, connection: &Connection) -> Result<Self::Rows, DbError> {
                let ($($statement,)+) = self;
                // What failed first is the cause; those behind it only find the transaction aborted.
                let ($($statement,)+) = futures_util::join!($($statement.load(connection)),+);
                Ok(($($statement?,)+))
            }
            async fn in_turn(self, connection: &Connection) -> Result<Self::Rows, DbError> {
                let ($($statement,)+) = self;
                Ok(($($statement.load(connection).await?,)+))
            }
        }
    )+};
}
batches! {
    (1: A a)
    (2: A a, B b)
    (3: A a, B b, C c)
    (17: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n, O o, P p, Q q)
}
