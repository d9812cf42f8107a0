//! What the calls about functions carry; must not know what any of them computes.

use std::collections::HashMap;

use super::service::Service;
use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::functions::{Function, Mistake};
use crate::proto::tfplugin6 as wire;
use crate::provider::Provider;
use crate::value::Value;

impl Service {
    pub(super) fn all_functions(&self) -> HashMap<String, wire::Function> {
        let functions = self.provider.functions();
        functions.map(|function| (function.name.to_owned(), encode::function(function))).collect()
    }

    /// Terraform calls functions in a process that was not configured.
    pub(super) async fn call(
        &self,
        request: wire::call_function::Request,
    ) -> wire::call_function::Response {
        let called = self.computed(move |provider| Ok(result_of(provider, &request))).await;
        match called.unwrap_or_else(|bug| Err(bug_of_ours(&bug))) {
            Ok(result) => wire::call_function::Response { result: Some(result), error: None },
            Err(mistake) => wire::call_function::Response {
                result: None,
                error: Some(encode::mistake(&mistake)),
            },
        }
    }
}

fn result_of(
    provider: &Provider,
    request: &wire::call_function::Request,
) -> Result<wire::DynamicValue, Mistake> {
    let function = provider.function(&request.name)?;
    let result = function.call(&arguments(function, &request.arguments)?)?;
    encode::value(&result, &(function.returns)()).map_err(|bug| bug_of_ours(&bug))
}

/// The arguments that were sent. Whether they are as many as the parameters is for the function to judge.
fn arguments(function: &Function, sent: &[wire::DynamicValue]) -> Result<Vec<Value>, Mistake> {
    let argument = |(index, sent): (usize, &wire::DynamicValue)| {
        let Some(parameter) = function.parameters.get(index) else { return Ok(Value::Null) };
        decode::value(Some(sent), &(parameter.type_)(), "function argument")
            .map_err(|why| Mistake { argument: Some(index), ..bug_of_ours(&why) })
    };
    sent.iter().enumerate().map(argument).collect()
}

fn bug_of_ours(bug: &Diagnostic) -> Mistake {
    Mistake { argument: None, text: bug.detail.trim_end_matches('.').to_owned() }
}
