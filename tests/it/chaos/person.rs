//! Somebody who does what diagnostics tell, and nothing else; must not know what went wrong.

use terraform_provider_intune::diagnostics::Diagnostic;
use terraform_provider_intune::value::Value;

use super::schedule::Schedule;
use super::terraform::Told;

/// Pastes the import blocks that were told, each id once; where all that is offered belongs to somebody else,
/// gives the resource another description, as is told as well. Answers what was done.
pub(super) fn follow(schedule: &mut Schedule, told: &Told) -> Vec<String> {
    let mut done = Vec::new();
    // An import block whose object is not there any more is taken out again.
    for (name, one) in told.iter().filter(|(_, one)| one.summary.ends_with("not imported")) {
        schedule.terraform.imports.remove(name);
        done.push(format!("takes the import of {name} out: {}", one.detail));
    }
    for (name, one) in told {
        let offered = offered(one);
        let Some(block) = schedule.terraform.config.get_mut(name) else { continue };
        if offered.is_empty() || schedule.terraform.state.contains_key(name) {
            continue;
        }
        let ours = offered.iter().find(|id| {
            !schedule.emulator.is_foreign(id)
                && !schedule.terraform.state.values().any(|kept| kept.id() == id.as_str())
                && !schedule.terraform.imports.values().any(|import| import == *id)
        });
        match ours {
            Some(id) => {
                schedule.terraform.imports.insert(name.clone(), id.clone());
                done.push(format!("imports {id} as {name}"));
            }
            None => {
                let text = format!("Another {name}");
                block.lines.insert("description", Value::text(text));
                done.push(format!("describes {name} otherwise"));
            }
        }
    }
    done
}

/// The ids of the import blocks in a diagnostic.
fn offered(one: &Diagnostic) -> Vec<String> {
    let mut ids = Vec::new();
    let mut blocks = one.detail.split("import {").skip(1);
    while let Some((_, rest)) = blocks.next().and_then(|block| block.split_once("id = \"")) {
        ids.extend(rest.split('"').next().map(str::to_owned));
    }
    ids
}
