//! MQE.
