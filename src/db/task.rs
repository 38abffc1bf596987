//! What a transaction is for in which nobody has signed in.

use super::gate::Gate;
use super::level::Anonymous;
use super::statement::Statement;
use std::fmt::Display;

/// A task, and about whom. The policies of accounts, devices, registrations, mails and keys name the tasks, and
/// open of each table the rows of just that one, for what it does with them.
#[derive(Debug, Clone)]
pub struct Task {
    name: &'static str,
    about: String,
}

impl Task {
    /// A task about one person: an address, or the id of what stands for it.
    pub(crate) fn about(name: &'static str, about: impl Display) -> Self {
        Self { name, about: about.to_string() }
    }
    /// A task about nobody in particular.
    pub(crate) const fn of_a_job(name: &'static str) -> Self {
        Self { name, about: String::new() }
    }
    /// What the operator does at the command line, about everybody or the account of an address.
    pub fn of_the_operator(about: impl Display) -> Self {
        Self::about("operate", about)
    }

    /// The first statement of its transaction.
    pub(super) fn begin(self, gate: &Gate) -> Statement<Anonymous, ()> {
        let proof = gate.about("task").bytes(self.name.as_bytes()).bytes(b" ");
        let proof = proof.bytes(self.about.as_bytes()).end();
        Statement::new("SELECT sec.begin_task($1, $2, $3)")
            .bind(self.name.to_owned())
            .bind(self.about)
            .bind(proof)
    }
}
