//! The way through a proxy, in a process of its own: its environment is read once.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::*;

const CHILD: &str = "faults::proxies::a_create_far_away_fails_and_one_on_loopback_works";

/// By itself this says that no proxy is needed; the tests below run it with one in its environment.
#[tokio::test(start_paused = true)]
async fn a_create_far_away_fails_and_one_on_loopback_works() {
    let tenant = Tenant::start().await;
    tenant.created(&[]).await;
    let far = provider_for("https://graph.invalid", "https://login.invalid");
    let planned = tenant.planned(&Value::Null, &[]);
    let outcome = far.create(managed(&far), planned, &Value::Null, Known::default()).await;
    let told = error(&outcome);
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(outcome.state.is_null());
}

/// What a proxy that refuses everything is asked for while the other test runs with this `NO_PROXY`.
async fn asked_of_proxy(no_proxy: &str) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://someone:c4n4ry@{}", listener.local_addr().unwrap());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD])
        .env("HTTPS_PROXY", &proxy)
        .env("HTTP_PROXY", &proxy)
        .env("NO_PROXY", no_proxy)
        .kill_on_drop(true)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut report = String::new();
    let mut asked = Vec::new();
    let mut ended = std::pin::pin!(output.read_to_string(&mut report));
    loop {
        tokio::select! {
            _ = &mut ended => break,
            accepted = listener.accept() => {
                let (mut stream, _) = accepted.unwrap();
                let mut bytes = vec![0; 4096];
                let read = stream.read(&mut bytes).await.unwrap();
                let head = String::from_utf8_lossy(&bytes[..read]).into_owned();
                asked.push(head.lines().next().unwrap_or_default().to_owned());
                let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(refusal).await.unwrap();
            }
        }
    }
    assert!(child.wait().await.unwrap().success(), "{report}");
    assert!(report.contains("1 passed") && !report.contains("c4n4ry"), "{report}");
    asked
}

#[tokio::test]
async fn t7_a_proxy_that_refuses_is_asked_for_far_hosts_and_never_for_loopback() {
    let asked = asked_of_proxy("").await;
    assert!(!asked.is_empty());
    for line in &asked {
        assert_eq!(line, "CONNECT login.invalid:443 HTTP/1.1");
    }
}

#[tokio::test]
async fn t7_a_host_that_needs_no_proxy_is_not_asked_for() {
    assert_eq!(asked_of_proxy("login.invalid,graph.invalid").await, [] as [&str; 0]);
}
