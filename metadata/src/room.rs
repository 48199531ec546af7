//! Waiting for a full disk to have room: what cannot be written now is written later, and nothing before it is answered.
//!
//! Owns: which failures are waited for, whether the Raft log waits, telling that and when it is over. Does not own: what a try
//! that failed leaves, which the next one must write over. Nothing is lost by a crash meanwhile: what waits is not durable and was
//! not answered.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Whether room may come and heal it.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether there is room for the Raft log. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    is_short: watch::Sender<bool>,
}

impl Default for Room {
    fn default() -> Self {
        Self { is_short: watch::Sender::new(false) }
    }
}

impl Room {
    /// Whether the log waits for room now: what is proposed would wait behind it.
    pub(crate) fn is_short(&self) -> bool {
        *self.is_short.borrow()
    }

    /// Follows that.
    pub(crate) fn follow(&self) -> watch::Receiver<bool> {
        self.is_short.subscribe()
    }

    /// Does `act` until it finds room, or nobody wants it any more.
    pub(crate) fn wait<T>(
        &self,
        path: &Path,
        is_wanted: impl Fn() -> bool,
        mut act: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match act() {
                Err(error) if is_full(&error) && is_wanted() => {
                    if !self.is_short.send_replace(true) {
                        tracing::error!(
                            path = %path.display(), %error,
                            "the disk of the Raft directory is full: metadata cannot change until there is room"
                        );
                    }
                    std::thread::sleep(PAUSE);
                }
                done => {
                    if self.is_short() && done.is_ok() {
                        self.is_short.send_replace(false);
                        tracing::info!(path = %path.display(), "there is room in the Raft directory again");
                    }
                    return done;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_a_full_disk_is_waited_for_and_only_while_somebody_wants_it() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let (room, path, tries) = (Room::default(), Path::new("log"), Cell::new(0));
        let tried = |result: Option<io::Result<()>>| {
            tries.set(tries.get() + 1);
            result.unwrap_or_else(|| Err(full()))
        };
        let healed = room.wait(
            path,
            || true,
            || {
                assert_eq!(room.is_short(), tries.get() > 0);
                tried((tries.get() == 2).then_some(Ok(())))
            },
        );
        assert!(healed.is_ok() && tries.get() == 3 && !room.is_short(), "{healed:?} after {} tries", tries.get());
        tries.set(0);
        let given_up = room.wait(path, || tries.get() < 2, || tried(None));
        assert!(given_up.is_err_and(|error| is_full(&error)) && tries.get() == 2);
        tries.set(0);
        let broken = room.wait(path, || true, || tried(Some(Err(io::Error::other("broken")))));
        assert!(broken.is_err() && tries.get() == 1);
    }
}
