//! Keeps what the process holds in memory, tokens among it, out of core dumps and debuggers; knows no secret.

/// From now on no core is dumped, and other processes of the same user cannot look in. As far as the
/// system allows it: where it does not, nothing else is worse.
pub fn keep_from_others() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
