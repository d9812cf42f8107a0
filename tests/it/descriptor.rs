//! Holds what `proto/tfplugin6.proto` compiles to against the protocol's facts, in both directions.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto};

const COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.bin"));
const FACTS: &str = include_str!("data/tfplugin6.txt");

#[test]
fn the_contract_is_the_protocol_and_nothing_else() {
    let facts: BTreeSet<String> = FACTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let compiled = described(&contract("tfplugin6"));

    let missing: Vec<_> = facts.difference(&compiled).collect();
    let extra: Vec<_> = compiled.difference(&facts).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}

#[test]
fn the_facts_tell_every_call_once() {
    let calls: Vec<_> = FACTS.lines().filter(|line| line.starts_with("rpc ")).collect();
    assert_eq!(calls.len(), 36);
    assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), 36);
}

#[test]
fn the_side_services_have_the_names_that_go_plugin_calls() {
    let services: Vec<_> = contract("plugin")
        .service
        .iter()
        .flat_map(|service| {
            let name = service.name().to_owned();
            service.method.iter().map(move |method| format!("{name} {}", call(method, "plugin")))
        })
        .collect();
    assert_eq!(
        services,
        [
            "GRPCController rpc Shutdown: Empty -> Empty",
            "GRPCStdio rpc StreamStdio: google.protobuf.Empty -> stream StdioData",
            "GRPCBroker rpc StartStream: stream ConnInfo -> stream ConnInfo",
        ]
    );
}

fn contract(package: &str) -> FileDescriptorProto {
    let files = FileDescriptorSet::decode(COMPILED).unwrap().file;
    files.into_iter().find(|file| file.package() == package).unwrap()
}

/// The lines that the file of facts should hold.
fn described(file: &FileDescriptorProto) -> BTreeSet<String> {
    let package = file.package();
    assert_eq!(file.syntax(), "proto3");
    let mut lines = BTreeSet::new();
    for service in &file.service {
        assert_eq!(service.name(), "Provider");
        lines.extend(service.method.iter().map(|method| call(method, package)));
    }
    for message in &file.message_type {
        describe(message, message.name(), package, &mut lines);
    }
    lines.extend(file.enum_type.iter().map(|described| enumeration(described, described.name())));
    lines
}

fn call(method: &MethodDescriptorProto, package: &str) -> String {
    let end = |streams, name| {
        format!("{}{}", if streams { "stream " } else { "" }, without_package(name, package))
    };
    format!(
        "rpc {}: {} -> {}",
        method.name(),
        end(method.client_streaming(), method.input_type()),
        end(method.server_streaming(), method.output_type()),
    )
}

fn describe(message: &DescriptorProto, name: &str, package: &str, lines: &mut BTreeSet<String>) {
    let mut fields: Vec<_> = message.field.iter().collect();
    fields.sort_by_key(|field| field.number());
    let fields: Vec<_> = fields.iter().map(|field| self::field(field, message, package)).collect();
    lines.insert(match fields.as_slice() {
        [] => format!("message {name}"),
        fields => format!("message {name}: {}", fields.join(", ")),
    });
    for inner in &message.nested_type {
        if !is_map_entry(inner) {
            describe(inner, &format!("{name}.{}", inner.name()), package, lines);
        }
    }
    for inner in &message.enum_type {
        lines.insert(enumeration(inner, &format!("{name}.{}", inner.name())));
    }
}

fn field(field: &FieldDescriptorProto, message: &DescriptorProto, package: &str) -> String {
    let entry = message.nested_type.iter().find(|inner| {
        is_map_entry(inner) && field.type_name().ends_with(&format!(".{}", inner.name()))
    });
    let (label, of) = match entry {
        Some(entry) => {
            let [key, value] = entry.field.as_slice() else { panic!("{entry:?}") };
            ("map".to_owned(), format!("{}>{}", type_of(key, package), type_of(value, package)))
        }
        None => (label(field, message), type_of(field, package)),
    };
    format!("{}={label} {of} {}", field.number(), field.name())
}

fn label(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    if field.label() == Label::Repeated {
        return "repeated".to_owned();
    }
    if field.proto3_optional() {
        return "optional".to_owned();
    }
    match field.oneof_index {
        Some(index) => {
            let group = &message.oneof_decl[usize::try_from(index).unwrap()];
            format!("oneof:{}", group.name())
        }
        None => "one".to_owned(),
    }
}

fn type_of(field: &FieldDescriptorProto, package: &str) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => without_package(field.type_name(), package).to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

fn enumeration(described: &EnumDescriptorProto, name: &str) -> String {
    let values: Vec<_> = described
        .value
        .iter()
        .map(|value| format!("{}={}", value.number(), value.name()))
        .collect();
    format!("enum {name}: {}", values.join(", "))
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn without_package<'a>(name: &'a str, package: &str) -> &'a str {
    let name = name.trim_start_matches('.');
    name.strip_prefix(package).map_or(name, |name| name.trim_start_matches('.'))
}
