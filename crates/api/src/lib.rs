//! Answers to bytes: GraphQL, health, status.
