//! What a case was told: the messages that stand for its damage, and what each must hold.
//!
//! Owns: the messages of the case that this thread is at. Does not own: what may be told of which file.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

thread_local! {
    static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What the messages of damage say is to be done, in one of these words.
const ADVICE: [&str; 8] = ["put it back", "put the right", "restore", "remove", "restart", "replace", "delete", "move"];

/// A message that is right.
pub(crate) fn note(message: &str) {
    TOLD.with_borrow_mut(|told| told.push(message.to_owned()));
}

/// The messages since the last call.
pub(crate) fn take() -> Vec<String> {
    TOLD.take()
}

/// Whether a message names one of the files that were hit: by its whole path, by its directory and its name where it tells of
/// several directories, or by its directory where it is gone or offsets are missing, of which no file can tell.
fn names(message: &str, directory: &Path, path: &Path) -> bool {
    let whole = directory.join(path);
    let has = |part: Option<&OsStr>| part.and_then(OsStr::to_str).is_some_and(|part| message.contains(part));
    message.contains(&whole.display().to_string())
        || has(whole.parent().map(Path::as_os_str))
            && (has(whole.file_name()) || !whole.exists() || message.contains("are missing before"))
}

/// A message must name one of the files that were hit and, unless the file is written anew anyway, say what to do.
pub(crate) fn names_file(message: &str, directory: &Path, hit: &[PathBuf], is_renewed: bool) -> Result<(), String> {
    if !hit.iter().any(|path| names(message, directory, path)) {
        return Err(format!("an error does not name the file: {message}"));
    }
    if !is_renewed && !ADVICE.iter().any(|advice| message.contains(advice)) {
        return Err(format!("an error does not say what to do: {message}"));
    }
    note(message);
    Ok(())
}
