//! `cargo xtask tidy`: the rules of the house that the compiler does not know.
//!
//! A check is one file in `checks/` and one line in `run::CHECKS`. It reads a [`project::Project`]
//! (the committed text and what cargo knows of the workspace) and returns findings. Checks read
//! Rust as text: they want no false alarm on formatted code, and need not understand every program.

mod checks;
mod finding;
mod project;
mod run;
mod rust_source;
mod tree;
mod workspace;

pub(crate) use run::command;
