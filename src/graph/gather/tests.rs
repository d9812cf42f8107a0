//! Reads through a real client against a scripted service.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use super::*;
use crate::graph::scripted::{Asked, Reply, Scripted};
use crate::graph::{Address, Client, Kind};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(300)
}

fn collection(name: &str) -> Address {
    Address::new().segment(name)
}

fn object(id: &str) -> Value {
    json!({"id": id, "x": 1})
}

fn page(ids: &[&str], next: Option<String>) -> Reply {
    Reply::json(200, page_body(ids, next))
}

fn page_body(ids: &[&str], next: Option<String>) -> Value {
    let elements: Vec<Value> = ids.iter().map(|id| object(id)).collect();
    json!({"value": elements, "@odata.nextLink": next})
}

/// The answer to a batch: status and body of each of its requests.
fn batch(parts: &[(u16, Value)]) -> Reply {
    let responses = parts.iter().enumerate().map(|(number, (status, body))| {
        json!({"id": number.to_string(), "status": status, "headers": {}, "body": body})
    });
    Reply::json(200, json!({"responses": responses.collect::<Vec<_>>()}))
}

fn next(server: &Scripted) -> String {
    format!("{}/beta/a?$skiptoken=2", server.origin)
}

/// A server that answers the first read, and the first of several pages to the second.
async fn paged(ids: &[&str]) -> Scripted {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    server.then(page(ids, Some(next(&server))));
    server
}

fn late(reply: Reply) -> Reply {
    Reply::Late(Duration::from_secs(1), Box::new(reply))
}

async fn read(client: &Client, name: &str, id: &str) -> Result<String, Error> {
    let object = client.read(&collection(name), id, soon()).await?;
    assert_eq!(object.get("x"), Some(&json!(1)));
    Ok(object.get("id").and_then(Value::as_str).unwrap().to_owned())
}

fn targets(server: &Scripted) -> Vec<String> {
    server.asked().iter().map(|asked| asked.target.clone()).collect()
}

fn seconds(asked: &[Asked]) -> u64 {
    (asked[asked.len() - 1].at - asked[0].at).as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_lone_read_is_one_get_and_nothing_follows() {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    let client = server.client();
    assert_eq!(read(&client, "a", "1").await.unwrap(), "1");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(targets(&server), ["/beta/a/1"]);
}

#[tokio::test(start_paused = true)]
async fn many_reads_share_the_pages_of_a_listing_and_travel_with_them() {
    let server = paged(&["1", "2"]).await;
    server.then(batch(&[
        (200, page_body(&["5", "6"], None)),
        (200, object("3")),
        (200, object("4")),
    ]));
    let client = server.client();
    assert_eq!(read(&client, "a", "1").await.unwrap(), "1");
    let (three, two, four) =
        tokio::join!(read(&client, "a", "2"), read(&client, "a", "3"), read(&client, "a", "4"));
    assert_eq!((three.unwrap(), two.unwrap(), four.unwrap()), ("2".into(), "3".into(), "4".into()));
    assert_eq!(read(&client, "a", "5").await.unwrap(), "5");
    assert_eq!(targets(&server), ["/beta/a/1", "/beta/a", "/beta/$batch"]);
    let sent: Value = serde_json::from_str(&server.asked()[2].body).unwrap();
    let urls = sent["requests"].as_array().unwrap().iter().map(|part| part["url"].as_str());
    assert_eq!(urls.collect::<Vec<_>>(), [Some("/a?$skiptoken=2"), Some("/a/3"), Some("/a/4")]);
}

#[tokio::test(start_paused = true)]
async fn a_page_without_its_company_or_its_batch_answers_all_the_same() {
    let busy = || (429, json!({"error": {}}));
    for answers in [
        vec![batch(&[(200, page_body(&["3", "4"], None)), busy(), (404, json!({"error": {}}))])],
        vec![batch(&[busy(), busy(), busy()]), page(&["3", "4"], None)],
        vec![Reply::fault(501, "Unsupported"), page(&["3", "4"], None)],
        vec![Reply::fault(403, "Forbidden"), page(&["3", "4"], None)],
        vec![Reply::json(200, json!({"responses": 1})), page(&["3", "4"], None)],
    ] {
        let server = paged(&["1", "2"]).await;
        let count = 2 + answers.len();
        answers.into_iter().for_each(|answer| server.then(answer));
        let client = server.client();
        read(&client, "a", "1").await.unwrap();
        let (three, four) = tokio::join!(read(&client, "a", "3"), read(&client, "a", "4"));
        assert_eq!((three.unwrap(), four.unwrap()), ("3".into(), "4".into()));
        assert_eq!(server.asked().len(), count, "{:?}", targets(&server));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_read_shows_that_travelled_is_asked_of_the_page_it_travelled_with() {
    let server = paged(&["1", "2"]).await;
    let more = |id: &str| json!({"id": id, "x": 1, "y": 2});
    server.then(batch(&[(200, page_body(&["4", "5"], None)), (200, more("3")), (200, more("4"))]));
    server.then(Reply::json(200, more("5")));
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    let (three, four) = tokio::join!(read(&client, "a", "3"), read(&client, "a", "4"));
    assert_eq!((three.unwrap(), four.unwrap()), ("3".into(), "4".into()));
    let five = client.read(&collection("a"), "5", soon()).await.unwrap();
    assert_eq!(Value::Object(five), more("5"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_reads_does_not_wait_for_writes_that_are_throttled() {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    server.then(Reply::fault(429, "TooManyRequests").with("retry-after", "400"));
    client.act(&collection("elsewhere"), None, soon()).await.unwrap_err();
    server.then(page(&["1", "2"], Some(next(&server))));
    server.then(batch(&[(200, page_body(&[], None)), (200, object("3")), (200, object("4"))]));
    let (three, four) = tokio::join!(read(&client, "a", "3"), read(&client, "a", "4"));
    assert!(three.is_ok() && four.is_ok(), "{:?}", targets(&server));
    assert_eq!(seconds(&server.asked()), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_moment_travel_together_and_what_is_throttled_goes_again_alone() {
    let server = Scripted::start([late(Reply::json(200, object("1")))]).await;
    server.then(Reply::json(
        200,
        json!({"responses": [
            {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {}}},
            {"id": "0", "status": 200, "headers": {}, "body": object("2")},
        ]}),
    ));
    server.then(Reply::json(200, object("3")));
    let client = server.client();
    let (one, two, three) =
        tokio::join!(read(&client, "a", "1"), read(&client, "b", "2"), read(&client, "c", "3"));
    assert_eq!((one.unwrap(), two.unwrap(), three.unwrap()), ("1".into(), "2".into(), "3".into()));
    let asked = server.asked();
    assert_eq!(targets(&server), ["/beta/a/1", "/beta/$batch", "/beta/c/3"]);
    let sent: Value = serde_json::from_str(&asked[1].body).unwrap();
    let expected = json!({"requests": [
        {"id": "0", "method": "GET", "url": "/b/2"},
        {"id": "1", "method": "GET", "url": "/c/3"},
    ]});
    assert_eq!(sent, expected);
    assert_eq!(seconds(&asked[1..]), 7);
}

#[tokio::test(start_paused = true)]
async fn what_is_throttled_inside_a_batch_holds_back_every_read() {
    let server = paged(&["1", "2"]).await;
    let asked_to_wait = json!({"Retry-After": "20"});
    let busy = |id: &str| json!({"id": id, "status": 429, "headers": asked_to_wait, "body": null});
    server.then(Reply::json(200, json!({"responses": [busy("0"), busy("1"), busy("2")]})));
    server.then(page(&["3", "4"], None));
    server.otherwise(Reply::json(200, object("9")));
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    let elsewhere = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        read(&client, "b", "9").await
    };
    let (three, four, nine) =
        tokio::join!(read(&client, "a", "3"), read(&client, "a", "4"), elsewhere);
    assert!(three.is_ok() && four.is_ok() && nine.is_ok());
    let asked = server.asked();
    let after: Vec<_> = asked[3..].iter().map(|one| (one.at - asked[2].at).as_secs()).collect();
    assert!(!after.is_empty() && after.iter().all(|seconds| *seconds >= 20), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_reads_of_one_moment_are_ten_batches_beside_the_first() {
    let server = Scripted::start([late(Reply::json(200, object("1")))]).await;
    for already in (1..200).step_by(20) {
        let parts = (already..200.min(already + 20)).map(|number| match number {
            // The first few of a burst are asked for by themselves.
            ..4 => (200, object("1")),
            _ => (200, page_body(&["1"], None)),
        });
        server.then(late(batch(&parts.collect::<Vec<_>>())));
    }
    let client = server.client();
    let names: Vec<_> = (0..200).map(|number| format!("a{number}")).collect();
    let reads = names.iter().map(|name| read(&client, name, "1"));
    for one in futures_util::future::join_all(reads).await {
        assert_eq!(one.unwrap(), "1");
    }
    let targets = targets(&server);
    assert_eq!((targets[0].as_str(), targets.len()), ("/beta/a0/1", 11));
    assert!(targets[1..].iter().all(|target| target == "/beta/$batch"), "{targets:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_without_batches_is_asked_for_one_once() {
    for status in [400, 404, 405, 501] {
        let server = Scripted::start([
            late(Reply::json(200, object("1"))),
            Reply::fault(status, "Unsupported"),
            Reply::json(200, object("2")),
            Reply::json(200, object("2")),
        ])
        .await;
        let client = server.client();
        let (one, two, three) =
            tokio::join!(read(&client, "a", "1"), read(&client, "b", "2"), read(&client, "c", "2"));
        assert_eq!((one.unwrap().len(), two.unwrap().len(), three.unwrap().len()), (1, 1, 1));
        server.then(late(Reply::json(200, object("4"))));
        server.then(page(&["4"], None));
        server.then(page(&["4"], None));
        let (one, two, three) =
            tokio::join!(read(&client, "d", "4"), read(&client, "b", "4"), read(&client, "c", "4"));
        assert_eq!(
            (one.unwrap(), two.unwrap(), three.unwrap()),
            ("4".into(), "4".into(), "4".into())
        );
        let batches = server.asked().iter().filter(|asked| asked.method == "POST").count();
        assert_eq!((batches, server.asked().len()), (1, 7), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_read_of_its_own_says_that_something_is_gone() {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    server.then(page(&["1"], None));
    server.then(Reply::fault(404, "ResourceNotFound"));
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    assert!(read(&client, "a", "2").await.unwrap_err().is_not_found());
    assert_eq!(targets(&server), ["/beta/a/1", "/beta/a", "/beta/a/2"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_cannot_be_had_fails_no_read() {
    for reply in [
        Reply::fault(403, "Forbidden"),
        Reply::json(200, json!({"value": 1})),
        Reply::json(200, json!({"value": [], "@odata.nextLink": "https://evil.example/beta/a"})),
    ] {
        let server = Scripted::start([Reply::json(200, object("1")), reply]).await;
        server.then(Reply::json(200, object("2")));
        let client = server.client();
        read(&client, "a", "1").await.unwrap();
        assert_eq!(read(&client, "a", "2").await.unwrap(), "2");
        assert_eq!(targets(&server), ["/beta/a/1", "/beta/a", "/beta/a/2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_is_waited_for_ten_seconds() {
    let server = Scripted::start([Reply::json(200, object("1")), Reply::Silence]).await;
    server.then(Reply::json(200, object("2")));
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    assert_eq!(read(&client, "a", "2").await.unwrap(), "2");
    let asked = server.asked();
    assert_eq!((asked.len(), seconds(&asked)), (3, 10));
}

#[tokio::test(start_paused = true)]
async fn an_element_that_shows_less_than_a_read_is_no_answer() {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    let next = format!("{}/beta/a?$skiptoken=2", server.origin);
    server.then(Reply::json(200, json!({"value": [{"id": "2"}], "@odata.nextLink": next})));
    server.then(Reply::json(200, object("2")));
    server.then(Reply::json(200, object("3")));
    let client = server.client();
    for id in ["1", "2", "3"] {
        assert_eq!(read(&client, "a", id).await.unwrap(), id);
    }
    assert_eq!(targets(&server), ["/beta/a/1", "/beta/a", "/beta/a/2", "/beta/a/3"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_wait_and_later_reads_work() {
    let server = Scripted::start([Reply::json(200, object("1")), Reply::Silence]).await;
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.stop();
    };
    let (two, three, ()) = tokio::join!(read(&client, "a", "2"), read(&client, "a", "3"), stop);
    for stopped in [two, three] {
        assert_eq!(stopped.unwrap_err().kind(), &Kind::Stopped);
    }
    server.then(Reply::json(200, object("4")));
    assert_eq!(read(&client, "b", "4").await.unwrap(), "4");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_at_its_deadline_whatever_it_waits_for() {
    let server =
        Scripted::start([Reply::json(200, object("1")), Reply::Silence, Reply::Silence]).await;
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(3);
    let error = client.read(&collection("a"), "2", deadline).await.unwrap_err();
    assert_eq!((error.kind(), error.elapsed().as_secs()), (&Kind::OutOfTime, 3));
}

#[tokio::test(start_paused = true)]
async fn the_page_goes_on_when_the_read_that_sent_for_it_is_cancelled() {
    let server = Scripted::start([Reply::json(200, object("1"))]).await;
    server.then(late(page(&["2", "3"], None)));
    let client = server.client();
    read(&client, "a", "1").await.unwrap();
    let cancelled = timeout(Duration::from_millis(500), read(&client, "a", "2"));
    let (cancelled, three) = tokio::join!(cancelled, read(&client, "a", "3"));
    assert!(cancelled.is_err());
    assert_eq!(three.unwrap(), "3");
    assert_eq!(targets(&server), ["/beta/a/1", "/beta/a"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_below_or_above_a_collection_gives_its_listing_up_and_no_other() {
    for (written, is_kept) in [
        (collection("a"), false),
        (collection("a").segment("b"), false),
        (collection("a").segment("b").segment("2"), false),
        (collection("a").segment("b").segment("2").segment("act"), false),
        (collection("a").segment("bc"), true),
        (collection("b"), true),
    ] {
        let below = collection("a").segment("b");
        let server = Scripted::start([Reply::json(200, object("1"))]).await;
        server.then(page(&["2", "3"], None));
        server.then(Reply::empty(204));
        server.then(Reply::json(200, object("3")));
        let client = server.client();
        for id in ["1", "2"] {
            client.read(&below, id, soon()).await.unwrap();
        }
        client.act(&written, None, soon()).await.unwrap();
        client.read(&below, "3", soon()).await.unwrap();
        let expected = if is_kept { 3 } else { 4 };
        assert_eq!(server.asked().len(), expected, "{written}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unusable_id_is_never_sent() {
    let server = Scripted::start([]).await;
    let error = read(&server.client(), "a", "").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::UnusableAddress, 0));
    assert_eq!(server.asked().len(), 0);
}
