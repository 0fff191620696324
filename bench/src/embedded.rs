//! The embedded store without a server around it.
//!
//! [`feed`] puts the traffic into it as a shard would, [`ask`] asks it as a
//! dashboard would; [`grow`] lets it become large; [`folder`] and [`threads`]
//! tell what that took.

pub mod ask;
pub mod feed;
pub mod folder;
pub mod grow;
pub mod threads;
