//! A link or reference in words.

use skytrail_model::span::LinkKind;

use super::value::ValueSpec;

/// A link to a span of another segment. Start with [`link`].
#[derive(Debug, Clone, PartialEq)]
pub struct LinkSpec {
    /// Relation.
    pub kind: LinkKind,
    /// Trace of the other span.
    pub trace_id: String,
    /// Segment of the other span.
    pub segment_id: String,
    /// Number of the other span; -1 when `span_id` names it.
    pub span_number: i32,
    /// Opaque id of the other span.
    pub span_id: String,
    /// Service, instance and endpoint of the parent.
    pub parent: [String; 3],
    /// Address under which the parent knew this process.
    pub address: String,
    /// Attributes.
    pub attributes: Vec<(String, ValueSpec)>,
}

/// A reference to a parent in another process, by segment and number.
pub fn link(trace_id: &str, segment_id: &str, span_number: i32) -> LinkSpec {
    LinkSpec {
        kind: LinkKind::CrossProcess,
        trace_id: trace_id.to_owned(),
        segment_id: segment_id.to_owned(),
        span_number,
        span_id: String::new(),
        parent: Default::default(),
        address: String::new(),
        attributes: Vec::new(),
    }
}

impl LinkSpec {
    /// Names the parent.
    #[must_use]
    pub fn parent(mut self, service: &str, instance: &str, endpoint: &str) -> Self {
        self.parent = [service, instance, endpoint].map(str::to_owned);
        self
    }

    /// The address the parent called.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Sets the relation.
    #[must_use]
    pub fn kind(mut self, kind: LinkKind) -> Self {
        self.kind = kind;
        self
    }

    /// Names the other span by its opaque id instead of its number.
    #[must_use]
    pub fn span_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.span_id);
        self.span_number = -1;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<ValueSpec>) -> Self {
        self.attributes.push((key.to_owned(), value.into()));
        self
    }
}
