//! What to tell Terraform so that it uses a process that a person started; knows no sockets.

use serde_json::json;

use super::SOURCE_ADDRESS;
use super::handshake::Address;

/// Shell lines that attach Terraform to this process, for people to copy.
pub(super) fn instructions(address: &Address) -> String {
    let reattach = reattach(address, std::process::id());
    format!(
        "The provider is running. Let Terraform use this process with one of\n\
         \n  \
         export TF_REATTACH_PROVIDERS='{reattach}'\n  \
         $env:TF_REATTACH_PROVIDERS='{reattach}'\n\
         \n\
         for a POSIX shell or for PowerShell. Ctrl-C ends it.\n"
    )
}

/// `TF_REATTACH_PROVIDERS`. Terraform takes an absent `ProtocolVersion` for 5, and does not end a
/// process that is a `Test`.
fn reattach(address: &Address, process: u32) -> String {
    json!({
        SOURCE_ADDRESS: {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": address.network, "String": address.place },
        }
    })
    .to_string()
    // A quote in the path must not end the shell's string; in JSON it may be written so.
    .replace('\'', "\\u0027")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_quote_in_the_path_does_not_end_the_shell_string() {
        let address = Address { network: "unix", place: "/tmp/it's/socket".to_owned() };
        let text = reattach(&address, 7);
        assert!(!text.contains('\''), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read[SOURCE_ADDRESS]["Addr"]["String"], "/tmp/it's/socket");
        assert_eq!(read[SOURCE_ADDRESS]["ProtocolVersion"], 6);
        assert_eq!(read[SOURCE_ADDRESS]["Pid"], 7);
    }
}
