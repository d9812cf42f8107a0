//! What was measured, and how it is told: a table, two CSV files, the README's section; measures nothing.

use std::fmt::Write;
use std::time::Duration;

use crate::refresh::Refresh;
use crate::stage::Subject;
use crate::start::Start;

/// One command, at one number of profiles and one latency.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) subject: Subject,
    /// `plan` or `apply`.
    pub(crate) command: &'static str,
    pub(crate) profiles: usize,
    /// In milliseconds; none where the subject asks no service.
    pub(crate) latency: Option<u64>,
    pub(crate) wall: Duration,
    /// HTTP requests, that for an access token among them.
    pub(crate) requests: Option<usize>,
    /// In bytes.
    pub(crate) plugin_peak: Option<u64>,
}

/// What starts and stops are like.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    pub(crate) name: String,
    /// Of the program file, in bytes.
    pub(crate) size: u64,
    pub(crate) start: Start,
}

/// All that one run of the benchmark measured.
#[derive(Debug)]
pub(crate) struct Results {
    /// The machine and the command line, for people.
    pub(crate) setting: String,
    /// Ours first.
    pub(crate) started: Vec<Started>,
    /// `terraform validate` with one profile, and with one `terraform_data`.
    pub(crate) validate: (Duration, Duration),
    pub(crate) refreshes: Vec<Refresh>,
    pub(crate) rows: Vec<Row>,
}

/// A number that we promise.
#[derive(Debug)]
pub(crate) struct Target {
    what: String,
    measured: String,
    most: String,
    met: bool,
}

const MIB: f64 = 1024.0 * 1024.0;

impl Results {
    /// The row of these, if it was measured.
    pub(crate) fn row(
        &self,
        subject: Subject,
        command: &str,
        profiles: usize,
        latency: Option<u64>,
    ) -> Option<&Row> {
        self.rows.iter().find(|row| {
            (row.subject, row.command, row.profiles, row.latency)
                == (subject, command, profiles, latency)
        })
    }

    /// Each promised number that this run has measured.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        if let Some(Started { size, start, .. }) = self.started.first() {
            targets.push(Target::milliseconds("start to handshake line", start.handshake, 5.0));
            targets.extend(start.schema.map(|schema| {
                Target::milliseconds("start to first schema, over mutual TLS", schema, 8.0)
            }));
            targets
                .extend(start.idle.map(|idle| Target::mebibytes("resident when idle", idle, 12.0)));
            targets.push(Target::new("program file", *size as f64 / 1e6, 12.0, "MB"));
        }
        let added = self.validate.0.saturating_sub(self.validate.1);
        targets.push(Target::milliseconds(
            "`terraform validate` over Terraform's own",
            added,
            60.0,
        ));
        for (subject, pages) in [
            (Subject::PreferredPages, "pages as preferred"),
            (Subject::Intune, "pages of the service"),
        ] {
            targets.extend(self.ratio(subject, pages, 1000, 50));
        }
        let large = self.refreshes.iter().filter(|refresh| refresh.profiles == 10_000);
        if let Some(peak) = large.filter_map(|refresh| refresh.peak).max() {
            targets.push(Target::mebibytes("most resident, for 10,000 profiles", peak, 100.0));
        }
        targets
    }

    /// How much longer a plan takes than one that asks nobody.
    fn ratio(
        &self,
        subject: Subject,
        pages: &str,
        profiles: usize,
        latency: u64,
    ) -> Option<Target> {
        let with = self.row(subject, "plan", profiles, Some(latency))?;
        let without = self.row(Subject::Floor, "plan", profiles, Some(latency))?;
        let what = format!(
            "plan of {profiles} profiles at {latency} ms, over reads without HTTP, {pages}"
        );
        let ratio = with.wall.as_secs_f64() / without.wall.as_secs_f64();
        Some(Target::new(&what, ratio, 1.1, "times"))
    }

    /// `docs/performance/commands.csv`.
    pub(crate) fn commands_csv(&self) -> String {
        let mut csv =
            "subject,command,profiles,latency_ms,wall_s,requests,plugin_peak_mib\n".to_owned();
        for row in &self.rows {
            let _ = writeln!(
                csv,
                "{},{},{},{},{:.3},{},{}",
                row.subject.name(),
                row.command,
                row.profiles,
                or_empty(row.latency),
                row.wall.as_secs_f64(),
                or_empty(row.requests),
                or_empty(row.plugin_peak.map(mebibytes)),
            );
        }
        csv
    }

    /// `docs/performance/start.csv`.
    pub(crate) fn start_csv(&self) -> String {
        let mut csv = "program,size_mb,handshake_ms,schema_ms,exit_ms,idle_mib\n".to_owned();
        for Started { name, size, start } in &self.started {
            let _ = writeln!(
                csv,
                "{name},{:.1},{},{},{},{}",
                *size as f64 / 1e6,
                milliseconds(start.handshake),
                or_empty(start.schema.map(milliseconds)),
                or_empty(start.exit.map(milliseconds)),
                or_empty(start.idle.map(mebibytes)),
            );
        }
        csv
    }

    /// `docs/performance/refresh.csv`.
    pub(crate) fn refresh_csv(&self) -> String {
        let mut csv = "profiles,latency_ms,wall_s,requests,plugin_peak_mib\n".to_owned();
        for Refresh { profiles, latency, wall, requests, peak } in &self.refreshes {
            let seconds = wall.as_secs_f64();
            let peak = or_empty(peak.map(mebibytes));
            let _ = writeln!(csv, "{profiles},{latency},{seconds:.3},{requests},{peak}");
        }
        csv
    }

    /// The tables in Markdown, which is also what the terminal shows.
    pub(crate) fn tables(&self) -> String {
        let mut text = format!("{}\n\n| | measured | aim |\n|---|---|---|\n", self.setting);
        for target in self.targets() {
            let Target { what, measured, most, met } = target;
            let verdict = if met { "" } else { ", **not met**" };
            let _ = writeln!(text, "| {what} | {measured} | at most {most}{verdict} |");
        }
        if let Some(exit) = self.started.first().and_then(|started| started.start.exit) {
            let _ =
                writeln!(text, "\nThe process ends {} ms after `Shutdown`.", milliseconds(exit));
        }
        text.push_str(
            "\n| | profiles | latency | plan | apply | requests: plan, apply | plugin's peak |\n",
        );
        text.push_str("|---|---|---|---|---|---|---|\n");
        for plan in self.rows.iter().filter(|row| row.command == "plan") {
            let apply = self.row(plan.subject, "apply", plan.profiles, plan.latency);
            let requests = match (plan.requests, apply.and_then(|row| row.requests)) {
                (Some(plan), Some(apply)) => format!("{plan}, {apply}"),
                (Some(plan), None) => plan.to_string(),
                _ => String::new(),
            };
            let peak = plan.plugin_peak.max(apply.and_then(|row| row.plugin_peak));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.2} s | {} | {requests} | {} |",
                plan.subject.name(),
                plan.profiles,
                or_empty(plan.latency.map(|latency| format!("{latency} ms"))),
                plan.wall.as_secs_f64(),
                or_empty(apply.map(|row| format!("{:.2} s", row.wall.as_secs_f64()))),
                or_empty(peak.map(|peak| format!("{} MiB", mebibytes(peak)))),
            );
        }
        text.push_str("\nThe same reads over the protocol, without Terraform's own time:\n\n");
        text.push_str("| profiles | latency | all | each | requests | plugin's peak |\n");
        text.push_str("|---|---|---|---|---|---|\n");
        for Refresh { profiles, latency, wall, requests, peak } in &self.refreshes {
            let seconds = wall.as_secs_f64();
            let _ = writeln!(
                text,
                "| {profiles} | {latency} ms | {seconds:.2} s | {:.2} ms | {requests} | {} |",
                seconds * 1e3 / *profiles as f64,
                or_empty(peak.map(|peak| format!("{} MiB", mebibytes(peak)))),
            );
        }
        text
    }
}

impl Target {
    fn new(what: &str, measured: f64, most: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{measured:.2} {unit}"),
            most: format!("{most} {unit}"),
            met: measured <= most,
        }
    }

    fn milliseconds(what: &str, measured: Duration, most: f64) -> Self {
        Self::new(what, measured.as_secs_f64() * 1e3, most, "ms")
    }

    fn mebibytes(what: &str, measured: u64, most: f64) -> Self {
        Self::new(what, measured as f64 / MIB, most, "MiB")
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1e3)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / MIB)
}

fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
