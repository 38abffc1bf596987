//! The program: reads the command line and runs the command.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match pain_journal::cli::run(pain_journal::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("pain-journal: {reason}");
            ExitCode::FAILURE
        }
    }
}
