//! Many calls at once against one tenant: who waits for whom, and how the service is spared.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use crate::graph::Client;
use crate::graph::creation::{Creation, Likeness};
use crate::graph::scripted::{Reply, Scripted};

fn thing() -> Address {
    Address::new().segment("things").segment("1")
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

fn good() -> Reply {
    Reply::json(201, json!({"id": "1"}))
}

fn late(seconds: u64) -> Reply {
    Reply::Late(Duration::from_secs(seconds), Box::new(good()))
}

fn throttled(seconds: &str) -> Reply {
    Reply::fault(429, "TooManyRequests").with("retry-after", seconds)
}

/// So many reads at once.
fn reads(client: &Client, count: usize) -> JoinSet<Result<Object, Error>> {
    let calls = (0..count).map(|_| {
        let client = client.clone();
        async move { client.get(&thing(), soon()).await }
    });
    calls.collect()
}

/// So many creates at once, sent without the looks around them.
fn posts(client: &Client, count: usize) -> JoinSet<Result<Object, Error>> {
    let calls = (0..count).map(|_| {
        let client = client.clone();
        async move { client.post(&thing(), &Object::new(), soon()).await }
    });
    calls.collect()
}

/// When the requests arrived, in seconds since `start`.
fn arrivals(server: &Scripted, start: Instant) -> Vec<f64> {
    server.asked().iter().map(|asked| (asked.at - start).as_secs_f64()).collect()
}

#[tokio::test(start_paused = true)]
async fn throttling_holds_back_every_client_of_the_tenant() {
    let server = Scripted::start([throttled("30")]).await;
    server.otherwise(good());
    let (one, other) = (server.client(), server.client());
    let start = Instant::now();
    let first = tokio::spawn(async move { one.get(&thing(), soon()).await });
    sleep(Duration::from_secs(1)).await;
    other.get(&thing(), soon()).await.unwrap();
    first.await.unwrap().unwrap();
    let arrivals = arrivals(&server, start);
    assert_eq!(arrivals.len(), 3);
    assert!(arrivals.iter().skip(1).all(|at| *at >= 29.9), "{arrivals:?}");
}

#[tokio::test(start_paused = true)]
async fn throttled_writes_let_reads_pass() {
    let server = Scripted::start([throttled("30")]).await;
    server.otherwise(good());
    let client = server.client();
    let writing = posts(&client, 1);
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    client.get(&thing(), soon()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(writing.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_fails_those_in_the_queue_at_once_too() {
    let server = Scripted::start([throttled("3600")]).await;
    server.otherwise(good());
    let client = server.client();
    client.get(&thing(), soon()).await.unwrap_err();
    let start = Instant::now();
    for result in reads(&client, 5).join_all().await {
        let error = result.unwrap_err();
        assert!(matches!(error.kind(), Kind::Throttled { asked: Some(_), .. }), "{error}");
        assert_eq!(error.attempts(), 0);
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_queues_behind_a_patient_request_hears_at_once_of_a_wait_too_long_for_it() {
    let server = Scripted::start([throttled("60")]).await;
    server.otherwise(good());
    let client = server.client();
    let throttled = reads(&client, 1);
    sleep(Duration::from_secs(1)).await;
    let patient = reads(&client, 1);
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    let error = client.get(&thing(), start + Duration::from_secs(30)).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Throttled { asked: Some(_), .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    for waiting in [throttled, patient] {
        assert!(waiting.join_all().await.iter().all(Result::is_ok));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_twenty_requests_are_under_way() {
    let server = Scripted::start([]).await;
    server.otherwise(late(10));
    let reading = reads(&server.client(), 50);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(server.asked().len(), UNDER_WAY);
    assert!(reading.join_all().await.iter().all(Result::is_ok));
    assert_eq!(server.asked().len(), 50);
}

const UNDER_WAY: usize = 20;

#[tokio::test(start_paused = true)]
async fn writes_go_out_in_a_burst_and_then_four_a_second() {
    let server = Scripted::start([]).await;
    server.otherwise(good());
    let start = Instant::now();
    assert!(posts(&server.client(), 60).join_all().await.iter().all(Result::is_ok));
    let arrivals = arrivals(&server, start);
    assert!(arrivals.iter().filter(|at| **at < 0.2).count() <= 21, "{arrivals:?}");
    assert!(arrivals.last().is_some_and(|last| (9.5..11.0).contains(last)), "{arrivals:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_keeps_back_what_queues_and_lets_run_what_was_sent() {
    let server = Scripted::start([]).await;
    server.otherwise(late(5));
    let client = server.client();
    let writing = posts(&client, 50);
    sleep(Duration::from_secs(1)).await;
    client.stop();
    let results = writing.join_all().await;
    let sent = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((sent, server.asked().len()), (UNDER_WAY, UNDER_WAY));
    let stopped = results.iter().filter_map(|result| result.as_ref().err());
    assert!(stopped.into_iter().all(|error| error.is_stopped() && error.attempts() == 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_is_sat_out_with_a_dozen_probes() {
    let server = Scripted::start([good()]).await;
    let client = server.client();
    client.get(&thing(), soon()).await.unwrap();
    server.otherwise(Reply::Hangup);
    let start = Instant::now();
    let reading = reads(&client, 256);
    sleep(Duration::from_secs(60)).await;
    let during = arrivals(&server, start);
    server.otherwise(good());
    assert!(reading.join_all().await.iter().all(Result::is_ok));
    // Twenty were under way before anybody could know.
    let probes = during.iter().filter(|at| **at > 0.5).count();
    assert!((10..=20).contains(&probes), "{probes}: {during:?}");
    assert!(during.len() <= 1 + UNDER_WAY + 12, "{}", during.len());
}

#[tokio::test(start_paused = true)]
async fn looks_for_a_lost_object_do_not_storm_a_service_that_is_down() {
    let server = Scripted::start([Reply::json(200, json!({ "value": [] }))]).await;
    server.otherwise(Reply::Hangup);
    let things = Address::new().segment("things");
    let (body, likeness) = (Object::new(), |_: &Object| Likeness::Different);
    let creation = Creation { collection: &things, body: (&body).into(), likeness: &likeness };
    let error = server.client().create(&creation, soon()).await.unwrap_err();
    assert!(error.is_ambiguous_create(), "{error}");
    // Each of the seven looks sends what a call of ten seconds may, and not what a socket bears.
    let asked = server.asked().len();
    assert!(asked <= 2 + 7 * 5, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn what_never_answered_is_given_up_and_not_taken_for_an_outage() {
    let server = Scripted::start([]).await;
    server.otherwise(Reply::Hangup);
    let results = reads(&server.client(), 20).join_all().await;
    assert!(results.iter().all(Result::is_err));
}
