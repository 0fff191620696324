//! What the command line prints. Nothing else in the process writes to the
//! terminal but the log.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::cli::ConfigAction;
use crate::config;

/// Prints to standard output. A reader that is gone, such as `head`, is not an
/// error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Says how far a long command is, to whoever watches a terminal.
pub fn progress(text: &str) {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        let _ = write!(terminal, "\r{text}\u{1b}[K");
    }
}

/// The same for a command that prints much: nothing where both go to one terminal.
pub fn progress_beside(text: &str) {
    if !std::io::stdout().is_terminal() {
        progress(text);
    }
}

/// Prints why the process ends, to standard error.
pub fn failure(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "skytrail: {error:#}");
    ExitCode::FAILURE
}

/// Runs `skytrail config`.
pub fn run(action: &ConfigAction) -> anyhow::Result<()> {
    match action {
        ConfigAction::Default => line(config::DEFAULTS),
        ConfigAction::Check(sources) => {
            config::load(sources)?;
            line("the configuration is right");
        }
        ConfigAction::Print(sources) => line(&config::load(sources)?.1.print()),
    }
    Ok(())
}
