//! Rows of one family between two checkpoints: those that arrive, those that are
//! being written, and the parts that were written before the checkpoint because
//! memory was short. A reader sees all three, each row once.

use std::sync::Arc;

use parking_lot::RwLock;

/// Rows in memory.
pub(crate) trait Rows: Default {
    /// Bytes of memory that they take.
    fn bytes(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

/// The memtable of a family whose rows are `R` and whose parts are `P`.
#[derive(Debug)]
pub(crate) struct Memtable<R, P> {
    layers: RwLock<Layers<R, P>>,
}

/// What a reader sees of it.
#[derive(Debug)]
pub(crate) struct Layers<R, P> {
    /// Rows that arrive, and how many others they followed.
    pub(crate) open: R,
    number: u64,
    /// Rows that are being written.
    pub(crate) closed: Vec<Arc<R>>,
    /// Rows that were written.
    pub(crate) parts: Vec<Arc<P>>,
}

impl<R, P> Layers<R, P> {
    /// The rows in memory.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &R> {
        self.closed.iter().map(AsRef::as_ref).chain([&self.open])
    }
}

impl<R: Rows, P> Default for Memtable<R, P> {
    fn default() -> Self {
        let (closed, parts) = (Vec::new(), Vec::new());
        let layers = Layers { open: R::default(), number: 0, closed, parts };
        Self { layers: RwLock::new(layers) }
    }
}

impl<R: Rows, P> Memtable<R, P> {
    /// Adds rows; says how many bytes those that arrive take now.
    pub(crate) fn append(&self, add: impl FnOnce(&mut R)) -> usize {
        let mut layers = self.layers.write();
        add(&mut layers.open);
        layers.open.bytes()
    }

    /// Lets a reader look at one moment of it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Layers<R, P>) -> T) -> T {
        look(&self.layers.read())
    }

    /// Lets a reader go through the rows in memory step by step, so that others come in between:
    /// `look` gets rows with its place in them, and says whether it wants to look at them again;
    /// `between` is called after each step, and says whether it goes on. What was there at the
    /// first step is seen, some of it twice, unless it is in a part then.
    pub(crate) fn go_through<T, Place: Default>(
        &self,
        reader: &mut T,
        mut look: impl FnMut(&mut T, &R, &mut Place) -> bool,
        mut between: impl FnMut(&mut T) -> bool,
    ) {
        let (number, mut place, mut has_more) = (self.layers.read().number, Place::default(), true);
        while has_more {
            {
                let layers = self.layers.read();
                // What is left of them was closed meanwhile.
                has_more = layers.number == number && look(reader, &layers.open, &mut place);
            }
            if !between(reader) {
                return;
            }
        }
        for rows in self.closed() {
            let mut place = Place::default();
            while look(reader, &rows, &mut place) && between(reader) {}
            if !between(reader) {
                return;
            }
        }
    }

    /// Gives a reader the rows in memory.
    pub(crate) fn rows(&self, look: impl FnMut(&R)) {
        self.layers.read().rows().for_each(look);
    }

    /// The rows that arrived so far, to be written; new ones come into new rows.
    /// Rows whose writing failed come first.
    pub(crate) fn close(&self) -> Vec<Arc<R>> {
        let mut layers = self.layers.write();
        if !layers.open.is_empty() {
            let open = std::mem::take(&mut layers.open);
            layers.closed.push(Arc::new(open));
            layers.number += 1;
        }
        layers.closed.clone()
    }

    /// Rows that are to be written, oldest first.
    pub(crate) fn closed(&self) -> Vec<Arc<R>> {
        self.layers.read().closed.clone()
    }

    /// One part in place of those that it was made of.
    pub(crate) fn replace(&self, is_replaced: impl Fn(&P) -> bool, part: Arc<P>) {
        let mut layers = self.layers.write();
        layers.parts.retain(|old| !is_replaced(old));
        layers.parts.push(part);
    }

    /// Closed rows are in parts now.
    pub(crate) fn written(&self, rows: &Arc<R>, parts: Vec<Arc<P>>) {
        let mut layers = self.layers.write();
        layers.closed.retain(|closed| !Arc::ptr_eq(closed, rows));
        layers.parts.extend(parts);
    }

    /// The parts, once everything is in them.
    pub(crate) fn parts(&self) -> Vec<Arc<P>> {
        self.layers.read().parts.clone()
    }

    /// Bytes of the rows in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.layers.read().rows().map(R::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Memtable, Rows};

    impl Rows for Vec<u32> {
        fn bytes(&self) -> usize {
            self.len()
        }

        fn is_empty(&self) -> bool {
            Vec::is_empty(self)
        }
    }

    /// What is seen in steps of one row, while `meanwhile` happens after each.
    fn seen(rows: &Memtable<Vec<u32>, ()>, meanwhile: impl Fn(usize)) -> Vec<u32> {
        let mut seen = Vec::new();
        let look = |seen: &mut Vec<u32>, rows: &Vec<u32>, place: &mut usize| {
            seen.extend(rows.get(*place));
            *place += 1;
            *place < rows.len()
        };
        rows.go_through(&mut seen, look, |seen| {
            meanwhile(seen.len());
            true
        });
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    #[test]
    fn rows_that_are_closed_meanwhile_are_seen_to_their_end() {
        let rows = Memtable::<Vec<u32>, ()>::default();
        rows.append(|open| open.extend(0..3));
        rows.close();
        rows.append(|open| open.extend(3..9));
        let met = seen(&rows, |len| {
            // Others append and close without waiting for the reader.
            rows.append(|open| open.push(100));
            if len == 2 {
                rows.close();
            }
        });
        assert!(met.starts_with(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), "{met:?}");
    }
}
