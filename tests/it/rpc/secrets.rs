//! What is secret, on its way in: a Terraform that would keep it is not given any, and memory does not.

use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;

use super::{MACOS, Stage};
use crate::core::{dynamic, said};
use crate::emulator::Options;
use crate::samples::PASSWORD;

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_refused_to_a_terraform_that_would_keep_it() {
    let stage = Stage::unconfigured(Options::default()).await;
    let described = stage.core.described(MACOS);
    let old = Some(wire::ClientCapabilities { deferral_allowed: true, ..Default::default() });
    for (password, refused) in [(json!(PASSWORD), true), (json!(null), false)] {
        for client_capabilities in [None, old] {
            let config = json!({
                "dep_onboarding_setting_id": "t", "display_name": "Mac",
                "wait_for_device_configured_confirmation": true,
                "admin_account_user_name": "admin", "admin_account_password": password,
            });
            let request = wire::validate_resource_config::Request {
                type_name: MACOS.to_owned(),
                config: Some(dynamic(&described.value(&config), &described.type_)),
                client_capabilities,
            };
            let answer = stage.core.provider().validate_resource_config(request).await.unwrap();
            let told = said(&answer.into_inner().diagnostics);
            assert!(!told.to_string().contains(PASSWORD), "{told}");
            if !refused {
                assert!(!told.failed(), "{told}");
                continue;
            }
            let why = told.error(&["too old for a write-only attribute", "Terraform 1.11"]);
            assert_eq!(why.path.as_ref().unwrap().to_string(), "admin_account_password");
        }
    }
}

/// The process must have a secret for as long as it may have to sign in with it: once, and not in the
/// buffers in which it came and was sent.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn s10_a_secret_is_in_memory_once_and_no_longer_than_it_is_needed() {
    use crate::emulator::Credential;
    use crate::host::PATIENCE;
    use crate::processes::until;

    let stage = Stage::unconfigured(Options::default()).await;
    let process = stage.core.plugin.process.id();
    if copies(process, "").is_none() {
        return crate::skipped("only root looks into the memory of a process that hides it");
    }
    let secret = Credential::default().client_secret;
    let is_there = |times: usize| copies(process, &secret) == Some(times);
    stage.configure(json!({})).await;
    let (mut profile, _) = stage.applied(json!({})).await;
    until("one copy of the secret", PATIENCE, || is_there(1)).await;

    stage.configure(json!({ "client_secret": "another" })).await;
    assert!(profile.refresh().await.failed(), "nobody is let in with the other one");
    until("the end of the secret", PATIENCE, || is_there(0)).await;
}

/// How often a text is in the memory that a process may write; nothing where nobody may look.
#[cfg(target_os = "linux")]
fn copies(process: u32, text: &str) -> Option<usize> {
    use std::fs;
    use std::os::unix::fs::FileExt;

    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let memory = fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let writable = maps.lines().filter(|line| line.contains(" rw"));
    let found = writable.map(|line| {
        let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // What went away in the meantime holds nothing.
        memory.read_exact_at(&mut bytes, from).map_or(0, |()| occurrences(&bytes, text.as_bytes()))
    });
    Some(found.sum())
}

#[cfg(target_os = "linux")]
fn occurrences(bytes: &[u8], part: &[u8]) -> usize {
    let Some(first) = part.first() else { return 0 };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.filter(|(at, _)| bytes[*at..].starts_with(part)).count()
}
