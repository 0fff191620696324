//! Reads ahead what calls are about to count in. Routes and cells stand all
//! over the memory; asked for one after the other in the middle of a span,
//! each would be waited for. Asked for in a row, with nothing between that
//! depends on an answer, all are waited for at once.

use skytrail_model::span::{Segment, Span};

use super::incoming::{endpoint_key, references, referred_key};
use super::outgoing::outgoing_key;
use crate::source::{RouteKey, Sources};

/// What is used again from look to look.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    hashes: Vec<u64>,
    cells: Vec<u32>,
}

impl Ahead {
    /// Looks at the routes that most calls in these segments take, of those
    /// that are many: relations between instances and endpoints.
    pub(crate) fn look(&mut self, sources: &Sources<'_>, segments: &[Segment]) {
        self.hashes.clear();
        for segment in segments {
            for span in sources.batch.spans_of(segment) {
                self.add(sources, segment, span);
            }
        }
        self.cells.clear();
        self.cells.extend(self.hashes.iter().filter_map(|hash| sources.routes.likely_cell(*hash)));
        sources.windows.look(&self.cells);
    }

    fn add(&mut self, sources: &Sources<'_>, segment: &Segment, span: &Span) {
        let mut add = |key: RouteKey| self.hashes.push(sources.routes.hash(&key));
        if span.kind.is_entry() {
            for link in references(sources, span) {
                add(referred_key(sources, segment, span, link));
                add(endpoint_key(sources, segment, span, link));
            }
        } else if span.kind.is_exit() {
            add(outgoing_key(sources, segment, span));
        }
    }
}
