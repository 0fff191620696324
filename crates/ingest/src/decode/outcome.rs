//! What became of a message.

use std::fmt;

use crate::wire::Malformed;

/// A message that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decoded {
    /// Its spans.
    pub spans: u32,
    /// What had to be changed.
    pub notes: Notes,
    /// Spans that were not taken.
    pub left_out: LeftOut,
}

/// Spans of a message that were wrong by themselves, or too many; the others
/// were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    counts: [u32; Surplus::ALL.len()],
}

/// Why a span was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Surplus {
    /// The trace or span id has the wrong length, or is all zeros.
    InvalidIds,
    /// Beyond `ingest.segment.max_spans`.
    Spans,
    /// Beyond `ingest.segment.max_rows`.
    Rows,
}

impl Surplus {
    const ALL: [Self; 3] = [Self::InvalidIds, Self::Spans, Self::Rows];

    /// The reason as it is counted.
    pub fn reason(self) -> &'static str {
        match self {
            Self::InvalidIds => "invalid_ids",
            Self::Spans => "spans",
            Self::Rows => "rows",
        }
    }

    /// What it is, and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::InvalidIds => {
                "trace_id must be 16 bytes and span_id 8 bytes, and neither all zeros"
            }
            Self::Spans => {
                "more spans of one resource than ingest.segment.max_spans; export smaller batches \
                 or raise it"
            }
            Self::Rows => {
                "more attributes, events and links of one resource than ingest.segment.max_rows; \
                 export smaller batches or raise it"
            }
        }
    }
}

impl LeftOut {
    pub(crate) fn add(&mut self, why: Surplus) {
        if let Some(count) = self.counts.get_mut(why as usize) {
            *count += 1;
        }
    }

    /// How many spans, by the reason.
    pub fn reasons(self) -> impl Iterator<Item = (Surplus, u32)> {
        Surplus::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }
}

/// What a decoder had to change, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notes {
    /// Texts with U+FFFD in place of what is not UTF-8.
    pub repaired: u32,
    /// Names cut to their limit.
    pub cut_names: u32,
    /// Attribute keys cut to their limit.
    pub cut_keys: u32,
    /// Attribute values cut to their limit.
    pub cut_values: u32,
    /// Attributes left out.
    pub left_out_attributes: u32,
    /// Events left out.
    pub left_out_events: u32,
    /// Links left out.
    pub left_out_links: u32,
    /// Spans that end before they start; their duration is 0.
    pub negative_durations: u32,
}

impl Notes {
    /// Whether nothing was changed.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is not the message it should be.
    Malformed(Malformed),
    /// It is over a limit.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is; at least so much where counting stopped.
        found: u64,
        /// The configuration key of the limit.
        key: &'static str,
        /// The limit.
        limit: u64,
    },
    /// It holds no span.
    NoSpans,
    /// None of its spans was taken.
    NoneTaken(Surplus),
}

impl Refusal {
    /// The reason as it is counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Limit { what, .. } => what,
            Self::NoSpans => "no_spans",
            Self::NoneTaken(why) => why.reason(),
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => write!(f, "not a protobuf message: {malformed}"),
            Self::Limit { what, found, key, limit } => {
                write!(f, "{what} {found} exceeds {key} ({limit})")
            }
            Self::NoSpans => f.write_str("there are no spans"),
            Self::NoneTaken(why) => f.write_str(why.advice()),
        }
    }
}

impl std::error::Error for Refusal {}
