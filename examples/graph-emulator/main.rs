//! Runs the local Graph for programs that are not tests; must not know how it works.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a wrong demand on a tool for tests ends the test"
)]

mod emulator;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use emulator::{Credential, Emulator, Options};

const USAGE: &str = "\
A strict local Microsoft Graph for enrollment profiles, with its token endpoint.

Usage: cargo run --example graph-emulator -- [options]

  --listen ADDRESS:PORT   a loopback address; port 0 takes a free one [127.0.0.1:0]
  --page-size N           elements on a page of a listing [100]
  --largest-page N        elements on a page that a client may prefer; 0 to ignore it [0]
  --patch-body            update answers 200 with the profile instead of 204
  --seed-profiles N       makes N profiles under the first token [0]
  --latency MILLISECONDS  how long every request waits before it is looked at [0]
  --skip-keys HOW         what becomes of enabledSkipKeys: echoed, dropped or derived [echoed]
  --help                  prints this

Prints one line of JSON once it listens, with its url and the values a client needs, and serves until
it is interrupted. What tests do with it from outside is below /_emulator/.
";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "graph-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> io::Result<()> {
    let Some(options) = read(std::env::args().skip(1))? else {
        return io::stdout().write_all(USAGE.as_bytes());
    };
    let client = Credential::default();
    let emulator = Emulator::start(options).await?;
    let token = emulator.tokens().into_iter().next().map(|(id, _)| id).unwrap_or_default();
    let line = json!({
        "url": emulator.url(),
        "tenant_id": client.tenant_id,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "dep_onboarding_setting_id": token,
    });
    let mut output = io::stdout();
    writeln!(output, "{line}")?;
    output.flush()?;
    tokio::signal::ctrl_c().await
}

/// What the command line asks for; None when that is help.
fn read(mut arguments: impl Iterator<Item = String>) -> io::Result<Option<Options>> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" => return Ok(None),
            "--patch-body" => options.patch_answers_body = true,
            "--listen" => options.listen = value::<SocketAddr>(&argument, arguments.next())?,
            "--page-size" => options.page_size = value(&argument, arguments.next())?,
            "--largest-page" => options.largest_page = value(&argument, arguments.next())?,
            "--latency" => {
                options.latency = Duration::from_millis(value(&argument, arguments.next())?);
            }
            "--skip-keys" => options.skip_keys = value(&argument, arguments.next())?,
            "--seed-profiles" => options.seed_profiles = value(&argument, arguments.next())?,
            _ => return Err(wrong(format!("unknown option {argument}; try --help"))),
        }
    }
    Ok(Some(options))
}

fn value<T: std::str::FromStr>(option: &str, text: Option<String>) -> io::Result<T> {
    let text = text.ok_or_else(|| wrong(format!("{option} needs a value")))?;
    text.parse().map_err(|_| wrong(format!("{option} cannot be {text}")))
}

fn wrong(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
