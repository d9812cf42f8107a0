//! Writes values as MessagePack; knows no schema.

use std::io;

use rmp::encode::{
    write_array_len, write_bin, write_bool, write_ext_meta, write_f64, write_map_len, write_nil,
    write_sint, write_str,
};

use super::super::{EncodeError, Fields, Number, Refinement, Type, Value};
use super::{MAX_REFINEMENT, REFINED_UNKNOWN, UNKNOWN, key};

/// The longest prefix of unknown text that is promised, in bytes, as the protocol has it.
const MAX_PREFIX: usize = 256;

/// This value of this type as bytes, every attribute of an object included and in alphabetical order.
///
/// # Errors
///
/// The value is not of that type.
pub fn encode(value: &Value, type_: &Type) -> Result<Vec<u8>, EncodeError> {
    value.conforms(type_)?;
    let mut out = Vec::new();
    write_value(&mut out, value)
        .map_err(|_| EncodeError::here("the value is too large for MessagePack"))?;
    Ok(out)
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> io::Result<()> {
    match value {
        Value::Null => write_nil(out),
        Value::Unknown(refinement) => write_unknown(out, refinement),
        Value::Bool(value) => write_bool(out, *value),
        Value::Number(number) => write_number(out, number),
        Value::Text(text) => Ok(write_str(out, text)?),
        Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
            write_array_len(out, length(elements.len())?)?;
            elements.iter().try_for_each(|element| write_value(out, element))
        }
        Value::Map(fields) | Value::Object(fields) => write_fields(out, fields),
        Value::Dynamic(typed) => {
            write_array_len(out, 2)?;
            write_bin(out, typed.0.to_json().as_bytes())?;
            write_value(out, &typed.1)
        }
    }
}

fn write_fields(out: &mut Vec<u8>, fields: &Fields) -> io::Result<()> {
    write_map_len(out, length(fields.len())?)?;
    fields.iter().try_for_each(|(name, value)| {
        write_str(out, name)?;
        write_value(out, value)
    })
}

/// Integers in their shortest form, fractions as a float where that loses nothing, and text otherwise:
/// Terraform compares every digit of what it gets back.
fn write_number(out: &mut Vec<u8>, number: &Number) -> io::Result<()> {
    if let Some(integer) = number.as_i64() {
        write_integer(out, integer)?;
    } else if number.is_integer() {
        write_str(out, &number.to_string())?;
    } else if let Some(float) = number.as_exact_f64() {
        write_f64(out, float)?;
    } else {
        write_str(out, &number.to_string())?;
    }
    Ok(())
}

fn write_integer(out: &mut Vec<u8>, integer: i64) -> io::Result<()> {
    write_sint(out, integer)?;
    Ok(())
}

fn write_unknown(out: &mut Vec<u8>, refinement: &Refinement) -> io::Result<()> {
    let payload = refinements(refinement)?;
    if payload.is_empty() {
        // One zero byte, as Terraform itself writes it; what the byte says is ignored.
        write_ext_meta(out, 1, UNKNOWN)?;
        out.push(0);
    } else {
        write_ext_meta(out, length(payload.len())?, REFINED_UNKNOWN)?;
        out.extend_from_slice(&payload);
    }
    Ok(())
}

/// The map of refinements, or nothing where there are none: Terraform takes no empty map.
fn refinements(refinement: &Refinement) -> io::Result<Vec<u8>> {
    let mut entries = Entries::default();
    if let Some(null) = refinement.null {
        entries.push(key::NULL, |out| write_bool(out, null))?;
    }
    if let Some(prefix) = &refinement.prefix {
        entries.push(key::PREFIX, |out| Ok(write_str(out, beginning(prefix))?))?;
    }
    if let Some(bound) = &refinement.lower {
        entries.push(key::LOWER, |out| write_bound(out, bound))?;
    }
    if let Some(bound) = &refinement.upper {
        entries.push(key::UPPER, |out| write_bound(out, bound))?;
    }
    if let Some(minimum) = refinement.length_min {
        entries.push(key::LENGTH_MIN, |out| write_integer(out, minimum))?;
    }
    if let Some(maximum) = refinement.length_max {
        entries.push(key::LENGTH_MAX, |out| write_integer(out, maximum))?;
    }
    entries.into_map()
}

fn write_bound(out: &mut Vec<u8>, (number, inclusive): &(Number, bool)) -> io::Result<()> {
    write_array_len(out, 2)?;
    write_number(out, number)?;
    write_bool(out, *inclusive)
}

/// As much of a prefix as may be promised; a shorter prefix is a weaker promise and still true.
fn beginning(prefix: &str) -> &str {
    let end = (0..=MAX_PREFIX.min(prefix.len())).rev().find(|end| prefix.is_char_boundary(*end));
    prefix.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Entries of the map of refinements, as many as fit into what Terraform takes.
#[derive(Default)]
struct Entries {
    count: u32,
    bytes: Vec<u8>,
}

impl Entries {
    /// Adds an entry, or leaves it out when it would be too much: nobody has to promise anything.
    fn push(
        &mut self,
        key: i64,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        const HEADER: usize = 1;
        let before = self.bytes.len();
        write_integer(&mut self.bytes, key)?;
        write(&mut self.bytes)?;
        if HEADER + self.bytes.len() > MAX_REFINEMENT {
            self.bytes.truncate(before);
        } else {
            self.count += 1;
        }
        Ok(())
    }

    fn into_map(self) -> io::Result<Vec<u8>> {
        let mut map = Vec::new();
        if self.count > 0 {
            write_map_len(&mut map, self.count)?;
            map.extend(self.bytes);
        }
        Ok(map)
    }
}

fn length(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}
