//! Bytes as Terraform's own encoder writes them, in both directions; knows only the room of values.
//!
//! The vectors are the output of go-cty, the library Terraform encodes with. Refined unknown values are
//! written out by hand from `docs/plugin-protocol/object-wire-format.md` in Terraform's repository.

use terraform_provider_intune::value::json::Undefined;
use terraform_provider_intune::value::{Fields, Number, Refinement, Type, Value, json, msgpack};

/// A number, its MessagePack in hexadecimal and its JSON.
const NUMBERS: [(&str, &str, &str); 21] = [
    ("0", "00", "0"),
    ("-1", "ff", "-1"),
    ("-32", "e0", "-32"),
    ("-33", "d0df", "-33"),
    ("-128", "d080", "-128"),
    ("-129", "d1ff7f", "-129"),
    ("-32769", "d2ffff7fff", "-32769"),
    ("127", "7f", "127"),
    ("128", "cc80", "128"),
    ("255", "ccff", "255"),
    ("256", "cd0100", "256"),
    ("65535", "cdffff", "65535"),
    ("65536", "ce00010000", "65536"),
    ("4294967296", "cf0000000100000000", "4294967296"),
    ("9223372036854775807", "cf7fffffffffffffff", "9223372036854775807"),
    ("-9223372036854775808", "d38000000000000000", "-9223372036854775808"),
    ("1.5", "cb3ff8000000000000", "1.5"),
    ("-2.25", "cbc002000000000000", "-2.25"),
    ("0.1", "a3302e31", "0.1"),
    ("18446744073709551615", "b43138343436373434303733373039353531363135", "18446744073709551615"),
    (
        "0.1234567890123456789",
        "b5302e31323334353637383930313233343536373839",
        "0.1234567890123456789",
    ),
];

/// A type, a value of it as JSON, and its MessagePack in hexadecimal.
const VALUES: [(&str, &str, &str); 18] = [
    (r#""string""#, r#""é""#, "a2c3a9"),
    (r#""string""#, r#""""#, "a0"),
    (r#""string""#, "null", "c0"),
    (r#""bool""#, "true", "c3"),
    (r#""bool""#, "false", "c2"),
    (r#"["list","string"]"#, r#"["b","a"]"#, "92a162a161"),
    (r#"["list","string"]"#, "[]", "90"),
    (r#"["set","string"]"#, r#"["a","b"]"#, "92a161a162"),
    (r#"["map","number"]"#, r#"{"z":1,"é":2}"#, "82a17a01a2c3a902"),
    (r#"["tuple",["string","bool"]]"#, r#"["b",true]"#, "92a162c3"),
    (r#"["object",{}]"#, "{}", "80"),
    (
        r#"["object",{"count":"number","name":"string"}]"#,
        r#"{"count":null,"name":"x"}"#,
        "82a5636f756e74c0a46e616d65a178",
    ),
    (r#""dynamic""#, "null", "c0"),
    (r#""dynamic""#, r#"{"type":"string","value":"x"}"#, "92c40822737472696e6722a178"),
    (r#""dynamic""#, r#"{"type":"string","value":null}"#, "92c40822737472696e6722c0"),
    (
        r#""dynamic""#,
        r#"{"type":["list","number"],"value":[1]}"#,
        "92c4115b226c697374222c226e756d626572225d9101",
    ),
    (
        r#""dynamic""#,
        r#"{"type":["object",{"a":"bool"}],"value":{"a":true}}"#,
        "92c4175b226f626a656374222c7b2261223a22626f6f6c227d5d81a161c3",
    ),
    (
        r#"["object",{"a":"dynamic"}]"#,
        r#"{"a":{"type":"bool","value":true}}"#,
        "81a16192c40622626f6f6c22c3",
    ),
];

#[test]
fn numbers_travel_as_terraform_writes_them() {
    for (digits, bytes, json) in NUMBERS {
        let value = Value::Number(Number::parse(digits).unwrap());
        both_ways(&value, &Type::Number, bytes);
        assert_eq!(as_json(&value, &Type::Number), json);
    }
}

#[test]
fn numbers_beyond_64_bits_travel_as_text_and_are_read_as_floats_too() {
    let number = |text| Value::Number(Number::parse(text).unwrap());
    // Text is what Terraform 1.11 writes; releases before it wrote the float.
    let hundred_quintillion = "b5313030303030303030303030303030303030303030";
    both_ways(&number("1e20"), &Type::Number, hundred_quintillion);
    for (text, bytes) in [
        ("1e20", "cb4415af1d78b58c40"),
        ("9223372036854775808", "cb43e0000000000000"),
        ("99999999999999991611392", "cb44b52d02c7e14af6"),
        ("0.1", "cb3fb999999999999a"),
        ("0.5", "ca3f000000"),
        ("1", "d30000000000000001"),
        ("1000", "a3316533"),
    ] {
        assert_eq!(decoded(bytes, &Type::Number), number(text), "{bytes}");
    }
}

#[test]
fn infinities_travel_as_floats() {
    both_ways(&Value::Number(Number::PositiveInfinity), &Type::Number, "cb7ff0000000000000");
    both_ways(&Value::Number(Number::NegativeInfinity), &Type::Number, "cbfff0000000000000");
}

#[test]
fn values_travel_as_terraform_writes_them() {
    for (type_, json, bytes) in VALUES {
        let type_ = Type::from_json(type_.as_bytes()).unwrap();
        let value = json::decode(json.as_bytes(), &type_, Undefined::Refuse).unwrap();
        both_ways(&value, &type_, bytes);
        assert_eq!(as_json(&value, &type_), json);
    }
}

#[test]
fn text_arrives_in_normal_form() {
    assert_eq!(decoded("a365cc81", &Type::String), Value::Text("\u{e9}".into()));
    both_ways(&Value::text("e\u{301}"), &Type::String, "a2c3a9");
}

#[test]
fn a_set_arrives_in_any_order_and_leaves_sorted() {
    let type_ = Type::set(Type::String);
    assert_eq!(decoded("93a162a161a162", &type_), decoded("92a161a162", &type_));
    both_ways(&Value::set(vec![Value::text("b"), Value::text("a")]), &type_, "92a161a162");
}

#[test]
fn an_unknown_value_is_one_extension_of_code_zero() {
    both_ways(&Value::unknown(), &Type::String, "d40000");
    both_ways(&Value::unknown(), &Type::Dynamic, "d40000");
    let elements = Value::List(vec![Value::unknown(), Value::Null]);
    both_ways(&elements, &Type::list(Type::String), "92d40000c0");
    let typed = Value::Dynamic(Box::new((Type::Bool, Value::unknown())));
    both_ways(&typed, &Type::Dynamic, "92c40622626f6f6c22d40000");
    let fields = Fields::from([
        ("count".into(), Value::Null),
        ("name".into(), Value::text("x")),
        ("tags".into(), Value::unknown()),
    ]);
    let type_ = Type::object([
        ("count", Type::Number),
        ("name", Type::String),
        ("tags", Type::set(Type::String)),
    ]);
    let bytes = "83a5636f756e74c0a46e616d65a178a474616773d40000";
    both_ways(&Value::Object(fields), &type_, bytes);
}

#[test]
fn a_promise_about_an_unknown_value_is_an_extension_of_code_twelve() {
    both_ways(&Value::unknown_not_null(), &Type::String, "c7030c8101c2");
    let prefix =
        Refinement { null: Some(false), prefix: Some("https://".into()), ..Refinement::default() };
    let bytes = "c70d0c8201c202a868747470733a2f2f";
    both_ways(&Value::refined(prefix), &Type::String, bytes);
    let bounds = Refinement {
        lower: Some((Number::from(0), true)),
        upper: Some((Number::parse("1.5").unwrap(), false)),
        ..Refinement::default()
    };
    let bytes = "c7110c82039200c30492cb3ff8000000000000c2";
    both_ways(&Value::refined(bounds), &Type::Number, bytes);
    let lengths =
        Refinement { length_min: Some(1), length_max: Some(300), ..Refinement::default() };
    both_ways(&Value::refined(lengths), &Type::list(Type::Bool), "c7070c82050106cd012c");
}

fn both_ways(value: &Value, type_: &Type, bytes: &str) {
    assert_eq!(hex(&msgpack::encode(value, type_).unwrap()), bytes, "{value:?}");
    assert_eq!(&decoded(bytes, type_), value, "{bytes}");
}

fn decoded(bytes: &str, type_: &Type) -> Value {
    msgpack::decode(&unhex(bytes), type_).unwrap()
}

fn as_json(value: &Value, type_: &Type) -> String {
    String::from_utf8(json::encode(value, type_).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|start| u8::from_str_radix(&digits[start..start + 2], 16).unwrap()).collect()
}
