//! The shapes that values come in.

/// The shape of values (protocol `ExpressionResultType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpressionResultType {
    /// Nothing that can be told.
    Unknown,
    /// One value per set of labels.
    SingleValue,
    /// A value per point.
    TimeSeriesValues,
    /// Ranked entities.
    SortedList,
    /// Records.
    RecordList,
}

impl ExpressionResultType {
    /// The protocol's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::SingleValue => "SINGLE_VALUE",
            Self::TimeSeriesValues => "TIME_SERIES_VALUES",
            Self::SortedList => "SORTED_LIST",
            Self::RecordList => "RECORD_LIST",
        }
    }
}
