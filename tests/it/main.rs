//! The integration tests: the real server over HTTP on a real, throwaway Postgres.
//!
//! One binary, one cluster a run. Most tests share one server and make people of their own;
//! [`support::TestApp::alone`] gives a test its own database and clock.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so")]

mod adversary;
mod architecture;
mod attacker;
mod audit;
mod auth;
mod backups;
mod bad_input;
mod body_map;
mod browser;
mod cases;
mod citations;
mod clinic;
mod clinical;
mod config;
mod connections;
mod contributing;
mod cors;
mod cut_connections;
mod domain;
mod entity_tags;
mod examples;
mod extremes;
mod generated;
mod hygiene;
mod import;
mod instruments;
mod jobs;
mod languages;
mod lifecycle;
mod lists;
mod mail;
mod master_secret;
mod matrix;
mod memory;
mod migrations;
mod names;
mod openapi;
mod operations;
mod plans;
mod practitioners;
mod profile;
mod proxies;
mod quickstart;
mod races;
mod read_back;
mod readiness;
mod recording;
mod records;
mod reminders;
mod renderings;
mod report;
mod serving_login;
mod sharing;
mod smoke;
mod spellings;
mod sqlstate;
mod statements;
mod support;
mod sync;
mod tokens;
mod vocabularies;
mod walls;
