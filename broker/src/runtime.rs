//! What the runtimes have in common.
//!
//! Owns: how long threads for what may wait are kept. Does not own: how many threads serve sockets, and what runs on them.

use std::time::Duration;

use tokio::runtime::Builder;

/// For how long a thread that may wait is kept for the next one who needs it. The runtime wakes them in turns, so with the ten
/// seconds of its default, ten wake-ups a second keep a hundred threads for ever.
const BLOCKING_THREAD_KEPT: Duration = Duration::from_secs(1);

/// A runtime of several threads, with timers and sockets.
pub(crate) fn builder() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().thread_keep_alive(BLOCKING_THREAD_KEPT);
    builder
}
