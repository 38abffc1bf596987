//! The integration tests: the real server over HTTP on a real, throwaway Postgres.
//!
//! One binary, one cluster a run. Most tests share one server and make people of their own;
//! [`support::TestApp::alone`] gives a test its own database and clock.

mod smoke;
mod support;
mod sync;
