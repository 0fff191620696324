//! Wire contracts of the SkyWalking agents and their generated code.
