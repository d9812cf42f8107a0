//! Signing in, as seen by an authority and by the callers who wait for it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use super::*;
use crate::graph::scripted::{CANARY, Reply, Scripted};
use crate::graph::sign_in::SIGN_IN;
use crate::graph::{Address, Blame, Client, Error, Kind, Object, Origin};
use tokio::time::sleep;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(300)
}

async fn read(client: &Client) -> Result<Object, Error> {
    client.get(&Address::new().segment("x"), soon()).await
}

async fn read_at_once(client: &Client, count: usize) -> Vec<Result<Object, Error>> {
    let reads = (0..count).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { read(&client).await })
    });
    let reads: Vec<_> = reads.collect();
    let mut results = Vec::new();
    for read in reads {
        results.push(read.await.unwrap());
    }
    results
}

fn good() -> Reply {
    Reply::json(200, json!({}))
}

fn refusal(status: u16, error: &str, number: u64, text: &str) -> Reply {
    let description = format!("AADSTS{number}: {text}\r\nTrace ID: t\r\nTimestamp: now");
    let error = json!({"error": error, "error_description": description, "error_codes": [number]});
    Reply::json(status, error)
}

#[tokio::test(start_paused = true)]
async fn signing_in_sends_the_form_of_the_client_credentials_flow() {
    let server = Scripted::start([good()]).await;
    read(&server.client()).await.unwrap();
    let asked = &server.asked_for_tokens()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/contoso.example/oauth2/v2.0/token")
    );
    assert_eq!(asked.headers.get("content-type").unwrap(), "application/x-www-form-urlencoded");
    assert!(asked.headers.get("authorization").is_none());
    let form: Vec<_> = url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let scope = format!("{}/.default", server.origin);
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "an-application"),
        ("client_secret", CANARY),
        ("scope", scope.as_str()),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form, expected);
}

#[tokio::test(start_paused = true)]
async fn many_callers_share_one_sign_in() {
    let server = Scripted::start(vec![good(); 64]).await;
    let granted = json!({"access_token": "shared", "expires_in": "3599"});
    let slow = Reply::Late(Duration::from_secs(2), Box::new(Reply::json(200, granted)));
    server.then_token(slow);
    let results = read_at_once(&server.client(), 64).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.asked_for_tokens().len(), 1);
    assert!(server.asked().iter().all(|asked| asked.headers["authorization"] == "Bearer shared"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_early_or_at_half_its_life() {
    for (lifetime, kept, renewed) in [(3600, 3290, 20), (400, 190, 20)] {
        let server = Scripted::start([good(), good(), good()]).await;
        server.then_token(Reply::json(200, json!({"access_token": "a", "expires_in": lifetime})));
        let client = server.client();
        read(&client).await.unwrap();
        sleep(Duration::from_secs(kept)).await;
        read(&client).await.unwrap();
        assert_eq!(server.asked_for_tokens().len(), 1, "{lifetime}");
        sleep(Duration::from_secs(renewed)).await;
        read(&client).await.unwrap();
        assert_eq!(server.asked_for_tokens().len(), 2, "{lifetime}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_during_a_wait_is_renewed_before_the_next_attempt() {
    let throttled = Reply::empty(429).with("retry-after", "60");
    let server = Scripted::start([throttled, good()]).await;
    server.then_token(Reply::json(200, json!({"access_token": "short", "expires_in": 40})));
    read(&server.client()).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].headers["authorization"], "Bearer short");
    assert_eq!(asked[1].headers["authorization"], "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_renewed_once_for_all() {
    let mut replies = vec![Reply::fault(401, "InvalidAuthenticationToken"); 16];
    replies.extend(vec![good(); 16]);
    let server = Scripted::start(replies).await;
    let results = read_at_once(&server.client(), 16).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.asked_for_tokens().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_refused_three_times_is_an_error() {
    let server = Scripted::start(vec![Reply::fault(401, "InvalidAuthenticationToken"); 9]).await;
    let error = read(&server.client()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (&Kind::Unauthorized, 4));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_every_token_does_not_drain_the_authority() {
    let server = Scripted::start([]).await;
    server.otherwise(Reply::fault(401, "UnknownError"));
    let client = server.client();
    for result in read_at_once(&client, 100).await {
        assert_eq!(result.unwrap_err().kind(), &Kind::Unauthorized);
    }
    assert_eq!(server.asked_for_tokens().len(), 2);
    sleep(REMEMBERED).await;
    read(&client).await.unwrap_err();
    assert_eq!(server.asked_for_tokens().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_is_sent_again_with_a_new_token() {
    let created = Reply::json(201, json!({"id": "new"}));
    let server = Scripted::start([Reply::empty(401), created]).await;
    let address = Address::new().segment("x");
    server.client().post(&address, &Object::new(), soon()).await.unwrap();
    assert_eq!(server.asked()[1].headers["authorization"], "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_asked_about_once_and_named() {
    for (status, error, number, blame) in [
        (401, "invalid_client", 7_000_215, Blame::ClientSecret),
        (401, "invalid_client", 7_000_222, Blame::ClientSecret),
        (401, "invalid_client", 7_000_216, Blame::ClientSecret),
        (400, "unauthorized_client", 700_016, Blame::ClientId),
        (400, "invalid_request", 90_002, Blame::TenantId),
        (400, "invalid_grant", 50_034, Blame::TenantId),
        (400, "invalid_resource", 500_011, Blame::Graph),
        (400, "invalid_request", 123, Blame::Unknown),
    ] {
        let server = Scripted::start([]).await;
        server.then_token(refusal(status, error, number, "No."));
        let client = server.client();
        let results = read_at_once(&client, 8).await;
        sleep(Duration::from_secs(3600)).await;
        let later = read(&client).await;
        for result in results.into_iter().chain([later]) {
            let error = result.unwrap_err();
            let failure = error.sign_in_failure().unwrap();
            assert_eq!(failure.blame, blame, "{number}");
            assert_eq!(failure.code, Some(format!("AADSTS{number}")));
            assert_eq!(failure.description, Some(format!("AADSTS{number}: No.")));
            assert_eq!(failure.hint.is_some(), blame != Blame::Unknown);
            assert_eq!(error.attempts(), 0);
        }
        assert_eq!(server.asked_for_tokens().len(), 1, "{number}");
        assert_eq!(server.asked().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_the_tenant_is_asked_about_again_after_a_while() {
    let server = Scripted::start([good()]).await;
    server.then_token(refusal(400, "invalid_grant", 53_003, "Blocked."));
    let client = server.client();
    for _ in 0..2 {
        let error = read(&client).await.unwrap_err();
        assert_eq!(error.sign_in_failure().unwrap().blame, Blame::Policy);
    }
    assert_eq!(server.asked_for_tokens().len(), 1);
    sleep(REMEMBERED).await;
    read(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_recovers_within_a_minute_is_waited_for() {
    for bad in [
        Reply::empty(500),
        Reply::html(503),
        Reply::fault(429, "TooManyRequests").with("retry-after", "30"),
        Reply::Hangup,
        Reply::html(200),
        Reply::json(503, json!({"error": "temporarily_unavailable"})),
        Reply::json(200, json!({"expires_in": 3600})),
    ] {
        let server = Scripted::start(vec![good(); 8]).await;
        server.then_token(bad.clone());
        let results = read_at_once(&server.client(), 8).await;
        assert!(results.iter().all(Result::is_ok), "{bad:?}");
        assert_eq!(server.asked_for_tokens().len(), 2, "{bad:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_stays_down_fails_all_who_wait_together() {
    let server = Scripted::start([]).await;
    for _ in 0..20 {
        server.then_token(Reply::html(502));
    }
    let start = Instant::now();
    for result in read_at_once(&server.client(), 100).await {
        let error = result.unwrap_err();
        let failure = error.sign_in_failure().unwrap();
        assert_eq!(failure.blame, Blame::Authority);
        assert!(failure.description.as_ref().unwrap().contains("status 502"), "{failure}");
    }
    assert!(start.elapsed() <= SIGN_IN);
    assert_eq!(server.asked_for_tokens().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_old_token_serves_while_the_authority_is_down() {
    let server = Scripted::start([good(), good()]).await;
    let client = server.client();
    read(&client).await.unwrap();
    sleep(Duration::from_secs(3400)).await;
    for _ in 0..5 {
        server.then_token(Reply::empty(503));
    }
    read(&client).await.unwrap();
    assert_eq!(server.asked()[1].headers["authorization"], "Bearer token-1");
    assert!(server.asked_for_tokens().len() > 1, "a renewal was tried");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_still_works_is_kept_from_nobody_while_one_caller_renews_it() {
    let server = Scripted::start(vec![good(); 9]).await;
    let client = server.client();
    read(&client).await.unwrap();
    sleep(Duration::from_secs(3400)).await;
    server.then_token(Reply::Silence);
    let start = Instant::now();
    let results = read_at_once(&client, 8).await;
    assert!(results.iter().all(Result::is_ok));
    let asked: Vec<_> = server.asked().into_iter().skip(1).map(|one| one.at - start).collect();
    let at_once = asked.iter().filter(|after| **after < Duration::from_secs(1)).count();
    assert_eq!(at_once, 7, "{asked:?}");
    assert!(asked.iter().all(|after| *after < Duration::from_secs(10)), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_while_it_is_renewed_leaves_all_the_time_for_another() {
    let server = Scripted::start([good(), good()]).await;
    let client = server.client();
    read(&client).await.unwrap();
    sleep(Duration::from_secs(3600 - 12)).await;
    let granted = json!({"access_token": "late", "expires_in": 3600});
    let late = Reply::Late(Duration::from_secs(8), Box::new(Reply::json(200, granted)));
    server.then_token(late);
    read(&client).await.unwrap();
    assert_eq!(server.asked()[1].headers["authorization"], "Bearer late");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_while_it_is_renewed_is_waited_for() {
    let server = Scripted::start([good(), Reply::empty(401), good(), good()]).await;
    let client = server.client();
    read(&client).await.unwrap();
    sleep(Duration::from_secs(3400)).await;
    server.then_token(Reply::Silence);
    let results = read_at_once(&client, 2).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

#[tokio::test(start_paused = true)]
async fn claims_that_are_demanded_while_a_token_is_renewed_are_asked_for_with_the_next() {
    let server = Scripted::start([good(), challenge(1), good(), good()]).await;
    let client = server.client();
    read(&client).await.unwrap();
    sleep(Duration::from_secs(3400)).await;
    let granted = json!({"access_token": "without", "expires_in": 3600});
    let late = Reply::Late(Duration::from_secs(3), Box::new(Reply::json(200, granted)));
    server.then_token(late);
    let results = read_at_once(&client, 2).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let asked = server.asked_for_tokens();
    assert!(asked.last().is_some_and(|last| claims_of(last).contains("nbf")), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unusable_lifetime_is_an_error_and_no_loop() {
    for lifetime in [json!(0), json!(-1), json!("0"), json!("soon"), json!(1e12), json!(null)] {
        let server = Scripted::start([]).await;
        server.then_token(Reply::json(200, json!({"access_token": "t", "expires_in": lifetime})));
        let error = read(&server.client()).await.unwrap_err();
        assert!(error.to_string().contains("lifetime"), "{lifetime}: {error}");
        assert_eq!(server.asked_for_tokens().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_no_path_segment_is_never_asked_for() {
    for tenant in ["", ".", ".."] {
        let server = Scripted::start([]).await;
        let settings = Settings { tenant_id: Some(tenant.into()), ..server.settings() };
        let error = read(&Client::new(settings)).await.unwrap_err();
        assert_eq!(error.sign_in_failure().unwrap().blame, Blame::TenantId);
        assert_eq!(server.asked_for_tokens().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_secret_goes_to_the_authority_and_the_token_to_graph() {
    let graph = Scripted::start([good()]).await;
    let authority = Scripted::start([]).await;
    let settings = Settings { graph: graph.origin.clone(), ..authority.settings() };
    read(&Client::new(settings)).await.unwrap();
    assert_eq!((authority.asked().len(), authority.asked_for_tokens().len()), (0, 1));
    assert_eq!((graph.asked().len(), graph.asked_for_tokens().len()), (1, 0));
    let graph_saw = format!("{:?}", graph.asked());
    assert!(!graph_saw.contains("c4n4ry"), "{graph_saw}");
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_a_secret_or_the_half_of_a_token() {
    let encoded: String = url::form_urlencoded::byte_serialize(CANARY.as_bytes()).collect();
    for reply in [
        refusal(401, "invalid_client", 7_000_215, &format!("Not {CANARY} nor {encoded}.")),
        Reply::json(400, json!({ "error": CANARY })),
        Reply::json(403, json!({ "detail": CANARY })),
        Reply::Cut(200, "{\"access_token\": \"t0ken-c4n4ry".into()),
        Reply::Answer {
            status: 200,
            headers: Vec::new(),
            body: "{\"access_token\": \"t0ken-c4n4ry".into(),
        },
        Reply::json(200, json!({"access_token": "t0ken-c4n4ry", "expires_in": 0})),
        Reply::json(200, json!({"access_token": "t0ken-c4n4ry\n", "expires_in": 9})),
    ] {
        let server = Scripted::start([]).await;
        for _ in 0..8 {
            server.then_token(reply.clone());
        }
        let client = server.client();
        let error = read(&client).await.unwrap_err();
        let shown = format!("{error} {error:?} {client:?}");
        assert!(!shown.contains("c4n4ry"), "{reply:?}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_little_time_fails_alone() {
    let server = Scripted::start([good()]).await;
    let granted = json!({"access_token": "late", "expires_in": 3600});
    let late = Reply::Late(Duration::from_secs(8), Box::new(Reply::json(200, granted)));
    server.then_token(late.clone());
    server.then_token(late);
    let client = server.client();
    let hasty = tokio::spawn({
        let client = client.clone();
        let deadline = Instant::now() + Duration::from_secs(3);
        async move { client.get(&Address::new().segment("x"), deadline).await }
    });
    tokio::task::yield_now().await;
    read(&client).await.unwrap();
    assert_eq!(hasty.await.unwrap().unwrap_err().kind(), &Kind::OutOfTime);
}

#[tokio::test(start_paused = true)]
async fn an_authority_nobody_listens_at_is_named_as_such() {
    let server = Scripted::start([]).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = Origin::parse(&format!("http://{}", closed.local_addr().unwrap())).unwrap();
    drop(closed);
    let client = Client::new(Settings { authority, ..server.settings() });
    let error = read(&client).await.unwrap_err();
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::Authority);
    assert!(std::error::Error::source(&error).is_some());
}

fn challenge(nonce: u32) -> Reply {
    use base64::Engine as _;
    let claims = json!({"access_token": {"nbf": {"essential": true, "value": nonce.to_string()}}});
    let claims = base64::engine::general_purpose::STANDARD.encode(claims.to_string());
    let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\"");
    Reply::fault(401, "InvalidAuthenticationToken").with("www-authenticate", &header)
}

fn claims_of(asked: &crate::graph::scripted::Asked) -> String {
    let mut form = url::form_urlencoded::parse(asked.body.as_bytes());
    form.find(|(name, _)| name == "claims").unwrap().1.into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_with_a_token_asked_for_with_its_claims() {
    let server = Scripted::start([challenge(7), good(), good()]).await;
    let client = server.client();
    read(&client).await.unwrap();
    let asked = server.asked_for_tokens();
    assert!(!claims_of(&asked[0]).contains("nbf"));
    assert!(
        claims_of(&asked[1]).contains(r#""value":"7""#) && claims_of(&asked[1]).contains("cp1")
    );
    // A later renewal is an ordinary one.
    sleep(Duration::from_secs(3500)).await;
    read(&client).await.unwrap();
    assert!(!claims_of(&server.asked_for_tokens()[2]).contains("nbf"));
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_even_when_a_token_was_renewed_just_now() {
    let server =
        Scripted::start([Reply::empty(401), good(), challenge(1), good(), challenge(2), good()])
            .await;
    let client = server.client();
    for _ in 0..3 {
        read(&client).await.unwrap();
    }
    assert_eq!(server.asked_for_tokens().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_is_never_content_is_answered_once() {
    let server = Scripted::start(vec![challenge(1); 40]).await;
    let client = server.client();
    for _ in 0..10 {
        assert_eq!(read(&client).await.unwrap_err().kind(), &Kind::Unauthorized);
    }
    assert_eq!(server.asked_for_tokens().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_caller_hears_the_whole_story_and_the_others_that_it_was_told() {
    let server = Scripted::start([]).await;
    server.then_token(refusal(401, "invalid_client", 7_000_215, "No."));
    let results = read_at_once(&server.client(), 8).await;
    let told = results.into_iter().map(|result| {
        let error = result.unwrap_err();
        let failure = error.sign_in_failure().unwrap().clone();
        assert_eq!(&*failure.account, "by a secret of the test");
        failure.repeated
    });
    assert_eq!(told.filter(|repeated| !repeated).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_failure_is_told_in_full_again() {
    let server = Scripted::start([]).await;
    server.then_token(refusal(400, "invalid_grant", 53_003, "Blocked."));
    server.then_token(refusal(400, "invalid_grant", 53_000, "Not compliant."));
    let client = server.client();
    for _ in 0..2 {
        let error = read(&client).await.unwrap_err();
        assert!(!error.sign_in_failure().unwrap().repeated);
        sleep(REMEMBERED).await;
    }
}
