//! Waiting for a full disk to have room: what cannot be written now is written later, and nothing before it is answered.
//!
//! Owns: which failures are waited for, telling that, and when it is over. Does not own: what a try that failed leaves, which the
//! next one must write over. Nothing is lost by a crash meanwhile: what waits is not durable and was not answered.

use std::io;
use std::path::Path;
use std::time::Duration;

/// Between two tries.
pub(crate) const PAUSE: Duration = Duration::from_millis(250);

/// Whether room may come and heal it.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// That writes wait, told once and once when they go on.
#[derive(Debug, Default)]
pub(crate) struct Wait {
    is_told: bool,
}

impl Wait {
    /// A write found no room.
    pub(crate) fn begins(&mut self, path: &Path, error: &io::Error) {
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::error!(
                path = %path.display(), %error,
                "the disk of the Raft directory is full: changes of metadata wait until there is room"
            );
        }
    }

    /// One went through.
    pub(crate) fn ends(&mut self, path: &Path) {
        if std::mem::take(&mut self.is_told) {
            tracing::info!(path = %path.display(), "there is room in the Raft directory again");
        }
    }
}

/// Does `act` until it finds room, or nobody wants it any more.
pub(crate) fn until_there_is<T>(
    path: &Path,
    is_wanted: impl Fn() -> bool,
    mut act: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let mut wait = Wait::default();
    loop {
        match act() {
            Err(error) if is_full(&error) && is_wanted() => {
                wait.begins(path, &error);
                std::thread::sleep(PAUSE);
            }
            Ok(done) => {
                wait.ends(path);
                return Ok(done);
            }
            Err(error) => return Err(error),
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
        let tries = Cell::new(0);
        let tried = |result: Option<io::Result<()>>| {
            tries.set(tries.get() + 1);
            result.unwrap_or_else(|| Err(full()))
        };
        let path = Path::new("log");
        let healed = until_there_is(path, || true, || tried((tries.get() == 2).then_some(Ok(()))));
        assert!(healed.is_ok() && tries.get() == 3, "{healed:?} after {} tries", tries.get());
        tries.set(0);
        let given_up = until_there_is(path, || tries.get() < 2, || tried(None));
        assert!(given_up.is_err_and(|error| is_full(&error)) && tries.get() == 2);
        tries.set(0);
        let broken = until_there_is(path, || true, || tried(Some(Err(io::Error::other("broken")))));
        assert!(broken.is_err() && tries.get() == 1);
    }
}
