//! The checks that fuzzing plays, on its seeds and on what chance makes of them; knows no check.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

#[path = "../../fuzz/checks.rs"]
mod checks;

#[test]
fn no_bytes_make_a_value_of_another_type() {
    play("value_msgpack", checks::value_msgpack);
}

#[test]
fn no_json_makes_a_value_of_another_type() {
    play("value_json", checks::value_json);
}

#[test]
fn no_stored_state_becomes_nothing() {
    play("state_upgrade", checks::state_upgrade);
}

#[test]
fn no_answer_becomes_a_state_that_cannot_be_sent() {
    play("graph_profile", checks::graph_profile);
}

#[test]
fn no_error_document_forges_a_line() {
    play("graph_error", checks::graph_error);
}

#[test]
fn no_header_makes_a_wait_too_short_or_too_long_to_add() {
    play("retry_after", checks::retry_after);
}

#[test]
fn no_next_link_leads_elsewhere() {
    play("next_link", checks::next_link);
}

#[test]
fn no_import_id_leaves_its_segment() {
    play("import_id", checks::import_id);
}

#[test]
fn no_text_keeps_a_secret() {
    play("redactor", checks::redactor);
}

#[test]
fn every_target_has_a_check_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let seeds = names(&root.join("seeds"));
    let targets = names(&root.join("fuzz_targets"));
    assert_eq!(targets, seeds.iter().map(|name| format!("{name}.rs")).collect::<Vec<_>>());
    let played = include_str!("fuzzed.rs");
    for name in seeds {
        assert!(played.contains(&format!("play(\"{name}\", checks::{name})")), "{name}");
    }
}

/// Plays the seeds as they are, then cut, spliced and with bytes changed, and bytes of no meaning.
fn play(name: &str, check: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let seeds: Vec<Vec<u8>> =
        names(&directory).iter().map(|name| fs::read(directory.join(name)).unwrap()).collect();
    for seed in &seeds {
        check(seed);
    }
    let changes = vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..6);
    let changed = (proptest::sample::select(seeds), changes).prop_map(|(mut bytes, changes)| {
        for (place, byte, change) in changes {
            let place = place.index(bytes.len() + 1);
            match change {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, byte),
                2 => bytes.extend_from_within(place..),
                _ => bytes.get_mut(place).into_iter().for_each(|changed| *changed = byte),
            }
        }
        bytes
    });
    let bytes = prop_oneof![4 => changed, 1 => vec(any::<u8>(), 0..200)];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&bytes, |bytes| {
        check(&bytes);
        Ok(())
    });
    outcome.unwrap();
}

/// What is in a directory, in order.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}
