//! The storage SPI: one trait per table family, the in-memory backend, the contract suite.
