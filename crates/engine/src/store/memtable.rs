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
    /// Rows that arrive.
    pub(crate) open: R,
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
        let layers = Layers { open: R::default(), closed: Vec::new(), parts: Vec::new() };
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
