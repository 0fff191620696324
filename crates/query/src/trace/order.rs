//! The order in which a trace is read.

use std::collections::HashMap;

use super::span::Span;

/// What a span is known by to its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    /// Segment and number.
    Number(&'a str, i32),
    /// Opaque id.
    Id(&'a str),
}

/// The spans with every child behind its parent: the roots by their start, each
/// followed by its children, depth first, in the order they came. A root is a
/// span whose parent is not there. What its last reference names is its parent,
/// then what its parent id names, then the parent within the segment. Spans that
/// cause each other in a ring come last, from the one that started first.
pub fn sort_spans(spans: Vec<Span>) -> Vec<Span> {
    let order = order(&spans);
    let mut spans: Vec<Option<Span>> = spans.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| spans.get_mut(place)?.take()).collect()
}

fn order(spans: &[Span]) -> Vec<usize> {
    let mut places = HashMap::new();
    for (place, span) in spans.iter().enumerate() {
        places.entry(Key::Number(&span.segment_id, span.span_id)).or_insert(place);
        if !span.id.is_empty() {
            places.entry(Key::Id(&span.id)).or_insert(place);
        }
    }
    let mut children = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (place, span) in spans.iter().enumerate() {
        let parent = parent(span).and_then(|parent| places.get(&parent).copied());
        match parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(place),
            None => roots.push(place),
        }
    }
    let start = |place: &usize| spans.get(*place).map(|span| span.start_time);
    roots.sort_by_key(start);
    let mut walk = Walk { children, visited: vec![false; spans.len()], order: Vec::new() };
    roots.into_iter().for_each(|root| walk.visit(root));
    let mut rings: Vec<usize> = (0..spans.len()).collect();
    rings.sort_by_key(start);
    rings.into_iter().for_each(|place| walk.visit(place));
    walk.order
}

fn parent(span: &Span) -> Option<Key<'_>> {
    if let Some(cause) = span.refs.last() {
        return Some(match cause.span_id.as_str() {
            "" => Key::Number(&cause.parent_segment_id, cause.parent_span_id),
            id => Key::Id(id),
        });
    }
    match span.parent_id.as_str() {
        "" if span.parent_span_id < 0 => None,
        "" => Some(Key::Number(&span.segment_id, span.parent_span_id)),
        id => Some(Key::Id(id)),
    }
}

struct Walk {
    children: Vec<Vec<usize>>,
    visited: Vec<bool>,
    order: Vec<usize>,
}

impl Walk {
    /// Depth first without recursion: a trace may be one long chain.
    fn visit(&mut self, root: usize) {
        let mut open = vec![root];
        while let Some(place) = open.pop() {
            match self.visited.get_mut(place) {
                Some(visited) if !*visited => *visited = true,
                _ => continue,
            }
            self.order.push(place);
            let children = self.children.get(place).map(Vec::as_slice).unwrap_or_default();
            open.extend(children.iter().rev());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::{Ref, RefType};
    use super::{Span, sort_spans};

    fn span(segment: &str, number: i32, parent: i32, start: i64) -> Span {
        Span {
            segment_id: segment.to_owned(),
            span_id: number,
            parent_span_id: parent,
            start_time: start,
            ..Span::default()
        }
    }

    fn caused_by(mut span: Span, segment: &str, number: i32) -> Span {
        span.refs.push(Ref {
            trace_id: String::new(),
            parent_segment_id: segment.to_owned(),
            parent_span_id: number,
            r#type: RefType::CrossProcess,
            span_id: String::new(),
        });
        span
    }

    fn names(spans: Vec<Span>) -> Vec<String> {
        let sorted = sort_spans(spans);
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
        let with_id = |mut span: Span, id: &str, parent: &str| {
            span.id = id.to_owned();
            span.parent_id = parent.to_owned();
            span
        };
        let spans = vec![
            with_id(span("s2", 0, -1, 2), "cc", "bb"),
            with_id(span("s1", 1, -1, 3), "dd", "aa"),
            with_id(span("s1", 0, -1, 1), "aa", ""),
            with_id(span("s3", 0, -1, 2), "bb", "aa"),
        ];
        assert_eq!(names(spans), ["s10", "s11", "s30", "s20"]);
    }

    #[test]
    fn rings_and_long_chains_end() {
        let ring = vec![
            caused_by(span("a", 0, -1, 2), "b", 0),
            caused_by(span("b", 0, -1, 1), "a", 0),
            caused_by(span("self", 0, -1, 3), "self", 0),
        ];
        assert_eq!(names(ring), ["b0", "a0", "self0"]);
        let chain: Vec<_> = (0..50_000).map(|n| span("a", n, n - 1, 0)).collect();
        assert_eq!(sort_spans(chain).len(), 50_000);
    }
}
