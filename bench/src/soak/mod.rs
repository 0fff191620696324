//! Ten minutes of everything that may come over a wire, and what must stay
//! true under it.
//!
//! [`run`](run::run) starts a server, lets [`honest`] agents work, and lets
//! every attack of [`attacks::ALL`] loose on it for as long as the
//! [`plan`] says; then it judges by the [`checks`].

pub mod attacks;
pub mod checks;
pub mod honest;
pub mod idle;
pub mod plan;
pub mod random;
pub mod run;
pub mod target;
pub mod watch;
