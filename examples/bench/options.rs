//! What the command line asks for; measures nothing.

use std::path::PathBuf;
use std::str::FromStr;

use crate::Failure;

pub(crate) const USAGE: &str = "\
Measures the plugin with the real Terraform (or OpenTofu) against a local Graph.

Usage: cargo run --release --example bench -- [options]

  --profiles N,N,...      numbers of profiles [1,10,100,1000]
  --latency MS,MS,...     milliseconds that every request waits at the service [0,50]
  --page N                profiles on a page of the service's listings [100]
  --repeat N              plans of each kind; the median counts [3]
  --large                 plans of 10,000 profiles as well, each once; Terraform takes minutes for it
  --other SOURCE PROGRAM CONFIGURATION
                          measures another provider beside: its address, its program file, and a file
                          of configuration that makes var.size resources
  --record                writes docs/performance/ and the README's section instead of target/bench/
  --help                  prints this

Memory of plugins is read from /proc and so on Linux only.
";

/// What is measured.
pub(crate) struct Options {
    pub(crate) profiles: Vec<usize>,
    /// In milliseconds.
    pub(crate) latencies: Vec<u64>,
    /// How many profiles the service shows on a page; nobody has documented Graph's number.
    pub(crate) page_size: usize,
    pub(crate) repeat: usize,
    pub(crate) other: Option<Other>,
    pub(crate) record: bool,
}

/// A provider to measure beside ours.
#[derive(Clone)]
pub(crate) struct Other {
    /// `registry.terraform.io/hashicorp/azuread`.
    pub(crate) source: String,
    pub(crate) program: PathBuf,
    /// Configuration that makes `var.size` resources.
    pub(crate) configuration: PathBuf,
}

impl Options {
    /// Reads arguments; none when help is asked for.
    pub(crate) fn read(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, Failure> {
        let mut options = Self {
            profiles: vec![1, 10, 100, 1000],
            latencies: vec![0, 50],
            page_size: 100,
            repeat: 3,
            other: None,
            record: false,
        };
        while let Some(argument) = arguments.next() {
            let mut next =
                || arguments.next().ok_or_else(|| format!("{argument} needs a value; try --help"));
            match argument.as_str() {
                "--help" => return Ok(None),
                "--profiles" => options.profiles = list(&next()?)?,
                "--latency" => options.latencies = list(&next()?)?,
                "--page" => options.page_size = next()?.parse::<usize>()?.max(1),
                "--repeat" => options.repeat = next()?.parse::<usize>()?.max(1),
                "--large" => options.profiles.push(10_000),
                "--record" => options.record = true,
                "--other" => {
                    let (source, program, configuration) = (next()?, next()?, next()?);
                    options.other = Some(Other {
                        source,
                        program: std::path::absolute(program)?,
                        configuration: configuration.into(),
                    });
                }
                _ => return Err(format!("unknown option {argument}; try --help").into()),
            }
        }
        Ok(Some(options))
    }
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>, String> {
    let numbers: Result<Vec<T>, _> = text.split(',').map(str::parse).collect();
    numbers.map_err(|_| format!("{text} is not a list of numbers"))
}
