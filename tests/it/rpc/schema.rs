//! The provider's whole contract as Terraform sees it, so that a change of it is a change of a file that
//! a reviewer reads.
//!
//! `INSTA_UPDATE=always cargo test --test it rpc::schema` writes the file anew.

use serde_json::{Map, Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;

use crate::host::Host;

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_one_that_was_agreed_on() {
    let plugin = Host::new().launch().await;
    let mut calls = plugin.provider();
    let request = wire::get_provider_schema::Request {};
    let told = calls.get_provider_schema(request).await.unwrap().into_inner();
    let request = wire::get_resource_identity_schemas::Request {};
    let identities = calls.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(told.provider_meta.is_none() && told.state_store_schemas.is_empty());
    let whole = json!({
        "provider": told.provider.as_ref().map(schema),
        "resources": all(&told.resource_schemas, schema),
        "identities": all(&identities.identity_schemas, identity),
        "data sources": all(&told.data_source_schemas, schema),
        "ephemeral resources": all(&told.ephemeral_resource_schemas, schema),
        "list resources": all(&told.list_resource_schemas, schema),
        "actions": all(&told.action_schemas, |action| json!(action.schema.as_ref().map(schema))),
        "functions": all(&told.functions, function),
        "capabilities": capabilities(told.server_capabilities.unwrap()),
    });
    insta::assert_json_snapshot!(whole);
}

/// In alphabetical order, because the wire has none.
fn all<'told, T: 'told>(
    told: impl IntoIterator<Item = (&'told String, &'told T)>,
    described: impl Fn(&T) -> Json,
) -> Json {
    let mut entries: Vec<_> =
        told.into_iter().map(|(name, one)| (name.clone(), described(one))).collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Json::Object(entries.into_iter().collect())
}

fn schema(from: &wire::Schema) -> Json {
    json!({ "version": from.version, "block": from.block.as_ref().map(block) })
}

fn block(from: &wire::schema::Block) -> Json {
    let blocks = from.block_types.iter().map(|nested| {
        let described = json!({
            "nesting": nested.nesting().as_str_name(),
            "items": [nested.min_items, nested.max_items],
            "block": nested.block.as_ref().map(block),
        });
        (nested.type_name.clone(), described)
    });
    said(json!({
        "description": description(&from.description, from.description_kind()),
        "deprecated": from.deprecated.then_some(&from.deprecation_message),
        "attributes": attributes(&from.attributes),
        "blocks": Json::Object(blocks.collect()),
    }))
}

/// Named in the order of the wire, as documentation lists them.
fn attributes(from: &[wire::schema::Attribute]) -> Json {
    from.iter().map(attribute).collect()
}

fn attribute(from: &wire::schema::Attribute) -> Json {
    let flags = [
        (from.required, "required"),
        (from.optional, "optional"),
        (from.computed, "computed"),
        (from.sensitive, "sensitive"),
        (from.write_only, "write-only"),
    ];
    let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    let nested = from.nested_type.as_ref();
    said(json!({
        "name": from.name,
        "type": (nested.is_none()).then(|| type_(&from.r#type)),
        "nesting": nested.map(|object| object.nesting().as_str_name()),
        "attributes": nested.map(|object| attributes(&object.attributes)),
        "is": flags.join(", "),
        "deprecated": from.deprecated.then_some(&from.deprecation_message),
        "description": description(&from.description, from.description_kind()),
    }))
}

fn identity(from: &wire::ResourceIdentitySchema) -> Json {
    let attributes = from.identity_attributes.iter().map(|attribute| {
        json!({
            "name": attribute.name,
            "type": type_(&attribute.r#type),
            "required": attribute.required_for_import,
            "optional": attribute.optional_for_import,
            "description": attribute.description,
        })
    });
    json!({ "version": from.version, "attributes": attributes.collect::<Json>() })
}

fn function(from: &wire::Function) -> Json {
    let parameter = |parameter: &wire::function::Parameter| {
        json!({
            "name": parameter.name,
            "type": type_(&parameter.r#type),
            "takes null": parameter.allow_null_value,
            "takes unknown": parameter.allow_unknown_values,
            "description": description(&parameter.description, parameter.description_kind()),
        })
    };
    said(json!({
        "summary": from.summary,
        "description": description(&from.description, from.description_kind()),
        "deprecated": (!from.deprecation_message.is_empty()).then_some(&from.deprecation_message),
        "parameters": from.parameters.iter().map(parameter).collect::<Json>(),
        "variadic": from.variadic_parameter.as_ref().map(parameter),
        "returns": from.r#return.as_ref().map(|returned| type_(&returned.r#type)),
    }))
}

fn capabilities(from: wire::ServerCapabilities) -> Json {
    json!({
        "plan_destroy": from.plan_destroy,
        "get_provider_schema_optional": from.get_provider_schema_optional,
        "move_resource_state": from.move_resource_state,
        "generate_resource_config": from.generate_resource_config,
    })
}

fn type_(json: &[u8]) -> Json {
    serde_json::from_slice(json).unwrap()
}

fn description(text: &str, kind: wire::StringKind) -> Json {
    match kind {
        wire::StringKind::Markdown => text.into(),
        wire::StringKind::Plain => json!({ "plain": text }),
    }
}

/// Without what was not said.
fn said(described: Json) -> Json {
    let Json::Object(fields) = described else { return described };
    let nothing = |value: &Json| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    Json::Object(fields.into_iter().filter(|(_, value)| !nothing(value)).collect())
}
