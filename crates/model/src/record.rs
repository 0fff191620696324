//! Records of slow things: top-N statements and commands.

use crate::entity::EntityId;

/// Which list a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum TopStream {
    /// Slow statements, by database.
    DatabaseStatement,
    /// Slow statements, by calling service.
    ServiceDatabaseStatement,
    /// Slow reads, by cache.
    CacheReadCommand,
    /// Slow writes, by cache.
    CacheWriteCommand,
}

impl TopStream {
    /// Every list.
    pub const ALL: [Self; 4] = [
        Self::DatabaseStatement,
        Self::ServiceDatabaseStatement,
        Self::CacheReadCommand,
        Self::CacheWriteCommand,
    ];

    /// The name queries use.
    pub fn name(self) -> &'static str {
        match self {
            Self::DatabaseStatement => "top_n_database_statement",
            Self::ServiceDatabaseStatement => "top_n_service_database_statement",
            Self::CacheReadCommand => "top_n_cache_read_command",
            Self::CacheWriteCommand => "top_n_cache_write_command",
        }
    }

    /// From the name queries use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }
}

/// One slow statement or command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopRecord {
    /// The list.
    pub stream: TopStream,
    /// Whose list: the database, cache or calling service.
    pub entity: EntityId,
    /// `segmentId-spanNumber`; records of one id and stream are one record.
    pub id: String,
    /// The statement, or command and key.
    pub statement: String,
    /// The trace it happened in.
    pub trace_id: String,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// When it started, nanoseconds since the Unix epoch.
    pub time: i64,
}
