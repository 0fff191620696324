//! Reads ahead what calls are about to count in. Routes and cells stand all
//! over the memory; asked for one after the other in the middle of a span,
//! each would be waited for. Asked for in a row, with nothing between that
//! depends on an answer, all are waited for at once.

use skytrail_model::span::{Segment, Span};

use super::incoming::{endpoint_key, references, referred_key};
use super::outgoing::{outgoing_key, waits_for_nobody};
use crate::source::{RouteKey, Sources};

/// Routes of one look. Segments of calls have a few each; of one with thousands
/// of spans the rest is found without help.
const MAX_ROUTES: usize = 256;

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
        'all: for segment in segments {
            for span in sources.batch.spans_of(segment) {
                self.add(sources, segment, span);
                if self.hashes.len() >= MAX_ROUTES {
                    break 'all;
                }
            }
        }
        self.cells.clear();
        self.cells.extend(self.hashes.iter().filter_map(|hash| sources.routes.likely_cell(*hash)));
        sources.windows.look(&self.cells);
    }

    fn add(&mut self, sources: &Sources<'_>, segment: &Segment, span: &Span) {
        let mut add = |key: RouteKey| self.hashes.push(sources.routes.hash(&key));
        if span.kind.is_entry() {
            for link in references(sources, span).take(MAX_ROUTES / 2) {
                add(referred_key(sources, segment, span, link));
                add(endpoint_key(sources, segment, span, link));
            }
        } else if span.kind.is_exit() && waits_for_nobody(span) {
            add(outgoing_key(sources, segment, span));
        }
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::batch::SpanBatch;
    use skytrail_storage::contract::build::{batch, entry, exit, link, segment};

    use super::{Ahead, MAX_ROUTES};
    use crate::config::Config;
    use crate::directory::Directory;
    use crate::effects::Effects;
    use crate::oal::rules::Rules;
    use crate::source::{Routes, Sources};
    use crate::window::Windows;

    /// Routes that are looked at ahead.
    fn looked_at(batch: &SpanBatch) -> usize {
        let settings = Config::default().validate().unwrap();
        let plan = Rules::load(&settings).unwrap().plan();
        let sources = Sources {
            plan: &plan,
            settings: &settings,
            batch,
            now: 0,
            directory: &mut Directory::new(settings.limits),
            routes: &mut Routes::within(1 << 20),
            windows: &mut Windows::new(0),
            effects: &mut Effects::default(),
        };
        let mut ahead = Ahead::default();
        ahead.look(&sources, &batch.segments);
        assert_eq!(ahead.cells, [0_u32; 0], "nothing was counted yet");
        ahead.hashes.len()
    }

    #[test]
    fn calls_are_looked_at_ahead_unless_they_wait_or_are_too_many() {
        let call = || exit("call").peer("db:80");
        let of = |spans: Vec<_>| batch([segment("t", "s").of("web", "w").with(spans)]);
        assert_eq!(looked_at(&of(vec![call(), call()])), 2);
        assert_eq!(looked_at(&of(vec![call().ids("a", ""), entry("/")])), 0);
        assert_eq!(looked_at(&of(vec![call(); 10_000])), MAX_ROUTES);
        let called = |links| (0..links).fold(entry("/"), |span, _| span.linked(link("t", "p", 0)));
        assert_eq!(looked_at(&of(vec![called(1)])), 2);
        assert_eq!(looked_at(&of(vec![called(10_000)])), MAX_ROUTES);
    }
}
