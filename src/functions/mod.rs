//! What configurations can call: one file for a function or a small group of them; must not know how a
//! call travels, nor Graph, nor any state. A function is pure: the same arguments give the same result,
//! in every process and on every day.

pub mod certificate_thumbprint;
pub mod profile_id;
pub mod skip_keys;

use crate::value::{Type, Value};

/// Every function, in the order in which the documentation lists them.
pub const ALL: &[&Function] = &[
    &profile_id::PARSE_PROFILE_ID,
    &profile_id::BUILD_PROFILE_ID,
    &certificate_thumbprint::CERTIFICATE_THUMBPRINT,
    &skip_keys::SKIP_KEYS,
    &skip_keys::SKIP_PANES,
];

/// A function: what it is called, what it takes and gives, and what it does.
#[derive(Debug)]
pub struct Function {
    /// Its name in configuration, behind `provider::intune::`.
    pub name: &'static str,
    /// What it gives, in one line.
    pub summary: &'static str,
    /// What it is for and how it treats what is unusual, in Markdown.
    pub description: &'static str,
    /// What it takes, in their order.
    pub parameters: &'static [Parameter],
    /// The type of what it gives.
    pub returns: fn() -> Type,
    /// What it does. The arguments conform to the parameters, and nothing in them is null at the top or
    /// unknown.
    pub body: fn(&[Value]) -> Result<Value, Mistake>,
}

/// What a function takes in one place.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in the documentation and in errors.
    pub name: &'static str,
    /// The type that arguments are converted to.
    pub type_: fn() -> Type,
    /// Whether null may be given. The result is null then; otherwise null is a mistake.
    pub nullable: bool,
    /// What to give, in Markdown.
    pub description: &'static str,
}

/// Why a call has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mistake {
    /// The argument to blame, counted from 0, when it is one.
    pub argument: Option<usize>,
    /// What is wrong and what to give instead, without a full stop at the end: Terraform adds one.
    pub text: String,
}

impl Function {
    /// Calls the function with arguments that conform to its parameters.
    ///
    /// What is not known yet gives what is not known yet, and null gives null where a parameter takes
    /// it. Terraform sees to the first itself; OpenTofu and other callers may not.
    ///
    /// ```
    /// use terraform_provider_intune::functions::certificate_thumbprint::CERTIFICATE_THUMBPRINT;
    /// use terraform_provider_intune::value::Value;
    ///
    /// assert_eq!(CERTIFICATE_THUMBPRINT.call(&[Value::Null]), Ok(Value::Null));
    /// assert_eq!(CERTIFICATE_THUMBPRINT.call(&[Value::unknown()]), Ok(Value::unknown()));
    /// ```
    ///
    /// # Errors
    ///
    /// When there are more or fewer arguments than parameters, or one that the function refuses.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, Mistake> {
        let (given, taken) = (arguments.len(), self.parameters.len());
        if given != taken {
            let text =
                format!("the number of arguments of `{}` is {taken}, not {given}", self.name);
            return Err(Mistake { argument: None, text });
        }
        if !arguments.iter().all(Value::is_wholly_known) {
            return Ok(Value::unknown());
        }
        let null = arguments.iter().position(Value::is_null);
        match null.and_then(|index| Some((index, self.parameters.get(index)?))) {
            None => (self.body)(arguments),
            Some((_, parameter)) if parameter.nullable => Ok(Value::Null),
            Some((index, parameter)) => {
                Err(Mistake::of(index, format!("`{}` must not be null", parameter.name)))
            }
        }
    }
}

impl Mistake {
    /// What is wrong with this argument, counted from 0.
    pub fn of(argument: usize, text: impl Into<String>) -> Self {
        Self { argument: Some(argument), text: text.into() }
    }
}

/// The text in this place; empty when it is none, which a call never is.
fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: Function = Function {
        name: "echo",
        summary: "The first argument",
        description: "The first argument.",
        parameters: &[
            Parameter { name: "a", type_: || Type::String, nullable: false, description: "A." },
            Parameter { name: "b", type_: || Type::String, nullable: true, description: "B." },
        ],
        returns: || Type::String,
        body: |arguments| Ok(Value::text(text(arguments, 0))),
    };

    #[test]
    fn null_gives_null_only_where_a_parameter_takes_it() {
        assert_eq!(ECHO.call(&[Value::text("x"), Value::Null]), Ok(Value::Null));
        let mistake = Mistake::of(0, "`a` must not be null");
        assert_eq!(ECHO.call(&[Value::Null, Value::text("x")]), Err(mistake.clone()));
        assert_eq!(ECHO.call(&[Value::Null, Value::Null]), Err(mistake));
    }

    #[test]
    fn what_is_not_known_gives_what_is_not_known() {
        let partly = Value::List(vec![Value::unknown()]);
        assert_eq!(ECHO.call(&[partly, Value::Null]), Ok(Value::unknown()));
        assert_eq!(ECHO.call(&[Value::Null, Value::unknown()]), Ok(Value::unknown()));
    }

    #[test]
    fn the_number_of_arguments_is_held_to() {
        for given in [vec![], vec![Value::Null], vec![Value::text("x"); 3]] {
            let mistake = ECHO.call(&given).err();
            assert!(mistake.is_some_and(|mistake| mistake.argument.is_none()), "{given:?}");
        }
    }
}
