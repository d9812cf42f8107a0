//! `docs`: the Registry's pages, made of what Terraform is told; asks no service.
//!
//! Every page is a walk over the answers to `GetProviderSchema` and `GetResourceIdentitySchemas`, so
//! whatever Terraform learns of has a page. The layout is that of HashiCorp's tfplugindocs:
//! <https://developer.hashicorp.com/terraform/registry/providers/docs>.

mod examples;
mod identity;
mod page;
mod section;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Ended, Surroundings, written};
use crate::protocol::Service;
use crate::provider::{Catalog, Environment, Provider};
use examples::Examples;

/// Where the pages go.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The directory that the pages are in
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Write nothing, and exit with 1 when a page is behind
    #[arg(long)]
    check: bool,
    /// The directory that the examples are in
    #[arg(long, value_name = "DIR", default_value = "examples")]
    examples: PathBuf,
}

/// The directories whose pages are all made here; guides are written by people.
const GENERATED: [&str; 6] =
    ["resources", "data-sources", "functions", "actions", "list-resources", "ephemeral-resources"];

/// Writes the pages, or compares them.
pub(super) async fn run(
    options: &Options,
    surroundings: Surroundings<'_>,
) -> Result<Ended, String> {
    let provider = Arc::new(Provider::new(Catalog::ALL, Environment::default()));
    let told = Service::new(provider).told().await.map_err(|status| status.to_string())?;
    let pages = page::all(&told, &Examples::new(&options.examples))?;
    if !options.check {
        for (file, text) in &pages {
            write(&options.directory.join(file), text)?;
        }
        return Ok(Ended::Well);
    }
    let behind = behind(&options.directory, &pages);
    let list = behind.iter().fold(String::new(), |list, told| list + told + "\n");
    written(surroundings.output.write_all(list.as_bytes()))?;
    Ok(if behind.is_empty() { Ended::Well } else { Ended::Badly })
}

/// The text of each page, by its path below the directory.
type Pages = BTreeMap<String, String>;

fn write(path: &Path, text: &str) -> Result<(), String> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{} cannot be written: {error}.", path.display()))
}

/// What is wrong with the pages in this directory.
fn behind(directory: &Path, pages: &Pages) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in pages {
        match fs::read_to_string(directory.join(file)) {
            Ok(written) if written == *text => {}
            Ok(_) => found.push(format!("{file} is behind")),
            Err(_) => found.push(format!("{file} is missing")),
        }
    }
    for section in GENERATED {
        let files = fs::read_dir(directory.join(section)).into_iter().flatten().flatten();
        let names = files.map(|file| format!("{section}/{}", file.file_name().to_string_lossy()));
        let strangers = names.filter(|name| !pages.contains_key(name));
        found.extend(strangers.map(|name| format!("{name} is of nothing that there is")));
    }
    found
}
