//! The list of topics.

use super::{
    Sources, empty, expressions, hierarchy, metadata, metadata_v1, metrics_v1, metrics_v2, records,
    refused, search, server, templates, topology, traces,
};
use crate::graphql::Tables;

/// Tables of every topic; [`crate::graphql::Engine::new`] checks them against the schema.
pub static TABLES: Tables<Sources> = Tables {
    query: &[
        server::QUERY,
        metadata::QUERY,
        metadata_v1::QUERY,
        expressions::QUERY,
        metrics_v2::QUERY,
        metrics_v1::QUERY,
        records::QUERY,
        traces::QUERY,
        topology::QUERY,
        hierarchy::QUERY,
        templates::QUERY,
        search::QUERY,
        empty::QUERY,
        refused::QUERY,
    ],
    mutation: &[server::MUTATION, templates::MUTATION, refused::MUTATION],
};
