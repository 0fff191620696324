//! Pairs the two sides of a call by span id, for protocols in which a callee
//! names its caller by nothing else.
//!
//! A side that comes first waits for the other one, for a bounded time in log
//! time and within bounds of entries and bytes. Whoever waited in vain is
//! counted as if the other side did not exist: a caller towards the address it
//! called, a callee as called by a user. SkyWalking's spans have no such ids
//! and never come here.

mod emit;
mod side;
mod table;

pub(crate) use emit::{emit, offer_client, offer_server};
pub(crate) use table::{Outcome, Pairing, PairingState};
