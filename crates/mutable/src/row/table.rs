//! Which rows there are.

/// A table of the file. Its number is part of what rows are sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Table {
    /// One row: what the last commit left.
    State = 0,
    /// Entities by scope and id.
    Entities = 1,
    /// Aliases by the hash of address, service and instance.
    Aliases = 2,
    /// Tags by day, kind, key and value; all of it is the key.
    Tags = 3,
    /// Dashboards by id, in chunks.
    Templates = 4,
    /// Blobs by name, in chunks.
    Blobs = 5,
}

/// Tables that have one row for each thing.
pub(crate) const SMALL: [Table; 3] = [Table::Entities, Table::Aliases, Table::Tags];

/// Tables whose things are cut into chunks, a row each.
pub(crate) const LARGE: [Table; 2] = [Table::Templates, Table::Blobs];

impl Table {
    /// Its name in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Entities => "entities",
            Self::Aliases => "aliases",
            Self::Tags => "tags",
            Self::Templates => "templates",
            Self::Blobs => "blobs",
        }
    }

    /// Its place among the totals; none for the state.
    pub(crate) fn place(self) -> Option<usize> {
        (self as usize).checked_sub(1)
    }
}
