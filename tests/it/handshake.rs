//! How Terraform starts, reaches and ends the program, tried from its side.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use futures_util::StreamExt;
use serde_json::Value;
use terraform_provider_intune::proto::plugin::{ConnInfo, Empty};
use terraform_provider_intune::proto::tfplugin6::{get_states, lock_state};
use terraform_provider_intune::proto::tfplugin6::{read_state_bytes, validate_state_store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::host::{ClientCertificate, Host, PATIENCE, Plugin, connect};

#[tokio::test]
async fn a_person_is_told_how_to_use_it() {
    let outcome = Host::by_hand(&[]).start().outcome().await;
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stdout, "");
    for expected in ["Terraform provider", "required_providers", "dev_overrides", "--debug"] {
        assert!(outcome.stderr.contains(expected), "{expected}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn another_cookie_is_as_good_as_none() {
    let host = Host::new().env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f");
    let outcome = host.start().outcome().await;
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("required_providers"));
}

#[tokio::test]
async fn version_and_help_go_to_standard_output() {
    let version = Host::by_hand(&["--version"]).start().outcome().await;
    assert_eq!(version.code, Some(0));
    assert_eq!(version.stdout, concat!("terraform-provider-intune ", env!("CARGO_PKG_VERSION")));
    let help = Host::by_hand(&["--help"]).start().outcome().await;
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("--debug"));
}

#[tokio::test]
async fn an_argument_that_does_not_exist_is_an_error() {
    let outcome = Host::by_hand(&["--verbose"]).start().outcome().await;
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("--verbose"), "{}", outcome.stderr);
}

#[tokio::test]
async fn the_handshake_has_the_fields_that_terraform_reads() {
    let plugin = Host::new().launch().await;
    let handshake = &plugin.handshake;
    assert_eq!((handshake.core.as_str(), handshake.app.as_str()), ("1", "6"));
    assert_eq!((handshake.network.as_str(), handshake.protocol.as_str()), ("unix", "grpc"));
    assert!(handshake.address.as_os_str().len() <= 100, "{handshake:?}");
    assert!(handshake.certificate.is_some());
    assert_eq!(handshake.multiplex, None);
    let (status, _) = plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_host_that_asks_for_multiplexing_is_told_no() {
    let plugin = Host::new().env("PLUGIN_MULTIPLEX_GRPC", "true").launch().await;
    assert_eq!(plugin.handshake.multiplex.as_deref(), Some("false"));
}

#[tokio::test]
async fn a_host_of_another_protocol_still_gets_an_answer() {
    let plugin = Host::new()
        .env("PLUGIN_PROTOCOL_VERSIONS", "5")
        .env("TF_LOG_PROVIDER", "WARN")
        .launch()
        .await;
    assert_eq!(plugin.handshake.app, "6");
    let (_, stderr) = plugin.shutdown().await;
    assert!(stderr.iter().any(|line| line.contains("protocol 6")), "{stderr:?}");
}

#[tokio::test]
async fn without_tls_the_handshake_tells_no_certificate_and_the_plugin_serves() {
    let plugin = Host::new().without_tls().launch().await;
    assert!(plugin.line.ends_with("|grpc|"), "{}", plugin.line);
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn without_tls_nobody_is_served_unless_terraform_was_told_so() {
    let outcome =
        Host::new().without_tls().without("TF_DISABLE_PLUGIN_TLS").start().outcome().await;
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(outcome.stderr.contains("PLUGIN_CLIENT_CERT is missing"), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_read_ends_the_start() {
    let outcome = Host::new().env("PLUGIN_CLIENT_CERT", "nonsense").start().outcome().await;
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("PLUGIN_CLIENT_CERT"), "{}", outcome.stderr);
}

#[tokio::test]
async fn strangers_are_refused_and_terraform_is_still_served() {
    let plugin = Host::new().launch().await;
    let (address, server) = (&plugin.handshake.address, plugin.handshake.certificate.as_ref());
    let own = ClientCertificate::of_this_run();

    for stranger in [ClientCertificate::fresh(), own.stolen()] {
        assert!(is_refused(connect(address, Some(&stranger), server).await).await);
    }
    assert!(is_refused(connect(address, None, server).await).await, "no certificate");
    assert!(is_refused(connect(address, None, None).await).await, "no TLS");

    assert_serves(&plugin).await;
    assert!(!is_refused(connect(address, Some(&own), server).await).await, "a second connection");
    let (status, _) = plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
}

/// The loop that accepts must outlast every bad client (RUSTSEC-2024-0376 was one that did not).
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_strangers_wear_nothing_out() {
    let plugin = Host::new().launch().await;
    let (address, server) = (&plugin.handshake.address, plugin.handshake.certificate.as_ref());
    let stranger = ClientCertificate::fresh();
    let knocks = (0..1000).map(|number| {
        let shown = (number % 2 == 0).then_some(&stranger);
        async move { is_refused(connect(address, shown, server).await).await }
    });
    let refused = futures_util::stream::iter(knocks).buffer_unordered(20);
    assert_eq!(refused.filter(|refused| std::future::ready(*refused)).count().await, 1000);
    assert_serves(&plugin).await;
    assert_eq!(plugin.shutdown().await.0.code(), Some(0));
}

#[tokio::test]
async fn bytes_that_are_no_tls_are_hung_up_on() {
    let plugin = Host::new().launch().await;
    for noise in
        [b"GET / HTTP/1.1\r\n\r\n".as_slice(), &[0; 512], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut stream = UnixStream::connect(&plugin.handshake.address).await.unwrap();
        stream.write_all(noise).await.unwrap();
        let mut answer = Vec::new();
        // A reset is a refusal as well as a close.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    }
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn five_hundred_silent_connections_keep_nobody_waiting() {
    let process = Host::new().launch().await;
    let mut silent = Vec::new();
    for _ in 0..500 {
        silent.push(UnixStream::connect(&process.handshake.address).await.unwrap());
    }
    let certificate = ClientCertificate::of_this_run();
    let server = process.handshake.certificate.as_ref();
    let late = connect(&process.handshake.address, Some(&certificate), server).await;
    assert!(!is_refused(late).await);
    assert_serves(&process).await;
    assert_eq!(silent.len(), 500);
}

#[tokio::test]
async fn the_socket_belongs_to_one_user_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let plugin = Host::new().umask(umask).launch().await;
        let socket = &plugin.handshake.address;
        assert_eq!(mode(socket), 0o600, "umask {umask}");
        assert_eq!(mode(socket.parent().unwrap()), 0o700, "umask {umask}");
    }
}

/// The socket of a plugin without a umask is as closed as with one, to whom it does not belong to.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_user_cannot_connect_to_the_socket_whatever_the_umask() {
    use std::io::ErrorKind::PermissionDenied;

    for umask in ["000", "022"] {
        let plugin = Host::new().umask(umask).launch().await;
        let socket = &plugin.handshake.address;
        let Some(refused) = connected_as(NOBODY, socket) else {
            return crate::skipped(
                "only root can act as another user; the modes are held by another test",
            );
        };
        assert_eq!(refused.err(), Some(PermissionDenied), "umask {umask}");
        // Were the directories open, the socket itself would still be closed.
        for above in socket.ancestors().skip(1).take(2) {
            fs::set_permissions(above, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let refused = connected_as(NOBODY, socket).unwrap();
        assert_eq!(refused.err(), Some(PermissionDenied), "umask {umask}");
        // And it is this that closes it, not who asks.
        fs::set_permissions(socket, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(connected_as(NOBODY, socket), Some(Ok(())), "umask {umask}");
    }
}

#[tokio::test]
async fn a_hostile_temporary_directory_holds_a_private_one() {
    let parent = tempfile::tempdir().unwrap();
    let [open, link, file] = ["open", "link", "file"].map(|name| parent.path().join(name));
    fs::create_dir(&open).unwrap();
    // Everybody may write there, and remove what is others'.
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::symlink(&open, &link).unwrap();
    fs::write(&file, "").unwrap();
    for directory in [&open, &link, &file] {
        let plugin = Host::new().umask("000").env("TMPDIR", directory).launch().await;
        let socket = plugin.handshake.address.clone();
        assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
        assert_serves(&plugin).await;
        assert_eq!(plugin.shutdown().await.0.code(), Some(0));
    }
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
}

/// What belongs to a process that may not be dumped belongs to root, whoever runs it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_core_is_dumped_and_no_other_process_of_the_user_looks_in() {
    use std::os::unix::fs::MetadataExt;

    let plugin = Host::new().user(NOBODY).launch().await;
    let process = plugin.process.id();
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let of_core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(of_core.split_whitespace().nth(4), Some("0"), "{of_core}");
    let owner = fs::metadata(format!("/proc/{process}/environ")).unwrap().uid();
    assert_eq!(owner, 0);
    assert_eq!(plugin.shutdown().await.0.code(), Some(0));
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let mut plugin = Host::new().env("TF_LOG", "TRACE").launch().await;
    plugin.process.stderr.close();
    for signal in ["INT", "TERM"] {
        plugin.process.signal_group(signal).await;
        assert_serves(&plugin).await;
    }
    plugin.controller().shutdown(Empty {}).await.unwrap();
    plugin.hang_up();
    assert_eq!(plugin.process.wait().await.code(), Some(0));
}

#[tokio::test]
async fn a_temporary_directory_that_cannot_hold_the_socket_is_passed_over() {
    let parent = tempfile::tempdir().unwrap();
    let long = parent.path().join("x".repeat(100));
    fs::create_dir(&long).unwrap();
    for directory in [long.as_path(), Path::new("/does/not/exist")] {
        let plugin = Host::new().env("TMPDIR", directory).launch().await;
        assert!(plugin.handshake.address.starts_with("/tmp"), "{:?}", plugin.handshake);
        assert_serves(&plugin).await;
        // Killed, it would leave its directory in everybody's.
        assert_eq!(plugin.shutdown().await.0.code(), Some(0));
    }
}

#[tokio::test]
async fn the_working_directory_may_be_any() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = Host::new().directory(directory.path()).env("TMPDIR", ".").launch().await;
    assert!(plugin.handshake.address.is_absolute());
    assert_serves(&plugin).await;
}

#[tokio::test]
async fn shutdown_ends_the_process_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = Host::new().env("TMPDIR", directory.path()).launch().await;
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    // As Terraform does: the stream of the output is open all the time.
    let mut output = plugin.stdio().stream_stdio(()).await.unwrap().into_inner();
    let (status, _) = plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    assert!(matches!(output.message().await, Ok(None)), "the stream ends without a word");
}

#[tokio::test]
async fn shutdown_ends_the_process_even_if_terraform_does_not_hang_up() {
    let mut plugin = Host::new().launch().await;
    let mut controller = plugin.controller();
    controller.shutdown(Empty {}).await.unwrap();
    assert_eq!(plugin.process.wait().await.code(), Some(0));
}

#[tokio::test]
async fn signals_to_the_group_do_not_end_it() {
    let mut plugin = Host::new().env("TF_LOG_PROVIDER_INTUNE", "DEBUG").launch().await;
    for (signal, heard) in [
        ("INT", "interrupt left to Terraform"),
        ("TERM", "asked to stop"),
        ("HUP", "asked to stop"),
    ] {
        plugin.process.signal_group(signal).await;
        plugin.process.stderr.line(|line| line.contains(heard)).await;
        assert_serves(&plugin).await;
    }
    let (status, _) = plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn the_process_ends_when_its_host_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut plugin = Host::new().env("TMPDIR", directory.path()).launch().await;
    plugin.hang_up();
    assert_eq!(plugin.process.wait().await.code(), Some(0));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_plugin_says_that_it_is_well() {
    let plugin = Host::new().launch().await;
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let answer = plugin.health().check(request).await.unwrap();
    assert_eq!(answer.get_ref().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn nothing_is_ever_said_on_the_output_stream() {
    let plugin = Host::new().env("TF_LOG", "TRACE").launch().await;
    let mut output = plugin.stdio().stream_stdio(()).await.unwrap().into_inner();
    assert_serves(&plugin).await;
    let mut controller = plugin.controller();
    let (said, ended) = tokio::join!(output.message(), controller.shutdown(Empty {}));
    ended.unwrap();
    assert_eq!(said.unwrap(), None);
}

#[tokio::test]
async fn the_broker_is_not_there() {
    let plugin = Host::new().launch().await;
    let nothing = futures_util::stream::empty::<ConnInfo>();
    let refused = plugin.broker().start_stream(nothing).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}

#[tokio::test]
async fn calls_that_are_not_advertised_are_not_there() {
    let plugin = Host::new().launch().await;
    let mut provider = plugin.provider();
    let refusals = [
        provider.get_states(get_states::Request::default()).await.map(drop),
        provider.lock_state(lock_state::Request::default()).await.map(drop),
        provider.read_state_bytes(read_state_bytes::Request::default()).await.map(drop),
        provider
            .validate_state_store_config(validate_state_store::Request::default())
            .await
            .map(drop),
    ];
    for refusal in refusals {
        assert_eq!(refusal.unwrap_err().code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn a_message_of_many_megabytes_is_read() {
    let plugin = Host::new().launch().await;
    let request =
        lock_state::Request { type_name: "x".repeat(32 << 20), ..lock_state::Request::default() };
    let answer = plugin.provider().lock_state(request).await.unwrap_err();
    assert_eq!(answer.code(), Code::Unimplemented, "read, and then not known");
}

#[tokio::test]
async fn a_debugged_plugin_says_how_to_attach_and_serves_without_tls() {
    let mut process = Host::by_hand(&["--debug"]).start();
    let line = process.stdout.line(|line| line.contains("export TF_REATTACH_PROVIDERS='")).await;
    let quoted = line.split('\'').nth(1).unwrap();
    let reattach: Value = serde_json::from_str(quoted).unwrap();
    let told = &reattach["registry.terraform.io/intune-rs/intune"];
    assert_eq!(told["Protocol"], "grpc");
    assert_eq!(told["ProtocolVersion"], 6);
    assert_eq!(told["Test"], true);
    assert_eq!(told["Addr"]["Network"], "unix");
    let socket = Path::new(told["Addr"]["String"].as_str().unwrap()).to_owned();
    // Terraform dials once to see whether somebody is there, and once more to stay.
    drop(UnixStream::connect(&socket).await.unwrap());
    assert!(!is_refused(connect(&socket, None, None).await).await);

    process.signal_group("INT").await;
    assert_eq!(process.outcome().await.code, Some(0));
    assert!(!socket.exists());
}

#[tokio::test]
async fn log_lines_are_those_of_hclog() {
    let plugin = Host::new().env("TF_LOG", "JSON").launch().await;
    assert_serves(&plugin).await;
    let (_, stderr) = plugin.shutdown().await;
    assert!(!stderr.is_empty());
    for line in stderr {
        let read: Value = serde_json::from_str(&line).unwrap();
        let levels = BTreeSet::from(["trace", "debug", "info", "warn", "error"]);
        assert!(levels.contains(read["@level"].as_str().unwrap()), "{line}");
        assert!(read["@message"].is_string() && read["@module"].is_string(), "{line}");
        let timestamp = read["@timestamp"].as_str().unwrap();
        assert_eq!(timestamp.len(), "2006-01-02T15:04:05.000000Z".len(), "{line}");
        assert_eq!(timestamp.find('.'), Some(19), "{line}");
    }
}

#[tokio::test]
async fn nothing_is_logged_unless_somebody_asks() {
    let plugin = Host::new().launch().await;
    assert_serves(&plugin).await;
    let (_, stderr) = plugin.shutdown().await;
    assert_eq!(stderr, [""; 0]);
}

/// A call that no version of this provider answers with more than this.
async fn assert_serves(plugin: &Plugin) {
    let mut provider = plugin.provider();
    let answer = timeout(PATIENCE, provider.lock_state(lock_state::Request::default())).await;
    assert_eq!(answer.unwrap().unwrap_err().code(), Code::Unimplemented);
}

/// In TLS 1.3 a client learns of its refusal only from the first thing it reads.
async fn is_refused<E>(channel: Result<tonic::transport::Channel, E>) -> bool {
    let Ok(channel) = channel else { return true };
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    timeout(PATIENCE, health.check(request)).await.unwrap().is_err()
}

/// A user who owns nothing.
const NOBODY: u32 = 65_534;

/// Connects to a socket as this user, in a thread that is nobody else from then on; nothing where this
/// process may not become another user.
#[cfg(target_os = "linux")]
fn connected_as(user: u32, socket: &Path) -> Option<Result<(), std::io::ErrorKind>> {
    use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};

    let connecting = || {
        let (user, group) = (Uid::from_raw(user), Gid::from_raw(user));
        set_thread_groups(&[]).ok()?;
        set_thread_res_gid(group, group, group).ok()?;
        set_thread_res_uid(user, user, user).ok()?;
        let connected = std::os::unix::net::UnixStream::connect(socket);
        Some(connected.map(drop).map_err(|error| error.kind()))
    };
    std::thread::scope(|scope| scope.spawn(connecting).join().unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
