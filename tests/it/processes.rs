//! Processes by their number: whose children they are, how to end them, what they need; knows no program.

use std::process::Command;
use std::time::Duration;

use tokio::time::timeout;

use crate::host::PATIENCE;

/// Between two looks at something that tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(20);

/// The children of a process.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let listed = Command::new("ps").args(["-A", "-o", "ppid=,pid="]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let numbers = pairs.filter_map(|(above, own)| Some((above, own.trim().parse().ok()?)));
    numbers.filter(|(above, _)| *above == parent.to_string()).map(|(_, own)| own).collect()
}

/// Sends a signal, `INT` or `KILL`, to a process, or to a group of them if the number is negative. False
/// when nobody is there.
pub(crate) fn signal(signal: &str, process: i64) -> bool {
    let target = process.to_string();
    let sent = Command::new("kill").args(["-s", signal, "--", &target]).output().unwrap();
    sent.status.success()
}

/// Waits until the condition holds, for which there is no event.
pub(crate) async fn until(what: &str, longest: Duration, holds: impl Fn() -> bool) {
    let looking = async {
        while !holds() {
            tokio::time::sleep(LOOK).await;
        }
    };
    assert!(timeout(longest, looking).await.is_ok(), "{what} did not come");
}

/// Waits until a process that is not our child has ended.
pub(crate) async fn ended(process: u32) {
    let over = || !signal("0", process.into());
    // A process whose host is gone is given 35 seconds.
    until("the end of a process", PATIENCE + Duration::from_secs(10), over).await;
}

/// The most memory that a process had resident so far, in bytes; none where there is no `/proc`.
pub(crate) fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
