//! The binary `skytrail`.

use std::process::ExitCode;

use clap::Parser;
use skytrail_server::cli::{Cli, Command};
use skytrail_server::{demo, rules, serve, show, store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Config { action } => show::run(&action),
        Command::Oal { action } => rules::run(&action),
        Command::Store { action } => store::run(&action),
        Command::Demo(options) => demo::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => show::failure(&error),
    }
}
