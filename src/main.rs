//! The program: reads the command line and runs the command.

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Gives freed memory back to the system; that of the C library keeps a block of every kind for each
/// thread that ever had one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match pain_journal::cli::run(pain_journal::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("pain-journal: {reason}");
            ExitCode::FAILURE
        }
    }
}
