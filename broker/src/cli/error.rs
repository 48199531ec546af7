//! Why a command failed, and with which exit code.

use super::client::ClientError;

/// A failed command.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    exit_code: u8,
}

impl CliError {
    /// The command could not be done.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 1 }
    }

    /// What was asked for makes no sense, or a configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 2 }
    }

    /// An error with an exit code of its own.
    pub(crate) fn with_exit_code(message: impl Into<String>, exit_code: u8) -> Self {
        Self { message: message.into(), exit_code }
    }

    /// The same, of a command that had done something before.
    pub(crate) fn after(mut self, done: &[String]) -> Self {
        if !done.is_empty() {
            self.message = format!("{}; before that: {}", self.message, done.join(", "));
        }
        self
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// The message in one line.
    pub(crate) fn line(&self) -> String {
        self.message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        let error = CliError::usage("first\n  second\n\n");
        assert_eq!((error.line().as_str(), error.exit_code()), ("first second", 2));
    }

    #[test]
    fn what_was_done_before_is_told() {
        assert_eq!(CliError::failed("no").after(&[]).line(), "no");
        let done = ["a was deleted".to_owned(), "b was deleted".to_owned()];
        assert_eq!(CliError::failed("no").after(&done).line(), "no; before that: a was deleted, b was deleted");
    }
}
