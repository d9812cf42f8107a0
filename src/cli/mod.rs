//! What a person types: the command line and its subcommands; must not know how Terraform is served.
//!
//! Every command writes through a [`Surroundings`], so that nothing here touches the process's own
//! standard output, which belongs to the handshake.

mod completions;
mod docs;
mod doctor;
mod export;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{CommandFactory, Parser, Subcommand};

use crate::provider::Environment;

/// What a command line asks for.
#[derive(Debug)]
pub enum Wish {
    /// To serve a Terraform that is attached by hand.
    Debug,
    /// To do something for a person.
    Command(Command),
}

/// What a person can have done.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Says what stands between this machine and Microsoft Graph, if anything does.
    Doctor(doctor::Options),
    /// Writes what a tenant holds as configuration, with the blocks that import it.
    Export(export::Options),
    /// Writes the pages for the Terraform Registry.
    Docs(docs::Options),
    /// Prints the completions of a shell.
    Completions(completions::Options),
}

/// What the process lends to a command.
pub struct Surroundings<'a> {
    /// The variables that settings come from.
    pub environment: Environment,
    /// Where results go: standard output.
    pub output: &'a mut (dyn Write + Send),
    /// Where remarks go: standard error.
    pub notes: &'a mut (dyn Write + Send),
    /// Whether a person watches the remarks.
    pub is_watched: bool,
}

/// How a command ended that has already told all there is to tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// All is well.
    Well,
    /// It did its work, and something is not well.
    Badly,
}

/// What to tell instead of doing anything: help, the version, or what is wrong with the command line.
#[derive(Debug)]
pub struct Told {
    /// The text, with its last line break.
    pub text: String,
    /// Whether it is an error.
    pub is_error: bool,
    /// The code to exit with.
    pub code: u8,
}

/// A Terraform provider for Apple Automated Device Enrollment in Microsoft Intune.
///
/// Terraform starts this program without arguments; what is below is for people and pipelines. The
/// commands take their settings from the environment variables that the provider reads, such as
/// ARM_TENANT_ID and ARM_CLIENT_ID.
#[derive(Debug, Parser)]
#[command(name = NAME, version, disable_help_subcommand = true)]
struct Line {
    /// Serve until Ctrl-C and print how to attach Terraform to this process
    #[arg(long)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

const NAME: &str = env!("CARGO_PKG_NAME");

/// Reads the arguments, the program's name first.
///
/// # Errors
///
/// With what to tell when nothing is to be done.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Wish, Told> {
    let line = Line::try_parse_from(arguments.into_iter().map(in_two_dashes)).map_err(told)?;
    match (line.debug, line.command) {
        (_, Some(command)) => Ok(Wish::Command(command)),
        (true, None) => Ok(Wish::Debug),
        (false, None) => Err(told(
            Line::command()
                .error(clap::error::ErrorKind::MissingSubcommand, "nothing to do was given"),
        )),
    }
}

/// Does what a person asked for.
///
/// # Errors
///
/// With a text for people, when it cannot be done.
pub async fn run(command: Command, surroundings: Surroundings<'_>) -> Result<Ended, String> {
    match command {
        Command::Doctor(options) => doctor::run(&options, surroundings).await,
        Command::Export(options) => export::run(&options, surroundings).await,
        Command::Docs(options) => docs::run(&options, surroundings).await,
        Command::Completions(options) => {
            completions::run(&options, &mut Line::command(), surroundings.output)
        }
    }
}

/// Providers written in Go are told `-debug`, and so are we by what was made for them.
fn in_two_dashes(argument: OsString) -> OsString {
    match argument.to_str() {
        Some("-debug") => "--debug".into(),
        Some("-version") => "--version".into(),
        Some("-help") => "--help".into(),
        _ => argument,
    }
}

fn told(error: clap::Error) -> Told {
    Told {
        text: error.render().to_string(),
        is_error: error.use_stderr(),
        code: u8::try_from(error.exit_code()).unwrap_or(1),
    }
}

/// Standard output may be a pipe whose reader has seen enough.
fn written(result: io::Result<()>) -> Result<(), String> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("The result cannot be written: {error}."))
        }
        _ => Ok(()),
    }
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(arguments: &[&str]) -> Result<Wish, Told> {
        read([NAME].iter().chain(arguments).map(OsString::from))
    }

    #[test]
    fn the_declared_command_line_contradicts_itself_nowhere() {
        Line::command().debug_assert();
    }

    #[test]
    fn one_dash_is_as_good_as_two_for_what_providers_in_go_understand() {
        for argument in ["-debug", "--debug"] {
            assert!(matches!(read_all(&[argument]), Ok(Wish::Debug)), "{argument}");
        }
        for argument in ["-help", "--help", "-h", "-version", "--version", "-V"] {
            assert!(read_all(&[argument]).is_err_and(|told| told.code == 0), "{argument}");
        }
    }

    #[test]
    fn a_wrong_word_is_named_and_a_near_one_proposed() {
        let told = read_all(&["docter"]).err();
        let told = told.map(|told| (told.is_error, told.code, told.text)).unwrap_or_default();
        assert_eq!((told.0, told.1), (true, 2));
        assert!(told.2.contains("'docter'") && told.2.contains("'doctor'"), "{}", told.2);
    }
}
