//! pain-journal: the server that pain and acupuncture clinics, and the apps around them, run on.
//!
//! A request flows: route ([`http`]) → who is asking ([`access::Caller`]) → body ([`wire`]) → one
//! transaction behind `sec.enter` ([`access`]) → use case → SQL that demands the permit
//! ([`journal`], [`sharing`], [`auth`]) → typed reply ([`http`]). What can be computed without the
//! world is pure: the rules of a record ([`collections`]), the writer's decisions ([`journal`]), the
//! policy ([`access`]), the statistics ([`report`]).

pub mod access;
pub mod account;
pub mod app;
pub mod auth;
pub mod backup;
pub mod body_map;
pub mod cli;
pub mod clinic;
pub mod collections;
pub mod config;
pub mod connection;
pub mod database;
pub mod db;
pub mod demo;
pub mod health;
mod health_check;
pub mod http;
pub mod ids;
pub mod import;
mod installed;
pub mod instruments;
pub mod jobs;
pub mod journal;
pub mod lanes;
pub mod mail;
pub mod markup;
pub mod pages;
pub mod plans;
pub mod postgres;
pub mod reference;
pub mod reminders;
pub mod report;
pub mod server;
pub mod sharing;
pub mod sync;
pub mod time;
pub mod vocabularies;
pub mod wire;
