//! Stored rows to answers as plain structs.
