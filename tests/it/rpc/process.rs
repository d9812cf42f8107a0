//! What concerns the process and not one object: configuring it, stopping it, hanging up on it.

use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;
use tokio::time::timeout;

use super::{PROFILE, Stage, with};
use crate::core::dynamic;
use crate::emulator::{Credential, Effect, Emulator, Fault, Options};
use crate::host::{Host, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn neither_configuring_nor_a_plan_of_a_create_connects_to_anybody() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nobody.set_nonblocking(true).unwrap();
    let origin = format!("http://{}", nobody.local_addr().unwrap());
    let stage = Stage::unconfigured(Options::default()).await;
    stage.configure(json!({ "graph_endpoint": origin, "authority_host": origin })).await;
    assert!(stage.profile().plan(&stage.config(json!({}))).await.is_ok());
    let (status, _) = stage.core.plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
    let connected = nobody.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(connected, Err(std::io::ErrorKind::WouldBlock));
}

#[tokio::test(flavor = "multi_thread")]
async fn configuring_again_replaces_the_connection() {
    let stage = Stage::new().await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let other = Emulator::start(Options::default()).await.unwrap();
    stage.configure(json!({ "graph_endpoint": other.url(), "authority_host": other.url() })).await;
    profile.refresh().await.error(&["Enrollment program token not found"]);
    assert_eq!(stage.emulator.requests().len(), 0);
    stage.configure(json!({})).await;
    profile.refresh().await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_refused_leaves_no_old_connection_behind() {
    let stage = Stage::new().await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let told = stage.core.configure(&stage.provider_config(json!({ "tenant_id": null }))).await;
    let missing = told.error(&["Missing `tenant_id`", "ARM_TENANT_ID"]);
    assert_eq!(missing.path.as_ref().unwrap().to_string(), "tenant_id");
    profile.refresh().await.error(&["Provider not configured"]);
    assert_eq!(stage.emulator.requests().len(), 0);
    assert!(!profile.state().is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_the_connection_says_so_before_it_is_configured() {
    let stage = Stage::unconfigured(Options::default()).await;
    let (mut profile, config) = (stage.profile(), stage.config(json!({})));
    // A plan needs none.
    let plan = profile.plan(&config).await.unwrap();
    profile.apply(&plan, &config).await.error(&["Provider not configured"]);
    assert!(profile.state().is_null());
    let import = format!("{}/Lab", stage.token);
    profile.import(&import).await.error(&["Provider not configured"]);
    let state = with(&config, "id", Value::text("x"));
    profile.edit(state.clone(), b"");
    profile.refresh().await.error(&["Provider not configured"]);
    profile.destroy().await.error(&["Provider not configured"]);
    assert_eq!(profile.state(), &state);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_not_known_yet_are_no_error_until_somebody_asks() {
    let stage = Stage::unconfigured(Options::default()).await;
    let config = stage.provider_config(json!({}));
    for argument in ["tenant_id", "client_secret", "graph_endpoint", "environment"] {
        let unknown = with(&config, argument, Value::unknown());
        stage.core.configure(&unknown).await.nothing();
        let (mut profile, config) = (stage.profile(), stage.config(json!({})));
        let plan = profile.plan(&config).await.unwrap();
        let told = profile.apply(&plan, &config).await;
        told.error(&["Provider not configured yet", argument, "-target"]);
    }
    stage.configure(json!({})).await;
    let _ = stage.applied(json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_what_was_sent_finish_and_holds_back_what_was_not() {
    let stage = Stage::new().await;
    // The first create is done, but not answered; the second waits for an access token of its own.
    let hold = Effect::CommitThenHold { gate: "create".to_owned() };
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", hold));
    let (mut sent, config) = (stage.profile(), stage.config(json!({})));
    let under_way = {
        let config = config.clone();
        tokio::spawn(async move { (sent.upsert(&config).await, sent) })
    };
    stage.arrivals("create", 1).await;
    stage.emulator.revoke_access_tokens();
    let hold = Effect::HoldBeforeCommit { gate: "token".to_owned() };
    stage.emulator.fault(Fault::new("POST", "oauth2", hold));
    let (mut queued, other) = (stage.profile(), stage.config(json!({ "display_name": "Other" })));
    let waiting = tokio::spawn(async move { (queued.upsert(&other).await, queued) });
    stage.arrivals("token", 1).await;

    stage.core.stop().await;
    let (told, queued) = within_patience(waiting).await;
    told.error(&["Enrollment profile not created", "Terraform was interrupted"]);
    assert!(queued.state().is_null());
    stage.emulator.open_gate("create");
    let (told, mut sent) = within_patience(under_way).await;
    told.nothing();
    assert_eq!(stage.stored().len(), 1);
    assert_eq!(stage.stored()[0]["id"], sent.text("id"));

    // The process goes on serving.
    stage.emulator.open_gate("token");
    sent.converged(&config).await.nothing();
    let _ = stage.applied(json!({ "display_name": "Third" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_a_wait_that_throttling_asked_for() {
    let host = Host::new().env("TF_LOG_PROVIDER", "INFO");
    let mut stage = Stage::on(&host, Options::default()).await;
    stage.configure(json!({})).await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let throttled = Effect::Status {
        code: 429,
        headers: vec![("Retry-After".to_owned(), "100".to_owned())],
        body: serde_json::Value::Null,
    };
    stage.emulator.fault(Fault::new("PATCH", "enrollmentProfiles", throttled));
    let changed = stage.config(json!({ "siri_disabled": true }));
    let waiting = tokio::spawn(async move { (profile.upsert(&changed).await, profile) });
    stage.core.plugin.process.stderr.line(|line| line.contains("Graph throttles")).await;
    stage.core.stop().await;
    let (told, profile) = within_patience(waiting).await;
    told.error(&["Enrollment profile not updated", "Terraform was interrupted"]);
    assert_eq!(profile.state().field("siri_disabled"), &Value::Bool(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_finished_when_terraform_hangs_up_and_then_the_process_ends() {
    let mut stage = Stage::new().await;
    let hold = Effect::HoldBeforeCommit { gate: "create".to_owned() };
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", hold));
    let (mut profile, config) = (stage.profile(), stage.config(json!({})));
    let under_way = tokio::spawn(async move { profile.upsert(&config).await });
    stage.arrivals("create", 1).await;

    under_way.abort();
    assert!(under_way.await.unwrap_err().is_cancelled());
    stage.core.plugin.hang_up();
    stage.emulator.open_gate("create");
    let status = stage.core.plugin.process.wait().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(stage.stored().len(), 1);
    assert_eq!(stage.sent("POST").len(), 1);
    assert_eq!(stage.sent("POST")[0].status, Some(201));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_core_gives_up_is_finished_all_the_same() {
    let stage = Stage::new().await;
    let hold = Effect::HoldBeforeCommit { gate: "create".to_owned() };
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", hold));
    let type_ = &stage.core.described(PROFILE).type_;
    let mut profile = stage.profile();
    let plan = profile.plan(&stage.config(json!({}))).await.unwrap();
    let request = wire::apply_resource_change::Request {
        type_name: PROFILE.to_owned(),
        planned_state: Some(dynamic(&plan.change.after, type_)),
        ..Default::default()
    };
    let mut calls = stage.core.provider();
    let given_up = tokio::spawn(async move { calls.apply_resource_change(request).await });
    stage.arrivals("create", 1).await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    stage.emulator.open_gate("create");
    // Terraform waits for the end of the process, and the process for what it sent.
    let emulator = stage.emulator;
    let (status, _) = stage.core.plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(emulator.profiles(&stage.token).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_authority_refuses_is_never_shown() {
    let stage = Stage::unconfigured(Options::default()).await;
    let wrong = format!("{}-canary", Credential::default().client_secret);
    stage.configure(json!({ "client_secret": wrong })).await;
    let (mut profile, config) = (stage.profile(), stage.config(json!({})));
    let told = profile.upsert(&config).await;
    told.error(&["Signing in to Microsoft Graph failed", "`client_secret`"]);
    assert!(!told.to_string().contains("canary"), "{told}");
    drop(profile);
    let (_, stderr) = stage.core.plugin.shutdown().await;
    assert!(!stderr.concat().contains("canary"), "{stderr:?}");
}

async fn within_patience<T>(task: tokio::task::JoinHandle<T>) -> T {
    timeout(PATIENCE, task).await.unwrap().unwrap()
}
