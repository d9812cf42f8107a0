//! Import: three forms of an id, and what is said of a wrong one.

use serde_json::json;

use super::Stage;
use super::stage::ADDRESS;

const LINES: &str = "description = \"By hand\"\nsupport_department = \"IT\"\nsiri_disabled = true";

fn portal_profile() -> serde_json::Value {
    json!({
        "displayName": "Lab", "description": "By hand", "supportDepartment": "IT", "siriDisabled": true
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_import_id_ends_in_an_empty_plan() {
    let stage = Stage::new().await;
    stage.profile(LINES);
    stage.init().await;
    let id = stage.emulator.put_profile(&stage.token, portal_profile());
    let guid = id.split_once('_').unwrap().1;
    for form in [
        id.clone(),
        format!("{}/{id}", stage.token),
        format!("{}/{guid}", stage.token),
        format!("{}/Lab", stage.token),
        "Contoso ABM/Lab".to_owned(),
    ] {
        stage.ends(0, &["import", ADDRESS, &form]).await;
        assert_eq!(stage.state().await["id"], id.as_str(), "{form}");
        stage.converged().await;
        stage.ends(0, &["state", "rm", ADDRESS]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_id_in_capitals_ends_in_an_empty_plan() {
    let stage = Stage::new().await;
    stage.profile(LINES);
    stage.init().await;
    let id = stage.emulator.put_profile(&stage.token, portal_profile());
    let (token, guid) = id.split_once('_').unwrap();
    let capitals = token.to_uppercase();
    for form in [
        id.to_uppercase(),
        format!("{capitals}/{id}"),
        format!("{capitals}/{}", guid.to_uppercase()),
        format!("{capitals}/Lab"),
    ] {
        stage.ends(0, &["import", ADDRESS, &form]).await;
        let state = stage.state().await;
        assert_eq!(state["id"], id.as_str(), "{form}");
        assert_eq!(state["dep_onboarding_setting_id"], token, "{form}");
        stage.converged().await;
        stage.ends(0, &["state", "rm", ADDRESS]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_block_plans_no_change() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, portal_profile());
    let block = format!("import {{\n  to = {ADDRESS}\n  id = {id:?}\n}}\n");
    stage.main(&(block + &stage.profile_block(LINES)));
    stage.init().await;
    let run = stage.apply().await;
    assert!(run.output.contains("1 imported, 0 added, 0 changed"), "{}", run.output);
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_slashes_are_found() {
    let stage = Stage::new().await;
    stage.profile("display_name = \"a/b\"");
    stage.init().await;
    let token = stage.emulator.add_token("North/South");
    stage.main(&stage.profile_block("display_name = \"a/b\"").replace(&stage.token, &token));
    let id = stage.emulator.put_profile(&token, json!({"displayName": "a/b"}));
    stage.ends(0, &["import", ADDRESS, "North/South/a/b"]).await;
    assert_eq!(stage.state().await["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_however_its_letters_are_composed() {
    let stage = Stage::new().await;
    let token = stage.emulator.add_token("Mu\u{308}nchen");
    let id = stage.emulator.put_profile(&token, json!({"displayName": "Schu\u{308}ler"}));
    let block = stage.profile_block("display_name = \"Sch\u{fc}ler\"");
    stage.main(&block.replace(&stage.token, &token));
    stage.init().await;
    for form in ["M\u{fc}nchen/Sch\u{fc}ler", "Mu\u{308}nchen/Schu\u{308}ler"] {
        stage.ends(0, &["import", ADDRESS, form]).await;
        assert_eq!(stage.state().await["id"], id.as_str(), "{form}");
        stage.converged().await;
        stage.ends(0, &["state", "rm", ADDRESS]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_import_id_is_explained_and_nothing_is_recorded() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let twin = json!({"displayName": "Twin"});
    let twins = [(); 2].map(|()| stage.emulator.put_profile(&stage.token, twin.clone()));
    let ios =
        json!({"@odata.type": "#microsoft.graph.depIOSEnrollmentProfile", "displayName": "i"});
    let ios = stage.emulator.put_profile(&stage.token, ios);
    let missing = format!("{}_00000000-0000-4000-8000-000000000000", stage.token);
    for (id, expected) in [
        ("nonsense", "none of the known forms"),
        ("", "none of the known forms"),
        ("a_b", "none of the known forms"),
        (&format!("{}/", stage.token), "none of the known forms"),
        (&missing, "has no enrollment profile"),
        ("No such token/Lab", "There is no enrollment program token"),
        ("Contoso ABM/No such profile", "There is no enrollment profile named"),
        ("Contoso ABM/Twin", "There is more than one"),
        (&ios, "depIOSEnrollmentProfile"),
    ] {
        let told = stage.fails(&["import", ADDRESS, id]).await;
        assert!(told.contains(expected), "{id}: {told}");
        // Terraform itself refuses an empty id before it asks the provider.
        assert!(id.is_empty() || told.contains("Enrollment profile not imported"), "{id}: {told}");
        assert!(stage.state().await.is_null(), "{id}");
    }
    let told = stage.fails(&["import", ADDRESS, "Contoso ABM/Twin"]).await;
    assert!(twins.iter().all(|id| told.contains(id.as_str())), "{told}");
}
