//! The list of topics.

use super::{Sources, empty, refused, server};
use crate::graphql::Tables;

/// Tables of every topic; [`crate::graphql::Engine::new`] checks them against the schema.
pub static TABLES: Tables<Sources> = Tables {
    query: &[server::QUERY, empty::QUERY, refused::QUERY],
    mutation: &[server::MUTATION, refused::MUTATION],
};
