//! Blocks and parts, seen from outside.

mod damage;
mod parts;
mod random;
mod round_trip;
