//! Answers that mean harm: nothing of ours goes where it should not, and nothing here grows without end.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

/// A host that must never hear of us.
struct Stranger {
    origin: String,
    heard: Arc<AtomicUsize>,
}

impl Stranger {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                count.fetch_add(1, Ordering::Relaxed);
                let _ = stream.read_to_end(&mut bytes).await;
            }
        });
        Self { origin, heard }
    }

    fn assert_heard_nothing(&self) {
        assert_eq!(self.heard.load(Ordering::Relaxed), 0, "connections");
    }
}

/// A create whose listing is this; it must fail before anything is sent.
async fn refused_listing(effect: Effect) -> String {
    let tenant = Tenant::start().await;
    tenant.fault("GET", effect, usize::MAX);
    let outcome = tenant.create(&[]).await;
    assert!(outcome.state.is_null());
    assert_eq!(tenant.sent("POST"), 0);
    error(&outcome)
}

fn linking_to(link: &str) -> Effect {
    body(json!({"value": [], "@odata.nextLink": link}).to_string(), "application/json")
}

#[tokio::test(start_paused = true)]
async fn h27_a_redirect_is_refused_and_its_target_hears_nothing() {
    let stranger = Stranger::listen().await;
    for code in [301, 302, 303, 307, 308] {
        let target = format!("{}/beta/x?code=secret", stranger.origin);
        let redirect = status(code, &[("Location", &target)]);
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("GET", redirect.clone(), usize::MAX);
        let outcome = tenant.read(&state).await;
        let told = error(&outcome);
        assert!(told.contains("redirect (to 127.0.0.1)") && !told.contains("secret"), "{told}");
        assert_eq!(outcome.state, state);
        tenant.emulator.clear_faults();
        tenant.fault("POST", redirect, usize::MAX);
        let told = error(&tenant.create(&[("display_name", Value::text("Other"))]).await);
        assert!(told.contains("may or may not have been created"), "{told}");
    }
    stranger.assert_heard_nothing();
}

#[tokio::test(start_paused = true)]
async fn h28_a_next_link_leads_nowhere_else() {
    let stranger = Stranger::listen().await;
    let host = stranger.origin.strip_prefix("http://").unwrap();
    for link in [
        format!("{}/beta/x", stranger.origin),
        format!("http://graph.microsoft.com@{host}/beta/x"),
        format!("//{host}/beta/x"),
        "/beta/x".to_owned(),
        "https://graph.microsoft.com.evil.example/beta/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ] {
        let told = refused_listing(linking_to(&link)).await;
        assert!(
            told.contains("refusing to follow") || told.contains("Refusing to follow"),
            "{told}"
        );
    }
    stranger.assert_heard_nothing();
}

#[tokio::test(start_paused = true)]
async fn h28_a_chain_of_pages_ends() {
    let tenant = Tenant::start().await;
    let itself = format!(
        "{}/beta/deviceManagement/depOnboardingSettings/{}/enrollmentProfiles",
        tenant.emulator.url(),
        tenant.token
    );
    tenant.fault("GET", linking_to(&itself), usize::MAX);
    let told = error(&tenant.create(&[]).await);
    assert!(told.contains("read already"), "{told}");
    assert_eq!((tenant.sent("GET"), tenant.sent("POST")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn h29_an_answer_beyond_the_limit_is_not_held() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    let huge = format!("{{\"id\": \"{}\"}}", "x".repeat(9 << 20));
    tenant.fault("GET", body(huge, "application/json"), usize::MAX);
    let outcome = tenant.read(&state).await;
    let told = error(&outcome);
    assert!(told.contains("larger than 8 MiB"), "{told}");
    assert_eq!((tenant.sent("GET"), &outcome.state), (1, &state));
}

#[tokio::test(start_paused = true)]
async fn h29_a_compressed_answer_is_never_unpacked() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    // The start of a gzip stream; without `Accept-Encoding` nobody may send one.
    tenant.fault(
        "GET",
        body(b"\x1f\x8b\x08\x00\x00\x00".as_slice(), "application/json"),
        usize::MAX,
    );
    assert!(error(&tenant.read(&state).await).contains("cannot be read"));
    let requests = tenant.emulator.requests();
    assert!(requests.iter().all(|request| !request.headers.contains_key("accept-encoding")));
}

#[tokio::test(start_paused = true)]
async fn h30_malformed_json_is_an_error_and_no_crash() {
    let deep = "{\"a\":".repeat(10_000);
    for bytes in [
        deep.as_bytes(),
        b"{\"id\": \"\xff\xfe\"}".as_slice(),
        br#"{"id": "\ud800"}"#.as_slice(),
        b"{\"id\": \"a\0b\"}".as_slice(),
        br#"{"id": "a", "siriDisabled": false, "siriDisabled": true}"#.as_slice(),
    ] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("GET", body(bytes, "application/json"), usize::MAX);
        let outcome = tenant.read(&state).await;
        let shown = String::from_utf8_lossy(bytes).chars().take(60).collect::<String>();
        assert!(outcome.diagnostics.iter().any(|one| one.is_error()), "{shown}");
        assert_eq!(outcome.state, state, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn t1_where_nobody_listens_the_reason_and_the_proxy_are_named() {
    let tenant = Tenant::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let provider = provider_for(&nobody, &nobody);
    let planned = tenant.planned(&Value::Null, &[]);
    let outcome =
        provider.create(managed(&provider), planned, &Value::Null, Known::default()).await;
    let told = error(&outcome);
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(outcome.state.is_null());
}
