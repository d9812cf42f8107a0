//! Log lines as Terraform reads them from a plugin's standard error (go-hclog's JSON); knows no secrets and no bodies.
//!
//! Terraform filters too, but only after it has read: what nobody asked for is not even formatted.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry, Scope};

/// The variables that tell a level, the narrowest first.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_INTUNE", "TF_LOG_PROVIDER", "TF_LOG"];
const MODULE: &str = "provider.intune";
const OWN_CRATE: &str = env!("CARGO_CRATE_NAME");
/// Terraform reads lines of up to 64 KiB and takes longer ones for plain text.
const LONGEST_TEXT: usize = 8 << 10;

/// Starts to log if the environment, read with `look_up`, asks for it.
pub fn init(look_up: impl Fn(&str) -> Option<String>) {
    let level = wanted(look_up);
    if level == LevelFilter::OFF {
        return;
    }
    let layer = HclogLayer { level, out: io::stderr };
    // It fails only when something else logs already, which is as good.
    let _ = set_global_default(Registry::default().with(layer));
}

/// The level that the narrowest variable asks for. Terraform takes what it does not know for TRACE.
fn wanted(look_up: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let asked =
        VARIABLES.into_iter().find_map(|name| look_up(name).filter(|text| !text.is_empty()));
    match asked.map(|text| text.to_ascii_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

/// Writes each event, with the fields of the spans around it, as one line to `out`.
struct HclogLayer<M> {
    level: LevelFilter,
    out: M,
}

/// What a span or an event says about itself.
#[derive(Default)]
struct Fields {
    message: String,
    values: BTreeMap<String, Value>,
}

impl<M> HclogLayer<M> {
    /// Dependencies may speak of what they carry, tokens included, so they may only warn.
    fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let level =
            if is_own(metadata.target()) { self.level } else { self.level.min(LevelFilter::WARN) };
        *metadata.level() <= level
    }
}

impl<S, M, W> Layer<S> for HclogLayer<M>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    M: Fn() -> W + 'static,
    W: Write,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.allows(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.values.extend(outer.values.clone());
            }
        }
        event.record(&mut fields);
        let text = line(event.metadata(), fields, SystemTime::now());
        // One write, so that lines do not mix. Terraform may be gone and the pipe closed.
        let _ = (self.out)().write_all(text.as_bytes());
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // `@` marks what belongs to the line itself; Terraform crashes on an `@level` of another type.
        let name = field.name().trim_start_matches('@');
        self.values.insert(name.to_owned(), value);
    }

    fn put_text(&mut self, field: &Field, text: String) {
        let text = shortened(text);
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field, Value::String(text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }
}

/// One line with its line feed. A text in JSON holds none, so a message cannot forge a line.
fn line(metadata: &Metadata<'_>, fields: Fields, now: SystemTime) -> String {
    let mut values = fields.values;
    values.insert("@level".to_owned(), Value::from(level_name(metadata.level())));
    values.insert("@message".to_owned(), Value::String(fields.message));
    values.insert("@module".to_owned(), Value::String(module(metadata.target())));
    values.insert("@timestamp".to_owned(), Value::String(timestamp(now)));
    let mut line = Value::Object(values.into_iter().collect()).to_string();
    line.push('\n');
    line
}

fn level_name(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// `provider.intune.graph.retry` for our own rooms, `provider.intune.h2.proto` for dependencies.
fn module(target: &str) -> String {
    let inner = if is_own(target) { target.trim_start_matches(OWN_CRATE) } else { target };
    let inner = inner.trim_start_matches("::").replace("::", ".");
    if inner.is_empty() { MODULE.to_owned() } else { format!("{MODULE}.{inner}") }
}

fn is_own(target: &str) -> bool {
    target.strip_prefix(OWN_CRATE).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// RFC 3339 in UTC with exactly six digits after the second: go-plugin reads no other number of them.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (year, month, day) = civil_date(since.as_secs() / 86_400);
    let second = since.as_secs() % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day of a day counted from 1970-01-01. A crate for dates would bring zones,
/// parsers and formats for these few lines.
///
/// A year is taken to begin in March: the leap day is then its last, and every month before it
/// starts at the same day of the year, `(153 * month + 2) / 5`.
fn civil_date(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_MARCH_OF_YEAR_0_TO_1970: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;

    let days = days + DAYS_FROM_MARCH_OF_YEAR_0_TO_1970;
    let (cycle, day_of_cycle) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    // Leap days come every 4 years, but not every 100, and the last day of the cycle is one.
    let leap_days = day_of_cycle / 1_460 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days + day_of_cycle / 36_524) / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * cycle + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
