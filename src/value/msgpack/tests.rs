//! What the reader and the writer of MessagePack promise together.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;

use super::super::{Fields, Number, Refinement, Type, Value, samples};
use super::{decode, encode};

fn problem(bytes: &[u8], type_: &Type) -> String {
    decode(bytes, type_).unwrap_err().to_string()
}

fn refined(refinement: Refinement, type_: &Type) -> Vec<u8> {
    encode(&Value::refined(refinement), type_).unwrap()
}

#[test]
fn an_object_must_have_exactly_its_attributes() {
    let type_ = Type::object([("a", Type::Bool), ("b", Type::Bool)]);
    assert_eq!(problem(b"\x81\xa1a\xc3", &type_), "the attribute \"b\" is missing");
    assert_eq!(
        problem(b"\x83\xa1a\xc3\xa1b\xc3\xa1c\xc3", &type_),
        "the attribute \"c\" is not one of the type"
    );
    assert_eq!(problem(b"\x82\xa1a\xc3\xa1a\xc2", &type_), "\"a\" is there twice");
    assert!(decode(b"\x82\xa1b\xc3\xa1a\xc3", &type_).is_ok(), "the order is free");
}

#[test]
fn a_tuple_must_have_exactly_its_elements() {
    let type_ = Type::list(Type::Tuple(vec![Type::Bool]));
    assert_eq!(
        problem(b"\x91\x90\xc3", &type_),
        "[0]: a tuple of length 1 is required, found one of length 0"
    );
    assert_eq!(
        problem(b"\x91\x92\xc3\xc3", &type_),
        "[0]: a tuple of length 1 is required, found one of length 2"
    );
}

#[test]
fn keys_that_differ_only_in_normal_form_are_one_key() {
    let bytes = b"\x82\xa2\xc3\xa9\xc3\xa3e\xcc\x81\xc3";
    assert!(problem(bytes, &Type::map(Type::Bool)).ends_with("is there twice"));
}

#[test]
fn an_error_tells_the_place_and_never_the_value() {
    let type_ = Type::object([("keys", Type::list(Type::map(Type::Number)))]);
    let bytes = b"\x81\xa4keys\x92\x80\x81\xa1k\xa7hunter2";
    assert_eq!(
        problem(bytes, &type_),
        r#"keys[1]["k"]: a decimal number of a sensible length is required"#
    );
    let set = Type::object([("keys", Type::set(Type::Bool))]);
    assert_eq!(problem(b"\x81\xa4keys\x91\x01", &set), "keys: a bool is required, found a number");
}

#[test]
fn another_kind_of_value_is_an_error() {
    for (bytes, type_) in [
        (&b"\xa1a"[..], Type::Bool),
        (b"\x01", Type::String),
        (b"\xc4\x01a", Type::String),
        (b"\xc3", Type::Number),
        (b"\x80", Type::list(Type::Bool)),
        (b"\x90", Type::map(Type::Bool)),
        (b"\x90", Type::object::<String>([])),
        (b"\x91\xc0", Type::Tuple(vec![])),
        (b"\x81\x01\xc3", Type::map(Type::Bool)),
        (b"\xa1a", Type::Dynamic),
        (b"\x91\xc4\x06\"bool\"", Type::Dynamic),
        (b"\x92\xc4\x04bool\xc3", Type::Dynamic),
        (b"\xc1", Type::String),
        (b"\xcb\x7f\xf8\0\0\0\0\0\x01", Type::Number),
        (b"\xa2\xff\xfe", Type::String),
        (b"\xc3\xc3", Type::Bool),
        (b"", Type::Bool),
    ] {
        assert!(decode(bytes, &type_).is_err(), "{bytes:x?} as {type_}");
    }
}

#[test]
fn a_length_that_is_not_there_costs_nothing() {
    for (bytes, type_) in [
        (&b"\xdd\xff\xff\xff\xff\xc3"[..], Type::list(Type::Bool)),
        (b"\xdd\xff\xff\xff\xff\xc3", Type::set(Type::Bool)),
        (b"\xdf\xff\xff\xff\xff\xa1a\xc3", Type::map(Type::Bool)),
        (b"\xdb\xff\xff\xff\xffa", Type::String),
        (b"\xc9\xff\xff\xff\xff\x0c\x81", Type::String),
        (b"\x92\xc6\xff\xff\xff\xff\"", Type::Dynamic),
    ] {
        assert_eq!(
            problem(bytes, &type_).split(": ").last(),
            Some("the bytes end in the middle of a value")
        );
    }
}

#[test]
fn bottomless_values_are_refused() {
    let deep = b"\x92\xc4\x09\"dynamic\"".repeat(100_000);
    assert_eq!(problem(&deep, &Type::Dynamic), "the value is nested too deeply");
}

#[test]
fn an_extension_of_any_code_is_an_unknown_value() {
    for bytes in [
        &b"\xd4\x00\x00"[..],
        b"\xd4\x05\x00",
        b"\xd8\x7f0123456789abcdef",
        b"\xc7\x03\xff\x81\x01\xc2",
    ] {
        assert_eq!(decode(bytes, &Type::String), Ok(Value::unknown()));
    }
    assert_eq!(decode(b"\xc7\x00\x0c", &Type::String), Ok(Value::unknown()));
}

#[test]
fn refinements_of_unknown_kinds_are_passed_over() {
    let bytes = b"\xc7\x0b\x0c\x82\x63\x93\x01\xa1a\x81\xc0\xc3\x01\xc2";
    assert_eq!(decode(bytes, &Type::Bool), Ok(Value::unknown_not_null()));
}

#[test]
fn whatever_a_refinement_of_an_unknown_kind_holds_is_passed_over() {
    for held in [
        vec![0xc0],
        vec![0x92, 0x81, 0xa1, b'k', 0x91, 0x90, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1],
        [[0xd8].as_slice(), &[0; 17]].concat(),
        [[0xc7, 3].as_slice(), &[0; 4]].concat(),
        [[0xc9, 0, 0, 0, 3].as_slice(), &[0; 4]].concat(),
        [[0xc5, 0, 2].as_slice(), &[0; 2]].concat(),
        [[0xdf, 0, 0, 0, 1].as_slice(), &[0x01, 0xc3]].concat(),
    ] {
        let refined = [&[0x82, 99], held.as_slice(), &[0x01, 0xc2]].concat();
        let header = [0xc7, u8::try_from(refined.len()).unwrap(), 12];
        let bytes = [header.as_slice(), &refined].concat();
        assert_eq!(decode(&bytes, &Type::String), Ok(Value::unknown_not_null()), "{held:?}");
        for cut in 1..held.len() {
            let refined = [&[0x81, 99], &held[..cut]].concat();
            let header = [0xc7, u8::try_from(refined.len()).unwrap(), 12];
            assert!(decode(&[header.as_slice(), &refined].concat(), &Type::String).is_err());
        }
    }
}

#[test]
fn refinements_that_mean_nothing_for_the_type_are_passed_over() {
    let prefix = b"\xc7\x06\x0c\x82\x01\xc2\x02\xa1a";
    assert_eq!(decode(prefix, &Type::Number), Ok(Value::unknown_not_null()));
    assert_ne!(decode(prefix, &Type::String), Ok(Value::unknown_not_null()));
}

#[test]
fn broken_refinements_are_an_error() {
    for bytes in [
        &b"\xd4\x0c\x81"[..],
        b"\xd4\x0c\xc0",
        b"\xc7\x03\x0c\x81\x01\x01",
        b"\xc7\x04\x0c\x81\x01\xc2\xc0",
        b"\xc7\x03\x0c\x81\xc0\xc2",
        b"\xc7\x04\x0c\x81\x03\x91\x01",
        b"\xc7\x03\x0c\x81\x63\x92",
    ] {
        assert!(decode(bytes, &Type::Number).is_err(), "{bytes:x?}");
    }
}

#[test]
fn more_refinements_than_the_protocol_allows_promise_nothing() {
    let mut bytes = b"\xc8\x04\x01\x0c".to_vec();
    bytes.extend([0; 1025]);
    assert_eq!(decode(&bytes, &Type::String), Ok(Value::unknown()));
}

#[test]
fn a_long_prefix_is_promised_as_far_as_the_protocol_allows() {
    let prefix = Some(format!("{}é", "a".repeat(255)));
    let bytes = refined(Refinement { prefix, ..Refinement::default() }, &Type::String);
    let Value::Unknown(back) = decode(&bytes, &Type::String).unwrap() else { panic!("known") };
    assert_eq!(back.prefix, Some("a".repeat(255)));
}

#[test]
fn a_bound_that_does_not_fit_is_left_out() {
    let long = Number::parse(&format!("0.{}", "1".repeat(1000))).unwrap();
    let bounds = Refinement {
        null: Some(false),
        lower: Some((long.clone(), true)),
        upper: Some((long, true)),
        ..Refinement::default()
    };
    let bytes = refined(bounds, &Type::Number);
    assert!(bytes.len() <= 1024 + 4);
    let Value::Unknown(back) = decode(&bytes, &Type::Number).unwrap() else { panic!("known") };
    assert!(back.lower.is_some() && back.upper.is_none() && back.null == Some(false));
}

#[test]
fn a_value_of_another_type_is_not_written() {
    let type_ = Type::object([("a", Type::String)]);
    let value = Value::Object(Fields::from([("a".into(), Value::Bool(true))]));
    assert_eq!(
        encode(&value, &type_).unwrap_err().to_string(),
        "a: a string is required, found a bool"
    );
}

proptest! {
    #[test]
    fn a_value_comes_back_as_it_was((type_, value) in samples::any_value()) {
        let bytes = encode(&value, &type_).unwrap();
        prop_assert_eq!(decode(&bytes, &type_), Ok(value));
    }

    #[test]
    fn bytes_cut_short_are_an_error((type_, value) in samples::any_value(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&value, &type_).unwrap();
        prop_assert!(decode(&bytes[..cut.index(bytes.len())], &type_).is_err());
    }

    #[test]
    fn bytes_after_the_value_are_an_error((type_, value) in samples::any_value(), more in any::<u8>()) {
        let mut bytes = encode(&value, &type_).unwrap();
        bytes.push(more);
        prop_assert!(decode(&bytes, &type_).is_err());
    }

    #[test]
    fn a_flipped_byte_is_never_a_panic(
        (type_, value) in samples::any_value(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&value, &type_).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(value) = decode(&bytes, &type_) {
            prop_assert_eq!(value.conforms(&type_), Ok(()));
        }
    }

    #[test]
    fn arbitrary_bytes_are_never_a_panic(
        type_ in samples::type_(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if let Ok(value) = decode(&bytes, &type_) {
            prop_assert_eq!(value.conforms(&type_), Ok(()));
        }
    }
}
