//! What must hold of every reader of text from outside, whatever the text; must not know who makes it up.
//!
//! The fuzz targets play these with what a fuzzer finds, `tests/it/fuzzed.rs` with the seeds and with chance.

use std::sync::LazyLock;

use terraform_provider_intune::graph::{Origin, seams};
use terraform_provider_intune::provider::{Catalog, Environment, Meaning, Provider};
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::json::{self, Undefined};
use terraform_provider_intune::value::{Type, msgpack};

/// A profile, everything that can be in a type, and a value that brings its type along.
static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
    let everything = br#"["object",{"a":["list","number"],"b":["set","string"],"c":["map","bool"],
        "d":["tuple",["string","number"]],"e":["object",{"f":"string"}],"g":"dynamic"}]"#;
    let everything = Type::from_json(everything).unwrap();
    vec![ENTITY.schema().implied_type(), everything, Type::Dynamic]
});

static PROVIDER: LazyLock<Provider> =
    LazyLock::new(|| Provider::new(Catalog::ALL, Environment::default()));

/// What is read from MessagePack is of its type, and is written and read as the same.
pub(crate) fn value_msgpack(bytes: &[u8]) {
    for type_ in &*TYPES {
        let Ok(value) = msgpack::decode(bytes, type_) else { continue };
        value.conforms(type_).unwrap();
        let written = msgpack::encode(&value, type_).unwrap();
        assert_eq!(msgpack::decode(&written, type_).unwrap(), value);
    }
}

/// What is read from JSON is of its type, and is written and read as the same in both forms.
pub(crate) fn value_json(bytes: &[u8]) {
    for type_ in &*TYPES {
        let Ok(value) = json::decode(bytes, type_, Undefined::Ignore) else { continue };
        value.conforms(type_).unwrap();
        let written = json::encode(&value, type_).unwrap();
        assert_eq!(json::decode(&written, type_, Undefined::Refuse).unwrap(), value);
        let sent = msgpack::encode(&value, type_).unwrap();
        assert_eq!(msgpack::decode(&sent, type_).unwrap(), value);
    }
}

/// A stored state is never nothing, and what it became is not upgraded any further.
pub(crate) fn state_upgrade(bytes: &[u8]) {
    let resource = PROVIDER.resource(ENTITY.type_name).unwrap();
    let version = resource.described.schema.version;
    let Ok(state) = PROVIDER.upgrade(resource, version, bytes) else { return };
    assert!(!state.is_null());
    state.conforms(&resource.described.type_).unwrap();
    let stored = json::encode(&state, &resource.described.type_).unwrap();
    assert_eq!(PROVIDER.upgrade(resource, version, &stored).unwrap(), state);
}

/// Whatever Graph answers of a profile is refused with a place, or becomes a state that can be sent.
pub(crate) fn graph_profile(bytes: &[u8]) {
    let Ok(answer) = serde_json::from_slice(bytes) else { return };
    let type_ = &TYPES[0];
    let nothing = json::decode(b"{}", type_, Undefined::Ignore).unwrap();
    let Ok(state) = ENTITY.read(&answer, &nothing) else { return };
    state.conforms(type_).unwrap();
    let sent = msgpack::encode(&state, type_).unwrap();
    assert_eq!(msgpack::decode(&sent, type_).unwrap(), state);
    assert_eq!(ENTITY.read(&answer, &state).unwrap(), state, "no drift against itself");
}

/// What is shown of an error is short and on one line, so that it cannot forge what stands around it.
pub(crate) fn graph_error(bytes: &[u8]) {
    for text in seams::error_texts(bytes) {
        assert!(!text.is_empty() && text.chars().count() <= 2001, "{text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// A wait is none, or one that a clock can add; never one that makes a loop spin.
pub(crate) fn retry_after(bytes: &[u8]) {
    let (header, body) = halves(bytes);
    if let Some(wait) = seams::asked_wait(header, &String::from_utf8_lossy(body)) {
        assert!(wait.as_secs() >= 1);
    }
}

/// A next link leads to Graph and nowhere else, and shows nobody's name or password.
pub(crate) fn next_link(bytes: &[u8]) {
    let graph = Origin::parse("https://graph.microsoft.com").unwrap();
    if let Some(url) = seams::next_link(bytes, &graph) {
        assert_eq!(url.origin().ascii_serialization(), graph.to_string());
        assert!(url.as_str().starts_with("https://graph.microsoft.com/beta/"), "{url}");
        assert!(url.username().is_empty() && url.password().is_none());
    }
}

/// An import id that means one object means it by a GUID and within one segment of a path.
pub(crate) fn import_id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Meaning::of(text) {
        Some(Meaning::Ids { parent, id }) => {
            assert!(parent.len() == 36 && text.starts_with(parent));
            assert!(id.len() > 36 && text.ends_with(&id[id.len() - 36..]));
        }
        Some(Meaning::Name { parent, name }) => assert_eq!(format!("{parent}/{name}"), text),
        Some(Meaning::Names) => assert!(text.contains('/') && text.len() <= 1000),
        None => {}
    }
}

/// No spelling of a secret is left between what was blotted out.
pub(crate) fn redactor(bytes: &[u8]) {
    let (secret, text) = halves(bytes);
    let (Ok(secret), Ok(text)) = (std::str::from_utf8(secret), std::str::from_utf8(text)) else {
        return;
    };
    if secret.len() < 6 {
        return;
    }
    let quoted = serde_json::to_string(secret).unwrap();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let spelled = format!("{text}{secret}{text} {quoted} {in_form}{text}");
    let left = seams::redacted(secret, &spelled);
    assert!(left.split("[redacted]").all(|rest| !rest.contains(secret)), "{left}");
    assert!(left.split("[redacted]").all(|rest| !rest.contains(&in_form)), "{left}");
}

/// The bytes before and after the first line feed.
fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let middle = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, rest) = bytes.split_at(middle);
    (first, rest.get(1..).unwrap_or_default())
}
