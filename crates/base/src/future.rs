//! The one boxed future that object-safe asynchronous traits return.

use std::future::Future;
use std::pin::Pin;

/// A boxed future that may borrow from its maker.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
