//! The work of `intune_dep_sync`: asks Apple for a token's devices when it is time, and waits for the
//! end if it should; must not know how progress reaches a person.
//!
//! Intune's rules: by hand at most every 15 minutes, of what changed; by itself every 12 hours, and in
//! full at most every 7 days
//! (<https://learn.microsoft.com/intune/intune-service/enrollment/device-enrollment-program-enroll-ios>).

use serde_json::Value as Json;
use tokio::time::Instant;

use super::action::Progress;
use super::explain::errand;
use super::looks::{ONE_LOOK, pauses};
use super::{Provider, address};
use crate::actions::dep_sync::{TOKEN_ID, WAIT};
use crate::diagnostics::Diagnostic;
use crate::entity::{Moment, sync_error};
use crate::graph::{Client, Error, Object};
use crate::value::Value;

/// Between two syncs that are asked for by hand.
const REST: i64 = 15 * 60;

/// What of a token tells how its syncs went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Syncs {
    triggered: Option<Moment>,
    succeeded: Option<Moment>,
    error: i64,
    devices: i64,
}

/// How a sync that was watched ended.
enum End {
    /// It brought this.
    Done(Syncs),
    /// Apple answered with this error code.
    Failed(i64),
    /// Terraform was interrupted, or nobody listens any more.
    Left,
    /// The time was over first.
    OutOfTime(Syncs),
    /// It could not be watched to its end.
    Unseen(Error),
}

/// Syncs a token, and tells how it went.
pub(super) async fn run(
    provider: &Provider,
    client: &Client,
    config: &Value,
    deadline: Instant,
    progress: &Progress,
) -> Vec<Diagnostic> {
    let id = config.field(TOKEN_ID).as_text().unwrap_or_default();
    let token = match client.get(&address::token(id), deadline).await {
        Ok(token) => token,
        Err(error) => return vec![errand::token_not_read(id, &error)],
    };
    if let Some(why) = out_of_question(id, &token, provider) {
        return vec![why];
    }
    let mut told: Vec<_> = provider.expiry_warning(&token).into_iter().collect();
    let before = Syncs::of(&token);
    if let Err(error) = trigger(client, id, &before, deadline).await {
        told.push(errand::not_synced(id, &error));
        return told;
    }
    progress.say(format!("Intune is asking Apple for the devices of {}", named(id, &token)));
    if config.field(WAIT).as_bool() == Some(true) {
        let end = watch(client, id, &before, deadline, progress).await;
        told.extend(conclusion(id, end, progress));
    }
    told
}

impl Syncs {
    fn of(token: &Object) -> Self {
        let moment = |name: &str| token.get(name)?.as_str().and_then(Moment::parse);
        let number = |name: &str| token.get(name).and_then(Json::as_i64).unwrap_or_default();
        Self {
            triggered: moment("lastSyncTriggeredDateTime"),
            succeeded: moment("lastSuccessfulSyncDateTime"),
            error: number("lastSyncErrorCode"),
            devices: number("syncedDeviceCount"),
        }
    }
}

/// Why a sync is not even asked for.
fn out_of_question(id: &str, token: &Object, provider: &Provider) -> Option<Diagnostic> {
    if token.get("tokenType").and_then(Json::as_str) == Some("none") {
        return Some(errand::nothing_to_sync(id));
    }
    let ago = -Syncs::of(token).triggered?.seconds_after(provider.now());
    // A moment that has yet to come says that one of the clocks is wrong: Intune itself shall judge.
    let too_soon = (0..REST).contains(&ago);
    too_soon.then(|| errand::too_soon(&named(id, token), ago, REST - ago))
}

/// Asks for the sync. When the answer is lost, or it was asked for twice because of that, the token
/// knows whether a sync was triggered.
async fn trigger(
    client: &Client,
    id: &str,
    before: &Syncs,
    deadline: Instant,
) -> Result<(), Error> {
    let address = address::token(id).segment("syncWithAppleDeviceEnrollmentProgram");
    let Err(error) = client.act(&address, None, deadline).await else { return Ok(()) };
    if error.may_have_been_done() {
        let look = client.operating().get(&address::token(id), Instant::now() + ONE_LOOK).await;
        if look.is_ok_and(|token| Syncs::of(&token).triggered > before.triggered) {
            return Ok(());
        }
    }
    Err(error)
}

/// Looks at the token until it tells of another sync than before.
async fn watch(
    client: &Client,
    id: &str,
    before: &Syncs,
    deadline: Instant,
    progress: &Progress,
) -> End {
    let started = Instant::now();
    let stop = client.stop_watch();
    let mut pauses = pauses();
    loop {
        let now = match client.get(&address::token(id), deadline).await {
            Ok(token) => Syncs::of(&token),
            Err(error) if error.is_stopped() => return End::Left,
            Err(error) => return End::Unseen(error),
        };
        if now.succeeded > before.succeeded {
            return End::Done(now);
        }
        // An error that was there before may be that of the sync before.
        if now.error != 0 && now.error != before.error && now.triggered > before.triggered {
            return End::Failed(now.error);
        }
        let Some(pause) = pauses.next().filter(|pause| Instant::now() + *pause < deadline) else {
            return End::OutOfTime(now);
        };
        if !progress.pause(&stop, pause).await {
            return End::Left;
        }
        let seconds = started.elapsed().as_secs();
        progress.say(format!("Waiting for Apple, for {seconds} s so far"));
    }
}

fn conclusion(id: &str, end: End, progress: &Progress) -> Option<Diagnostic> {
    match end {
        End::Done(now) => {
            progress.say(format!("The sync has ended: the token has {} devices", now.devices));
            sync_error(now.error).map(|words| errand::synced_with_error(id, &words))
        }
        End::Failed(code) => sync_error(code).map(|words| errand::sync_failed(id, &words)),
        End::Left => Some(errand::sync_left(id)),
        End::OutOfTime(now) => Some(errand::sync_unfinished(id, sync_error(now.error).as_deref())),
        End::Unseen(error) => Some(errand::sync_unseen(id, &error)),
    }
}

/// The token by the name people know it by.
fn named(id: &str, token: &Object) -> String {
    match token.get("tokenName").and_then(Json::as_str).filter(|name| !name.is_empty()) {
        Some(name) => format!("\"{name}\" (`{id}`)"),
        None => format!("`{id}`"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use serde_json::json;

    use super::*;
    use crate::graph::{Credential, Origin, Secret, Settings};
    use crate::provider::{Catalog, Environment};

    /// What is said to a sync that is asked for at noon on 2026-11-01.
    fn at_noon(changed: Json) -> Option<Diagnostic> {
        let noon: fn() -> SystemTime = || UNIX_EPOCH + Duration::from_secs(1_793_534_400);
        let provider = Provider::new(Catalog::ALL, Environment::default()).with_clock(noon);
        let mut token = json!({ "id": "t", "tokenName": "Contoso ABM", "tokenType": "dep" });
        token.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        out_of_question("t", token.as_object().unwrap(), &provider)
    }

    /// A client that is asked for nothing.
    fn client() -> Client {
        let nowhere = Origin::parse("http://127.0.0.1:9").unwrap();
        Client::new(Settings {
            graph: nowhere.clone(),
            authority: nowhere,
            tenant_id: None,
            credential: Credential::ClientSecret {
                client_id: "c".into(),
                secret: Secret::new("s".into()),
            },
            account: "a test".into(),
            user_agent: "sync/1".into(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_between_two_looks_ends_the_wait() {
        let (progress, _said) = Progress::new();
        let client = client();
        let stop = client.stop_watch();
        assert!(progress.pause(&stop, Duration::from_secs(15)).await);
        client.stop();
        assert!(!progress.pause(&stop, Duration::from_secs(15)).await);
        assert!(
            client.pause(Duration::from_secs(15)).await,
            "a wait that begins later is none of its"
        );
    }

    #[test]
    fn what_is_left_of_a_quarter_of_an_hour_is_told_in_whole_minutes() {
        for (triggered, ago, left) in [
            ("12:00:00", "1 minute ago", "in 15 minutes"),
            ("11:59:59", "1 minute ago", "in 15 minutes"),
            ("11:59:00", "1 minute ago", "in 14 minutes"),
            ("11:50:00", "10 minutes ago", "in 5 minutes"),
            ("11:46:01", "14 minutes ago", "in 2 minutes"),
            ("11:46:00", "14 minutes ago", "in 1 minute;"),
            ("11:45:01", "15 minutes ago", "in 1 minute;"),
        ] {
            let moment = format!("2026-11-01T{triggered}Z");
            let told = at_noon(json!({ "lastSyncTriggeredDateTime": moment })).unwrap();
            for part in [ago, left, "\"Contoso ABM\" (`t`)"] {
                assert!(told.detail.contains(part), "{triggered}: {part}: {}", told.detail);
            }
        }
    }

    #[test]
    fn a_sync_is_asked_for_when_it_is_time_and_when_no_clock_can_say() {
        for moment in [
            json!("2026-11-01T11:45:00Z"),
            json!("2026-11-01T12:00:01Z"),
            json!("2031-01-01T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
            json!("yesterday"),
            json!(7),
            Json::Null,
        ] {
            assert_eq!(at_noon(json!({ "lastSyncTriggeredDateTime": moment })), None, "{moment}");
        }
        let pseudo = at_noon(json!({ "tokenType": "none" })).unwrap();
        assert_eq!(pseudo.summary, "Token without devices of Apple");
    }
}
