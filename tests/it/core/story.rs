//! What was sent and answered so far, told when the contract is broken; decides nothing.

use std::fmt::Debug;

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::{Path, Step, Type};
use tonic::{Response, Status};

use super::{Told, codec};

/// The calls of one instance, oldest first.
#[derive(Debug, Default)]
pub(super) struct Story(Vec<String>);

impl Story {
    /// Tells one more thing.
    pub(super) fn note(&mut self, what: &str, detail: impl Debug) {
        self.0.push(format!("{what}: {detail:?}"));
    }

    /// The answer to a call. A gRPC status is a breach: Terraform shows it poorly, and after an apply
    /// it loses the object.
    #[track_caller]
    pub(super) fn answered<T>(&self, answer: Result<Response<T>, Status>) -> T {
        match answer {
            Ok(answer) => answer.into_inner(),
            Err(status) => self.broken("a gRPC status instead of an answer", &[status.to_string()]),
        }
    }

    /// The diagnostics of an answer, each of which Terraform must be able to show at its place.
    #[track_caller]
    pub(super) fn told(&mut self, wire: &[wire::Diagnostic], type_: &Type) -> Told {
        let read: Result<Vec<_>, _> = wire.iter().map(codec::diagnostic).collect();
        let read = read.unwrap_or_else(|wrong| self.broken("unusable diagnostic", &[wrong]));
        for path in read.iter().filter_map(|diagnostic| diagnostic.path.as_ref()) {
            if !leads_somewhere(type_, path) {
                self.broken("a diagnostic at no attribute", &[path.to_string()]);
            }
        }
        let told = Told(read);
        self.note("  told", &told.0);
        told
    }

    /// Fails the test if there are complaints.
    #[track_caller]
    pub(super) fn check(&self, breach: &str, complaints: &[String]) {
        if !complaints.is_empty() {
            self.broken(breach, complaints);
        }
    }

    /// Fails the test.
    #[track_caller]
    pub(super) fn broken(&self, breach: &str, complaints: &[String]) -> ! {
        panic!("{breach}:\n  {}\nafter\n  {}", complaints.join("\n  "), self.0.join("\n  "));
    }
}

/// Whether a value of this type can have something there.
fn leads_somewhere(type_: &Type, path: &Path) -> bool {
    let mut here = type_;
    for step in path.steps() {
        here = match (here, step) {
            (Type::Object(fields, _), Step::Attribute(name)) => match fields.get(name) {
                Some(field) => field,
                None => return false,
            },
            (Type::Map(element), Step::Key(_)) | (Type::List(element), Step::Index(_)) => element,
            (Type::Tuple(types), Step::Index(index)) => match types.get(*index) {
                Some(type_) => type_,
                None => return false,
            },
            // What lies in a value of any type, nobody knows.
            (Type::Dynamic, _) => return true,
            _ => return false,
        };
    }
    true
}
