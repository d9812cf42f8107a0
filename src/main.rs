//! The program that Terraform starts: log, command line, serve; knows nothing of what is served.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use terraform_provider_intune::plugin::{self, Options};
use terraform_provider_intune::protocol::Service;
use terraform_provider_intune::provider::{self, Catalog, Provider};
use tokio::runtime::{Builder, Runtime};

const HELP: &str = "\
A Terraform provider for Apple Automated Device Enrollment in Microsoft Intune.
Terraform starts this program; a person needs it only to look or to debug.

Usage: terraform-provider-intune [--version | --help | --debug]

  --version   print the version
  --help      print this text
  --debug     serve until Ctrl-C and print how to attach Terraform to this process
";

fn main() -> ExitCode {
    plugin::install_panic_hook();
    plugin::log::init(|name| std::env::var(name).ok());

    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let done = match arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>().as_slice() {
        [] => serve(false),
        ["--debug" | "-debug"] => serve(true),
        ["--version" | "-version" | "-V"] => say(&version()),
        ["--help" | "-help" | "-h"] => say(HELP),
        other => Err(format!("Unknown arguments: {}\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

fn serve(debugging: bool) -> Result<(), String> {
    let runtime = runtime().map_err(text)?;
    let provider = Arc::new(Provider::new(Catalog::ALL, environment()));
    let service = Service::new(Arc::clone(&provider));
    let (environment, options) = (plugin::Environment::of_this_process(), options(provider));
    let served = if debugging {
        runtime.block_on(plugin::serve_for_debugging(service, environment, options))
    } else {
        runtime.block_on(plugin::serve(service, environment, options))
    };
    // Terraform waits for the exit, and nothing that still runs may delay it.
    runtime.shutdown_background();
    served.map_err(text)
}

/// What the process does when it is told to end.
fn options(provider: Arc<Provider>) -> Options {
    let finishing = Arc::clone(&provider);
    Options {
        on_stop: Box::new(move || provider.stop()),
        unfinished: Box::new(move || {
            let provider = Arc::clone(&finishing);
            Box::pin(async move { provider.finished().await })
        }),
        ..Options::default()
    }
}

/// The variables that are text; no argument can come from another.
fn environment() -> provider::Environment {
    let variables = std::env::vars_os();
    provider::Environment::new(
        variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }),
    )
}

/// Terraform asks ten things at a time, and little of the work is computing.
fn runtime() -> io::Result<Runtime> {
    let threads = available_parallelism().map_or(2, usize::from).clamp(2, 4);
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

fn version() -> String {
    format!("{} {}\n", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}

fn text(error: impl Display) -> String {
    error.to_string()
}
