//! What keeps a bug from costing anything: a panic becomes a diagnostic, and what was made is known.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostics::Diagnostic;
use crate::provider::{Outcome, Private};
use crate::value::Value;

/// What is known of an object from the moment the service has made it.
///
/// Shared between the task that applies and the one that answers, so that it outlives a panic.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<Option<(Value, Private)>>>);

impl Known {
    /// Records the best that is known of an object that now exists.
    pub fn record(&self, state: Value, private: Private) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, private));
    }

    /// What to answer after a panic: the object that was made, as a warning so that Terraform does not
    /// mark it for replacement; otherwise what was there before, with an error.
    pub fn after_panic(&self, prior: Value, private: Private, message: &str) -> Outcome {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((state, private)) => {
                let bug = Diagnostic::warning(
                    "Internal error after a successful change",
                    format!(
                        "The change was made and is recorded, but the provider failed afterwards: \
                         {message}. This is a bug; please report it. Run `terraform plan` to see \
                         whether anything is left to do."
                    ),
                );
                Outcome { state, private, diagnostics: vec![bug] }
            }
            None if prior.is_null() => {
                let bug = Diagnostic::error(
                    "Internal error",
                    format!(
                        "The provider failed: {message}. This is a bug; please report it. Whether \
                         anything was created is not known: if it was, the next apply will find it and \
                         say how to import it."
                    ),
                );
                Outcome::unchanged(prior, private, bug)
            }
            None => Outcome::unchanged(prior, private, internal_error(message)),
        }
    }
}

/// Runs a call in a task of its own: it ends even when its caller is gone, and a panic in it is told to
/// `on_panic` in words instead of ending the process.
pub async fn guarded<T: Send + 'static>(
    call: impl Future<Output = T> + Send + 'static,
    on_panic: impl FnOnce(&str) -> T,
) -> T {
    match tokio::spawn(call).await {
        Ok(answer) => answer,
        Err(failure) => on_panic(&match failure.try_into_panic() {
            Ok(payload) => panic_message(payload.as_ref()),
            Err(cancelled) => cancelled.to_string(),
        }),
    }
}

/// What to tell a person about a bug.
pub(crate) fn internal_error(message: &str) -> Diagnostic {
    Diagnostic::error(
        "Internal error",
        format!(
            "The provider failed: {message}. This is a bug; please report it. The state was kept. Run \
             `terraform plan` to see whether anything is left to do."
        ),
    )
}

/// Only a text from the source is told: one that was put together at run time may hold a secret.
fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(id: &str) -> Value {
        Value::Object([("id".to_owned(), Value::text(id))].into())
    }

    async fn apply_that_panics(known: Known, made: Option<Value>) -> Outcome {
        let after = known.clone();
        guarded(
            async move {
                if let Some(state) = made {
                    known.record(state, Private::default());
                }
                panic!("the sky fell");
            },
            |message| after.after_panic(Value::Null, Private::default(), message),
        )
        .await
    }

    #[tokio::test]
    async fn a_panic_after_the_create_keeps_the_id_and_does_not_taint() {
        let outcome = apply_that_panics(Known::default(), Some(state("made"))).await;
        assert_eq!(outcome.state, state("made"));
        assert!(outcome.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()));
        assert!(outcome.diagnostics[0].detail.contains("the sky fell"));
    }

    #[tokio::test]
    async fn a_panic_before_the_create_is_an_error_that_keeps_what_was_there() {
        let outcome = apply_that_panics(Known::default(), None).await;
        assert_eq!(outcome.state, Value::Null);
        assert!(outcome.diagnostics[0].is_error());
    }
}
