//! One schedule: some applies in bad weather, then a person who does what was told, and the four invariants;
//! everything in it follows from its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_provider_intune::value::Value;
use tokio::time::{Instant, sleep};

use super::chance::Chance;
use super::person;
use super::terraform::{Block, Ending, Moment, Name, Terraform, Told};
use super::weather;
use crate::emulator::{Effect, Emulator, Fault, Options};

/// What a schedule that went well has to say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Report {
    pub(super) objects: usize,
    /// Identical profiles of somebody else, made at the same time, that were taken for ours.
    pub(super) taken: usize,
    pub(super) requests: usize,
    pub(super) imports: usize,
    pub(super) warnings: usize,
    pub(super) errors: usize,
    /// On the clock of the schedule.
    pub(super) time: Duration,
}

impl Report {
    /// Of this and another schedule together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            objects: self.objects + other.objects,
            taken: self.taken + other.taken,
            requests: self.requests + other.requests,
            imports: self.imports + other.imports,
            warnings: self.warnings + other.warnings,
            errors: self.errors + other.errors,
            time: self.time + other.time,
        }
    }
}

pub(super) struct Schedule {
    chance: Chance,
    pub(super) emulator: Emulator,
    tokens: Vec<String>,
    pub(super) terraform: Terraform,
    /// Every text that was told.
    pub(super) printed: String,
    /// What happened, for whoever has to find out why.
    story: Vec<String>,
    /// Ids of somebody else's that are in state, and may be.
    taken: BTreeSet<String>,
    /// Names of profiles of which somebody was told to look whether there are more.
    unseen: BTreeSet<String>,
    /// Names of profiles that were adopted.
    adopted: BTreeSet<String>,
    /// Resources that hold such an id, or held one.
    mistaken: BTreeSet<Name>,
    named: usize,
    report: Report,
}

impl Schedule {
    pub(super) async fn start(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let tokens = (0..chance.between(1, 3)).map(|number| format!("Token {number}")).collect();
        let options = Options {
            page_size: *chance.pick(&[3, 20, 100]),
            largest_page: *chance.pick(&[0, 7, 1000]),
            default_is_deletable: true,
            patch_answers_body: chance.once_in(2),
            tokens,
            ..Options::default()
        };
        let emulator = Emulator::start(options).await.unwrap();
        let tokens = emulator.tokens().into_iter().map(|(id, _)| id).collect();
        Self {
            chance,
            emulator,
            tokens,
            terraform: Terraform::default(),
            printed: String::new(),
            story: Vec::new(),
            taken: BTreeSet::new(),
            unseen: BTreeSet::new(),
            adopted: BTreeSet::new(),
            mistaken: BTreeSet::new(),
            named: 0,
            report: Report::default(),
        }
    }

    /// The whole schedule.
    ///
    /// # Errors
    ///
    /// With the story, when an invariant is broken.
    pub(super) async fn run(mut self) -> Result<Report, String> {
        let started = Instant::now();
        self.write_configuration();
        for _ in 0..self.chance.between(1, 3) {
            self.apply_in_bad_weather().await;
            self.edit_configuration();
        }
        // What is told may be out of date once it is done: an object that was offered is gone by then.
        for _ in 0..3 {
            let is_advised = self.apply("in good weather", 10, &Ending::Whole).await;
            if !is_advised {
                break;
            }
        }
        self.nothing_is_lost();
        self.converges().await;
        self.report.time = started.elapsed();
        self.report.requests = self.emulator.requests().len();
        self.report.taken = self.taken.len();
        if self.terraform.breaches.is_empty() {
            return Ok(self.report);
        }
        self.terraform.breaches.dedup();
        let (breaches, story) = (self.terraform.breaches.join("\n"), self.story.join("\n"));
        Err(format!("{breaches}\n\nafter\n{story}"))
    }

    fn write_configuration(&mut self) {
        let count = if self.chance.once_in(4) {
            self.chance.between(24, 64)
        } else {
            self.chance.between(10, 24)
        };
        for _ in 0..count {
            self.add_block();
        }
        if self.chance.once_in(3) {
            let names: Vec<_> = self.terraform.config.keys().cloned().collect();
            let name = self.chance.pick(&names).clone();
            if let Some(block) = self.terraform.config.get_mut(&name) {
                block.lines.insert("is_default", Value::Bool(true));
            }
        }
        // Somebody was here before: with another profile of a name that is wanted, or with the very same.
        for block in self.terraform.config.clone().values() {
            match self.chance.below(40) {
                0 => self.foreign(block, json!({ "description": "here before" })),
                1 => self.foreign(block, json!({})),
                _ => {}
            }
        }
    }

    fn add_block(&mut self) {
        self.named += 1;
        let name = format!("p{:02}", self.named);
        let mut last = self.terraform.config.values().last().cloned();
        if let Some(last) = &mut last {
            // Two defaults of one token would take it from each other for ever.
            last.lines.remove("is_default");
        }
        let block = match (self.chance.below(16), last) {
            // Names need not be unique, nor anything else.
            (0, Some(last)) => last,
            (1, Some(last)) => Block { lines: self.lines(), ..last },
            _ => Block {
                token: self.chance.pick(&self.tokens).clone(),
                display_name: format!("Profile {}", self.named),
                lines: self.lines(),
            },
        };
        self.terraform.config.insert(name, block);
    }

    fn lines(&mut self) -> BTreeMap<&'static str, Value> {
        let mut lines = BTreeMap::new();
        for (flag, _) in FLAGS {
            if self.chance.once_in(4) {
                lines.insert(flag, Value::Bool(!self.chance.once_in(4)));
            }
        }
        if self.chance.once_in(2) {
            let text = format!("Number {}", self.chance.below(1000));
            lines.insert("description", Value::text(text));
        }
        if self.chance.once_in(8) {
            let short = |operation: &str| (operation.to_owned(), Value::text("45s"));
            let unset = |operation: &str| (operation.to_owned(), Value::Null);
            let limits = [short("create"), unset("read"), short("update"), short("delete")];
            lines.insert("timeouts", Value::Object(limits.into()));
        }
        lines
    }

    /// Only what came to state and is there is changed: who gives a resource another name after a create
    /// whose outcome nobody knows, be it of a replacement, will not be told of what that create made.
    fn edit_configuration(&mut self) {
        let there = self.ids();
        for name in self.terraform.config.keys().cloned().collect::<Vec<_>>() {
            if !self.terraform.state.get(&name).is_some_and(|kept| there.contains(kept.id())) {
                continue;
            }
            let lines = self.lines();
            let token = self.chance.pick(&self.tokens).clone();
            let Some(block) = self.terraform.config.get_mut(&name) else { continue };
            match self.chance.below(16) {
                0..4 => block.lines = lines,
                4 => block.token = token,
                5 => {
                    self.terraform.config.remove(&name);
                }
                _ => {}
            }
        }
        for _ in 0..self.chance.below(4) {
            self.add_block();
        }
    }

    async fn apply_in_bad_weather(&mut self) {
        let number = self.story.len();
        let faults = self.chance.below(self.terraform.config.len().min(24) + 1);
        for fault in 0..faults {
            let gate = format!("{number}-{fault}");
            let weather::Trouble { fault, gate } = weather::trouble(&mut self.chance, &gate);
            self.story.push(format!("{fault:?}, opens {gate:?}"));
            self.emulator.fault(fault);
            if let Some((gate, time)) = gate {
                let emulator = self.emulator.handle();
                tokio::spawn(async move {
                    emulator.arrivals(&gate, 1).await;
                    sleep(time).await;
                    emulator.open_gate(&gate);
                });
            }
        }
        let parallelism = *self.chance.pick(&[1, 10, 10, 64]);
        let ending = self.ending(number);
        self.apply("in bad weather", parallelism, &ending).await;
        self.emulator.clear_faults();
        // Nobody runs it again at once: what was on its way arrives, and every replica catches up.
        self.emulator.open_every_gate();
        sleep(Duration::from_secs(60) + self.chance.seconds(600)).await;
        self.emulator.catch_up();
    }

    fn ending(&mut self, number: usize) -> Ending {
        let moment = if self.chance.once_in(2) {
            Moment::After(self.chance.seconds(90))
        } else {
            let gate = format!("{number}-end");
            let (method, target) = *self.chance.pick(&[
                ("POST", "/enrollmentProfiles"),
                ("PATCH", ""),
                ("DELETE", ""),
            ]);
            let effect = match self.chance.below(3) {
                0 => Effect::HoldBeforeCommit { gate: gate.clone() },
                _ => Effect::CommitThenHold { gate: gate.clone() },
            };
            let fault = Fault::new(method, target, effect).after(self.chance.below(12));
            self.emulator.fault(fault);
            Moment::Gate(gate)
        };
        match self.chance.below(8) {
            0 => Ending::Stop(moment),
            1 => Ending::Kill(moment),
            2 => Ending::HangUp(moment),
            _ => Ending::Whole,
        }
    }

    /// One apply; afterwards somebody does what was told. Answers whether there was anything to do.
    async fn apply(&mut self, weather: &str, parallelism: usize, ending: &Ending) -> bool {
        let before = self.ids();
        let started = Instant::now();
        let (told, whole) = self.terraform.apply(&self.emulator, parallelism, ending).await;
        let time = started.elapsed();
        self.story.push(format!("applied {weather}, {ending:?}: whole {whole}, {time:?}"));
        self.listen(&told);
        self.nothing_is_stolen(&before);
        self.nothing_is_held_twice();
        let advice = person::follow(self, &told);
        self.report.imports += self.terraform.imports.len();
        let is_advised = !advice.is_empty();
        self.story.extend(advice);
        is_advised
    }

    fn listen(&mut self, told: &Told) {
        for (name, one) in told {
            let text = format!("{name}: {:?}: {}: {}", one.severity, one.summary, one.detail);
            let profile = one.detail.split('"').nth(1).unwrap_or_default().to_owned();
            // Two that are equal share what appears, be it another's that the service made twice.
            let is_shared =
                one.detail.contains("look in the Intune admin center whether there are two")
                    && !self.adopted.insert(profile.clone());
            if is_shared || one.detail.contains("could not be listed in the minute after it") {
                self.unseen.insert(profile);
            }
            self.printed.push_str(&text);
            self.story.push(text);
            *(if one.is_error() { &mut self.report.errors } else { &mut self.report.warnings }) +=
                1;
        }
    }

    /// Somebody else makes what a block would make, with these changes.
    fn foreign(&self, block: &Block, changes: Json) {
        let mut properties = json!({ "displayName": block.display_name });
        for (line, graph) in FLAGS.into_iter().chain([("description", "description")]) {
            let value = match block.lines.get(line) {
                Some(Value::Bool(value)) => json!(value),
                Some(value) => json!(value.as_text()),
                None => continue,
            };
            properties[graph] = value;
        }
        for (name, value) in changes.as_object().unwrap() {
            properties[name] = value.clone();
        }
        self.emulator.put_profile(&block.token, properties);
    }

    /// The ids of everything that Graph holds.
    fn ids(&self) -> BTreeSet<String> {
        let profiles = self.tokens.iter().flat_map(|token| self.emulator.profiles(token));
        profiles.map(|profile| profile["id"].as_str().unwrap().to_owned()).collect()
    }

    /// I3: only what was not there before may be taken by mistake.
    fn nothing_is_stolen(&mut self, before: &BTreeSet<String>) {
        for (name, kept) in &self.terraform.state {
            let id = kept.id();
            if !self.emulator.is_foreign(id) || self.taken.contains(id) {
                continue;
            }
            if before.contains(id) {
                self.terraform.breaches.push(format!("I3: {name} holds {id}, which is not ours"));
            }
            self.taken.insert(id.to_owned());
            self.mistaken.insert(name.clone());
        }
    }

    /// I2: one object is never two resources'.
    fn nothing_is_held_twice(&mut self) {
        let ids: Vec<_> = self.terraform.state.values().map(|kept| kept.id().to_owned()).collect();
        for id in ids {
            let holders: Vec<_> = self.terraform.holders(&id).into_iter().cloned().collect();
            if holders.len() > 1 {
                self.terraform.breaches.push(format!("I2: {id} is held by {holders:?}"));
            }
        }
    }

    /// I1, and with it the rest of I2: whatever we made is in state, or was named.
    ///
    /// Who has somebody else's in the place of what we made will not hear of ours.
    fn nothing_is_lost(&mut self) {
        for id in self.ids() {
            let is_known = !self.terraform.holders(&id).is_empty()
                || self.printed.contains(&id)
                || self.emulator.is_foreign(&id)
                || self.name_of(&id).is_some_and(|name| self.unseen.contains(&name));
            if !is_known && self.mistaken.is_empty() {
                let told = self.requests_for(&id).join("\n  ");
                let breach = format!("I1: nobody was told of {id}, one of\n  {told}");
                self.terraform.breaches.push(breach);
            }
        }
    }

    fn name_of(&self, id: &str) -> Option<String> {
        let mut profiles = self.tokens.iter().flat_map(|token| self.emulator.profiles(token));
        let profile = profiles.find(|profile| profile["id"] == id)?;
        profile["displayName"].as_str().map(str::to_owned)
    }

    /// Every request that could have made this profile or was for it, in words.
    fn requests_for(&self, id: &str) -> Vec<String> {
        let name = self.name_of(id).map(Json::String).unwrap_or_default();
        let requests = self.emulator.requests().into_iter();
        requests
            .filter(|one| {
                let is_like = one.method == "POST" && one.body["displayName"] == name;
                is_like || one.path.contains(id)
            })
            .map(|one| {
                let status = one.status.map_or_else(|| "closed".to_owned(), |one| one.to_string());
                let name = &one.body["displayName"];
                format!("{} ms: {} {name} {status}", one.milliseconds, one.method)
            })
            .collect()
    }

    /// I4: a last apply does all that is left, and the plan after it is empty.
    async fn converges(&mut self) {
        let (told, whole) = self.terraform.apply(&self.emulator, 10, &Ending::Whole).await;
        self.listen(&told);
        if !whole {
            self.terraform.breaches.push(format!("I4: the last apply fails: {told:?}"));
        }
        let (told, drift) = self.terraform.drift(&self.emulator).await;
        if drift.as_ref().is_none_or(|drift| !drift.is_empty()) {
            self.terraform.breaches.push(format!("I4: the last plan: {drift:?} {told:?}"));
        }
        self.nothing_is_lost();
        self.nothing_is_held_twice();
        let held = self.ids();
        for (name, kept) in &self.terraform.state {
            if !held.contains(kept.id()) {
                let breach = format!("I4: {name} is {}, which is not there", kept.id());
                self.terraform.breaches.push(breach);
            }
        }
        self.report.objects = self.terraform.state.len();
    }
}

/// Flags and Graph's names for them.
const FLAGS: [(&str, &str); 6] = [
    ("siri_disabled", "siriDisabled"),
    ("touch_id_disabled", "touchIdDisabled"),
    ("apple_pay_disabled", "applePayDisabled"),
    ("zoom_disabled", "zoomDisabled"),
    ("is_mandatory", "isMandatory"),
    ("location_disabled", "locationDisabled"),
];
