//! What Terraform would read from standard error, held against go-plugin's `log_entry.go`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::{Arc, Mutex};

use tracing::subscriber::with_default;
use tracing::{debug, error, info, info_span, warn};

use super::*;

/// What one `write` carried each.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<String>>>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(level: LevelFilter, speak: impl FnOnce()) -> Vec<Value> {
    let writes = Writes::default();
    let out = writes.clone();
    let layer = HclogLayer { level, out: move || out.clone() };
    with_default(Registry::default().with(layer), speak);
    let writes = writes.0.lock().unwrap();
    writes
        .iter()
        .map(|write| {
            assert_eq!(write.find('\n'), Some(write.len() - 1), "one write, one line: {write:?}");
            serde_json::from_str(write).unwrap()
        })
        .collect()
}

fn asked(variables: &[(&str, &str)]) -> LevelFilter {
    wanted(|wanted| {
        variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_narrowest_variable_decides() {
    assert_eq!(asked(&[("TF_LOG", "DEBUG")]), LevelFilter::DEBUG);
    assert_eq!(asked(&[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "warn")]), LevelFilter::WARN);
    let all = [("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_INTUNE", "OFF")];
    assert_eq!(asked(&all), LevelFilter::OFF);
    assert_eq!(asked(&[("TF_LOG", "INFO"), ("TF_LOG_PROVIDER", "")]), LevelFilter::INFO);
}

#[test]
fn json_and_unknown_levels_mean_everything_and_silence_is_the_default() {
    assert_eq!(asked(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
    assert_eq!(asked(&[("TF_LOG", "loud")]), LevelFilter::TRACE);
    assert_eq!(asked(&[]), LevelFilter::OFF);
}

#[test]
fn an_event_becomes_a_line_that_go_plugin_reads() {
    let lines = logged(LevelFilter::INFO, || {
        info!(tries = 3, slow = true, host = "graph", ratio = 0.5, "sent");
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["@level"], "info");
    assert_eq!(line["@message"], "sent");
    assert_eq!(line["@module"], "provider.intune.plugin.log.tests");
    assert_eq!(line["tries"].to_string(), "3");
    assert_eq!(line["slow"], true);
    assert_eq!(line["host"], "graph");
    assert_eq!(line["ratio"], "0.5");
    let timestamp = line["@timestamp"].as_str().unwrap();
    let digits = timestamp.rsplit_once('.').unwrap().1.strip_suffix('Z').unwrap();
    assert_eq!(digits.len(), 6, "{timestamp}");
}

#[test]
fn the_fields_of_outer_spans_are_repeated_and_the_inner_one_wins() {
    let lines = logged(LevelFilter::INFO, || {
        let outer = info_span!("outer", tf_rpc = "ReadResource", attempt = 1);
        let _outer = outer.enter();
        let inner = info_span!("inner", attempt = 2, later = tracing::field::Empty);
        inner.record("later", "known");
        let _inner = inner.enter();
        info!("inside");
    });
    assert_eq!(lines[0]["tf_rpc"], "ReadResource");
    assert_eq!(lines[0]["attempt"].to_string(), "2");
    assert_eq!(lines[0]["later"], "known");
}

#[test]
fn dependencies_only_warn_whatever_the_level() {
    let lines = logged(LevelFilter::TRACE, || {
        debug!(target: "reqwest::connect", "secret");
        info!(target: "terraform_provider_intune_look_alike", "secret");
        warn!(target: "h2::proto", "odd");
        debug!("ours");
    });
    let messages: Vec<_> = lines.iter().map(|line| line["@message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["odd", "ours"]);
    assert_eq!(lines[0]["@module"], "provider.intune.h2.proto");
}

#[test]
fn dependencies_do_not_warn_when_only_errors_are_wanted() {
    let lines = logged(LevelFilter::ERROR, || {
        warn!(target: "h2", "odd");
        error!(target: "h2", "broken");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["@message"], "broken");
}

#[test]
fn neither_a_field_nor_a_message_can_forge_what_terraform_reads() {
    let lines = logged(LevelFilter::INFO, || {
        info!({ "@level" } = 7, "{}", "one\n{\"@level\":\"error\"}");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["@level"], "info");
    assert_eq!(lines[0]["level"].to_string(), "7");
}

#[test]
fn a_long_text_is_shortened_between_characters() {
    let lines = logged(LevelFilter::INFO, || info!("{}", "ü".repeat(LONGEST_TEXT)));
    let message = lines[0]["@message"].as_str().unwrap();
    assert!(message.len() < LONGEST_TEXT + 8 && message.ends_with("ü…"));
}

#[test]
fn timestamps_are_those_of_the_calendar() {
    let at = |seconds, micros| {
        timestamp(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros))
    };
    assert_eq!(at(0, 0), "1970-01-01T00:00:00.000000Z");
    assert_eq!(at(951_782_399, 7), "2000-02-28T23:59:59.000007Z");
    assert_eq!(at(951_782_400, 0), "2000-02-29T00:00:00.000000Z");
    assert_eq!(at(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z");
    assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    assert_eq!(at(13_574_563_200, 0), "2400-02-29T00:00:00.000000Z");
}

#[test]
fn every_day_of_four_centuries_follows_the_day_before() {
    let mut before = civil_date(0);
    for day in 1..=146_097 {
        let (year, month, date) = civil_date(day);
        let next_day = (year, month) == (before.0, before.1) && date == before.2 + 1;
        let next_month =
            date == 1 && before.2 >= 28 && (year * 12 + month) == (before.0 * 12 + before.1 + 1);
        assert!(next_day || next_month, "{before:?} is followed by {:?}", (year, month, date));
        before = (year, month, date);
    }
    assert_eq!(before, (2370, 1, 1));
}
