//! The binary skytrail: roles as subcommands, configuration, wiring.
