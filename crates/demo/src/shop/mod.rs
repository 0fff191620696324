//! An online shop of eleven services with the databases, brokers and strangers they call.
//!
//! `scenario` and `surroundings` are the shop as data, in the words of `script`; `request` plays one
//! request of a customer through it; `instance` and `jvm` are what the processes say about
//! themselves; `incident` is what may go wrong.

mod exit;
mod incident;
mod instance;
mod jvm;
mod request;
mod scenario;
mod script;
mod surroundings;
#[cfg(test)]
mod tests;
mod walk;

pub use incident::Incident;
pub use request::Shop;
