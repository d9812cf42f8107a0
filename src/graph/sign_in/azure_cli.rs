//! Asks the Azure CLI for a token of whoever is signed in to it; hands it no secret of ours.

use std::io::ErrorKind;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tokio::time::{Instant, timeout_at};

use super::SignInError;
use super::grant::{Granted, Useless};
use crate::graph::Origin;
use crate::graph::client::Object;
use crate::graph::credential::AzureCli;
use crate::graph::error::Blame;
use crate::graph::refusal;

#[cfg(windows)]
const PROGRAM: &str = "az.cmd";
#[cfg(not(windows))]
const PROGRAM: &str = "az";

/// It is a Python program, and may renew a token of its own.
const PATIENCE: Duration = Duration::from_secs(30);
/// Before version 2.54 the CLI told the end of a token in local time only. It hands out none that has
/// less than this left.
const LEAST_LIFE: Duration = Duration::from_secs(5 * 60);
const LARGEST_ANSWER: usize = 1024 * 1024;

const NOT_INSTALLED: &str = "the Azure CLI (`az`) was not found on PATH; install it, or sign in in \
                             another way";
const NOT_SIGNED_IN: &str =
    "nobody is signed in to the Azure CLI, or not to this tenant; run `az login`";
const TOO_SLOW: &str = "the Azure CLI did not answer; try `az account get-access-token` by hand";

/// Asks for a token of this Graph, in this tenant or else the CLI's current one.
pub(crate) async fn ask(
    cli: &AzureCli,
    graph: &Origin,
    tenant: Option<&str>,
    deadline: Instant,
) -> Result<Granted, SignInError> {
    let command = command(cli, graph, tenant)?;
    let until = deadline.min(Instant::now() + PATIENCE);
    let output = match timeout_at(until, run(command)).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {
            let description = "there is no program `az`";
            return Err(SignInError::lasting(Blame::AzureCli, description).with_hint(NOT_INSTALLED));
        }
        Ok(Err(error)) => {
            let description = format!("the Azure CLI could not be started: {error}");
            return Err(SignInError::passing(Blame::AzureCli, &description, None));
        }
        Err(_) => {
            let description = format!("no answer within {} s", PATIENCE.as_secs());
            let error = SignInError::passing(Blame::AzureCli, &description, None);
            return Err(error.with_hint(TOO_SLOW));
        }
    };
    if output.status.success() { granted(&output.stdout) } else { Err(refused(&output)) }
}

/// Never through a shell, and without the variables that may hold secrets of ours.
fn command(cli: &AzureCli, graph: &Origin, tenant: Option<&str>) -> Result<Command, SignInError> {
    let mut command = Command::new(PROGRAM);
    command
        .args(["account", "get-access-token", "--output", "json", "--resource"])
        .arg(graph.to_string())
        .env_clear()
        .envs(cli.variables.iter().map(|(name, value)| (name, value)))
        // Neither questions nor progress nor news: what it prints is read by a program.
        .env("AZURE_CORE_NO_COLOR", "true")
        .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
        .env("AZURE_CORE_ONLY_SHOW_ERRORS", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(tenant) = tenant {
        // On Windows the program is a batch file, whose arguments pass through one more reader.
        if !tenant.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            || tenant.starts_with('-')
        {
            let description = "the tenant id is neither a GUID nor a domain name";
            return Err(SignInError::lasting(Blame::TenantId, description));
        }
        command.args(["--tenant", tenant]);
    }
    Ok(command)
}

async fn run(mut command: Command) -> std::io::Result<Output> {
    command.output().await
}

fn granted(stdout: &[u8]) -> Result<Granted, SignInError> {
    // Nothing of the output is shown: it may be the half of a token.
    let unusable = |what: &str| {
        let description = format!("the Azure CLI answered without {what}");
        SignInError::passing(Blame::AzureCli, &description, None)
    };
    let read = stdout.get(..stdout.len().min(LARGEST_ANSWER)).unwrap_or_default();
    let mut body: Object = serde_json::from_slice(read).map_err(|_| unusable("readable JSON"))?;
    if let Some(token) = body.remove("accessToken") {
        body.insert("access_token".to_owned(), token);
    }
    if !body.contains_key("expires_on") {
        body.insert("expires_in".to_owned(), LEAST_LIFE.as_secs().into());
    }
    Granted::read(&body, SystemTime::now()).map_err(|useless| match useless {
        Useless::Token => unusable("a token"),
        Useless::Lifetime => unusable("a usable lifetime"),
    })
}

fn refused(output: &Output) -> SignInError {
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.trim().trim_start_matches("ERROR:").trim();
    // A multi-line error starts with its sense, and ends in advice for people at a prompt.
    let first = told.lines().next().unwrap_or("it failed without a word");
    let mut error = SignInError::passing(Blame::AzureCli, first, None);
    let known = refusal::in_text(told);
    let is_known = known.is_some();
    let (code, meaning) = known.unzip();
    error.failure.code = code;
    match meaning.flatten() {
        Some(meaning) => error.with_hint(meaning),
        None if is_known || told.contains("az login") => error.with_hint(NOT_SIGNED_IN),
        None => error,
    }
}
