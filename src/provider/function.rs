//! CallFunction: computes; asks nobody, and needs no configuration.

use super::Provider;
use crate::functions::{Function, Mistake};

impl Provider {
    /// Every function, in the order in which the documentation lists them.
    pub fn functions(&self) -> impl Iterator<Item = &'static Function> {
        self.functions.iter().copied()
    }

    /// The function of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn function(&self, name: &str) -> Result<&'static Function, Mistake> {
        let found = self.functions().find(|function| function.name == name);
        found.ok_or_else(|| Mistake {
            argument: None,
            text: format!(
                "this version of the provider has no function `{name}`. Check the spelling, or the \
                 provider's version"
            ),
        })
    }
}
