//! What the tests stand on: a cluster, servers, people and a client that checks the contract.

pub mod app;
pub mod canary;
pub mod client;
pub mod cluster;
pub mod context;
pub mod contract;
pub mod node;
pub mod people;
pub mod program;
pub mod relay;
pub mod sources;

pub use app::TestApp;
pub use client::{Answer, Call};
pub use people::Person;
