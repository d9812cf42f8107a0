//! What is said where nobody can be sure: the texts are in `snapshots/`, written anew with
//! `INSTA_UPDATE=always cargo test --test it faults::texts`.

use std::fmt::Write;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_is_said_of_doubts() {
    let mut texts = String::new();
    let mut add = |case: &str, outcome: &Outcome| {
        assert!(!outcome.diagnostics.is_empty(), "nothing was said: {case}");
        let _ = writeln!(texts, "# {case}\n");
        for told in &outcome.diagnostics {
            let detail = crate::rpc::texts::lasting(&told.detail);
            let _ = writeln!(texts, "{:?}: {}\n  {detail}\n", told.severity, told.summary);
        }
    };
    let lost = |stored: Effect| Effect::Both {
        stored: Box::new(stored),
        answered: Box::new(Effect::CommitThenDrop),
    };
    let stored = Box::new(Effect::CommitTwice);
    let answered = Box::new(Effect::OmitProperty { name: "id".to_owned() });
    let twice = Effect::Both { stored, answered };
    for (case, effect) in [
        ("a create of which nothing came", Effect::DropBeforeCommit),
        ("a create beside somebody else's", lost(Effect::ForeignTwin { changes: json!({}) })),
        ("a create that was done twice", twice.clone()),
        (
            "a create that was done and denied",
            Effect::CommitThenStatus { code: 409, headers: Vec::new(), body: Json::Null },
        ),
    ] {
        let tenant = Tenant::start().await;
        tenant.fault("POST", effect, 1);
        add(case, &tenant.create(&[siri()]).await);
    }
    // The listing before the create passes; from then on the service shows what it made of a setting.
    let tenant = Tenant::start().await;
    let denied = Effect::CommitThenStatus { code: 500, headers: Vec::new(), body: Json::Null };
    tenant.fault("POST", denied, 1);
    let otherwise = set("supportDepartment", json!("IT"));
    let shown = Fault::new("GET", "/enrollmentProfiles", otherwise).after(1).times(usize::MAX);
    tenant.emulator.fault(shown);
    add("a create that was done, stored otherwise and denied", &tenant.create(&[siri()]).await);
    assert_eq!(tenant.sent("POST"), 1);
    let tenant = Tenant::start().await;
    for type_ in ["depMacOSEnrollmentProfile", "depTvOSEnrollmentProfile"] {
        let type_ = format!("#microsoft.graph.{type_}");
        let profile = json!({ "@odata.type": type_, "displayName": "Lab" });
        tenant.emulator.put_profile(&tenant.token, profile);
    }
    tenant.fault("POST", status(409, &[]), 1);
    add("a create whose name another type has", &tenant.create(&[]).await);
    // The listing before the create and the read of its location pass; nothing else does.
    let tenant = Tenant::start().await;
    tenant.fault("POST", twice, 1);
    let denied = Effect::Status { code: 403, headers: Vec::new(), body: Json::Null };
    let unseen = Fault::new("GET", "/enrollmentProfiles", denied).after(2).times(usize::MAX);
    tenant.emulator.fault(unseen);
    add("a create that may have been done twice", &tenant.create(&[siri()]).await);
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", Effect::LingerAfterDelete { reads: usize::MAX }, 1);
    add("a delete that was not seen", &tenant.delete(&state).await);
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", set("isDefault", json!(false)), usize::MAX);
    let on = [("is_default", Value::Bool(true))];
    add("a default that was not seen", &tenant.update(&state, &on).await);
    insta::assert_snapshot!(texts);
}
