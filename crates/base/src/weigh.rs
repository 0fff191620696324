//! What bounds count: the bytes something keeps alive.

/// Tells how many bytes of memory a value keeps alive, its own size included.
///
/// The figure MUST NOT change while the value sits in a bounded place, because
/// the same number is taken from the budget on entry and given back on leaving.
pub trait Weigh {
    /// Bytes kept alive.
    fn weight(&self) -> usize;
}

impl<T: Weigh + ?Sized> Weigh for std::sync::Arc<T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

impl<T: Weigh + ?Sized> Weigh for Box<T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}
