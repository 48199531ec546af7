//! `strata completion`: a script for the shell.

use clap::CommandFactory as _;

use super::args::{Arguments, CompletionArguments};
use super::error::CliError;

/// Prints the script to standard output.
pub(crate) fn print(options: &CompletionArguments) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell.generator(), &mut Arguments::command(), "strata", &mut script);
    use std::io::Write as _;
    std::io::stdout()
        .write_all(&script)
        .map_err(|error| CliError::failed(format!("writing to standard output failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::args::Shell;
    use super::*;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell.generator(), &mut Arguments::command(), "strata", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("reset-offsets"), "{shell:?}");
        }
    }
}
