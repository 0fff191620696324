//! What is read off the clock and off the kernel's books.

pub mod cpu;
pub mod memory;
pub mod rounds;
