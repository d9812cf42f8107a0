//! The calls about ephemeral resources: opened anew whenever core asks, and nothing to renew or close.

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::{Stage, with};
use crate::core::{Told, dynamic, known, said};
use crate::emulator::{Effect, Fault, Options};

const DOCUMENT: &str = "intune_dep_mobile_config";

impl Stage {
    fn document_config(&self, config: &Json) -> Value {
        self.core.ephemeral(DOCUMENT).value(config)
    }

    /// Why a document with this configuration cannot be opened.
    pub(super) async fn unopened(&self, config: &Json) -> Told {
        self.open(&self.document_config(config)).await.unwrap_err()
    }

    async fn open(&self, config: &Value) -> Result<Value, Told> {
        let type_ = &self.core.ephemeral(DOCUMENT).type_;
        let request = wire::open_ephemeral_resource::Request {
            type_name: DOCUMENT.to_owned(),
            config: Some(dynamic(config, type_)),
            client_capabilities: None,
        };
        let answer = self.core.provider().open_ephemeral_resource(request).await.unwrap();
        let answer = answer.into_inner();
        assert!(answer.renew_at.is_none() && answer.private.is_none() && answer.deferred.is_none());
        let told = said(&answer.diagnostics);
        if told.failed() {
            assert_eq!(answer.result, None);
            return Err(told);
        }
        told.nothing();
        Ok(known(answer.result.as_ref(), type_).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_fetched_and_what_configuration_says_comes_back() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "iPads & more" }));
    let config = stage.document_config(&json!({ "enrollment_profile_id": id }));
    let result = stage.open(&config).await.unwrap();
    let document = result.field("mobile_config").as_text().unwrap();
    assert!(document.contains("iPads &amp; more") && document.contains(&id), "{document}");
    // Core holds the rest against configuration.
    assert_eq!(with(&result, "mobile_config", Value::Null), config);
    assert!(result.is_wholly_known());
    let mut calls = stage.core.provider();
    let type_name = DOCUMENT.to_owned();
    let renew = wire::renew_ephemeral_resource::Request { type_name, private: None };
    let renewed = calls.renew_ephemeral_resource(renew).await.unwrap().into_inner();
    let type_name = DOCUMENT.to_owned();
    let close = wire::close_ephemeral_resource::Request { type_name, private: None };
    let closed = calls.close_ephemeral_resource(close).await.unwrap().into_inner();
    assert!(renewed.diagnostics.is_empty() && renewed.renew_at.is_none());
    assert!(closed.diagnostics.is_empty());
    assert_eq!(stage.sent("GET").len(), 1, "only the opening asks Graph");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_why() {
    let stage = Stage::unconfigured(Options::default()).await;
    let of = |id: &str| stage.document_config(&json!({ "enrollment_profile_id": id }));
    let told = stage.open(&of(&format!("{}_x", stage.token))).await.unwrap_err();
    told.error(&["Provider not configured"]);
    stage.configure(json!({})).await;
    let told = stage.open(&of(&format!("{}_x", stage.token))).await.unwrap_err();
    told.error(&["Enrollment document not fetched", "Check `enrollment_profile_id`"]);
    let told = stage.open(&of("iPads")).await.unwrap_err();
    let why = told.error(&["Not an id of an enrollment profile", "build_profile_id"]);
    assert_eq!(why.path.as_ref().unwrap().to_string(), "enrollment_profile_id");
    stage.open(&of("")).await.unwrap_err().error(&["enrollment_profile_id"]);
    let open = with(&of("x"), "enrollment_profile_id", Value::unknown());
    stage.open(&open).await.unwrap_err().error(&["not known"]);
    let id = stage.emulator.put_profile(&stage.token, json!({}));
    let empty = Effect::OmitProperty { name: "value".to_owned() };
    stage.emulator.fault(Fault::new("GET", "exportMobileConfig", empty));
    stage.open(&of(&id)).await.unwrap_err().error(&["answered without the enrollment document"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_judged_before_anybody_is_asked() {
    let stage = Stage::unconfigured(Options::default()).await;
    let type_ = &stage.core.ephemeral(DOCUMENT).type_;
    let good = stage.document_config(&json!({ "enrollment_profile_id": "x_y" }));
    let open = with(&good, "enrollment_profile_id", Value::unknown());
    let wrong = stage.document_config(&json!({
        "enrollment_profile_id": "x_y", "timeouts": { "open": "soon" },
    }));
    for (config, is_wrong) in [(good, false), (open, false), (wrong, true)] {
        let request = wire::validate_ephemeral_resource_config::Request {
            type_name: DOCUMENT.to_owned(),
            config: Some(dynamic(&config, type_)),
        };
        let answer = stage.core.provider().validate_ephemeral_resource_config(request).await;
        let told = said(&answer.unwrap().into_inner().diagnostics);
        assert_eq!(told.failed(), is_wrong, "{told}");
    }
    assert_eq!(stage.emulator.requests().len(), 0);
}
