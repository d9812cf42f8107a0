//! Random configurations, priors and unknowns: whatever is not known at plan time, the plan holds, the
//! apply keeps to it and nothing is left to do afterwards.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use terraform_provider_intune::value::{Number, Path, Value};

use super::{CERTIFICATES, PROFILE, Stage};
use crate::core::{Instance, Told};
use crate::emulator::Options;
use crate::oracle::arbitrary::config_before_and_after;

/// Each is a create, an update and a destroy.
const CASES: u32 = 64;

/// A configuration as it is at plan time and as it is at apply time.
type Unfolding = (Value, Value);

/// How a case ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// Validation refused one of the configurations, or the plan to turn off what stays on.
    Refused,
    /// Both were applied.
    Lived,
}

#[test]
fn whatever_is_unknown_the_plan_holds_and_the_apply_converges() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let options = Options {
        tokens: vec!["Contoso ABM".to_owned(), "Contoso School".to_owned()],
        // A case that ends as the default has to end all the same.
        default_is_deletable: true,
        ..Options::default()
    };
    let stage = runtime.block_on(Stage::with(options));
    let tokens: Vec<_> = stage.emulator.tokens().into_iter().map(|(id, _)| id).collect();
    let hints = move |path: &Path| hint(path, &tokens);
    let schema = &stage.core.described(PROFILE).schema;
    let two = (config_before_and_after(schema, &hints), config_before_and_after(schema, &hints));

    let lived = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&lived);
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&two, |(first, second)| {
            let end = runtime.block_on(live(&stage, &first, &second));
            *counted.borrow_mut() += u32::from(end == End::Lived);
            Ok(())
        })
        .unwrap();
    let lived = *lived.borrow();
    assert!(lived >= CASES / 2, "only {lived} of {CASES} configurations were accepted");
}

/// One case from nothing to nothing.
async fn live(stage: &Stage, first: &Unfolding, second: &Unfolding) -> End {
    let mut profile = stage.profile();
    if !steps_to(&mut profile, first).await {
        assert!(profile.state().is_null(), "a refused create leaves nothing");
        return End::Refused;
    }
    let lived = steps_to(&mut profile, second).await;
    profile.destroy().await.nothing();
    let left: usize =
        stage.emulator.tokens().iter().map(|(id, _)| stage.emulator.profiles(id).len()).sum();
    assert_eq!(left, 0, "nothing is left behind");
    if lived { End::Lived } else { End::Refused }
}

/// Plans with what is known early and applies with what is known late; answers whether it was let.
async fn steps_to(profile: &mut Instance, (early, late): &Unfolding) -> bool {
    // What is wrong with the whole configuration may not show while parts of it are unknown.
    if profile.validate(late).await.failed() {
        return false;
    }
    let plan = match profile.plan(early).await {
        Ok(plan) => plan,
        Err(told) => return refused(&told),
    };
    let told = profile.apply(&plan, late).await;
    if told.failed() {
        return refused(&told);
    }
    profile.converged(late).await.success();
    assert!(profile.state().is_wholly_known());
    true
}

/// The only thing that a valid configuration can be refused for, told by a plan.
fn refused(told: &Told) -> bool {
    told.error(&["`is_default` cannot be turned off"]);
    false
}

/// Values that mostly break no rule. What is not named here is drawn by its type.
fn hint(path: &Path, tokens: &[String]) -> Option<BoxedStrategy<Value>> {
    let choice = |values: &[&str]| {
        let values: Vec<_> = values.iter().map(Value::text).collect();
        Some(proptest::sample::select(values).boxed())
    };
    let mostly = |weight: f64| Some(proptest::bool::weighted(weight).prop_map(Value::Bool).boxed());
    match path.to_string().as_str() {
        "dep_onboarding_setting_id" => {
            Some(proptest::sample::select(tokens.to_vec()).prop_map(Value::text).boxed())
        }
        "display_name" | "support_department" | "support_phone_number" => {
            Some("\\PC{1,20}".prop_map(Value::text).boxed())
        }
        "configuration_endpoint_url" => choice(&["https://mdm.example.com/enroll", "https://x"]),
        "itunes_pairing_mode" => choice(&["allow", "disallow", "allow", "requiresCertificate"]),
        "is_default" => mostly(0.2),
        "profile_removal_disabled" => mostly(0.2),
        "shared_ipad_maximum_user_count" => {
            Some((0_i64..100).prop_map(|count| Value::Number(Number::from(count))).boxed())
        }
        "management_certificates.certificate" => {
            let [one, other] = CERTIFICATES;
            let broken = one.as_bytes().chunks(64).map(String::from_utf8_lossy);
            choice(&[one, other, &broken.collect::<Vec<_>>().join("\n")])
        }
        "management_certificates.thumbprint" => choice(&["AB:CD", "00ff", "ABCD"]),
        "timeouts.create" | "timeouts.read" | "timeouts.update" | "timeouts.delete" => {
            choice(&["30s", "5m", "1h30m"])
        }
        _ => None,
    }
}
