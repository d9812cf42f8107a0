//! `completions`: what a shell needs to complete this command line; knows no command in particular.

use std::io::Write;

use clap_complete::Shell;

use super::{Ended, NAME, written};

/// Which shell.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The shell to print completions for
    shell: Shell,
}

pub(super) fn run(
    options: &Options,
    line: &mut clap::Command,
    output: &mut (dyn Write + Send),
) -> Result<Ended, String> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, line, NAME, &mut script);
    written(output.write_all(&script))?;
    Ok(Ended::Well)
}
