//! An attribute value in words.

/// A typed attribute value.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueSpec {
    /// Text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An array or map, as JSON text.
    Json(String),
}

impl From<&str> for ValueSpec {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for ValueSpec {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for ValueSpec {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for ValueSpec {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}
