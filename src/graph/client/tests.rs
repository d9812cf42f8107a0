//! What a caller sees of the client, against a scripted service.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::graph::Kind;
use crate::graph::scripted::{Asked, CANARY, Reply, Scripted, record_log, recorded_log};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(300)
}

fn tokens() -> Address {
    Address::new().segment("deviceManagement").segment("depOnboardingSettings")
}

fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

fn seconds_between(asked: &[Asked]) -> Vec<f64> {
    asked.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64().round()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_read_is_one_request_that_says_who_asks() {
    let server = Scripted::start([Reply::json(200, json!({"id": "1", "@odata.type": "x"}))]).await;
    let object = server.client().get(&tokens().segment("a b"), soon()).await.unwrap();
    assert_eq!(object.get("id"), Some(&json!("1")));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].target, "/beta/deviceManagement/depOnboardingSettings/a%20b");
    let header = |name: &str| asked[0].headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("authorization"), "Bearer token-1");
    assert_eq!(header("user-agent"), "tests/1");
    assert_eq!(header("accept"), "application/json");
    assert!(uuid::Uuid::parse_str(header("client-request-id")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_used_asks_nobody() {
    let server = Scripted::start([]).await;
    let _client = server.client();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((server.asked().len(), server.asked_for_tokens().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_create_sends_its_body_and_brings_the_new_object() {
    let server = Scripted::start([Reply::json(201, json!({"id": "new", "x": 1}))]).await;
    let body = object(json!({"displayName": "Ü"}));
    let created = server.client().post(&tokens(), &body, soon()).await.unwrap();
    assert_eq!(created, object(json!({"id": "new", "x": 1})));
    let asked = server.asked();
    assert_eq!(asked[0].method, "POST");
    assert_eq!(asked[0].body, r#"{"displayName":"Ü"}"#);
    assert_eq!(asked[0].headers.get("content-type").unwrap(), "application/json");
}

#[tokio::test(start_paused = true)]
async fn any_success_of_a_change_will_do() {
    let server = Scripted::start([
        Reply::json(200, json!({"id": "1"})),
        Reply::empty(204),
        Reply::empty(204),
        Reply::html(200),
        Reply::Cut(200, "{\"id\"".into()),
    ])
    .await;
    let client = server.client();
    let body = object(json!({"x": true}));
    client.update(&tokens(), &body, soon()).await.unwrap();
    client.update(&tokens(), &body, soon()).await.unwrap();
    client.delete(&tokens(), soon()).await.unwrap();
    client.act(&tokens().segment("setDefaultProfile"), None, soon()).await.unwrap();
    client.update(&tokens(), &body, soon()).await.unwrap();
    let asked = server.asked();
    let methods: Vec<&str> = asked.iter().map(|asked| asked.method.as_str()).collect();
    assert_eq!(methods, ["PATCH", "PATCH", "DELETE", "POST", "PATCH"]);
    assert_eq!((asked[3].body.as_str(), asked[3].headers.get("content-type")), ("", None));
    assert_eq!(asked[3].headers.get("content-length").unwrap(), "0");
}

#[tokio::test(start_paused = true)]
async fn an_address_with_a_vanishing_segment_is_never_sent() {
    let server = Scripted::start([]).await;
    let error = server.client().delete(&tokens().segment(""), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::UnusableAddress, 0));
    assert_eq!((server.asked().len(), server.asked_for_tokens().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn only_an_odata_error_says_that_something_does_not_exist() {
    for (reply, expected) in [
        (Reply::fault(404, "ResourceNotFound"), Kind::NotFound),
        (Reply::html(404), Kind::UnreadableAnswer),
        (Reply::empty(404), Kind::UnreadableAnswer),
        (Reply::json(404, json!({"message": "no route"})), Kind::UnreadableAnswer),
        (Reply::fault(400, "BadRequest"), Kind::BadRequest),
        (Reply::fault(403, "Forbidden"), Kind::Forbidden),
        (Reply::fault(409, "Conflict"), Kind::Conflict),
    ] {
        let server = Scripted::start([reply.clone(), reply]).await;
        let error = server.client().get(&tokens(), soon()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (&expected, 1));
        let error = server.client().delete(&tokens(), soon()).await.unwrap_err();
        assert_eq!(error.is_not_found(), expected == Kind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_what_support_asks_for() {
    let server = Scripted::start([Reply::fault(403, "Forbidden")]).await;
    let error = server.client().get(&tokens(), soon()).await.unwrap_err();
    assert_eq!(
        (error.method(), error.path(), error.status(), error.code(), error.message()),
        ("GET", tokens().path(), Some(403), Some("Forbidden"), Some("It is Forbidden."))
    );
    assert_eq!((error.request_id(), error.client_request_id()), (Some("r-1"), Some("c-1")));
    assert_eq!(
        error.to_string(),
        "the service does not permit this: It is Forbidden. \
         (GET /beta/deviceManagement/depOnboardingSettings, status 403, code Forbidden, \
         request-id r-1, client-request-id c-1, 1 attempt in 0.0 s)"
    );
}

#[tokio::test(start_paused = true)]
async fn ids_come_from_the_headers_when_the_body_names_none() {
    let server = Scripted::start([Reply::html(400).with("request-id", "r-9")]).await;
    let error = server.client().get(&tokens(), soon()).await.unwrap_err();
    assert_eq!(error.request_id(), Some("r-9"));
    let sent = server.asked()[0].headers.get("client-request-id").unwrap().clone();
    assert_eq!(error.client_request_id(), sent.to_str().ok());
    let detail = "an answer (text/html) that starts with `<html>Welcome to the hotel</html>`";
    assert_eq!(error.detail(), Some(detail));
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_for_reads_and_creates() {
    let throttled = || Reply::fault(429, "TooManyRequests").with("retry-after", "20.6");
    let created = Reply::json(201, json!({"id": "new"}));
    let server = Scripted::start([throttled(), throttled(), created]).await;
    server.client().post(&tokens(), &Object::new(), soon()).await.unwrap();
    assert_eq!(seconds_between(&server.asked()), [21.0, 21.0]);
    let asked = server.asked();
    let id = |asked: &Asked| asked.headers.get("client-request-id").unwrap().clone();
    assert_ne!(id(&asked[0]), id(&asked[1]), "each attempt has an id of its own");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_fails_at_once() {
    let server = Scripted::start([Reply::empty(429).with("retry-after", "3600")]).await;
    let start = Instant::now();
    let error = server.client().get(&tokens(), soon()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(1));
    let Kind::Throttled { asked: Some(asked), left } = error.kind() else {
        panic!("throttled, not {error}");
    };
    assert_eq!((asked.as_secs(), left.as_secs_f64().round()), (3600, 300.0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_hidden_in_intunes_message_counts() {
    let message = json!({"Message": "Slow down", "RetryAfter": 40}).to_string();
    let body = json!({"error": {"code": "TooManyRequests", "message": message}});
    let good = Reply::json(200, json!({}));
    let server = Scripted::start([Reply::json(429, body), good]).await;
    server.client().get(&tokens(), soon()).await.unwrap();
    assert_eq!(seconds_between(&server.asked()), [40.0]);
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_survives_a_bad_patch() {
    let good = Reply::json(200, json!({"id": "1"}));
    for bad in [
        Reply::fault(500, "InternalServerError"),
        Reply::html(502),
        Reply::empty(503),
        Reply::empty(504),
        Reply::empty(408),
        Reply::Hangup,
        Reply::Cut(200, "{\"id\"".into()),
        Reply::Stall(200, "{\"id\"".into()),
        Reply::Silence,
        Reply::html(200),
        Reply::empty(200),
        Reply::json(200, json!([1])),
    ] {
        let server = Scripted::start([bad.clone(), good.clone()]).await;
        let read = server.client().get(&tokens(), soon()).await;
        assert!(read.is_ok(), "{bad:?}: {read:?}");
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_down_is_an_error_that_counts_its_attempts() {
    let server = Scripted::start(vec![Reply::fault(500, "UnknownError"); 9]).await;
    let error = server.client().update(&tokens(), &Object::new(), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::Unavailable, 5));
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_create_with_an_unknown_outcome_is_sent_once_and_says_so() {
    for bad in [
        Reply::fault(500, "InternalServerError"),
        Reply::fault(503, "ServiceUnavailable").with("retry-after", "1"),
        Reply::empty(502),
        Reply::empty(504),
        Reply::empty(408),
        Reply::Hangup,
        Reply::Silence,
        Reply::Cut(201, "{\"id\"".into()),
        Reply::Stall(201, "{\"id\"".into()),
        Reply::html(201),
        Reply::empty(201),
        Reply::json(201, json!({"displayName": "no id"})),
        Reply::json(201, json!({"id": 7})),
        Reply::empty(302).with("location", "https://elsewhere.example/"),
    ] {
        let server = Scripted::start([bad.clone(), Reply::json(201, json!({"id": "twin"}))]).await;
        let error = server.client().post(&tokens(), &Object::new(), soon()).await.unwrap_err();
        assert!(error.is_ambiguous_create(), "{bad:?}: {error}");
        assert_eq!(server.asked().len(), 1, "{bad:?}");
        assert!(error.client_request_id().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_create_is_sent_once_and_is_not_ambiguous() {
    for status in [400, 403, 404, 409, 422] {
        let server = Scripted::start([Reply::fault(status, "No")]).await;
        let error = server.client().post(&tokens(), &Object::new(), soon()).await.unwrap_err();
        assert!(!error.is_ambiguous_create());
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_a_create_is_tried_again_and_not_ambiguous() {
    let server = Scripted::start([]).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let graph = Origin::parse(&format!("http://{}", closed.local_addr().unwrap())).unwrap();
    drop(closed);
    let client = Client::with_jitter(Settings { graph, ..server.settings() }, || 1.0);
    let error = client.post(&tokens(), &Object::new(), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::Unreachable, 5));
    assert_eq!(error.elapsed().as_secs(), 15);
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_read_that_gets_no_answer() {
    let server = Scripted::start([Reply::Silence]).await;
    let start = Instant::now();
    let deadline = start + Duration::from_secs(20);
    let error = server.client().get(&tokens(), deadline).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::OutOfTime);
    assert_eq!(start.elapsed().as_secs(), 20);
    let error = server.client().get(&tokens(), deadline).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::OutOfTime, 0));
}

#[tokio::test(start_paused = true)]
async fn one_attempt_never_takes_the_whole_of_a_long_time() {
    let server = Scripted::start([Reply::Silence, Reply::json(200, json!({}))]).await;
    server.client().get(&tokens(), soon()).await.unwrap();
    assert_eq!(seconds_between(&server.asked()), [101.0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stalls_is_given_up_after_half_a_minute() {
    let stalled = Reply::Stall(200, "{\"id\"".into());
    let server = Scripted::start([stalled.clone(), Reply::json(200, json!({}))]).await;
    server.client().get(&tokens(), soon()).await.unwrap();
    assert_eq!(seconds_between(&server.asked()), [31.0]);
    server.then(stalled);
    let error = server.client().post(&tokens(), &Object::new(), soon()).await.unwrap_err();
    assert_eq!(error.detail(), Some("the answer stalled after 5 bytes"));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed_and_its_target_hears_nothing() {
    let other = Scripted::start([]).await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/beta/x?secret", other.origin);
        let server = Scripted::start([Reply::empty(status).with("location", &target)]).await;
        let error = server.client().get(&tokens(), soon()).await.unwrap_err();
        assert_eq!(error.kind(), &Kind::UnexpectedRedirect);
        assert_eq!(error.detail(), Some("to 127.0.0.1"));
    }
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_beyond_the_limit_is_not_kept() {
    let body = format!("{{\"id\": \"{}\"}}", "x".repeat(OBJECT));
    let reply = Reply::Answer { status: 200, headers: Vec::new(), body };
    let server = Scripted::start([reply]).await;
    let error = server.client().get(&tokens(), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::AnswerTooLarge, 1));
    assert_eq!(error.detail(), Some("larger than 8 MiB"));
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read_in_their_order() {
    let server = Scripted::start([]).await;
    let link = |page| format!("{}/beta/x?$skiptoken={page}%2F1", server.origin);
    let page = |ids: &[&str], next: Option<String>| {
        let value: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut page = object(json!({ "value": value }));
        page.extend(next.map(|link| ("@odata.nextLink".to_owned(), json!(link))));
        Reply::json(200, Value::Object(page))
    };
    server.then(page(&["a", "b"], Some(link(1))));
    server.then(Reply::empty(503));
    server.then(page(&[], Some(link(2))));
    server.then(page(&["c"], None));
    let list = server.client().list(&tokens(), soon()).await.unwrap();
    let ids: Vec<&str> = list.iter().filter_map(|object| object.get("id")?.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(server.asked()[3].target, "/beta/x?$skiptoken=2%2F1");
}

#[tokio::test(start_paused = true)]
async fn a_next_link_to_a_stranger_gets_neither_token_nor_request() {
    let stranger = Scripted::start([]).await;
    let link = format!("{}/beta/x", stranger.origin);
    let page = json!({"value": [], "@odata.nextLink": link});
    let server = Scripted::start([Reply::json(200, page)]).await;
    let error = server.client().list(&tokens(), soon()).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::RefusedLink);
    assert_eq!(stranger.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_whole_or_an_error() {
    let server = Scripted::start([]).await;
    let looping = format!("{}{}", server.origin, tokens());
    for (page, expected) in [
        (json!({"value": [], "@odata.nextLink": looping}), Kind::RefusedLink),
        (json!({"value": [], "@odata.nextLink": 3}), Kind::RefusedLink),
        (json!({"value": [{}, 3]}), Kind::UnreadableAnswer),
        (json!({"value": {}}), Kind::UnreadableAnswer),
        (json!({}), Kind::UnreadableAnswer),
    ] {
        server.then(Reply::json(200, page.clone()));
        let error = server.client().list(&tokens(), soon()).await.unwrap_err();
        assert_eq!(error.kind(), &expected, "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_changes_something_may_have_been_done() {
    for (is_write, may_be) in [(true, true), (false, false)] {
        let server = Scripted::start([]).await;
        server.otherwise(Reply::Hangup);
        let client = server.client();
        let error = match is_write {
            true => client.act(&tokens(), None, soon()).await.unwrap_err(),
            false => client.get(&tokens(), soon()).await.unwrap_err(),
        };
        assert_eq!(error.may_have_been_done(), may_be, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_wait_and_later_calls_work_again() {
    let throttled = Reply::fault(429, "TooManyRequests").with("retry-after", "200");
    let server = Scripted::start([throttled, Reply::json(200, json!({}))]).await;
    let client = server.client();
    let start = Instant::now();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.post(&tokens(), &Object::new(), soon()).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    client.stop();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(error.is_stopped(), "{error}");
    assert_eq!((error.status(), error.attempts()), (Some(429), 1));
    assert_eq!(start.elapsed().as_secs(), 2);
    client.get(&tokens(), soon()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_run_what_is_on_its_way_and_keeps_back_the_rest() {
    let created = Reply::json(201, json!({"id": "new"}));
    let server = Scripted::start([Reply::Late(Duration::from_secs(5), Box::new(created))]).await;
    let client = server.client();
    let create = tokio::spawn({
        let client = client.clone();
        async move { client.post(&tokens(), &Object::new(), soon()).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.then_token(Reply::Silence);
    let other = server.client();
    let not_signed_in = tokio::spawn({
        let other = other.clone();
        async move { other.post(&tokens(), &Object::new(), soon()).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    client.stop();
    other.stop();
    assert_eq!(create.await.unwrap().unwrap().get("id"), Some(&json!("new")));
    let error = not_signed_in.await.unwrap().unwrap_err();
    assert_eq!((error.is_stopped(), error.attempts()), (true, 0));
    assert_eq!(server.asked().len(), 1);
}

/// A throttled list of one page, a create, and a list that fails on its second page.
async fn eventful_calls() -> Scripted {
    let server = Scripted::start([
        Reply::fault(429, "TooManyRequests").with("retry-after", "7"),
        Reply::json(200, json!({"value": [{"password": "c4n4ry-in-answer"}]})),
        Reply::json(201, json!({"id": "1"})),
    ])
    .await;
    let link = format!("{}/beta/x?$skiptoken=c4n4ry-in-query", server.origin);
    server.then(Reply::json(200, json!({"value": [], "@odata.nextLink": link})));
    server.then(Reply::fault(400, "c4n4ry-in-code"));
    let client = server.client();
    client.list(&tokens(), soon()).await.unwrap();
    let body = object(json!({"password": "c4n4ry-in-body"}));
    client.post(&tokens(), &body, soon()).await.unwrap();
    client.list(&tokens(), soon()).await.unwrap_err();
    server
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_one_line_of_log_without_secrets_bodies_or_queries() {
    record_log();
    let server = eventful_calls().await;
    let lines = recorded_log();
    let sent: Vec<&String> =
        lines.iter().filter(|line| line.contains("sent a request to Graph")).collect();
    assert_eq!((sent.len(), server.asked().len()), (5, 5), "{lines:#?}");
    for part in ["GET", tokens().path(), "429", "attempt=1", "wait_ms=7000", "client_request_id="] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    for line in &lines {
        for secret in ["c4n4ry", CANARY, "token-1", "Bearer", "skiptoken"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_nobody_vouches_for_is_not_tried_again() {
    let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![signed.cert.der().clone()], key.unwrap())
    .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let graph = Origin::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            assert!(acceptor.accept(stream).await.is_err(), "the client must refuse");
        }
    });
    let server = Scripted::start([]).await;
    let client = Client::new(Settings { graph, ..server.settings() });
    let error = client.get(&tokens(), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::Unreachable, 1));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_before_the_body_was_asked_for_sends_a_create_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let graph = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let accepted = tokio::spawn(async move {
        let mut count = 0;
        while let Ok(Ok((stream, _))) =
            tokio::time::timeout(Duration::from_secs(60), listener.accept()).await
        {
            count += 1;
            drop(stream);
        }
        count
    });
    let server = Scripted::start([]).await;
    let client = Client::with_jitter(Settings { graph, ..server.settings() }, || 1.0);
    let error = client.post(&tokens(), &Object::new(), soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::Unreachable, 5), "{error}");
    drop(client);
    assert!(accepted.await.unwrap() >= error.attempts());
}

#[test]
fn loopback_is_spoken_to_past_any_proxy() {
    let test = "graph::client::tests::a_read_is_one_request_that_says_who_asks";
    let nobody = "http://127.0.0.1:9";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs([("HTTP_PROXY", nobody), ("http_proxy", nobody), ("ALL_PROXY", nobody)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("1 passed"), "{report}");
}
