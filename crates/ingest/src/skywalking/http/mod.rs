//! The agents' routes on the REST port. Bodies are protobuf-JSON; a segment is
//! encoded to protobuf and goes the way of all segments.

mod routes;

pub(crate) use routes::router;
