//! What a transaction may do: a mark on it that its statements carry, too.

/// The mark. Which there are, and who may open a transaction with one, is for those who define them.
pub trait Level: Send + 'static {
    /// What shows that its holder may open such a transaction.
    type Key: Copy;
}

/// A transaction of this level runs statements of level `L`, too.
pub trait Runs<L: Level>: Level {}
impl<L: Level> Runs<L> for L {}

/// Nobody has signed in: what a [`Task`](super::Task) opens, and nothing of any journal.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;
impl Level for Anonymous {
    type Key = ();
}
