//! Model to model: sources, dispatch, aggregation, topology, persistence.
