//! The program that Terraform starts: log, command line, serve; knows nothing of what is served.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use terraform_provider_intune::cli::{self, Ended, Surroundings, Told, Wish};
use terraform_provider_intune::plugin::{self, Options};
use terraform_provider_intune::protocol::Service;
use terraform_provider_intune::provider::{self, Catalog, Provider};
use tokio::runtime::{Builder, Runtime};

/// Whatever is freed is overwritten, in buffers of libraries too.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    plugin::install_panic_hook();
    plugin::log::init(|name| std::env::var(name).ok());

    // Terraform gives no arguments and waits for the first line: nothing is parsed for it.
    let done = if std::env::args_os().len() < 2 {
        serve(false)
    } else {
        match cli::read(std::env::args_os()) {
            Ok(Wish::Debug) => serve(true),
            Ok(Wish::Command(command)) => by_hand(command),
            Err(told) => return tell(&told),
        }
    };
    match done {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Badly) => ExitCode::FAILURE,
        Err(text) => {
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

fn serve(debugging: bool) -> Result<Ended, String> {
    // A debugger has to look in.
    if !debugging {
        plugin::keep_memory_from_others();
    }
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
    served.map(|()| Ended::Well).map_err(text)
}

fn by_hand(command: cli::Command) -> Result<Ended, String> {
    let runtime = runtime().map_err(text)?;
    let surroundings = Surroundings {
        environment: environment(),
        output: &mut io::stdout(),
        notes: &mut io::stderr(),
        is_watched: io::stderr().is_terminal(),
    };
    let ended = runtime.block_on(cli::run(command, surroundings));
    runtime.shutdown_background();
    ended
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

fn tell(told: &Told) -> ExitCode {
    let text = told.text.as_bytes();
    // Nobody is left to tell when this fails.
    let _ = if told.is_error { io::stderr().write_all(text) } else { io::stdout().write_all(text) };
    ExitCode::from(told.code)
}

fn text(error: impl Display) -> String {
    error.to_string()
}
