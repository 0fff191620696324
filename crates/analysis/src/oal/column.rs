//! Columns, compiled: what one event adds to one row.

use std::borrow::Cow;

use skytrail_lang::oal::Cast;
use skytrail_model::metric::formula::FLOAT_SCALE;

use super::condition::{Place, TextRead};
use super::event::{Event, Field};

/// A number read from an event, in the unit in which its column keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// As it is.
    Int(u8),
    /// Times a factor: millionths of a whole number, or of the milliseconds
    /// that are held in microseconds.
    Scaled(u8, i64),
    /// A fractional number in millionths.
    Millionths(u8),
    /// A fractional number without its fraction.
    Truncated(u8),
    /// Text read as a number, times a factor. Its columns count only events in
    /// which it can be read.
    Text(TextRead, Cast, i64),
}

impl Number {
    #[inline]
    pub(crate) fn read(self, event: &Event<'_>) -> i64 {
        match self {
            Self::Int(field) => event.number(field),
            Self::Scaled(field, factor) => event.number(field).saturating_mul(factor),
            // Casting saturates and makes nothing of what is no number.
            Self::Millionths(field) => (event.float(field) * FLOAT_SCALE as f64).round() as i64,
            Self::Truncated(field) => event.float(field) as i64,
            Self::Text(read, cast, factor) => {
                read.int(event, cast).unwrap_or(0).saturating_mul(factor)
            }
        }
    }

    /// A whole number, as rules of whole functions want it.
    pub(crate) fn whole(place: Place, cast: Option<Cast>) -> Option<Self> {
        match place {
            Place::Field(Field::Number(field)) => Some(Self::Int(field)),
            Place::Field(Field::Float(field)) => Some(Self::Truncated(field)),
            place => Some(Self::Text(place.as_text()?, cast?, 1)),
        }
    }

    /// A number in millionths, as rules of fractional functions want it.
    pub(crate) fn fractional(place: Place, cast: Option<Cast>, is_duration: bool) -> Option<Self> {
        let scale = if is_duration { FLOAT_SCALE / 1000 } else { FLOAT_SCALE };
        match place {
            Place::Field(Field::Number(field)) => Some(Self::Scaled(field, scale)),
            Place::Field(Field::Float(field)) => Some(Self::Millionths(field)),
            place => Some(Self::Text(place.as_text()?, cast?, scale)),
        }
    }

    /// The field that it reads.
    pub(super) fn field(self) -> Option<u8> {
        match self {
            Self::Int(field)
            | Self::Scaled(field, _)
            | Self::Millionths(field)
            | Self::Truncated(field) => Some(field),
            Self::Text(..) => None,
        }
    }

    /// What must be readable for the number to count.
    pub(crate) fn needs(self) -> Option<(TextRead, Cast)> {
        match self {
            Self::Text(read, cast, _) => Some((read, cast)),
            _ => None,
        }
    }
}

/// A label read from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label(pub(crate) TextRead);

impl Label {
    pub(crate) fn read<'e>(self, event: &'e Event<'_>) -> Option<Cow<'e, str>> {
        self.0.read(event)
    }
}

/// What a column does with an event that passed its conditions. `slot` is the
/// place in the row among the cells of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Adds one.
    Count { slot: u16 },
    /// Remembers that there was an event.
    Seen { slot: u16 },
    /// Adds a number.
    Sum { slot: u16, number: Number },
    /// Keeps the largest number.
    Max { slot: u16, number: Number },
    /// Keeps the smallest number.
    Min { slot: u16, number: Number },
    /// Counts a number in a histogram.
    Histogram { slot: u16, number: Number },
    /// Counts events within the apdex threshold of a name.
    Satisfied { slot: u16, number: Number, name: Label },
    /// Counts events above the threshold and within four times of it.
    Tolerated { slot: u16, number: Number, name: Label },
    /// Counts events by bucket of fixed width, the last one open.
    Bucket { slot: u16, number: Number, step: i64, steps: i64, unit: i64 },
    /// Adds a number by label.
    LabelSum { slot: u16, number: Number, label: Label, limit: u16 },
    /// Counts events by label.
    LabelCount { slot: u16, label: Label, limit: u16 },
}

/// What a column makes of all events of a cell together, from what the cell
/// keeps of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    /// How many there were.
    Count,
    /// The sum of the number that the cell keeps.
    Sum,
    /// How many were within the default apdex threshold.
    Satisfied,
    /// How many were above it and within four times of it.
    Tolerated,
}

/// What can be tallied in a table: events are kept together as far as their
/// columns want no more of them than this.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tallied {
    /// The number of which cells keep sum and histogram.
    pub(crate) field: u8,
    /// Whether every name has the default apdex threshold.
    pub(crate) has_one_threshold: bool,
}

/// Columns that take the same events.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Bits of the family's answers that must all be set.
    pub(crate) mask: u64,
    /// Columns that are tallied, with their slots.
    pub(crate) tallies: Vec<(u16, Tally)>,
    /// Histograms of the tallied number.
    pub(crate) histograms: Vec<u16>,
    /// Columns that look at every event.
    pub(crate) direct: Vec<Operation>,
}

impl Group {
    pub(super) fn new(mask: u64) -> Self {
        Self { mask, tallies: Vec::new(), histograms: Vec::new(), direct: Vec::new() }
    }

    /// Takes over the columns of another group.
    pub(super) fn join(&mut self, other: &Self) {
        self.tallies.extend(&other.tallies);
        self.histograms.extend(&other.histograms);
        self.direct.extend(&other.direct);
    }

    pub(super) fn add(&mut self, operation: Operation, tallied: Tallied) {
        let is_tallied = operation.number().is_none_or(|read| read == Number::Int(tallied.field));
        match operation {
            Operation::Count { slot } => self.tallies.push((slot, Tally::Count)),
            Operation::Sum { slot, .. } if is_tallied => self.tallies.push((slot, Tally::Sum)),
            Operation::Histogram { slot, .. } if is_tallied => self.histograms.push(slot),
            Operation::Satisfied { slot, .. } if is_tallied && tallied.has_one_threshold => {
                self.tallies.push((slot, Tally::Satisfied));
            }
            Operation::Tolerated { slot, .. } if is_tallied && tallied.has_one_threshold => {
                self.tallies.push((slot, Tally::Tolerated));
            }
            other => self.direct.push(other),
        }
    }
}

impl Operation {
    /// The number that it reads.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Count { .. } | Self::Seen { .. } | Self::LabelCount { .. } => None,
            Self::Sum { number, .. }
            | Self::Max { number, .. }
            | Self::Min { number, .. }
            | Self::Histogram { number, .. }
            | Self::Satisfied { number, .. }
            | Self::Tolerated { number, .. }
            | Self::Bucket { number, .. }
            | Self::LabelSum { number, .. } => Some(*number),
        }
    }
}

/// Where the values of a column stand in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellPlace {
    Int(u16),
    Histogram(u16),
    Labels(u16),
}
