//! Random faults, and random ends of Terraform and the plugin, over several applies of the real command
//! line; then somebody does what was told. Must not know how the plugin does it.
//!
//! I1: whatever was made is in state, or its id was told. I2: no id is held twice, and what is there besides
//! was named. I3: nothing of somebody else's is touched. I4: whoever does what was told comes to an empty plan.
//! Besides: no process, socket or file is left, and no plugin needs more memory than at the start.
//!
//! `STORM_SEED=17` plays that schedule only, `STORM_SCHEDULES=50` more of them, `STORM_MINUTES=30` as many as
//! fit into half an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::timeout;

use super::Stage;
use super::stage::unframed;
use crate::chaos::chance::Chance;
use crate::emulator::{Effect, Fault, Options};
use crate::processes::{children, ended, peak, signal, until};

const TYPE: &str = "intune_dep_enrollment_profile";
/// The longest that one apply, or a plugin whose host is gone, may take.
const LONGEST: Duration = Duration::from_secs(180);
/// Far above what a plugin needs for a handful of profiles, test build included.
const MUCH: u64 = 150 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_left_behind_however_processes_end() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let until =
        number("STORM_MINUTES").map(|minutes| Instant::now() + 60 * Duration::from_secs(minutes));
    let seeds = match (number("STORM_SEED"), number("STORM_SCHEDULES")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(count)) => 0..count,
        (None, None) => 0..if until.is_some() { u64::MAX } else { 2 },
    };
    let mut all = Report::default();
    for seed in seeds {
        if until.is_some_and(|until| Instant::now() > until) {
            break;
        }
        let mut storm = Storm::start(seed).await;
        storm.run().await;
        all.add(&storm.report);
        if until.is_some() {
            // Whoever waits for half an hour wants to see that something happens.
            crate::told(&format!("STORM_SEED={seed}: {all:?}"));
        }
    }
    assert!(all.objects > 0 && all.applies > 0, "{all:?}");
}

/// How a process that has begun to apply comes to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    ByItself,
    /// Ctrl-C, and SIGTERM, to the whole group.
    Interrupt,
    InterruptTwice,
    Terminate,
    KillTerraform,
    KillPlugin,
}

const ENDS: [End; 6] = [
    End::ByItself,
    End::Interrupt,
    End::InterruptTwice,
    End::Terminate,
    End::KillTerraform,
    End::KillPlugin,
];

#[derive(Debug, Default)]
struct Report {
    applies: usize,
    objects: usize,
    ended_early: usize,
    imports: usize,
    /// The most that a plugin had resident, in MiB.
    memory: u64,
}

impl Report {
    fn add(&mut self, other: &Self) {
        self.applies += other.applies;
        self.objects += other.objects;
        self.ended_early += other.ended_early;
        self.imports += other.imports;
        self.memory = self.memory.max(other.memory);
    }
}

struct Storm {
    seed: u64,
    chance: Chance,
    stage: Stage,
    sockets: tempfile::TempDir,
    /// The description of each profile that is wanted.
    wanted: BTreeMap<String, usize>,
    imports: BTreeMap<String, String>,
    /// Somebody else's, with the names of ours.
    foreign: BTreeMap<String, Value>,
    /// Everything that was printed, and what happened in between.
    printed: String,
    report: Report,
}

impl Storm {
    async fn start(seed: u64) -> Self {
        let sockets = tempfile::tempdir().unwrap();
        let mut stage = Stage::with(Options::default()).await;
        stage.workspace = stage.workspace.with("TMPDIR", &sockets.path().display().to_string());
        let mut chance = Chance::new(seed);
        let wanted: BTreeMap<_, _> =
            (0..chance.between(2, 6)).map(|number| (format!("p{number}"), 0)).collect();
        let theirs = json!({ "displayName": "p0", "description": "somebody else's" });
        let id = stage.emulator.put_profile(&stage.token, theirs);
        let foreign = profiles(&stage).into_iter().filter(|(own, _)| *own == id).collect();
        stage.main("");
        stage.init().await;
        Self {
            seed,
            chance,
            stage,
            sockets,
            wanted,
            imports: BTreeMap::new(),
            foreign,
            printed: String::new(),
            report: Report::default(),
        }
    }

    async fn run(&mut self) {
        for round in 0..self.chance.between(2, 3) {
            if round > 0 {
                self.change();
            }
            let end = *self.chance.pick(&ENDS);
            self.apply_in_bad_weather(round, end).await;
        }
        self.stage.emulator.clear_faults();
        self.stage.emulator.open_every_gate();
        self.stage.emulator.catch_up();
        self.calm().await;
        self.hold().await;
    }

    /// The person changes a line, or wants a profile more or less.
    fn change(&mut self) {
        let names: Vec<_> = self.wanted.keys().cloned().collect();
        let name = self.chance.pick(&names).clone();
        match self.chance.below(4) {
            0 if names.len() > 1 => {
                self.wanted.remove(&name);
                self.imports.remove(&name);
            }
            1 => drop(self.wanted.insert(format!("p{}", names.len() + 10), 0)),
            _ => *self.wanted.get_mut(&name).unwrap() += 1,
        }
    }

    fn configure(&self) {
        let blocks = self.wanted.iter().map(|(name, changes)| {
            format!(
                "resource \"{TYPE}\" \"{name}\" {{\n  dep_onboarding_setting_id = {:?}\n  \
                 display_name = {name:?}\n  description = \"{changes}\"\n}}\n",
                self.stage.token
            )
        });
        let imports = self
            .imports
            .iter()
            .map(|(name, id)| format!("import {{\n  to = {TYPE}.{name}\n  id = {id:?}\n}}\n"));
        self.stage.main(&blocks.chain(imports).collect::<String>());
    }

    async fn apply_in_bad_weather(&mut self, round: usize, end: End) {
        let gate = format!("gate {round}");
        for _ in 0..self.chance.below(4) {
            let fault = fault(&mut self.chance);
            self.stage.emulator.fault(fault);
        }
        let method = *self.chance.pick(&["POST", "POST", "PATCH", "DELETE", "GET"]);
        let hold = match self.chance.once_in(2) {
            true => Effect::CommitThenHold { gate: gate.clone() },
            false => Effect::HoldBeforeCommit { gate: gate.clone() },
        };
        let after = self.chance.below(3);
        self.stage.emulator.fault(Fault::new(method, "enrollmentProfiles", hold).after(after));
        self.printed += &format!("\n== round {round}: {end:?} at {method} {after}\n");
        self.configure();

        let mut command = self.stage.workspace.command(["apply", "-auto-approve"]);
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let terraform = command.spawn().unwrap();
        let process = terraform.id().unwrap();
        let output = terraform.wait_with_output();
        tokio::pin!(output);
        let early = tokio::select! {
            output = &mut output => Err(output),
            () = self.stage.emulator.arrivals(&gate, 1) => Ok(()),
        };
        let mut plugins = Vec::new();
        let output = match early {
            Err(output) => output,
            Ok(()) => {
                plugins = children(process);
                self.report.ended_early += usize::from(end != End::ByItself);
                self.note_memory(&plugins);
                self.bring_about(end, process, &plugins);
                self.stage.emulator.open_gate(&gate);
                match timeout(LONGEST, &mut output).await {
                    Ok(output) => output,
                    Err(_) => panic!("STORM_SEED={}: hangs\n{}", self.seed, self.printed),
                }
            }
        };
        self.report.applies += 1;
        let output = output.unwrap();
        self.printed += &String::from_utf8_lossy(&output.stdout);
        self.printed += &String::from_utf8_lossy(&output.stderr);
        for plugin in &plugins {
            ended(*plugin).await;
        }
        self.swept(end == End::KillPlugin).await;
    }

    fn bring_about(&self, end: End, terraform: u32, plugins: &[u32]) {
        let group = -i64::from(terraform);
        match end {
            End::ByItself => {}
            End::Interrupt => assert!(signal("INT", group)),
            End::InterruptTwice => assert!(signal("INT", group) && signal("INT", group)),
            End::Terminate => assert!(signal("TERM", group)),
            End::KillTerraform => assert!(signal("KILL", terraform.into())),
            End::KillPlugin => plugins.iter().for_each(|plugin| {
                signal("KILL", (*plugin).into());
            }),
        }
    }

    fn note_memory(&mut self, plugins: &[u32]) {
        let most = plugins.iter().filter_map(|plugin| peak(*plugin)).max().unwrap_or_default();
        assert!(most < MUCH, "STORM_SEED={}: {most} bytes", self.seed);
        self.report.memory = self.report.memory.max(most >> 20);
    }

    /// No socket is left: a plugin takes its own away, except one that was killed.
    async fn swept(&self, killed: bool) {
        let left = || fs::read_dir(self.sockets.path()).unwrap().filter_map(Result::ok);
        if killed {
            left().for_each(|entry| drop(fs::remove_dir_all(entry.path())));
        }
        until("the end of every socket", LONGEST, || left().next().is_none()).await;
    }

    /// The weather is good, and the person does what is told until there is nothing left to do.
    async fn calm(&mut self) {
        for _ in 0..6 {
            self.configure();
            let run = self.stage.workspace.run(["apply", "-auto-approve"]).await.unwrap();
            self.report.applies += 1;
            self.printed += &format!("\n== calm\n{}", run.output);
            if run.code == Some(0) {
                return;
            }
            self.follow(&run.output);
        }
        panic!("STORM_SEED={}: no end\n{}", self.seed, self.printed);
    }

    /// Pastes the import blocks, each id once, and takes those out that name nothing any more.
    fn follow(&mut self, output: &str) {
        for problem in unframed(output).split("Error: ").skip(1) {
            let named = problem.split(&format!("with {TYPE}.")).nth(1);
            let Some((name, _)) = named.and_then(|rest| rest.split_once(',')) else { continue };
            if problem.contains("not imported") {
                self.imports.remove(name);
            }
            let offered = problem
                .split("import {")
                .skip(1)
                .filter_map(|block| block.split_once("id = \"")?.1.split('"').next());
            let held: BTreeSet<_> = self.imports.values().cloned().collect();
            let ours = offered.filter(|id| !self.foreign.contains_key(*id) && !held.contains(*id));
            if let Some(id) = ours.last() {
                self.imports.insert(name.to_owned(), id.to_owned());
                self.report.imports += 1;
            }
        }
    }

    /// The invariants.
    async fn hold(&mut self) {
        let seed = self.seed;
        let plan = ["plan", "-detailed-exitcode"];
        let plan = self.stage.workspace.run(plan).await.unwrap();
        self.printed += &plan.output;
        assert_eq!(plan.code, Some(0), "STORM_SEED={seed}: I4\n{}", self.printed);
        let state = self.stage.workspace.run(["show", "-json"]).await.unwrap().stdout;
        let state: Value = serde_json::from_str(&state).unwrap();
        let resources = state["values"]["root_module"]["resources"].as_array().unwrap();
        let held: Vec<_> =
            resources.iter().map(|one| one["values"]["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(held.len(), self.wanted.len(), "STORM_SEED={seed}: I4\n{}", self.printed);
        let once: BTreeSet<_> = held.iter().collect();
        assert_eq!(once.len(), held.len(), "STORM_SEED={seed}: I2\n{}", self.printed);
        let stored = profiles(&self.stage);
        for id in stored.keys() {
            let is_known = once.contains(id) || self.foreign.contains_key(id);
            let is_told = self.printed.contains(id.as_str());
            assert!(is_known || is_told, "STORM_SEED={seed}: I1 {id}\n{}", self.printed);
        }
        for (id, theirs) in &self.foreign {
            assert!(!once.contains(id), "STORM_SEED={seed}: I3\n{}", self.printed);
            assert_eq!(stored.get(id), Some(theirs), "STORM_SEED={seed}: I3\n{}", self.printed);
        }
        self.swept(false).await;
        for file in files(self.stage.workspace.directory()) {
            let is_expected = ["main.tf", "provider.tf"].contains(&file.as_str())
                || file.starts_with(".terraform")
                || file.starts_with("terraform.tfstate");
            assert!(is_expected, "STORM_SEED={seed}: {file} is left");
        }
        self.report.objects += stored.len();
    }
}

/// Faults that are over in a second or two: the clock of processes cannot be turned.
fn fault(chance: &mut Chance) -> Fault {
    let status = |code, wait: Option<&str>| {
        let headers = wait.map(|wait| ("Retry-After".to_owned(), wait.to_owned()));
        Effect::Status { code, headers: headers.into_iter().collect(), body: Value::Null }
    };
    let committed =
        |code| Effect::CommitThenStatus { code, headers: Vec::new(), body: Value::Null };
    let (method, effect) = match chance.below(12) {
        0 | 1 => ("POST", Effect::CommitThenDrop),
        2 => ("POST", committed(*chance.pick(&[500, 502, 503]))),
        3 => ("POST", Effect::OmitProperty { name: "id".to_owned() }),
        4 => ("POST", Effect::DropBeforeCommit),
        5 => ("POST", status(429, Some("1"))),
        6 => ("POST", Effect::NotFoundAfterCreate { reads: 1 }),
        7 => ("POST", status(*chance.pick(&[400, 403]), None)),
        8 => ("PATCH", Effect::CommitThenDrop),
        9 => ("DELETE", Effect::CommitThenDrop),
        10 => ("GET", status(*chance.pick(&[500, 503]), Some("1"))),
        _ => ("GET", Effect::DropBeforeCommit),
    };
    Fault::new(method, "enrollmentProfiles", effect).after(chance.below(4))
}

/// What Graph holds, by id.
fn profiles(stage: &Stage) -> BTreeMap<String, Value> {
    let all = stage.emulator.profiles(&stage.token).into_iter();
    all.map(|one| (one["id"].as_str().unwrap().to_owned(), one)).collect()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
