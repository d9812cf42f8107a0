//! Reads values from MessagePack; knows no schema, and trusts no length or depth on the wire.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rmp::Marker;
use rmp::decode::{
    NumValueReadError, ValueReadError, read_array_len, read_bin_len, read_bool, read_ext_meta,
    read_f32, read_f64, read_int, read_map_len, read_marker, read_nil, read_str_len,
};

use super::super::conform::{mismatch, missing_attribute, unexpected_attribute, wrong_length};
use super::super::{DecodeError, Fields, Number, Refinement, Step, Type, Value, normal_form};
use super::{MAX_REFINEMENT, REFINED_UNKNOWN, key};

/// The deepest nesting of values that is read; a schema is a handful of levels deep.
const MAX_DEPTH: usize = 128;

/// The value of this type in these bytes, all of which must belong to it.
///
/// Memory use is bounded by the number of bytes: no length on the wire is believed before its elements
/// have been read.
///
/// # Errors
///
/// The bytes end early or go on after the value, are nested deeper than 128 levels, hold text that is
/// not UTF-8, or are a value of another type; an object must have exactly the attributes of its type.
pub fn decode(bytes: &[u8], type_: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(type_, 0)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::here("bytes follow the value"))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, type_: &Type, depth: usize) -> Result<Value, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::here("the value is nested too deeply"));
        }
        match self.marker()? {
            Marker::Null => read_nil(&mut self.rest).map(|()| Value::Null).map_err(broken(type_)),
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => self.unknown(type_).map(Value::refined),
            _ => self.known(type_, depth),
        }
    }

    fn known(&mut self, type_: &Type, depth: usize) -> Result<Value, DecodeError> {
        match type_ {
            Type::String => self.text().map(Value::Text),
            Type::Number => self.number().map(Value::Number),
            Type::Bool => read_bool(&mut self.rest).map(Value::Bool).map_err(broken(type_)),
            Type::Dynamic => self.dynamic(depth),
            Type::List(element) => self.elements(type_, element, depth).map(Value::List),
            Type::Set(element) => self
                .elements(type_, element, depth)
                .map(Value::set)
                .map_err(DecodeError::within_set),
            Type::Map(element) => self.map(type_, element, depth),
            Type::Tuple(elements) => self.tuple(type_, elements, depth),
            Type::Object(attributes, _) => self.object(type_, attributes, depth),
        }
    }

    fn elements(
        &mut self,
        type_: &Type,
        element: &Type,
        depth: usize,
    ) -> Result<Vec<Value>, DecodeError> {
        let length = read_array_len(&mut self.rest).map_err(broken(type_))?;
        let mut elements = Vec::new();
        for index in 0..length as usize {
            elements.push(self.element(index, element, depth)?);
        }
        Ok(elements)
    }

    fn tuple(&mut self, type_: &Type, types: &[Type], depth: usize) -> Result<Value, DecodeError> {
        let length = read_array_len(&mut self.rest).map_err(broken(type_))? as usize;
        if length != types.len() {
            return Err(wrong_length(types.len(), length));
        }
        let elements = types.iter().enumerate();
        elements
            .map(|(index, type_)| self.element(index, type_, depth))
            .collect::<Result<_, _>>()
            .map(Value::Tuple)
    }

    fn element(&mut self, index: usize, type_: &Type, depth: usize) -> Result<Value, DecodeError> {
        self.value(type_, depth + 1).map_err(|error| error.within(Step::Index(index)))
    }

    fn map(&mut self, type_: &Type, element: &Type, depth: usize) -> Result<Value, DecodeError> {
        let length = read_map_len(&mut self.rest).map_err(broken(type_))?;
        let mut fields = Fields::new();
        for _ in 0..length {
            let key = self.text()?;
            let value = self
                .value(element, depth + 1)
                .map_err(|error| error.within(Step::Key(key.clone())))?;
            insert(&mut fields, key, value)?;
        }
        Ok(Value::Map(fields))
    }

    fn object(
        &mut self,
        type_: &Type,
        attributes: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let length = read_map_len(&mut self.rest).map_err(broken(type_))?;
        let mut fields = Fields::new();
        for _ in 0..length {
            let name = self.text()?;
            let attribute = attributes.get(&name).ok_or_else(|| unexpected_attribute(&name))?;
            let value = self
                .value(attribute, depth + 1)
                .map_err(|error| error.within(Step::Attribute(name.clone())))?;
            insert(&mut fields, name, value)?;
        }
        match attributes.keys().find(|name| !fields.contains_key(*name)) {
            Some(name) => Err(missing_attribute(name)),
            None => Ok(Value::Object(fields)),
        }
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, DecodeError> {
        let length = read_array_len(&mut self.rest).map_err(broken(&Type::Dynamic))?;
        if length != 2 {
            return Err(DecodeError::here("a value with its type is an array of two"));
        }
        let type_ = Type::from_json(self.type_notation()?)?;
        let value = self.value(&type_, depth + 1)?;
        Ok(Value::Dynamic(Box::new((type_, value))))
    }

    /// Terraform writes the type as binary; other encoders have written it as text.
    fn type_notation(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = match self.marker()? {
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => read_bin_len(&mut self.rest),
            _ => read_str_len(&mut self.rest),
        };
        let length = length.map_err(broken(&Type::Dynamic))?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let length = read_str_len(&mut self.rest).map_err(broken(&Type::String))?;
        let text = str::from_utf8(self.take(length)?)
            .map_err(|_| DecodeError::here("the text is not UTF-8"))?;
        Ok(normal_form(text).into_owned())
    }

    fn number(&mut self) -> Result<Number, DecodeError> {
        let number = match self.marker()? {
            Marker::F32 => {
                let float = read_f32(&mut self.rest).map_err(broken(&Type::Number))?;
                Number::from_f64(f64::from(float))
            }
            Marker::F64 => {
                let float = read_f64(&mut self.rest).map_err(broken(&Type::Number))?;
                Number::from_f64(float)
            }
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                Number::parse(&self.text()?)
            }
            _ => {
                let integer: i128 = read_int(&mut self.rest).map_err(broken_number)?;
                Some(Number::from(integer))
            }
        };
        number.ok_or_else(|| DecodeError::here("a decimal number of a sensible length is required"))
    }

    /// An extension of any code is an unknown value, and only that of one code is to be looked into.
    fn unknown(&mut self, type_: &Type) -> Result<Refinement, DecodeError> {
        let header = read_ext_meta(&mut self.rest).map_err(broken(type_))?;
        let payload = self.take(header.size)?;
        // Refinements may always be left aside, and more of them than the protocol allows today say
        // nothing that could be relied on.
        if header.typeid != REFINED_UNKNOWN || payload.is_empty() || payload.len() > MAX_REFINEMENT
        {
            return Ok(Refinement::default());
        }
        let mut reader = Reader { rest: payload };
        let refinement = reader.refinement()?;
        if reader.rest.is_empty() {
            Ok(refinement.for_type(type_))
        } else {
            Err(DecodeError::here("bytes follow the refinements"))
        }
    }

    fn refinement(&mut self) -> Result<Refinement, DecodeError> {
        let length = read_map_len(&mut self.rest).map_err(broken_refinement)?;
        let mut refinement = Refinement::default();
        for _ in 0..length {
            match self.integer()? {
                key::NULL => {
                    let null = read_bool(&mut self.rest).map_err(broken_refinement)?;
                    refinement.null = Some(null);
                }
                key::PREFIX => refinement.prefix = Some(self.text()?),
                key::LOWER => refinement.lower = Some(self.bound()?),
                key::UPPER => refinement.upper = Some(self.bound()?),
                key::LENGTH_MIN => refinement.length_min = Some(self.integer()?),
                key::LENGTH_MAX => refinement.length_max = Some(self.integer()?),
                _ => self.skip()?,
            }
        }
        Ok(refinement)
    }

    fn bound(&mut self) -> Result<(Number, bool), DecodeError> {
        match read_array_len(&mut self.rest).map_err(broken_refinement)? {
            2 => Ok((self.number()?, read_bool(&mut self.rest).map_err(broken_refinement)?)),
            _ => Err(DecodeError::here("a bound of a number is an array of two")),
        }
    }

    fn integer(&mut self) -> Result<i64, DecodeError> {
        read_int(&mut self.rest).map_err(broken_number)
    }

    /// Passes over one value of any kind, as a key that is not known here has it.
    fn skip(&mut self) -> Result<(), DecodeError> {
        // Counted and not entered, so that no depth matters. `rmp`'s own `MessageLen` panics on some
        // extensions.
        let mut values = 1_u64;
        while values > 0 {
            values = values - 1 + self.skip_head()?;
        }
        Ok(())
    }

    /// Passes over one value, but for the values in it, whose number it answers.
    fn skip_head(&mut self) -> Result<u64, DecodeError> {
        let marker = read_marker(&mut self.rest).map_err(|_| cut_short())?;
        let (size, values) = match marker {
            Marker::Null | Marker::True | Marker::False => (0, 0),
            Marker::FixPos(_) | Marker::FixNeg(_) => (0, 0),
            Marker::U8 | Marker::I8 => (1, 0),
            Marker::U16 | Marker::I16 => (2, 0),
            Marker::U32 | Marker::I32 | Marker::F32 => (4, 0),
            Marker::U64 | Marker::I64 | Marker::F64 => (8, 0),
            Marker::FixStr(length) => (length.into(), 0),
            Marker::Str8 | Marker::Bin8 => (self.length(1)?, 0),
            Marker::Str16 | Marker::Bin16 => (self.length(2)?, 0),
            Marker::Str32 | Marker::Bin32 => (self.length(4)?, 0),
            Marker::FixArray(length) => (0, length.into()),
            Marker::Array16 => (0, self.length(2)?.into()),
            Marker::Array32 => (0, self.length(4)?.into()),
            Marker::FixMap(length) => (0, 2 * u64::from(length)),
            Marker::Map16 => (0, 2 * u64::from(self.length(2)?)),
            Marker::Map32 => (0, 2 * u64::from(self.length(4)?)),
            // The code of an extension is a byte more.
            Marker::FixExt1 => (2, 0),
            Marker::FixExt2 => (3, 0),
            Marker::FixExt4 => (5, 0),
            Marker::FixExt8 => (9, 0),
            Marker::FixExt16 => (17, 0),
            Marker::Ext8 => (self.length(1)?.saturating_add(1), 0),
            Marker::Ext16 => (self.length(2)?.saturating_add(1), 0),
            Marker::Ext32 => (self.length(4)?.saturating_add(1), 0),
            Marker::Reserved => {
                return Err(DecodeError::here("the refinements are not sound MessagePack"));
            }
        };
        self.take(size)?;
        Ok(values)
    }

    /// A length of so many bytes, the highest first.
    fn length(&mut self, bytes: u32) -> Result<u32, DecodeError> {
        Ok(self.take(bytes)?.iter().fold(0, |length, byte| length << 8 | u32::from(*byte)))
    }

    fn marker(&self) -> Result<Marker, DecodeError> {
        let mut rest = self.rest;
        read_marker(&mut rest).map_err(|_| cut_short())
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length as usize).ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn insert(fields: &mut Fields, key: String, value: Value) -> Result<(), DecodeError> {
    match fields.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(value);
            Ok(())
        }
        Entry::Occupied(entry) => {
            Err(DecodeError::here(format!("{:?} is there twice", entry.key())))
        }
    }
}

fn cut_short() -> DecodeError {
    DecodeError::here("the bytes end in the middle of a value")
}

fn broken(type_: &Type) -> impl Fn(ValueReadError) -> DecodeError + use<'_> {
    move |error| match error {
        ValueReadError::TypeMismatch(marker) => mismatch(type_, noun(marker)),
        ValueReadError::InvalidMarkerRead(_) | ValueReadError::InvalidDataRead(_) => cut_short(),
    }
}

fn broken_number(error: NumValueReadError) -> DecodeError {
    match error {
        NumValueReadError::TypeMismatch(marker) => mismatch(&Type::Number, noun(marker)),
        NumValueReadError::OutOfRange => DecodeError::here("the integer is out of range"),
        NumValueReadError::InvalidMarkerRead(_) | NumValueReadError::InvalidDataRead(_) => {
            cut_short()
        }
    }
}

fn broken_refinement(error: ValueReadError) -> DecodeError {
    match error {
        ValueReadError::TypeMismatch(marker) => {
            DecodeError::here(format!("the refinements cannot hold {} there", noun(marker)))
        }
        ValueReadError::InvalidMarkerRead(_) | ValueReadError::InvalidDataRead(_) => cut_short(),
    }
}

fn noun(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "nil",
        Marker::True | Marker::False => "a bool",
        Marker::FixPos(_)
        | Marker::FixNeg(_)
        | Marker::U8
        | Marker::U16
        | Marker::U32
        | Marker::U64
        | Marker::I8
        | Marker::I16
        | Marker::I32
        | Marker::I64
        | Marker::F32
        | Marker::F64 => "a number",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "text",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "binary",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => "an unknown value",
        Marker::Reserved => "a byte that MessagePack does not use",
    }
}
