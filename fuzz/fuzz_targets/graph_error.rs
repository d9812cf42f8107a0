#![no_main]

#[expect(dead_code, reason = "one check of them all is played here")]
#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::graph_error(bytes));
