//! Panics of every thread, the helpers' of the code under test as well as a case's own.
//!
//! Owns: the process's panic hook and what it has seen. Does not own: what follows from it. A helper that goes on behind its
//! case may panic in the next one: who takes tells what was seen *until* then.

use std::sync::Mutex;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From here on each panic is remembered, and told as before.
pub fn watch() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let text = format!("thread {}: {info}", thread.name().unwrap_or("?")).replace('\n', " ");
        SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text);
        before(info);
    }));
}

/// What was seen since the last call.
#[must_use]
pub fn take() -> Vec<String> {
    std::mem::take(&mut SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}
