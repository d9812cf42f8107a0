//! Values as JSON, the form in which Terraform stores them; knows no schema.
//!
//! Reading is as lenient as Terraform's own reader, because state outlives the schema it was written
//! under: a number may stand as text, a string as a number or Boolean, a Boolean as text, an attribute
//! that is not there is null, and the last of two equal keys counts.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::conform::{mismatch, unexpected_attribute, wrong_length};
use super::{DecodeError, EncodeError, Fields, Number, Step, Type, Value, normal_form};

/// What becomes of attributes that the type of an object does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Undefined {
    /// They are an error.
    Refuse,
    /// They are left out, as for state that an earlier version of a schema has written.
    Ignore,
}

/// The value of this type in this JSON text.
///
/// # Errors
///
/// The bytes are not JSON, are nested deeper than 128 levels, or are a value of another type.
pub fn decode(bytes: &[u8], type_: &Type, undefined: Undefined) -> Result<Value, DecodeError> {
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|error| DecodeError::here(format!("not sound JSON: {error}")))?;
    Reader { undefined }.value(&json, type_)
}

/// This value of this type as compact JSON text, attributes and keys in alphabetical order.
///
/// # Errors
///
/// The value is not of that type, or holds an unknown value or an infinity, for which JSON has no form.
pub fn encode(value: &Value, type_: &Type) -> Result<Vec<u8>, EncodeError> {
    value.conforms(type_)?;
    Ok(to_json(value)?.to_string().into_bytes())
}

#[derive(Clone, Copy)]
struct Reader {
    undefined: Undefined,
}

impl Reader {
    fn value(self, json: &Json, type_: &Type) -> Result<Value, DecodeError> {
        match (type_, json) {
            (_, Json::Null) => Ok(Value::Null),
            (Type::String, json) => text(json).map(Value::text),
            (Type::Number, json) => number(json).map(Value::Number),
            (Type::Bool, json) => boolean(json).map(Value::Bool),
            (Type::Dynamic, Json::Object(parts)) => self.dynamic(parts),
            (Type::List(type_), Json::Array(elements)) => {
                self.elements(elements, type_).map(Value::List)
            }
            (Type::Set(type_), Json::Array(elements)) => {
                self.elements(elements, type_).map(Value::set).map_err(DecodeError::within_set)
            }
            (Type::Tuple(types), Json::Array(elements)) => self.tuple(elements, types),
            (Type::Map(type_), Json::Object(entries)) => self.map(entries, type_),
            (Type::Object(attributes, _), Json::Object(entries)) => {
                self.object(entries, attributes)
            }
            (type_, json) => Err(mismatch(type_, noun(json))),
        }
    }

    fn elements(self, elements: &[Json], type_: &Type) -> Result<Vec<Value>, DecodeError> {
        let elements = elements.iter().enumerate();
        elements.map(|(index, json)| self.element(index, json, type_)).collect()
    }

    fn tuple(self, elements: &[Json], types: &[Type]) -> Result<Value, DecodeError> {
        if elements.len() != types.len() {
            return Err(wrong_length(types.len(), elements.len()));
        }
        let pairs = elements.iter().zip(types).enumerate();
        pairs
            .map(|(index, (json, type_))| self.element(index, json, type_))
            .collect::<Result<_, _>>()
            .map(Value::Tuple)
    }

    fn element(self, index: usize, json: &Json, type_: &Type) -> Result<Value, DecodeError> {
        self.value(json, type_).map_err(|error| error.within(Step::Index(index)))
    }

    fn map(self, entries: &Entries, type_: &Type) -> Result<Value, DecodeError> {
        let fields = entries.iter().map(|(key, json)| {
            let key = normal_form(key).into_owned();
            match self.value(json, type_) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(error.within(Step::Key(key))),
            }
        });
        fields.collect::<Result<_, _>>().map(Value::Map)
    }

    fn object(
        self,
        entries: &Entries,
        attributes: &BTreeMap<String, Type>,
    ) -> Result<Value, DecodeError> {
        let mut fields: Fields =
            attributes.keys().map(|name| (name.clone(), Value::Null)).collect();
        for (name, json) in entries {
            let name = normal_form(name).into_owned();
            match attributes.get(&name) {
                Some(type_) => {
                    let value = self
                        .value(json, type_)
                        .map_err(|error| error.within(Step::Attribute(name.clone())))?;
                    fields.insert(name, value);
                }
                None if self.undefined == Undefined::Ignore => {}
                None => return Err(unexpected_attribute(&name)),
            }
        }
        Ok(Value::Object(fields))
    }

    fn dynamic(self, parts: &Entries) -> Result<Value, DecodeError> {
        let (Some(type_), Some(json), 2) = (parts.get("type"), parts.get("value"), parts.len())
        else {
            return Err(DecodeError::here("a value with its type is an object of those two"));
        };
        let type_ = Type::from_notation(type_)?;
        let value = self.value(json, &type_)?;
        Ok(Value::Dynamic(Box::new((type_, value))))
    }
}

type Entries = serde_json::Map<String, Json>;

fn text(json: &Json) -> Result<String, DecodeError> {
    match json {
        Json::String(text) => Ok(text.clone()),
        // As it is written, because text is compared by its characters.
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(value) => Ok(value.to_string()),
        _ => Err(mismatch(&Type::String, noun(json))),
    }
}

fn number(json: &Json) -> Result<Number, DecodeError> {
    let text = match json {
        Json::Number(number) => number.as_str(),
        Json::String(text) => text,
        _ => return Err(mismatch(&Type::Number, noun(json))),
    };
    Number::parse(text)
        .ok_or_else(|| DecodeError::here("a decimal number of a sensible length is required"))
}

fn boolean(json: &Json) -> Result<bool, DecodeError> {
    match json {
        Json::Bool(value) => Ok(*value),
        Json::String(text) => match text.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(mismatch(&Type::Bool, "text that is none")),
        },
        _ => Err(mismatch(&Type::Bool, noun(json))),
    }
}

fn noun(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

fn to_json(value: &Value) -> Result<Json, EncodeError> {
    match value {
        Value::Null => Ok(Json::Null),
        Value::Unknown(_) => Err(EncodeError::here("an unknown value has no form in JSON")),
        Value::Bool(value) => Ok(Json::from(*value)),
        Value::Number(number) => number
            .to_string()
            .parse()
            .map(Json::Number)
            .map_err(|_| EncodeError::here("an infinite number has no form in JSON")),
        Value::Text(text) => Ok(Json::from(text.as_str())),
        Value::List(elements) | Value::Tuple(elements) => elements_to_json(elements),
        Value::Set(elements) => elements_to_json(elements).map_err(EncodeError::within_set),
        Value::Map(fields) => fields_to_json(fields, Step::Key),
        Value::Object(fields) => fields_to_json(fields, Step::Attribute),
        Value::Dynamic(typed) => Ok(Json::Object(Entries::from_iter([
            ("type".to_owned(), typed.0.to_notation()),
            ("value".to_owned(), to_json(&typed.1)?),
        ]))),
    }
}

fn elements_to_json(elements: &[Value]) -> Result<Json, EncodeError> {
    let elements = elements.iter().enumerate();
    elements
        .map(|(index, element)| to_json(element).map_err(|error| error.within(Step::Index(index))))
        .collect()
}

fn fields_to_json(fields: &Fields, step: fn(String) -> Step) -> Result<Json, EncodeError> {
    let entries = fields.iter().map(|(name, value)| match to_json(value) {
        Ok(json) => Ok((name.clone(), json)),
        Err(error) => Err(error.within(step(name.clone()))),
    });
    entries.collect::<Result<_, _>>().map(Json::Object)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    fn read(json: &str, type_: &Type) -> Result<Value, DecodeError> {
        decode(json.as_bytes(), type_, Undefined::Refuse)
    }

    fn written(value: &Value, type_: &Type) -> String {
        String::from_utf8(encode(value, type_).unwrap()).unwrap()
    }

    fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    #[test]
    fn scalars_may_stand_in_for_one_another_as_terraform_lets_them() {
        assert_eq!(read("1.0", &Type::String), Ok(Value::text("1.0")));
        assert_eq!(read("true", &Type::String), Ok(Value::text("true")));
        assert_eq!(read(r#""1e3""#, &Type::Number), Ok(Value::Number(Number::from(1000))));
        assert_eq!(read(r#""1""#, &Type::Bool), Ok(Value::Bool(true)));
        assert_eq!(read(r#""false""#, &Type::Bool), Ok(Value::Bool(false)));
        for (json, type_) in [
            ("1", Type::Bool),
            (r#""yes""#, Type::Bool),
            ("true", Type::Number),
            (r#""0x10""#, Type::Number),
            (r#""""#, Type::Number),
            ("[]", Type::String),
        ] {
            assert!(read(json, &type_).is_err(), "{json} as {type_}");
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_absurd_ones_are_refused() {
        for digits in ["0.1234567890123456789", "18446744073709551616", "0.1", "-7"] {
            let value = read(digits, &Type::Number).unwrap();
            assert_eq!(written(&value, &Type::Number), digits);
        }
        assert!(read("1e999999999", &Type::Number).is_err());
    }

    #[test]
    fn an_attribute_that_is_not_there_is_null() {
        let type_ = Type::object([("a", Type::Bool), ("b", Type::String)]);
        let value = read(r#"{"a":true}"#, &type_);
        assert_eq!(value, Ok(object([("a", Value::Bool(true)), ("b", Value::Null)])));
    }

    #[test]
    fn an_attribute_of_an_earlier_schema_is_refused_or_ignored_as_asked() {
        let type_ = Type::list(Type::object([("a", Type::Bool)]));
        let json = r#"[{"a":true,"old":{"secret":1}}]"#;
        assert_eq!(
            read(json, &type_).unwrap_err().to_string(),
            r#"[0]: the attribute "old" is not one of the type"#
        );
        let value = decode(json.as_bytes(), &type_, Undefined::Ignore);
        assert_eq!(value, Ok(Value::List(vec![object([("a", Value::Bool(true))])])));
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let type_ = Type::map(Type::Number);
        let last = Value::Map(Fields::from([("a".into(), Value::Number(Number::from(2)))]));
        assert_eq!(read(r#"{"a":1,"a":2}"#, &type_), Ok(last));
    }

    #[test]
    fn an_error_tells_the_place_and_never_the_value() {
        let type_ = Type::object([("keys", Type::map(Type::Tuple(vec![Type::Number])))]);
        for wrong in [r#"["hunter2"]"#, r#""hunter2""#, r#"["hunter2", 1]"#, r#"[{"hunter2":1}]"#] {
            let error = read(&format!(r#"{{"keys":{{"k":{wrong}}}}}"#), &type_).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(error.to_string().starts_with(r#"keys["k"]"#), "{error}");
        }
        let broken = read(r#"{"keys":{"hunter2":hunter2}}"#, &type_).unwrap_err();
        assert!(!broken.to_string().contains("hunter2"), "{broken}");
    }

    #[test]
    fn broken_json_is_an_error() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for json in ["", "{", "[1,]", "nul", "1 2", "\"\\ud800\"", deep.as_str()] {
            assert!(read(json, &Type::Dynamic).is_err());
            assert!(read(json, &Type::list(Type::String)).is_err());
        }
        assert!(decode(b"\"\xff\"", &Type::String, Undefined::Refuse).is_err());
    }

    #[test]
    fn text_and_keys_are_brought_into_normal_form() {
        let type_ = Type::map(Type::String);
        let value = read("{\"e\u{301}\":\"e\u{301}\\u0000\"}", &type_);
        let fields = Fields::from([("\u{e9}".into(), Value::Text("\u{e9}\0".into()))]);
        assert_eq!(value, Ok(Value::Map(fields)));
    }

    #[test]
    fn a_dynamic_value_carries_its_type_in_either_order() {
        let value = Value::Dynamic(Box::new((Type::set(Type::Bool), Value::Set(vec![]))));
        for json in
            [r#"{"type":["set","bool"],"value":[]}"#, r#"{"value":[],"type":["set","bool"]}"#]
        {
            assert_eq!(read(json, &Type::Dynamic), Ok(value.clone()));
        }
        assert_eq!(read("null", &Type::Dynamic), Ok(Value::Null));
        for json in [
            "1",
            "{}",
            r#"{"type":"bool"}"#,
            r#"{"type":"bool","value":1}"#,
            r#"{"type":"bool","value":true,"more":1}"#,
        ] {
            assert!(read(json, &Type::Dynamic).is_err(), "{json}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_an_error_with_its_place() {
        let type_ = Type::object([("a", Type::list(Type::Number))]);
        for number in [Value::unknown(), Value::Number(Number::PositiveInfinity)] {
            let value = object([("a", Value::List(vec![Value::Null, number]))]);
            let error = encode(&value, &type_).unwrap_err();
            assert!(error.to_string().starts_with("a[1]: "), "{error}");
        }
        assert!(encode(&Value::Bool(true), &Type::String).is_err());
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was((type_, value) in samples::known()) {
            let json = encode(&value, &type_).unwrap();
            prop_assert_eq!(decode(&json, &type_, Undefined::Refuse), Ok(value));
        }

        #[test]
        fn json_cut_short_is_an_error((type_, value) in samples::known(), cut in any::<prop::sample::Index>()) {
            let json = encode(&value, &type_).unwrap();
            let cut = &json[..cut.index(json.len())];
            // A number is the one thing in JSON that can end early and still be one.
            prop_assume!(type_ != Type::Number);
            prop_assert!(decode(cut, &type_, Undefined::Refuse).is_err());
        }

        #[test]
        fn arbitrary_bytes_are_never_a_panic(
            type_ in samples::type_(),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(value) = decode(&bytes, &type_, Undefined::Ignore) {
                prop_assert_eq!(value.conforms(&type_), Ok(()));
            }
        }
    }
}
