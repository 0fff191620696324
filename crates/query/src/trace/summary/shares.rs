//! What the time of a trace went to.

use crate::trace::TraceColumns;

/// No row.
const NONE: u32 = u32::MAX;

/// Spans and their children, by row.
pub(super) struct Tree<'a> {
    columns: &'a TraceColumns,
    /// The children of each row are `children[starts[row]..starts[row + 1]]`, that which ends last
    /// first.
    starts: Vec<u32>,
    children: Vec<u32>,
}

impl<'a> Tree<'a> {
    pub(super) fn of(columns: &'a TraceColumns) -> Self {
        let rows = columns.len();
        let mut starts = vec![0_u32; rows + 1];
        for parent in columns.parent.iter().filter_map(|parent| usize::try_from(*parent).ok()) {
            if let Some(count) = starts.get_mut(parent + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut children = vec![NONE; sum as usize];
        let mut next = starts.clone();
        for (row, parent) in (0_u32..).zip(&columns.parent) {
            let Some(at) = usize::try_from(*parent).ok().and_then(|parent| next.get_mut(parent))
            else {
                continue;
            };
            if let Some(slot) = children.get_mut(*at as usize) {
                *slot = row;
            }
            *at += 1;
        }
        let mut tree = Self { columns, starts, children: Vec::new() };
        for row in 0..rows {
            if let Some(of_row) = children.get_mut(tree.range(row)) {
                of_row.sort_by(|a, b| tree.end(*b as usize).total_cmp(&tree.end(*a as usize)));
            }
        }
        tree.children = children;
        tree
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        let at = |row: usize| self.starts.get(row).copied().unwrap_or(0) as usize;
        at(row)..at(row + 1)
    }

    fn children(&self, row: usize) -> &[u32] {
        self.children.get(self.range(row)).unwrap_or_default()
    }

    fn start(&self, row: usize) -> f64 {
        self.columns.start.get(row).copied().unwrap_or(0.0)
    }

    fn end(&self, row: usize) -> f64 {
        self.start(row) + self.columns.duration.get(row).copied().unwrap_or(0.0)
    }

    fn service(&self, row: usize) -> usize {
        let segment = self.columns.segment.get(row).and_then(|place| usize::try_from(*place).ok());
        let segment = segment.and_then(|place| self.columns.segments.get(place));
        segment.map_or(usize::MAX, |segment| segment.service as usize)
    }

    pub(super) fn service_name(&self, row: usize) -> &'a str {
        self.columns.services.get(self.service(row))
    }

    /// The first span: of those without a parent the earliest, of equally early ones the longest.
    pub(super) fn root(&self) -> Option<usize> {
        let roots = self.columns.parent.iter().enumerate().filter(|(_, parent)| **parent < 0);
        let roots = roots.map(|(row, _)| row);
        roots.min_by(|a, b| {
            let start = self.start(*a).total_cmp(&self.start(*b));
            start.then_with(|| self.end(*b).total_cmp(&self.end(*a)))
        })
    }

    /// Rows below each other, at most. Spans that cause each other in a ring are below nothing.
    pub(super) fn depth(&self) -> usize {
        let roots = (0_u32..).zip(&self.columns.parent).filter(|(_, parent)| **parent < 0);
        let mut open: Vec<(u32, usize)> = roots.map(|(row, _)| (row, 1)).collect();
        let mut deepest = 0;
        while let Some((row, depth)) = open.pop() {
            deepest = deepest.max(depth);
            open.extend(self.children(row as usize).iter().map(|child| (*child, depth + 1)));
        }
        deepest
    }

    /// Milliseconds that spans of each service were at work themselves: their time without that of
    /// their children.
    pub(super) fn work(&self) -> Vec<f64> {
        let mut work = vec![0.0; self.columns.services.len()];
        for row in 0..self.columns.len() {
            let (start, mut until) = (self.start(row), self.end(row));
            let mut own = 0.0;
            // From the end: children that overlap count once.
            for child in self.children(row) {
                let child = *child as usize;
                let end = self.end(child).clamp(start, until);
                own += until - end;
                until = self.start(child).clamp(start, end);
            }
            own += until - start;
            if let Some(slot) = work.get_mut(self.service(row)) {
                *slot += own;
            }
        }
        work
    }

    /// Milliseconds of a span that were waited for each service. Going back from its end, the time
    /// is that of the child that ended last, and before that child began, again of the one that
    /// ended last before; the gaps are the span's own.
    pub(super) fn critical(&self, root: usize) -> Vec<f64> {
        let mut waited = vec![0.0; self.columns.services.len()];
        let mut open = vec![(root, self.end(root))];
        let mut visited = 0;
        while let Some((row, until)) = open.pop() {
            visited += 1;
            if visited > self.columns.len() {
                break;
            }
            let start = self.start(row);
            let mut until = until.min(self.end(row));
            let mut own = 0.0;
            for child in self.children(row) {
                let child = *child as usize;
                if self.start(child) >= until || self.end(child) <= start {
                    continue;
                }
                let end = self.end(child).min(until);
                own += until - end;
                open.push((child, end));
                until = self.start(child).max(start);
            }
            own += (until - start).max(0.0);
            if let Some(slot) = waited.get_mut(self.service(row)) {
                *slot += own;
            }
        }
        waited
    }
}
