//! What is in memory until somebody wants the room.

use std::sync::{Arc, Mutex, PoisonError};

use skytrail_columns::Result;

/// Something that can be read again from where it came.
#[derive(Debug)]
pub(super) struct Held<T>(Mutex<Option<Arc<T>>>);

impl<T> Held<T> {
    /// Held to begin with.
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(Some(Arc::new(value))))
    }

    /// What is held.
    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is held, read by `read` if nothing is. While one caller reads, others wait.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn get_or(&self, read: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Some(value) => Ok(value.clone()),
            None => Ok(held.insert(Arc::new(read()?)).clone()),
        }
    }

    /// Lets go of it. Whoever works with it keeps it.
    pub(super) fn forget(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
