//! Makes a crash visible: Terraform shows lines after `panic: ` and ignores Rust's own wording; must not show what the program works on.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Display;
use std::io::{self, Write};
use std::panic;

/// From now on a panic writes `panic: message at file:line:column` and a backtrace to standard
/// error, which Terraform shows when the command fails (its `internal/logging/panic.go`).
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let text = report(message(info.payload()), info.location(), Backtrace::force_capture());
        // Terraform may be gone and the pipe closed; a panic inside a panic would abort.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }));
}

/// The words of the source code only. Text put together at run time may quote what the program works
/// on, as Rust's own messages do when text is cut in the middle of a character.
fn message(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("internal error")
}

/// One write for all, so that the lines of two threads do not mix.
fn report(message: &str, location: Option<impl Display>, trace: impl Display) -> String {
    let message = message.replace(['\n', '\r'], " ");
    match location {
        Some(location) => format!("panic: {message} at {location}\n\n{trace}\n"),
        None => format!("panic: {message}\n\n{trace}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_and_the_place_share_the_first_line() {
        let text = report("one\ntwo", Some("src/a.rs:1:2"), "0: main");
        assert_eq!(text, "panic: one two at src/a.rs:1:2\n\n0: main\n");
    }

    #[test]
    fn words_of_the_source_are_shown_and_text_made_at_run_time_is_not() {
        assert_eq!(message(&"out of luck"), "out of luck");
        assert_eq!(message(&format!("no {}", "hunter2")), "internal error");
        assert_eq!(message(&7), "internal error");
    }

    #[test]
    fn a_panic_without_a_place_still_starts_as_terraform_expects() {
        assert!(report("lost", None::<&str>, "").starts_with("panic: lost\n"));
    }
}
