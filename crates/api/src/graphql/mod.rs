//! The SkyWalking query protocol at `POST /graphql`.
//!
//! A request runs through: `http` (bytes) → `document` (text, limits, validation, cache) →
//! `engine` (arguments, memory) → `resolving` (resolvers) → `answer` (selected fields to JSON).

mod answer;
mod answered;
mod arguments;
mod document;
mod engine;
mod error;
mod http;
mod limits;
mod metrics;
mod object;
mod registry;
mod resolving;
pub(crate) mod room;
pub mod root;
pub(crate) mod rope;
mod schema;
mod selection;
pub(crate) mod sending;
mod weight;
pub(crate) mod work;

pub use answer::{Answer, Nulled, Out, Written};
pub use arguments::{Arguments, Long};
pub use engine::Engine;
pub use error::{Code, FieldError};
pub use limits::Limits;
pub use registry::{Context, Recovery, Resolved, Resolver, Root, Tables, answer};
pub use schema::SchemaError;

pub(crate) use http::service;
pub(crate) use object::object;
