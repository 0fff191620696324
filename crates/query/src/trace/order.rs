//! The order in which a trace is read.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::stored::{Key, Stored};

/// No span.
const NONE: u32 = u32::MAX;

/// The places of the spans with every child behind its parent: the roots by their start, each
/// followed by its children, depth first, in the order they came. A root is a span whose parent is
/// not there. What its last reference names is its parent, then what its parent id names, then the
/// parent within the segment. Spans that cause each other in a ring come last, from the one that
/// started first.
pub(super) fn order(spans: &[Stored<'_>]) -> Order {
    let mut family = Family::of(spans);
    let start = |place: &u32| spans.get(*place as usize).map(|one| one.start_millis());
    family.roots.sort_by_key(start);
    let mut order = Vec::with_capacity(spans.len());
    let roots = std::mem::take(&mut family.roots);
    roots.into_iter().for_each(|root| family.visit(root, &mut order));
    if order.len() < spans.len() {
        let mut rings: Vec<u32> = (0..spans.len() as u32).collect();
        rings.sort_by_key(start);
        rings.into_iter().for_each(|place| family.visit(place, &mut order));
    }
    Order { places: order, elsewhere: family.elsewhere }
}

/// How a trace is read.
pub(super) struct Order {
    /// The places of the spans.
    pub(super) places: Vec<u32>,
    /// Spans that name a parent in another segment by its id alone, each with that
    /// parent; by place.
    pub(super) elsewhere: Vec<(u32, u32)>,
}

/// Who is whose child, by their places among all; as lists that are linked, so that a span takes
/// the same whatever it has.
struct Family {
    roots: Vec<u32>,
    first_child: Vec<u32>,
    last_child: Vec<u32>,
    next: Vec<u32>,
    visited: Vec<bool>,
    elsewhere: Vec<(u32, u32)>,
}

impl Family {
    fn of(spans: &[Stored<'_>]) -> Self {
        let none = || vec![NONE; spans.len()];
        let (first_child, last_child, next) = (none(), none(), none());
        let visited = vec![false; spans.len()];
        let (roots, elsewhere) = (Vec::new(), Vec::new());
        let mut family = Self { roots, first_child, last_child, next, visited, elsewhere };
        let places = places(spans);
        for (place, span) in (0_u32..).zip(spans) {
            match span.parent().and_then(|parent| places.get(&parent).copied()) {
                Some(parent) => {
                    family.add(parent, place);
                    if span.names_parent_by_id_alone() {
                        family.elsewhere.push((place, parent));
                    }
                }
                None => family.roots.push(place),
            }
        }
        family
    }

    fn add(&mut self, parent: u32, child: u32) {
        let last = at(&self.last_child, parent);
        let before = match last {
            NONE => self.first_child.get_mut(parent as usize),
            last => self.next.get_mut(last as usize),
        };
        if let Some(before) = before {
            *before = child;
        }
        if let Some(last) = self.last_child.get_mut(parent as usize) {
            *last = child;
        }
    }

    /// Depth first without recursion: a trace may be one long chain.
    fn visit(&mut self, root: u32, order: &mut Vec<u32>) {
        let mut open = vec![(root, false)];
        while let Some((place, has_siblings)) = open.pop() {
            let after = if has_siblings { at(&self.next, place) } else { NONE };
            if after != NONE {
                open.push((after, true));
            }
            match self.visited.get_mut(place as usize) {
                Some(visited) if !*visited => *visited = true,
                _ => continue,
            }
            order.push(place);
            let child = at(&self.first_child, place);
            if child != NONE {
                open.push((child, true));
            }
        }
    }
}

fn at(list: &[u32], place: u32) -> u32 {
    list.get(place as usize).copied().unwrap_or(NONE)
}

/// The first span that is known by a key.
fn places<'a>(spans: &[Stored<'a>]) -> HashMap<Key<'a>, u32, RandomState> {
    let mut places = HashMap::with_capacity_and_hasher(spans.len(), RandomState::default());
    for (place, one) in (0_u32..).zip(spans) {
        let segment_id = one.text(one.segment.segment_id);
        places.entry(Key::Number(segment_id, one.span.number)).or_insert(place);
        let id = one.text(one.span.id);
        if !id.is_empty() {
            places.entry(Key::Id(id)).or_insert(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use skytrail_storage::contract::build::{MILLI, SpanSpec, append, link, local, segment};
    use skytrail_storage::rows::Gathered;

    use super::super::span::{Ref, Span};
    use super::super::spans::Spans;

    /// A span, and the segment that it is of.
    type One = (&'static str, SpanSpec);

    fn span(of: &'static str, number: i32, parent: i32, start: i64) -> One {
        (of, local("/").number(number).under(parent).at(start * MILLI))
    }

    fn caused_by((of, span): One, by: &str, number: i32) -> One {
        (of, span.linked(link("t", by, number)))
    }

    fn sorted(spans: Vec<One>) -> Spans {
        let batches = spans.into_iter().map(|(of, span)| append([segment("t", of).with([span])]));
        let batches: Vec<_> = batches.map(|spans| spans.batch).collect();
        let spans = (0..batches.len() as u32).map(|batch| (batch, 0)).collect();
        Spans::in_order(Gathered { batches, spans, truncated: false })
    }

    fn names(spans: Vec<One>) -> Vec<String> {
        let sorted = sorted(spans);
        sorted.iter().map(|span| format!("{}{}", span.segment_id, span.span_id)).collect()
    }

    #[test]
    fn children_follow_their_parents_across_segments() {
        let spans = vec![
            // Agents send the span that ends last at the end.
            caused_by(span("b", 0, -1, 12), "a", 1),
            span("b", 1, 0, 13),
            span("a", 1, 0, 11),
            span("a", 2, 0, 14),
            span("a", 0, -1, 10),
            caused_by(span("c", 0, -1, 15), "a", 2),
        ];
        assert_eq!(names(spans), ["a0", "a1", "b0", "b1", "a2", "c0"]);
    }

    #[test]
    fn what_has_lost_its_parent_is_a_root_and_roots_follow_time() {
        let spans = vec![
            caused_by(span("late", 0, -1, 90), "lost", 3),
            span("late", 1, 0, 91),
            caused_by(span("early", 0, -1, 5), "lost", 4),
            span("orphan", 7, 6, 50),
        ];
        assert_eq!(names(spans), ["early0", "orphan7", "late0", "late1"]);
    }

    #[test]
    fn the_last_reference_is_the_parent() {
        let batch = caused_by(caused_by(span("c", 0, -1, 3), "a", 0), "b", 0);
        let spans = vec![span("a", 0, -1, 1), span("b", 0, -1, 2), batch, span("a", 1, 0, 4)];
        assert_eq!(names(spans), ["a0", "a1", "b0", "c0"]);
    }

    #[test]
    fn opaque_ids_link_as_numbers_do() {
        let with_id = |(of, span): One, id: &str, parent: &str| (of, span.ids(id, parent));
        let spans = vec![
            with_id(span("s2", 0, -1, 2), "cc", "bb"),
            with_id(span("s1", 1, -1, 3), "dd", "aa"),
            with_id(span("s1", 0, -1, 1), "aa", ""),
            with_id(span("s3", 0, -1, 2), "bb", "aa"),
        ];
        let sorted = sorted(spans.clone());
        let cause = |cause: &Ref| format!("{}{}", cause.parent_segment_id, cause.parent_span_id);
        let causes = |span: Span| span.refs.iter().map(cause).collect::<Vec<_>>().join(",");
        let refs: Vec<_> = sorted.iter().map(causes).collect();
        assert_eq!(names(spans), ["s10", "s11", "s30", "s20"]);
        assert_eq!(refs, ["", "s10", "s10", "s30"]);
    }

    #[test]
    fn rings_and_long_chains_end() {
        let ring = vec![
            caused_by(span("a", 0, -1, 2), "b", 0),
            caused_by(span("b", 0, -1, 1), "a", 0),
            caused_by(span("self", 0, -1, 3), "self", 0),
        ];
        assert_eq!(names(ring), ["b0", "a0", "self0"]);
        let chain: Vec<_> = (0..5_000).map(|n| span("a", n, n - 1, 0)).collect();
        assert_eq!(sorted(chain).len(), 5_000);
    }
}
