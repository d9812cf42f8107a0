//! `export`: a tenant as configuration, with the blocks that import it; changes nothing in the tenant.

mod file;
mod hcl;
mod names;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Ended, Surroundings, written};
use crate::diagnostics::Diagnostic;
use crate::provider::{Catalog, Provider};
use crate::value::Value;
use walk::Walk;

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The directory that the files are written to
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Only what is under this enrollment program token, by id or by name; may be given several times
    #[arg(long, value_name = "TOKEN")]
    token: Vec<String>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
}

/// Walks, writes, and says what to do next.
pub(super) async fn run(
    options: &Options,
    mut surroundings: Surroundings<'_>,
) -> Result<Ended, String> {
    let environment = std::mem::take(&mut surroundings.environment);
    let provider = Provider::new(Catalog::ALL, environment);
    let problems = provider.configure(&Value::Null, "none");
    if let Some(problem) = problems.iter().find(|problem| problem.is_error()) {
        return Err(told(problem));
    }
    let client = provider.client().map_err(|problem| told(&problem))?;
    let found = Walk::new(&client, Catalog::ALL, &mut surroundings).run(&options.token).await?;
    let files = file::of(&found);
    write_all(&options.directory, &files, options.force)?;
    let left_out: usize = found.iter().map(|token| token.left_out.len()).sum();
    let text = format!(
        "Wrote {} and {} to {}.{}\nNext: `terraform init`, `terraform plan`, which shows nothing but \
         imports, `terraform apply`; then delete {}.\n",
        counted(found.iter().map(|token| token.objects.len()).sum(), "enrollment profile"),
        counted(found.len(), "enrollment program token"),
        options.directory.display(),
        match left_out {
            0 => String::new(),
            many => format!(
                " {} left out: comments in the files say why.",
                counted(many, "enrollment profile")
            ),
        },
        file::IMPORTS,
    );
    written(surroundings.output.write_all(text.as_bytes()))?;
    Ok(Ended::Well)
}

/// The text of each file, by its name.
type Files = BTreeMap<String, String>;

/// All or nothing as far as that can be known before.
fn write_all(directory: &Path, files: &Files, force: bool) -> Result<(), String> {
    let present = files.keys().filter(|name| directory.join(name).exists());
    let present: Vec<_> = present.map(String::as_str).collect();
    if !force && !present.is_empty() {
        return Err(format!(
            "{} holds {} already, and nothing was written. Choose another directory, or give `--force` \
             to overwrite.",
            directory.display(),
            present.join(", ")
        ));
    }
    let failed =
        |error: std::io::Error| format!("{} cannot be written to: {error}.", directory.display());
    fs::create_dir_all(directory).map_err(failed)?;
    files.iter().try_for_each(|(name, text)| fs::write(directory.join(name), text).map_err(failed))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}

fn told(problem: &Diagnostic) -> String {
    format!("{}\n\n{}", problem.summary, problem.detail)
}
