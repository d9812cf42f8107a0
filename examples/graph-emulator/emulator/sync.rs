//! How a token stands with Apple: when it was synced, and how the next sync goes; must not know HTTP.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::clock;

/// Intune accepts a sync by hand once in this time.
const REST: Duration = Duration::from_secs(15 * 60);

/// A moment before any test.
const LONG_AGO: &str = "2026-01-05T08:00:00Z";

/// The syncs of one token.
#[derive(Default)]
pub(crate) struct Syncs {
    triggered: Option<SystemTime>,
    succeeded: Option<SystemTime>,
    error: i64,
    /// What goes on between Intune and Apple.
    under_way: Option<Course>,
    next: Course,
}

/// How a sync goes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Course {
    /// So many times the token is read before it ends.
    pub(crate) reads: u32,
    /// What Apple answers.
    pub(crate) code: i64,
    /// Whether Intune counts it as a success, whatever the code.
    pub(crate) succeeds: bool,
}

impl Syncs {
    /// Lets the syncs that are asked for from now on go like this.
    pub(crate) fn go(&mut self, course: Course) {
        self.next = course;
    }

    /// Lets the last one lie so far back.
    pub(crate) fn lie_back(&mut self, ago: Duration) {
        self.triggered = SystemTime::now().checked_sub(ago);
    }

    /// Starts one; answers whether it is time for it.
    pub(crate) fn start(&mut self) -> bool {
        let now = SystemTime::now();
        let since = self.triggered.and_then(|triggered| now.duration_since(triggered).ok());
        if since.is_some_and(|since| since < REST) {
            return false;
        }
        self.triggered = Some(now);
        self.under_way = Some(self.next);
        true
    }

    /// Brings what is under way one read of the token nearer to its end.
    pub(crate) fn was_read(&mut self) {
        match &mut self.under_way {
            Some(course) if course.reads > 0 => course.reads -= 1,
            Some(course) => {
                self.error = course.code;
                if course.code == 0 || course.succeeds {
                    self.succeeded = Some(SystemTime::now());
                }
                self.under_way = None;
            }
            None => {}
        }
    }

    /// The properties of the token that tell of it.
    pub(crate) fn properties(&self) -> Map<String, Value> {
        let written = |moment: Option<SystemTime>| match moment {
            Some(moment) => format!("{}Z", clock::timestamp(moment)),
            None => LONG_AGO.to_owned(),
        };
        let properties = json!({
            "lastSuccessfulSyncDateTime": written(self.succeeded),
            "lastSyncErrorCode": self.error,
            "lastSyncTriggeredDateTime": written(self.triggered),
        });
        properties.as_object().cloned().unwrap_or_default()
    }
}
