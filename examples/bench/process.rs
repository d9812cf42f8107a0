//! One run of a command line: how long it took and how much memory the plugins below it needed at most;
//! knows nothing of what they do.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::Failure;

/// How often running plugins are looked at. The kernel keeps each one's peak, so that only what a plugin
/// does in the last moment before its exit can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What one command cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// The most that one plugin had resident, in bytes; none where there is no `/proc`, or no plugin.
    pub(crate) plugin_peak: Option<u64>,
}

/// Runs it to a good end.
///
/// # Errors
///
/// When it cannot be started or fails, with what it printed.
pub(crate) async fn run(mut command: Command) -> Result<Cost, Failure> {
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(out.try_clone()?).stderr(err.try_clone()?);
    let started = Instant::now();
    let mut child = command.spawn()?;
    let root = child.id().unwrap_or_default();
    let mut plugin_peak = None;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = tokio::time::sleep(LOOK_EVERY) => {
                plugin_peak = plugin_peak.max(plugins_below(root).into_iter().filter_map(peak).max());
            }
        }
    };
    let wall = started.elapsed();
    if status.success() {
        return Ok(Cost { wall, plugin_peak });
    }
    Err(format!("{command:?} failed:\n{}{}", printed(&mut out)?, printed(&mut err)?).into())
}

/// The most memory that a process had resident so far, in bytes.
pub(crate) fn peak(process: u32) -> Option<u64> {
    status_field(process, "VmHWM:")
}

/// The memory that a process has resident now, in bytes.
pub(crate) fn resident(process: u32) -> Option<u64> {
    status_field(process, "VmRSS:")
}

fn status_field(process: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The plugins that a process, or one that it started, has started.
fn plugins_below(root: u32) -> BTreeSet<u32> {
    let mut waiting = vec![root];
    let mut found = BTreeSet::new();
    while let Some(process) = waiting.pop() {
        for child in children(process) {
            if is_plugin(child) {
                found.insert(child);
            }
            waiting.push(child);
        }
    }
    found
}

/// Each thread has its own list, and Terraform starts plugins from any of its threads.
fn children(process: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// Between fork and exec a plugin is still a copy of Terraform.
fn is_plugin(process: u32) -> bool {
    let program = fs::read_link(format!("/proc/{process}/exe")).unwrap_or_default();
    let name = program.file_name().unwrap_or_default();
    Path::new(name).to_string_lossy().starts_with("terraform-provider-")
}

fn printed(file: &mut fs::File) -> std::io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
