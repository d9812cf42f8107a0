//! The password of a Mac's local administrator: it reaches Graph and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use super::Stage;
use super::feature::WRITE_ONLY;
use crate::emulator::{Effect, Fault};
use crate::samples::PASSWORD;

const VARIABLE: &str = "variable \"password\" {\n  type = string\n  ephemeral = true\n}\n";

impl Stage {
    /// A profile for Macs with these lines, whose password comes from the environment.
    async fn mac(lines: &str) -> Self {
        let stage = Self::new().await.with_variable("password", PASSWORD);
        stage.mac_block(lines);
        stage.init().await;
        stage
    }

    fn mac_block(&self, lines: &str) {
        self.main(&format!(
            "{VARIABLE}resource \"intune_dep_macos_enrollment_profile\" \"this\" {{\n  \
             dep_onboarding_setting_id = {:?}\n  display_name = \"Mac\"\n  is_mandatory = true\n  \
             requires_user_authentication = true\n  wait_for_device_configured_confirmation = true\n  \
             admin_account_user_name = \"admin\"\n{lines}\n}}\n",
            self.token
        ));
    }

    fn stored_password(&self) -> Value {
        self.emulator.profiles(&self.token)[0]["adminAccountPassword"].clone()
    }
}

fn with_version(version: u8) -> String {
    format!("admin_account_password = var.password\nadmin_account_password_wo_version = {version}")
}

/// The forms in which a text may stand somewhere; one in Base64 that begins anywhere in the encoded bytes.
fn disguises(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    let mut all = vec![text.to_owned(), hex.to_uppercase(), hex, escaped];
    all.extend([bytes.join(" "), bytes.join(", "), text.chars().rev().collect()]);
    for skipped in 0..3 {
        let whole = text.len() - (text.len() - skipped) % 3;
        all.push(STANDARD_NO_PAD.encode(&text[skipped..whole]));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_sent_with_the_create_and_again_when_its_version_changes() {
    if !WRITE_ONLY.is_here() {
        return;
    }
    let stage = Stage::mac(&with_version(1)).await;
    stage.apply().await;
    assert_eq!(stage.stored_password(), PASSWORD);
    stage.converged().await;

    let stage = stage.with_variable("password", "another-0ne!");
    stage.converged().await;
    stage.mac_block(&with_version(2));
    stage.emulator.clear_requests();
    stage.apply().await;
    let patches = stage.sent("PATCH");
    assert_eq!(patches.len(), 1);
    assert_eq!(patches[0].body.as_object().unwrap().len(), 2, "the type and the password");
    assert_eq!(stage.stored_password(), "another-0ne!");
    stage.converged().await;

    stage.mac_block("");
    stage.emulator.clear_requests();
    stage.apply().await;
    assert!(stage.sent("PATCH").is_empty(), "a line that goes wipes no password");
    assert_eq!(stage.stored_password(), "another-0ne!");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_in_no_plan_no_state_and_no_log() {
    if !WRITE_ONLY.is_here() {
        return;
    }
    let stage = Stage::mac(&with_version(1)).await;
    let log = stage.workspace.directory().join("trace.log");
    for arguments in [
        &["plan", "-out=saved"][..],
        &["apply", "saved"],
        &["plan", "-refresh-only", "-out=refreshed"],
        &["show"],
    ] {
        let mut command = stage.workspace.command(arguments);
        let run = command.env("TF_LOG", "TRACE").env("TF_LOG_PATH", &log).output().await.unwrap();
        let shown = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{arguments:?}: {shown}");
        assert!(disguises(PASSWORD).iter().all(|one| !shown.contains(one)), "{arguments:?}");
    }
    assert_eq!(stage.stored_password(), PASSWORD);
    let kept = [
        stage.ends(0, &["show", "-json", "saved"]).await.stdout,
        std::fs::read_to_string(stage.workspace.directory().join("terraform.tfstate")).unwrap(),
        std::fs::read_to_string(&log).unwrap(),
    ];
    assert!(kept.iter().all(|text| text.len() > 1000), "there is something to search");
    for text in &kept {
        for disguise in disguises(PASSWORD) {
            assert!(!text.contains(&disguise), "{disguise}");
        }
    }
    assert!(kept[2].contains("sent a request to Graph"), "the plugin's own lines are in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_graph_repeats_in_its_refusal_is_not_told() {
    if !WRITE_ONLY.is_here() {
        return;
    }
    let stage = Stage::mac(&with_version(1)).await;
    let body = json!({
        "error": { "code": "BadRequest", "message": format!("'{PASSWORD}' is too simple") }
    });
    let effect = Effect::Status { code: 400, headers: Vec::new(), body };
    stage.emulator.fault(Fault::new("POST", "/enrollmentProfiles", effect));
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("'[redacted]' is too simple"), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_graph_repeats_is_not_told_where_white_space_and_length_were_changed() {
    if !WRITE_ONLY.is_here() {
        return;
    }
    let password = "c4n4ry  0f\tmine\nand ours";
    let stage = Stage::mac(&with_version(1)).await.with_variable("password", password);
    let fault = |message: String| json!({ "error": { "code": "BadRequest", "message": message } });
    for (body, part) in [
        (fault(format!("'{password}' is too simple")), "'[redacted]' is too simple"),
        (fault(format!("{} {password}", "x".repeat(1990))), "xx [redacted]…"),
        (json!(format!("{} {password}", "x".repeat(60))), "xx [redacted]…"),
    ] {
        let effect = Effect::Status { code: 400, headers: Vec::new(), body };
        stage.emulator.clear_faults();
        stage.emulator.fault(Fault::new("POST", "/enrollmentProfiles", effect));
        let told = stage.fails(&["apply", "-auto-approve"]).await;
        assert!(told.contains(part) && !told.contains("c4n4ry"), "{told}");
    }
}
