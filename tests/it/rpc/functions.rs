//! CallFunction in a process that nobody has configured, as Terraform calls it, and OpenTofu.

use terraform_provider_intune::functions::{self, Function};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::{Type, Value};

use crate::core::{dynamic, known};
use crate::host::{Host, Plugin};

const T: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
const P: &str = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";

async fn call(
    plugin: &Plugin,
    name: &str,
    arguments: Vec<wire::DynamicValue>,
) -> wire::call_function::Response {
    let request = wire::call_function::Request { name: name.to_owned(), arguments };
    plugin.provider().call_function(request).await.unwrap().into_inner()
}

fn text(value: &Value) -> wire::DynamicValue {
    dynamic(value, &Type::String)
}

fn declared(name: &str) -> &'static Function {
    functions::ALL.iter().find(|function| function.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_gives_the_same_in_every_process() {
    let arguments = || vec![text(&Value::text(T)), text(&Value::text(P))];
    let mut results = Vec::new();
    for plugin in [Host::new().launch().await, Host::new().launch().await] {
        for _ in 0..2 {
            results.push(call(&plugin, "build_profile_id", arguments()).await);
        }
    }
    let type_ = (declared("build_profile_id").returns)();
    let result = known(results[0].result.as_ref(), &type_);
    assert_eq!(result, Ok(Value::text(format!("{T}_{P}"))));
    assert!(results.iter().all(|one| *one == results[0]), "{results:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn null_comes_back_as_null_also_when_nothing_at_all_is_sent_for_it() {
    let plugin = Host::new().launch().await;
    for sent in [text(&Value::Null), wire::DynamicValue::default()] {
        for function in functions::ALL {
            let arguments = vec![sent.clone(); function.parameters.len()];
            let answer = call(&plugin, function.name, arguments).await;
            let refused = function.parameters.iter().position(|parameter| !parameter.nullable);
            match (refused, answer.error) {
                (None, None) => {
                    let result = known(answer.result.as_ref(), &(function.returns)());
                    assert_eq!(result, Ok(Value::Null), "{}", function.name);
                }
                (Some(index), Some(error)) => {
                    let blamed = error.function_argument.and_then(|one| usize::try_from(one).ok());
                    assert_eq!(blamed, Some(index), "{}", function.name);
                    assert!(error.text.contains("must not be null"), "{}", error.text);
                }
                (refused, error) => panic!("{}: {refused:?}, {error:?}", function.name),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_comes_back_as_not_known() {
    let plugin = Host::new().launch().await;
    for function in functions::ALL {
        let unknown = |type_: Type| dynamic(&Value::unknown(), &type_);
        let arguments = function.parameters.iter().map(|parameter| unknown((parameter.type_)()));
        let answer = call(&plugin, function.name, arguments.collect()).await;
        assert_eq!(answer.error, None, "{}", function.name);
        let result = known(answer.result.as_ref(), &(function.returns)()).unwrap();
        assert!(result.is_unknown(), "{}: {result:?}", function.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_in_words_with_its_argument() {
    let plugin = Host::new().launch().await;
    let number = dynamic(&Value::Bool(true), &Type::Bool);
    let garbage = wire::DynamicValue { msgpack: vec![0xc1], json: Vec::new() };
    let good = || text(&Value::text(T));
    for (name, arguments, blamed, part) in [
        ("parse_profile_id", vec![text(&Value::text("iPads"))], Some(0), "{token id}_{GUID}"),
        ("build_profile_id", vec![good(), text(&Value::text("iPads"))], Some(1), "not the GUID"),
        ("build_profile_id", vec![good(), number], Some(1), "a string is required"),
        ("build_profile_id", vec![garbage, good()], Some(0), "does not fit"),
        ("build_profile_id", vec![good()], None, "is 2, not 1"),
        ("parse_profile_id", vec![good(), good()], None, "is 1, not 2"),
        ("certificate_thumbprint", vec![good()], Some(0), "not standard base64"),
        ("parse", vec![], None, "has no function `parse`"),
    ] {
        let answer = call(&plugin, name, arguments).await;
        assert_eq!(answer.result, None, "{name}");
        let error = answer.error.unwrap();
        assert_eq!(error.function_argument, blamed, "{name}: {}", error.text);
        assert!(error.text.contains(part), "{name}: {}", error.text);
        assert!(!error.text.ends_with('.'), "Terraform adds a full stop: {}", error.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_names_the_same_functions_whoever_asks() {
    let plugin = Host::new().launch().await;
    let mut calls = plugin.provider();
    let schema = calls.get_provider_schema(wire::get_provider_schema::Request {}).await.unwrap();
    let listed = calls.get_functions(wire::get_functions::Request {}).await.unwrap();
    let named = calls.get_metadata(wire::get_metadata::Request {}).await.unwrap();
    let (schema, listed) = (schema.into_inner().functions, listed.into_inner().functions);
    assert_eq!(schema, listed);
    assert_eq!(schema.len(), functions::ALL.len());
    let named = named.into_inner().functions;
    assert!(named.iter().all(|one| schema.contains_key(&one.name)));
    assert_eq!(named.len(), schema.len());
}
