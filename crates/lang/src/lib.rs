//! The languages OAL and MQE: text to checked syntax trees.
