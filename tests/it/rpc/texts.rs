//! One example of everything the provider says to people, so that somebody reads it: the texts are files
//! in `snapshots/`.
//!
//! `INSTA_UPDATE=always cargo test --test it rpc::texts` writes them anew.

mod errands;
mod remaining;
mod types;

use std::fmt::Write;

use serde_json::{Value as Json, json};
use terraform_provider_intune::diagnostics::Diagnostic;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::{CERTIFICATES, PROFILE, Stage, status, with};
use crate::core::{Instance, Told, said};
use crate::emulator::{Effect, Emulator, Fault, Options};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_configuration() {
    let stage = Stage::unconfigured(Options::default()).await;
    let mut profile = stage.profile();
    let certificate = |text: &str| json!({ "management_certificates": [{ "certificate": text }] });
    let with_thumbprint = |thumbprint: &str| {
        let one = json!({ "certificate": CERTIFICATES[0], "thumbprint": thumbprint });
        json!({ "management_certificates": [one] })
    };
    let many = vec![json!({ "certificate": CERTIFICATES[0] }); 11];
    let mut texts = Texts::new(&stage);
    for (case, attributes) in [
        ("an empty token", json!({ "dep_onboarding_setting_id": "" })),
        ("an empty name", json!({ "display_name": "" })),
        ("a text that is too long", json!({ "support_department": "x".repeat(126) })),
        ("an optional text that is empty", json!({ "support_phone_number": "" })),
        ("a choice in another case", json!({ "itunes_pairing_mode": "Allow" })),
        ("a choice that is none", json!({ "itunes_pairing_mode": "sometimes" })),
        ("a number that is too small", json!({ "shared_ipad_maximum_user_count": -1 })),
        ("a number that is not whole", json!({ "shared_ipad_maximum_user_count": 1.5 })),
        ("too many certificates", json!({ "management_certificates": many })),
        ("a certificate as PEM", certificate("-----BEGIN CERTIFICATE-----\nMIIB")),
        ("a certificate as PEM in base64", certificate("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t")),
        ("a certificate that is not base64", certificate("nope!")),
        ("a certificate that is none", certificate("bm9wZQ==")),
        ("an empty thumbprint", with_thumbprint("")),
        ("a thumbprint of another certificate", with_thumbprint("AB:CD")),
        ("a value that the service sets", json!({ "id": "mine" })),
        ("a locked profile without supervision", json!({ "profile_removal_disabled": true })),
        (
            "pairing by certificate without one",
            json!({ "itunes_pairing_mode": "requiresCertificate" }),
        ),
        (
            "a shared iPad of one user",
            json!({ "enable_shared_ipad": true, "requires_user_authentication": true }),
        ),
        ("a time limit that is none", json!({ "timeouts": { "create": "soon" } })),
    ] {
        texts.add(case, &profile.validate(&stage.config(attributes)).await);
    }
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_the_providers_settings() {
    let stage = Stage::unconfigured(Options::default()).await;
    let mut texts = Texts::new(&stage);
    for (case, changed) in [
        ("no tenant", json!({ "tenant_id": null })),
        ("no client", json!({ "client_id": null })),
        ("no secret", json!({ "client_secret": null, "use_cli": false })),
        (
            "a secret file that is not there",
            json!({ "client_secret": null, "client_secret_file_path": "/does/not/exist" }),
        ),
        (
            "an empty secret file",
            json!({ "client_secret": null, "client_secret_file_path": "/dev/null" }),
        ),
        (
            "a certificate that is none",
            json!({ "client_secret": null, "client_certificate": "bm9wZQ==" }),
        ),
        ("an unknown cloud", json!({ "environment": "azure" })),
        ("an endpoint without TLS", json!({ "graph_endpoint": "http://graph.example.com" })),
        ("an endpoint with a path", json!({ "graph_endpoint": "https://example.com/graph" })),
        ("an endpoint that is none", json!({ "authority_host": "login" })),
        ("days that nobody can count", json!({ "token_expiry_warning_days": 1.5 })),
    ] {
        texts.add(case, &stage.core.configure(&stage.provider_config(changed)).await);
    }
    let (mut profile, config) = (stage.profile(), stage.config(json!({})));
    texts.add("nothing was configured", &profile.upsert(&config).await);
    let unknown = with(&stage.provider_config(json!({})), "client_id", Value::unknown());
    stage.core.configure(&unknown).await.nothing();
    texts.add("an argument that is not known yet", &profile.upsert(&config).await);
    for (case, changed) in [
        ("another secret", json!({ "client_secret": "wrong" })),
        ("another client", json!({ "client_id": "00000000-0000-4000-8000-000000000000" })),
        ("another tenant", json!({ "tenant_id": "fabrikam.example" })),
        ("an authority that is not there", json!({ "authority_host": nobody().await })),
    ] {
        stage.configure(changed).await;
        let config = with(&config, "timeouts", limits(&stage, "create"));
        texts.add(case, &profile.upsert(&config).await);
    }
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_stored_states_and_strange_requests() {
    let stage = Stage::new().await;
    let mut profile = stage.profile();
    let mut texts = Texts::new(&stage);
    for (case, version, stored) in [
        ("a state of another version", 7, "{}"),
        ("a state that is null", 0, "null"),
        ("a state that is no JSON", 0, "{"),
        ("a state of another shape", 0, "[]"),
        ("a state with a value of another type", 0, r#"{"siri_disabled":"maybe"}"#),
    ] {
        texts.add(case, &profile.upgrade(version, stored.as_bytes()).await.unwrap_err());
    }
    let mut calls = stage.core.provider();
    let request = wire::upgrade_resource_state::Request {
        type_name: PROFILE.to_owned(),
        version: 0,
        raw_state: Some(wire::RawState {
            flatmap: [("id".to_owned(), "x".to_owned())].into(),
            ..Default::default()
        }),
    };
    let answer = calls.upgrade_resource_state(request).await.unwrap().into_inner();
    texts.add("a state of Terraform 0.11", &said(&answer.diagnostics));
    for (case, type_name, msgpack) in [
        ("a resource that does not exist", "intune_nothing", vec![0xc0]),
        ("a value of another type", PROFILE, vec![0x07]),
        ("a value without attributes", PROFILE, vec![0x80]),
    ] {
        let config = Some(wire::DynamicValue { msgpack, json: Vec::new() });
        let type_name = type_name.to_owned();
        let request =
            wire::validate_resource_config::Request { type_name, config, ..Default::default() };
        let answer = calls.validate_resource_config(request).await.unwrap().into_inner();
        texts.add(case, &said(&answer.diagnostics));
    }
    let type_name = "intune_nothing".to_owned();
    let request = wire::read_data_source::Request { type_name, ..Default::default() };
    let answer = calls.read_data_source(request).await.unwrap().into_inner();
    texts.add("a data source that does not exist", &said(&answer.diagnostics));
    let request = wire::move_resource_state::Request {
        source_type_name: "microsoft365_profile".to_owned(),
        target_type_name: PROFILE.to_owned(),
        ..Default::default()
    };
    let answer = calls.move_resource_state(request).await.unwrap().into_inner();
    texts.add("a moved block", &said(&answer.diagnostics));
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_read() {
    let stage = Stage::new().await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let patient = profile.state().clone();
    let hasty = with(&patient, "timeouts", limits(&stage, "read"));
    let mut texts = Texts::new(&stage);
    let html = Effect::ReplaceBody {
        bytes: b"<html>Sign in to the wireless network</html>".to_vec(),
        content_type: "text/html".to_owned(),
    };
    let huge = Effect::ReplaceBody {
        bytes: vec![b' '; 9 << 20],
        content_type: "application/json".to_owned(),
    };
    let wrong = Effect::SetProperty { name: "siriDisabled".to_owned(), value: json!("yes") };
    for (case, state, effect) in [
        ("refused", &patient, status(400)),
        ("unauthorized", &patient, status(401)),
        ("forbidden", &patient, status(403)),
        ("in conflict", &patient, status(409)),
        ("failing", &hasty, status(500)),
        ("not implemented", &patient, status(501)),
        ("redirected", &patient, answered(302, &[("Location", "https://login.example.com/")])),
        ("cut off", &hasty, Effect::DropBeforeCommit),
        ("silent", &hasty, Effect::HoldBeforeCommit { gate: "never".to_owned() }),
        ("no JSON", &hasty, html),
        ("too large", &patient, huge),
        ("of another type", &patient, wrong),
    ] {
        profile.edit(state.clone(), b"");
        stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", effect).times(usize::MAX));
        texts.add(case, &profile.refresh().await);
        stage.emulator.clear_faults();
    }
    let stranger = with(&patient, "dep_onboarding_setting_id", Value::text("elsewhere"));
    profile.edit(stranger, b"");
    texts.add("of a token that is gone", &profile.refresh().await);
    // It ends between the sign-in and the next read, which is the first below its token.
    let other = Emulator::start(Options::default()).await.unwrap();
    stage.configure(json!({ "graph_endpoint": other.url(), "authority_host": other.url() })).await;
    profile.refresh().await.error(&["not found"]);
    drop(other);
    profile.edit(hasty, b"");
    texts.add("with nobody there", &profile.refresh().await);
    stage.configure(json!({})).await;
    profile.edit(patient, b"");
    assert!(stage.emulator.remove_profile(profile.text("id")));
    texts.add("of what is gone", &profile.refresh().await);
    let (mut profile, _) = stage.applied(json!({})).await;
    // The last of all: nothing of the tenant is read again before the time is over.
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", throttled()));
    texts.add("throttled", &profile.refresh().await);
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_create() {
    let stage = Stage::new().await;
    let mut texts = Texts::new(&stage);
    // What an earlier run left behind.
    stage.emulator.put_profile(&stage.token, json!({ "displayName": "twin" }));
    let twin = json!({ "display_name": "twin" });
    texts.add("of which there is one", &stage.profile().upsert(&stage.config(twin)).await);
    let namesake = json!({ "display_name": "twin", "siri_disabled": true });
    texts.add("of whose name there is one", &stage.profile().upsert(&stage.config(namesake)).await);
    let rename = Effect::SetProperty { name: "description".to_owned(), value: json!("other") };
    let retype = Effect::SetProperty {
        name: "@odata.type".to_owned(),
        value: json!("#microsoft.graph.depIOSEnrollmentProfile"),
    };
    for (case, effect) in [
        ("refused", status(400)),
        ("forbidden", status(403)),
        ("with a lost answer", Effect::CommitThenDrop),
        ("stored with another value", rename),
        ("made as another type", retype),
    ] {
        stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", effect));
        let named = json!({ "display_name": case, "description": "this" });
        texts.add(case, &stage.profile().upsert(&stage.config(named)).await);
    }
    let elsewhere = stage.config(json!({ "dep_onboarding_setting_id": "elsewhere" }));
    texts.add("under a token that is not there", &stage.profile().upsert(&elsewhere).await);
    stage.emulator.fault(Fault::new("POST", "setDefaultProfile", status(400)));
    let default = stage.config(json!({ "display_name": "default", "is_default": true }));
    texts.add("that could not become the default", &stage.profile().upsert(&default).await);
    let suggested = json!({
        "display_name": "suggested", "configuration_endpoint_url": "https://example.com"
    });
    let suggested = stage.config(suggested);
    texts.add("with a value that the service overrules", &stage.profile().upsert(&suggested).await);
    texts.add("that was interrupted", &interrupted(&stage).await);
    // The last of all: nothing of the tenant is written again before the time is over.
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", throttled()));
    let late = stage.config(json!({ "display_name": "late" }));
    texts.add("throttled", &stage.profile().upsert(&late).await);
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_update_and_a_delete() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let mut texts = Texts::new(&stage);
    let changed = stage.config(json!({ "siri_disabled": true }));
    let hasty = with(&changed, "timeouts", limits(&stage, "update"));
    for (case, config, effect) in [
        ("an update that was refused", &changed, status(400)),
        ("an update of what is gone", &changed, status(404)),
        ("an update in conflict", &changed, status(412)),
        ("an update of a locked object", &hasty, status(423)),
        ("an update that failed", &hasty, status(500)),
    ] {
        stage.emulator.fault(Fault::new("PATCH", "enrollmentProfiles", effect));
        texts.add(case, &profile.upsert(config).await);
    }
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", status(400)));
    texts.add("an update that was not read back", &profile.upsert(&changed).await);
    let other = Effect::SetProperty { name: "supportDepartment".to_owned(), value: json!("HR") };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", other).times(usize::MAX));
    // The provider looks again for a while, in case the answer is an old one.
    let department = with(&hasty, "support_department", Value::text("IT"));
    texts.add("an update to a value that was not kept", &profile.upsert(&department).await);
    stage.emulator.clear_faults();
    stage.emulator.fault(Fault::new("POST", "setDefaultProfile", status(400)));
    let default = stage.config(json!({ "is_default": true }));
    texts.add("a default that was refused", &profile.upsert(&default).await);
    let default = with(&default, "timeouts", limits(&stage, "delete"));
    profile.upsert(&default).await.success();
    let off = with(&config, "is_default", Value::Bool(false));
    texts.add("a default that is to end", &profile.plan(&off).await.unwrap_err());
    texts.add("a delete of the default", &profile.destroy().await);
    stage.emulator.fault(Fault::new("DELETE", "enrollmentProfiles", status(500)));
    texts.add("a delete that failed", &profile.destroy().await);
    // The last of all: nothing of the tenant is written again before the time is over.
    let (mut profile, _) = stage.applied(json!({ "display_name": "late" })).await;
    stage.emulator.fault(Fault::new("PATCH", "enrollmentProfiles", throttled()));
    let later = stage.config(json!({ "display_name": "later" }));
    texts.add("an update that was throttled", &profile.upsert(&later).await);
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_import() {
    let stage = Stage::new().await;
    let _ = stage.applied(json!({})).await;
    let _ = stage.applied(json!({})).await;
    let token = &stage.token;
    let mac = json!({
        "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "displayName": "Mac"
    });
    stage.emulator.put_profile(token, mac);
    let mut texts = Texts::new(&stage);
    for (case, id) in [
        ("of another form", "Lab".to_owned()),
        ("that does not exist", format!("{token}_00000000-0000-4000-8000-000000000000")),
        ("of a name that nothing has", format!("{token}/Nobody")),
        ("of a name that two have", "Contoso ABM/Lab".to_owned()),
        ("of a token that does not exist", "Fabrikam/Lab".to_owned()),
        ("of another type", format!("{token}/Mac")),
    ] {
        texts.add(case, &stage.profile().import(&id).await);
    }
    let guid = "00000000-0000-4000-8000-000000000000";
    for (case, identity) in [
        ("by the identity of nothing", json!({ "profile_id": format!("{token}_{guid}") })),
        ("by half an identity", json!({ "profile_id": guid })),
        (
            "by an identity that contradicts itself",
            json!({ "dep_onboarding_setting_id": guid, "profile_id": format!("{token}_{guid}") }),
        ),
    ] {
        let identity = stage.identity(&identity);
        texts.add(case, &stage.profile().import_identity(&identity).await);
    }
    let page = json!({ "value": [], "@odata.nextLink": "https://graph.example.com/beta/next" });
    let link = Effect::ReplaceBody {
        bytes: page.to_string().into_bytes(),
        content_type: "application/json".to_owned(),
    };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", link));
    texts.add("with a page elsewhere", &stage.profile().import("Contoso ABM/Lab").await);
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", status(403)));
    texts.add("that is forbidden", &stage.profile().import("Contoso ABM/Lab").await);
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_look_up() {
    let stage = Stage::new().await;
    let (token, profile) = ("intune_dep_onboarding_setting", PROFILE);
    let (devices, document) =
        ("intune_imported_apple_device_identities", "intune_dep_mobile_config");
    let second = stage.emulator.add_token("Fabrikam ABM");
    for _ in 0..2 {
        stage.emulator.put_profile(&stage.token, json!({ "displayName": "Twin" }));
    }
    let mac = stage.emulator.put_profile(
        &stage.token,
        json!({ "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "displayName": "Mac" }),
    );
    let expired = json!({ "tokenExpirationDateTime": "2020-01-01T00:00:00Z" });
    let named =
        |name: &str| json!({ "dep_onboarding_setting_id": stage.token, "display_name": name });
    let mut texts = Texts::new(&stage);
    for (case, source, config) in [
        ("a token in two ways", token, json!({ "id": second, "token_name": "x" })),
        ("Apple Configurator's by name", token, json!({ "token_type": "none", "token_name": "x" })),
        ("a token of an unknown type", token, json!({ "token_type": "vpp" })),
        ("a token by an empty name", token, json!({ "token_name": "" })),
        ("one of two tokens", token, json!({})),
        ("a token of a name that none has", token, json!({ "token_name": "Nobody" })),
        ("a token that does not exist", token, json!({ "id": "elsewhere" })),
        ("a profile by nothing", profile, json!({})),
        ("a profile in two ways", profile, json!({ "id": "x", "display_name": "y" })),
        ("a profile by its name alone", profile, json!({ "display_name": "Twin" })),
        ("one of two profiles", profile, named("Twin")),
        ("a profile of a name that none has", profile, named("Nobody")),
        ("a profile whose name has another type", profile, named("Mac")),
        ("a profile of another type", profile, json!({ "id": mac })),
        ("a profile by an id that is none", profile, json!({ "id": "nonsense" })),
        ("a document of no profile", document, json!({ "enrollment_profile_id": "a_b" })),
        (
            "devices of an unknown platform",
            devices,
            json!({ "dep_onboarding_setting_id": "x", "platform": "iPad" }),
        ),
    ] {
        texts.add(case, &stage.core.look_up(source, &config).await.1);
    }
    let wrong = Effect::SetProperty { name: "syncedDeviceCount".to_owned(), value: json!("many") };
    stage.emulator.fault(Fault::new("GET", "depOnboardingSettings", wrong));
    let by_id = json!({ "id": second });
    texts.add("a token that does not fit", &stage.core.look_up(token, &by_id).await.1);
    stage.emulator.fault(Fault::new("GET", "expand", status(400)).times(2));
    texts.add("a token without defaults", &stage.core.look_up(token, &by_id).await.1);
    assert!(stage.emulator.edit_token(&second, expired));
    // The days go on.
    let told = stage.core.look_up(token, &by_id).await.1;
    let told = Told(told.0.into_iter().map(without_days).collect());
    texts.add("a token that has expired", &told);
    stage.emulator.fault(Fault::new("GET", "depOnboardingSettings", status(403)));
    texts.add("a token that is forbidden", &stage.core.look_up(token, &by_id).await.1);
    // The last of all: nothing of the tenant is read again before the time is over.
    stage.emulator.fault(Fault::new("GET", "depOnboardingSettings", throttled()));
    texts.add("a token in a throttled tenant", &stage.core.look_up(token, &by_id).await.1);
    insta::assert_snapshot!(texts.whole());
}

fn without_days(told: Diagnostic) -> Diagnostic {
    let (before, rest) = told.detail.split_once("expired ").unwrap();
    let detail =
        format!("{before}expired <some>{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    Diagnostic { detail, ..told }
}

/// A create that waits for its access token while Terraform is interrupted.
async fn interrupted(stage: &Stage) -> Told {
    stage.emulator.revoke_access_tokens();
    let hold = Effect::HoldBeforeCommit { gate: "token".to_owned() };
    stage.emulator.fault(Fault::new("POST", "oauth2", hold));
    let (mut profile, config): (Instance, Value) = (stage.profile(), stage.config(json!({})));
    let waiting = tokio::spawn(async move { profile.upsert(&config).await });
    stage.arrivals("token", 1).await;
    stage.core.stop().await;
    waiting.await.unwrap()
}

/// An origin at which nothing listens any more.
async fn nobody() -> String {
    Emulator::start(Options::default()).await.unwrap().url().to_owned()
}

/// A time limit that leaves room for one answer, and none for the shortest wait before the next attempt.
fn limits(stage: &Stage, operation: &str) -> Value {
    stage.config(json!({ "timeouts": { operation: "490ms" } })).field("timeouts").clone()
}

fn throttled() -> Effect {
    answered(429, &[("Retry-After", "3600")])
}

fn answered(code: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Effect::Status { code, headers: headers.collect(), body: Json::Null }
}

/// Texts, without what differs from run to run.
struct Texts {
    whole: String,
}

impl Texts {
    fn new(stage: &Stage) -> Self {
        assert!(!stage.token.is_empty());
        Self { whole: String::new() }
    }

    #[track_caller]
    fn add(&mut self, case: &str, told: &Told) {
        assert!(!told.0.is_empty(), "nothing was said: {case}");
        for diagnostic in &told.0 {
            assert!(!diagnostic.detail.is_empty(), "{case}: {}", diagnostic.summary);
            assert!(!diagnostic.summary.ends_with('.'), "{case}: {}", diagnostic.summary);
        }
        let _ = writeln!(self.whole, "# {case}\n\n{}", lasting(&told.to_string()));
    }

    fn whole(self) -> String {
        self.whole
    }
}

/// A text with its ids, ports, times and remaining seconds struck out.
pub(crate) fn lasting(text: &str) -> String {
    let mut lasting = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, length) =
            volatile(rest).unwrap_or((&rest[..first.len_utf8()], first.len_utf8()));
        lasting.push_str(kept);
        rest = &rest[length..];
    }
    lasting
}

/// What stands for the beginning of a text that differs from run to run, and how long that is.
fn volatile(text: &str) -> Option<(&'static str, usize)> {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if text.get(..36).is_some_and(|start| uuid::Uuid::try_parse(start).is_ok()) {
        return Some(("<guid>", 36));
    }
    if let Some(after) = text.strip_prefix("127.0.0.1:") {
        return Some(("<address>", "127.0.0.1:".len() + digits(after)));
    }
    let moment = "Timestamp: ";
    if text.starts_with(moment) {
        return Some(("Timestamp: <moment>", moment.len() + "2026-01-01 00:00:00Z".len()));
    }
    let sent = "was sent at ";
    if text.starts_with(sent) {
        return Some(("was sent at <moment>", sent.len() + "Thu, 01 Jan 2026 00:00:00 GMT".len()));
    }
    let attempts = "attempts in ";
    if let Some(after) = text.strip_prefix(attempts) {
        return Some(("attempts in <some>", attempts.len() + digits(after)));
    }
    let seconds = digits(text);
    let left = seconds > 0 && text[seconds..].starts_with(" s are left");
    left.then_some(("<some>", seconds))
}

/// Every text that is kept.
fn snapshots() -> String {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let folders = ["rpc/snapshots", "rpc/texts/snapshots", "faults/snapshots"];
    let files = folders.map(|folder| std::fs::read_dir(tests.join(folder)).unwrap());
    let paths = files.into_iter().flatten().map(|file| file.unwrap().path());
    // The schema says much that nobody is told.
    let texts = paths.filter(|path| path.to_string_lossy().contains("what_is_said"));
    texts.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}
