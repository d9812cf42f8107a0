//! Values in Terraform's own language; knows no attribute.

use std::fmt::Write as _;

use crate::value::Value;

/// The value as an expression, whose lines after the first stand this deep.
pub(super) fn expression(value: &Value, depth: usize) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
            let elements = elements.iter().map(|element| expression(element, depth + 1) + ",");
            enclosed('[', elements, ']', depth)
        }
        Value::Object(fields) | Value::Map(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
            let lines = attributes(fields, depth + 1);
            enclosed('{', lines.into_iter(), '}', depth)
        }
        Value::Dynamic(typed) => expression(&typed.1, depth),
        Value::Null | Value::Unknown(_) => "null".to_owned(),
    }
}

/// A line for each attribute that is not null, the signs of equality below each other as `terraform fmt`
/// wants them: an expression of several lines stands by itself.
pub(super) fn attributes<'a>(
    fields: impl Iterator<Item = (&'a str, &'a Value)>,
    depth: usize,
) -> Vec<String> {
    let known = fields.filter(|(_, value)| !value.is_null());
    let known: Vec<_> = known.map(|(name, value)| (name, expression(value, depth))).collect();
    let is_one_line = |text: &str| !text.contains('\n');
    known
        .chunk_by(|(_, one), (_, other)| is_one_line(one) && is_one_line(other))
        .flat_map(|group| {
            let width = group.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            group.iter().map(move |(name, text)| format!("{name:width$} = {text}"))
        })
        .collect()
}

fn enclosed(open: char, lines: impl Iterator<Item = String>, close: char, depth: usize) -> String {
    let lines: Vec<_> = lines.map(|line| format!("\n{}{line}", margin(depth + 1))).collect();
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}{}\n{}{close}", lines.concat(), margin(depth))
}

fn margin(depth: usize) -> String {
    "  ".repeat(depth)
}

/// The text as a quoted template without any template in it.
/// <https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences>
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                quoted.extend([character, character]);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The text as the rest of a comment: on one line, whatever is in it.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Fields;

    #[test]
    fn nothing_in_a_text_is_taken_for_a_template_or_an_end() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("${x} %{y} $$${z}", r#""$${x} %%{y} $$$${z}""#),
            ("$ { % {", r#""$ { % {""#),
            ("one\ntwo\r\tthree\u{7}", r#""one\ntwo\r\tthree\u0007""#),
            ("日本 🍏", r#""日本 🍏""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(comment("one\ntwo"), "one two");
    }

    #[test]
    fn collections_stand_on_lines_of_their_own() {
        let object = Fields::from([
            ("absent".to_owned(), Value::Null),
            ("a".to_owned(), Value::text("x")),
            ("long".to_owned(), Value::Bool(true)),
        ]);
        assert_eq!(
            expression(&Value::List(vec![Value::Object(object)]), 1),
            "[\n    {\n      a    = \"x\"\n      long = true\n    },\n  ]"
        );
        assert_eq!(expression(&Value::List(Vec::new()), 1), "[]");
    }
}
