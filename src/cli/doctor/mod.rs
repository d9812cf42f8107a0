//! `doctor`: what stands between this machine and Microsoft Graph, found by trying; changes nothing.

mod examination;
mod report;
mod table;

use super::{Ended, Surroundings, written};
use crate::provider::{Catalog, Provider};
use crate::resources::dep_enrollment_profile;
use examination::Examination;
use report::Verdict;

/// How the report is to be.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Warn when an enrollment program token expires within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    expiry_days: u32,
    /// Do not ask for the permission to change anything
    #[arg(long)]
    read_only: bool,
    /// Exit with 1 for a warning as well
    #[arg(long)]
    strict: bool,
}

/// Examines, reports, and ends badly when something failed.
pub(super) async fn run(
    options: &Options,
    surroundings: Surroundings<'_>,
) -> Result<Ended, String> {
    let proxies = surroundings.environment.proxies();
    let proxies = proxies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let provider = Provider::new(Catalog::ALL, surroundings.environment);
    let entity = &dep_enrollment_profile::ENTITY;
    let report = Examination::new(&provider, entity, options).run(proxies).await;
    let text = if options.json { report.json() } else { table::of(&report) };
    written(surroundings.output.write_all(text.as_bytes()))?;
    Ok(match report.worst() {
        Verdict::Failed => Ended::Badly,
        Verdict::Warned if options.strict => Ended::Badly,
        Verdict::Warned | Verdict::Passed | Verdict::Skipped => Ended::Well,
    })
}
