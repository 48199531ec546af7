//! Bounds the requests of one class. Owns: nothing of its own; the limit is object_store's `LimitStore`, which holds a
//! permit until a body has been read.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::limit::LimitStore;

/// The store with at most `requests_max` (at least one) requests under way; more wait.
#[must_use]
pub fn limited(store: Arc<dyn ObjectStore>, requests_max: usize) -> Arc<dyn ObjectStore> {
    Arc::new(LimitStore::new(store, requests_max.max(1)))
}
