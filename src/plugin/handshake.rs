//! What Terraform tells the process in its environment, and the one line that answers it; knows nothing of TLS or gRPC.
//!
//! The rules are those of go-plugin's `server.go`.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tracing::warn;

/// The version of go-plugin's own protocol.
const CORE_PROTOCOL: u8 = 1;
/// The version of Terraform's provider protocol, tfplugin6.
const PROVIDER_PROTOCOL: &str = "6";
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// The range that Terraform names.
#[cfg(windows)]
const PORTS: (u16, u16) = (10_000, 25_000);

/// What the process was told in its environment, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    cookie: Option<String>,
    protocols: Option<String>,
    client_certificate: Option<String>,
    without_tls: bool,
    multiplex: bool,
    #[cfg(unix)]
    socket_directory: Option<PathBuf>,
    #[cfg(unix)]
    temporary_directory: Option<PathBuf>,
    #[cfg(windows)]
    ports: Option<(u16, u16)>,
    executable: Option<PathBuf>,
}

/// Where Terraform can reach the process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// A path, or an address and a port.
    pub(super) place: String,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn of_this_process() -> Self {
        Self {
            executable: std::env::current_exe().ok(),
            ..Self::read(|name| std::env::var_os(name))
        }
    }

    /// Reads the variables that go-plugin defines with `look_up`.
    pub fn read(look_up: impl Fn(&str) -> Option<OsString>) -> Self {
        // go-plugin takes an empty variable for an absent one.
        let present = |name: &str| look_up(name).filter(|value| !value.is_empty());
        let text = |name: &str| present(name).and_then(|value| value.into_string().ok());
        #[cfg(windows)]
        let port = |name: &str| text(name).and_then(|value| value.parse().ok());
        Self {
            cookie: text(COOKIE_NAME),
            protocols: text("PLUGIN_PROTOCOL_VERSIONS"),
            // Text that is not UTF-8 must fail later as a certificate, not pass as none.
            client_certificate: present("PLUGIN_CLIENT_CERT")
                .map(|value| value.to_string_lossy().into_owned()),
            without_tls: present("TF_DISABLE_PLUGIN_TLS").is_some(),
            multiplex: present("PLUGIN_MULTIPLEX_GRPC").is_some(),
            #[cfg(unix)]
            socket_directory: present("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            #[cfg(unix)]
            temporary_directory: present("TMPDIR").map(PathBuf::from),
            #[cfg(windows)]
            ports: port("PLUGIN_MIN_PORT").zip(port("PLUGIN_MAX_PORT")),
            executable: None,
        }
    }

    /// Whether Terraform is who started the process.
    pub(super) fn has_cookie(&self) -> bool {
        self.cookie.as_deref() == Some(COOKIE)
    }

    /// The certificate, in PEM, that Terraform will show. Absent when it was told to do without TLS.
    pub(super) fn client_certificate(&self) -> Option<&str> {
        self.client_certificate.as_deref()
    }

    /// Whether Terraform was told to do without TLS, which it then is as well.
    pub(super) fn is_without_tls(&self) -> bool {
        self.without_tls
    }

    /// The directories that may hold the socket, the best first.
    #[cfg(unix)]
    pub(super) fn socket_directories(&self) -> impl Iterator<Item = &std::path::Path> {
        [self.socket_directory.as_deref(), self.temporary_directory.as_deref()]
            .into_iter()
            .flatten()
            .chain([std::path::Path::new("/tmp")])
    }

    /// The ports that Terraform lets the process listen on.
    #[cfg(windows)]
    pub(super) fn ports(&self) -> std::ops::RangeInclusive<u16> {
        let (first, last) = self.ports.unwrap_or(PORTS);
        first..=last
    }

    /// Minor versions are not negotiated, and this provider has one major version. It announces
    /// that one whatever is asked for: Terraform then says best what does not fit.
    pub(super) fn warn_of_other_protocols(&self) {
        let Some(asked) = &self.protocols else { return };
        if !asked.split(',').any(|version| version.trim() == PROVIDER_PROTOCOL) {
            warn!(asked, "Terraform does not speak provider protocol {PROVIDER_PROTOCOL}");
        }
    }
}

/// The handshake line, its line feed included. `certificate` is DER; without one the field stays
/// empty, since Terraform fails on a certificate that it did not ask for.
pub(super) fn line(
    environment: &Environment,
    address: &Address,
    certificate: Option<&[u8]>,
) -> String {
    let Address { network, place } = address;
    let certificate = STANDARD_NO_PAD.encode(certificate.unwrap_or_default());
    let mut line =
        format!("{CORE_PROTOCOL}|{PROVIDER_PROTOCOL}|{network}|{place}|grpc|{certificate}");
    // Hosts that do not ask split the line into six fields at most.
    if environment.multiplex {
        line.push_str("|false");
    }
    line.push('\n');
    line
}

/// What to tell a person who started the program by hand.
pub(super) fn explanation(environment: &Environment) -> String {
    let directory = environment
        .executable
        .as_deref()
        .and_then(|path| path.parent())
        // HCL takes a backslash for the start of an escape sequence.
        .map_or_else(|| ".".to_owned(), |path| path.display().to_string().replace('\\', "/"));
    let mut text = String::from(EXPLANATION);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        r#"
To use this very file, put this into ~/.terraformrc (%APPDATA%\terraform.rc on Windows):

  provider_installation {{
    dev_overrides {{
      "intune-rs/intune" = "{directory}"
    }}
    direct {{}}
  }}

To run it under a debugger, start it with --debug. See also --help."#
    );
    text
}

const EXPLANATION: &str = r#"This program is a Terraform provider: Terraform starts it and talks to it.
Started by hand it has nothing to do.

To use it, write a configuration and run `terraform init` and `terraform plan`:

  terraform {
    required_providers {
      intune = {
        source = "intune-rs/intune"
      }
    }
  }

  provider "intune" {}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into())
        })
    }

    fn address() -> Address {
        Address { network: "unix", place: "/tmp/a/s".to_owned() }
    }

    #[test]
    fn the_cookie_must_match_to_the_letter() {
        assert!(environment(&[(COOKIE_NAME, COOKIE)]).has_cookie());
        assert!(!environment(&[(COOKIE_NAME, &COOKIE.to_uppercase())]).has_cookie());
        assert!(!environment(&[(COOKIE_NAME, "")]).has_cookie());
        assert!(!environment(&[]).has_cookie());
    }

    #[test]
    fn the_certificate_is_base64_without_padding() {
        let line = line(&environment(&[]), &address(), Some(&[0xfb, 0xff, 0xfe, 0x01]));
        assert_eq!(line, "1|6|unix|/tmp/a/s|grpc|+//+AQ\n");
    }

    #[test]
    fn without_tls_the_sixth_field_is_there_and_empty() {
        assert_eq!(line(&environment(&[]), &address(), None), "1|6|unix|/tmp/a/s|grpc|\n");
    }

    #[test]
    fn only_a_host_that_knows_multiplexing_gets_a_seventh_field() {
        let empty = environment(&[("PLUGIN_MULTIPLEX_GRPC", "")]);
        assert_eq!(line(&empty, &address(), None), "1|6|unix|/tmp/a/s|grpc|\n");
        let asked = environment(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(line(&asked, &address(), None), "1|6|unix|/tmp/a/s|grpc||false\n");
    }

    #[test]
    fn an_empty_client_certificate_means_no_tls() {
        assert_eq!(environment(&[("PLUGIN_CLIENT_CERT", "")]).client_certificate(), None);
        let given = environment(&[("PLUGIN_CLIENT_CERT", "nonsense")]);
        assert_eq!(given.client_certificate(), Some("nonsense"));
    }

    #[test]
    fn the_explanation_names_the_directory_of_the_program() {
        let executable = Some(PathBuf::from("/opt/plugins/terraform-provider-intune"));
        let text = explanation(&Environment { executable, ..Environment::default() });
        assert!(text.contains(r#""intune-rs/intune" = "/opt/plugins""#), "{text}");
    }
}
