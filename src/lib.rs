//! pain-journal: the server that pain and acupuncture clinics, and the apps around them, run on.
//!
//! The modules stand in layers, each knowing only those below: `docs/architecture.md` has the order, and the
//! way of a request through it.

pub mod access;
pub mod account;
pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod body_map;
pub mod cli;
pub mod clinic;
pub mod collections;
pub mod config;
pub mod credentials;
pub mod database;
pub mod db;
pub mod demo;
pub mod door;
pub mod health;
mod health_check;
pub(crate) mod hex;
pub mod http;
pub mod ids;
pub mod import;
mod installed;
pub mod instruments;
pub mod jobs;
pub mod journal;
pub mod journal_subject;
pub mod lanes;
pub mod language;
pub mod mail;
pub mod markup;
pub mod pages;
pub mod plans;
pub mod pokes;
pub mod reference;
pub mod reminders;
pub mod report;
pub(crate) mod rounding;
pub mod routes;
pub mod sections;
pub mod server;
pub mod sharing;
pub mod sync;
pub mod time;
pub mod vocabularies;
pub mod wire;
