//! Rules by which the service misbehaves on purpose; must not know what the requests mean.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use tokio::sync::watch;

/// One queued rule: which requests it is for, how many of them, and what happens to those.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    method: String,
    target_contains: String,
    let_through: usize,
    times: usize,
    effect: Effect,
}

impl Fault {
    /// For the next request of this method (`*` is any) whose path and query contain this text as they were sent.
    pub(crate) fn new(method: &str, target_contains: &str, effect: Effect) -> Self {
        Self {
            method: method.to_owned(),
            target_contains: target_contains.to_owned(),
            let_through: 0,
            times: 1,
            effect,
        }
    }

    /// For so many requests instead of one; `usize::MAX` is for ever.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Lets so many matching requests pass first.
    pub(crate) fn after(self, let_through: usize) -> Self {
        Self { let_through, ..self }
    }

    fn matches(&self, method: &str, target: &str) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && target.contains(&self.target_contains)
    }
}

/// What happens to a request. "Commit" is the moment at which the service does what was asked.
///
/// A held request goes on when its gate is opened, also when its client has left: so a gate that opens late is a
/// commit that lands late.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub(crate) enum Effect {
    /// Nothing is done; this is answered. Without a body it is Graph's error body for the status.
    Status {
        code: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: Value,
    },
    /// It is done, and this is answered nevertheless.
    CommitThenStatus {
        code: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: Value,
    },
    /// The connection is closed without an answer, and nothing was done.
    DropBeforeCommit,
    /// It is done, and the connection is closed without an answer.
    CommitThenDrop,
    /// It is done twice, as by a service that repeats its own write; the second answer is sent.
    CommitTwice,
    /// It is done, and in the same moment somebody else makes the same with these changes.
    ForeignTwin { changes: Value },
    /// The first of these happens to what is stored and the second to the answer: a create that is listed late and
    /// whose answer is lost, say.
    Both { stored: Box<Self>, answered: Box<Self> },
    /// The request waits at this gate before anything is done.
    HoldBeforeCommit { gate: String },
    /// It is done, and the answer waits at this gate.
    CommitThenHold { gate: String },
    /// A created profile answers 404 to the next so many requests for its id.
    NotFoundAfterCreate { reads: usize },
    /// A created profile is missing from the next so many listings.
    UnlistedAfterCreate { lists: usize },
    /// A created profile is missing from every listing for so many seconds of tokio's clock.
    UnlistedFor { seconds: u64 },
    /// After an update the next so many reads, by id or in a listing, still see the older version.
    StaleReads { reads: usize },
    /// After a delete the next so many reads, by id or in a listing, still see the profile.
    LingerAfterDelete { reads: usize },
    /// The answer lacks this property, on every element of a listing too.
    OmitProperty { name: String },
    /// The answer has this value for this property, on every element of a listing too.
    SetProperty { name: String, value: Value },
    /// The answer keeps its status and has another body. In JSON the bytes are written in Base64.
    ReplaceBody {
        #[serde(deserialize_with = "base64_bytes")]
        bytes: Vec<u8>,
        content_type: String,
    },
    /// The answer announces its whole length; the connection is closed after so many bytes of the body.
    Truncate { bytes: usize },
    /// The answer stops after so many bytes of the body until this gate is opened.
    Stall { bytes: usize, gate: String },
}

impl Effect {
    /// What happens to the answer and its connection.
    pub(crate) fn answered(&self) -> &Self {
        match self {
            Self::Both { answered, .. } => answered.answered(),
            effect => effect,
        }
    }

    /// Whether it happens to a connection, which a request inside a batch has not of its own.
    fn needs_connection(&self) -> bool {
        matches!(
            self.answered(),
            Self::DropBeforeCommit
                | Self::CommitThenDrop
                | Self::HoldBeforeCommit { .. }
                | Self::CommitThenHold { .. }
                | Self::ReplaceBody { .. }
                | Self::Truncate { .. }
                | Self::Stall { .. }
        )
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Origin {
    Connection,
    Batch,
}

/// The queue of rules.
#[derive(Default)]
pub(crate) struct Faults {
    queue: Vec<Fault>,
}

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.queue.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }

    /// The effect for this request: of the first rule that is for it and not used up.
    pub(crate) fn pick(&mut self, method: &str, target: &str, origin: Origin) -> Option<Effect> {
        let mut picked = None;
        for fault in &mut self.queue {
            let is_possible = origin == Origin::Connection || !fault.effect.needs_connection();
            if !is_possible || !fault.matches(method, target) {
                continue;
            }
            if fault.let_through > 0 {
                fault.let_through -= 1;
            } else if fault.times > 0 {
                // For ever is a count that does not go down.
                fault.times -= usize::from(fault.times != usize::MAX);
                picked = Some(fault.effect.clone());
                break;
            }
        }
        self.queue.retain(|fault| fault.times > 0);
        picked
    }
}

/// Named places where requests wait until a test lets them go on. An opened gate stays open.
pub(crate) struct Gates {
    state: watch::Sender<BTreeMap<String, Gate>>,
}

#[derive(Default)]
struct Gate {
    is_open: bool,
    arrived: usize,
}

impl Gates {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(BTreeMap::new()) }
    }

    /// Waits until the gate is open.
    pub(crate) async fn pass(&self, name: &str) {
        self.change(name, |gate| gate.arrived += 1);
        self.until(name, |gate| gate.is_open).await;
    }

    /// Lets go whoever waits and whoever comes later.
    pub(crate) fn open(&self, name: &str) {
        self.change(name, |gate| gate.is_open = true);
    }

    /// Opens every gate that anybody has come to.
    pub(crate) fn open_all(&self) {
        self.state.send_modify(|gates| gates.values_mut().for_each(|gate| gate.is_open = true));
    }

    /// Waits until so many requests have come to the gate.
    pub(crate) async fn arrivals(&self, name: &str, count: usize) {
        self.until(name, |gate| gate.arrived >= count).await;
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Gate)) {
        self.state.send_modify(|gates| change(gates.entry(name.to_owned()).or_default()));
    }

    async fn until(&self, name: &str, is_reached: impl Fn(&Gate) -> bool) {
        let mut receiver = self.state.subscribe();
        let wanted = |gates: &BTreeMap<String, Gate>| gates.get(name).is_some_and(&is_reached);
        // The only error is that the sender is gone, and it is borrowed here.
        let _ = receiver.wait_for(wanted).await;
    }
}

fn base64_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(de::Error::custom)
}
