//! The workspace's own automation, started as `cargo xtask COMMAND`.

mod tidy;

use std::io::Write;
use std::process::ExitCode;

/// One command: its name, one line of help, and what it does with the arguments after its name.
/// `Ok(false)` means that it ran and found something wrong.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String], &mut dyn Write) -> anyhow::Result<bool>,
}

/// Every command, in the order that the help prints them.
static COMMANDS: &[Command] = &[Command {
    name: "tidy",
    about: "check the rules of the house; prints one line per finding, exits 1 on any",
    run: tidy::command,
}];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    let chosen =
        arguments.first().and_then(|name| COMMANDS.iter().find(|command| command.name == name));
    let outcome = match chosen {
        Some(command) => (command.run)(arguments.get(1..).unwrap_or_default(), &mut out),
        None => help(&mut out).map(|()| false),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do when even standard error is closed.
            let _ = writeln!(std::io::stderr(), "xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn help(out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "usage: cargo xtask COMMAND\n")?;
    for command in COMMANDS {
        writeln!(out, "  {:<14} {}", command.name, command.about)?;
    }
    Ok(())
}
