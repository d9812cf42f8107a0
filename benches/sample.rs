//! One enrollment profile in every form that it takes on its way; measures nothing.

use serde_json::json;
use terraform_provider_intune::entity::{Json, Suggestions};
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::json::{self, Undefined};
use terraform_provider_intune::value::{Type, Value, msgpack};

/// The token that it lives under.
pub(crate) const TOKEN: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
const ID: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d_0d9c5b9a-2f4e-4c57-9d3c-0f2f5f0c3a11";

/// A profile that says a little of everything.
pub(crate) struct Sample {
    /// What all its values are of.
    pub(crate) type_: Type,
    /// As a person writes it.
    pub(crate) config: Value,
    /// As it is planned before it exists.
    pub(crate) planned: Value,
    /// As it is recorded.
    pub(crate) state: Value,
    /// The state as Terraform sends it.
    pub(crate) msgpack: Vec<u8>,
    /// The state as Terraform stores it.
    pub(crate) json: Vec<u8>,
    /// The profile as Graph tells it.
    pub(crate) answer: Json,
}

impl Sample {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// When a value of it does not fit the declaration.
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let type_ = ENTITY.schema().implied_type();
        let config = json!({
            "dep_onboarding_setting_id": TOKEN,
            "display_name": "Corporate iPads",
            "description": "Managed by Terraform",
            "supervised_mode_enabled": true,
            "profile_removal_disabled": true,
            "siri_disabled": true,
            "support_department": "Workplace",
            "support_phone_number": "+49 30 1234567",
            "itunes_pairing_mode": "allow",
        });
        let config = json::decode(config.to_string().as_bytes(), &type_, Undefined::Refuse)?;
        let planned = ENTITY.plan(&Value::Null, &config, &config, &Suggestions::default()).state;
        let mut answer = ENTITY.create_body(&planned);
        answer.insert("id".to_owned(), ID.into());
        answer.insert("configurationEndpointUrl".to_owned(), "https://example.com/profile".into());
        answer.insert("isDefault".to_owned(), false.into());
        let state = ENTITY.settle(&planned, &answer).state;
        let (msgpack, json) = (msgpack::encode(&state, &type_)?, json::encode(&state, &type_)?);
        Ok(Self { type_, config, planned, state, msgpack, json, answer })
    }
}
