//! The effective configuration, for people.

use super::layers::{Layers, Origin};
use super::mask;

impl Layers {
    /// Every key with its value and where it came from, secrets masked.
    pub fn print(&self) -> String {
        let rows: Vec<(String, &Origin)> = self
            .iter()
            .map(|(key, value, origin)| (format!("{key}: {}", mask::masked(key, value)), origin))
            .collect();
        let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or(0);
        let lines = rows.iter().map(|(row, origin)| format!("{row:<width$}  # {origin}\n"));
        lines.collect()
    }

    /// Key and value, secrets masked, for `/debugging/config/dump`.
    pub fn dump(&self) -> Vec<(String, String)> {
        self.iter().map(|(key, value, _)| (key.to_owned(), mask::masked(key, value))).collect()
    }
}
