//! What goes wrong, as clients see it: a code to branch on, a text to read, the path it concerns.

use std::fmt;

use apollo_compiler::parser::LineColumn;
use apollo_compiler::response::{GraphQLError, ResponseDataPathSegment};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use skytrail_query::ErrorKind;

/// Kind of a failure, written as `extensions.code` in every error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The body is no GraphQL request.
    MalformedRequest,
    /// The body or the answer has more bytes than allowed.
    TooLarge,
    /// The media type is not JSON.
    UnsupportedMediaType,
    /// The HTTP method is not POST.
    MethodNotAllowed,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// The document is deeper or wider than allowed.
    LimitExceeded,
    /// A variable or argument has a wrong value.
    InvalidArgument,
    /// What an argument names does not exist.
    NotFound,
    /// The token is missing or wrong.
    Unauthenticated,
    /// A page that is not the server's may not ask.
    Forbidden,
    /// Answering would read more rows or points than allowed.
    CostExceeded,
    /// Answering took longer than allowed.
    DeadlineExceeded,
    /// The operation exists in the protocol and is not served by this version.
    NotSupported,
    /// A part that is needed is not reachable now; asking again may help.
    Unavailable,
    /// A fault of the server.
    Internal,
}

impl Code {
    /// Spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRequest => "MALFORMED_REQUEST",
            Self::TooLarge => "TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::ParseFailed => "PARSE_FAILED",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// Why one root field has no answer; the other fields of the request keep theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Kind of the failure.
    pub code: Code,
    /// Text for the caller: lower case, names the argument and the limit.
    pub message: String,
}

impl FieldError {
    /// An error of any kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A wrong value of an argument.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// A fault of the server.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for FieldError {}

impl From<skytrail_query::Error> for FieldError {
    fn from(error: skytrail_query::Error) -> Self {
        let code = match error.kind {
            ErrorKind::Invalid => Code::InvalidArgument,
            ErrorKind::NotFound => Code::NotFound,
            ErrorKind::TooLarge => Code::CostExceeded,
            ErrorKind::Timeout => Code::DeadlineExceeded,
            ErrorKind::Storage => {
                tracing::warn!(error = error.message, "storage did not answer a query");
                Code::Unavailable
            }
        };
        Self::new(code, error.message)
    }
}

/// One step from the root of the answer to the place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// One element of `errors`.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) path: Vec<Step>,
    pub(crate) locations: Vec<LineColumn>,
}

impl Failure {
    /// An error of the whole request.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: Vec::new(), locations: Vec::new() }
    }

    /// The error of a root field.
    pub(crate) fn at(key: &str, error: FieldError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            path: vec![Step::Key(key.to_owned())],
            locations: Vec::new(),
        }
    }

    /// An error found by the library, under our code.
    pub(crate) fn coded(code: Code, error: GraphQLError) -> Self {
        let step = |segment| match segment {
            ResponseDataPathSegment::Field(name) => Step::Key(name.to_string()),
            ResponseDataPathSegment::ListIndex(index) => Step::Index(index),
        };
        Self {
            code,
            message: error.message,
            path: error.path.into_iter().map(step).collect(),
            locations: error.locations,
        }
    }
}

/// A response without data, uncounted.
pub(crate) fn refusal(failures: &[Failure]) -> Vec<u8> {
    let mut bytes = b"{\"errors\":".to_vec();
    bytes.extend(errors(failures));
    bytes.push(b'}');
    bytes
}

/// The list of errors of a response.
pub(crate) fn errors(failures: &[Failure]) -> Vec<u8> {
    // Writing strings and numbers to memory cannot fail.
    serde_json::to_vec(failures).unwrap_or_else(|_| b"[]".to_vec())
}

/// What a response says besides: the root fields in which something is, or may be, missing.
pub(crate) fn extensions(incomplete: &[&str]) -> Vec<u8> {
    // As above.
    let told = serde_json::json!({ "incomplete": incomplete });
    serde_json::to_vec(&told).unwrap_or_else(|_| b"{}".to_vec())
}

struct Path<'a>(&'a [Step]);

impl Serialize for Path<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for step in self.0 {
            match step {
                Step::Key(key) => list.serialize_element(key)?,
                Step::Index(index) => list.serialize_element(index)?,
            }
        }
        list.end()
    }
}

struct Extensions(Code);

impl Serialize for Extensions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("code", self.0.as_str())?;
        map.end()
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        if !self.locations.is_empty() {
            map.serialize_entry("locations", &self.locations)?;
        }
        if !self.path.is_empty() {
            map.serialize_entry("path", &Path(&self.path))?;
        }
        map.serialize_entry("extensions", &Extensions(self.code))?;
        map.end()
    }
}
