//! Tells of durable ends on a thread of its own, one for each journal.
//!
//! Owns: the hand-over. Whoever is told takes locks under which files are written; the journal's own thread must not wait for
//! those while its next group is due. Only the newest sequence is handed over, so nothing queues. The thread ends with its
//! journal.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::DurableEndsListener;
use crate::log::durable_tracker::DurableTracker;
use crate::log::journal::{Journal, JournalSequence};

#[derive(Debug, Default)]
struct Newest {
    sequence: Option<JournalSequence>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Watch {
    newest: Mutex<Newest>,
    changed: Condvar,
}

/// Held by the journal; its end is the thread's.
struct Sender(Arc<Watch>);

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.newest.lock().ended = true;
        self.0.changed.notify_one();
    }
}

impl Sender {
    fn send(&self, sequence: JournalSequence) {
        self.0.newest.lock().sequence = Some(sequence);
        self.0.changed.notify_one();
    }
}

/// Calls `listener` with the durable ends that moved, whenever more of `journal` is durable.
pub(super) fn follow(journal: &Arc<Journal>, tracker: Arc<DurableTracker>, listener: DurableEndsListener) {
    let watch = Arc::new(Watch::default());
    let sender = Sender(Arc::clone(&watch));
    let tell = move |sequence| {
        let moved = tracker.handle_durable(sequence);
        if !moved.is_empty() {
            listener(moved);
        }
    };
    let tell = Arc::new(tell);
    let for_thread = Arc::clone(&tell);
    let spawned = std::thread::Builder::new().name("durable".to_owned()).spawn(move || {
        while let Some(sequence) = watch.next() {
            for_thread(sequence);
        }
    });
    match spawned {
        Ok(_detached) => journal.on_durable(Arc::new(move |sequence| sender.send(sequence))),
        Err(error) => {
            tracing::error!(%error, "no thread for durable ends: they are told of on the journal's");
            journal.on_durable(Arc::new(move |sequence| tell(sequence)));
        }
    }
}

impl Watch {
    /// Waits for a newer sequence; `None` after the journal's end.
    fn next(&self) -> Option<JournalSequence> {
        let mut newest = self.newest.lock();
        loop {
            if let Some(sequence) = newest.sequence.take() {
                return Some(sequence);
            }
            if newest.ended {
                return None;
            }
            self.changed.wait(&mut newest);
        }
    }
}
