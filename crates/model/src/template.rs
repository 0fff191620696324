//! Dashboards that the user interface keeps on the server.

/// A stored dashboard. The configuration is opaque JSON of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiTemplate {
    /// Unique id.
    pub id: String,
    /// The interface's JSON.
    pub configuration: String,
    /// Hidden, but kept.
    pub disabled: bool,
    /// Last change, milliseconds since the Unix epoch.
    pub updated_at: i64,
}
