//! Reads an OAuth error of Entra ID and says what is to blame; sends nothing.

use serde_json::Value;

use super::Object;
use super::error::{Blame, SignInFailure};
use super::fault::one_line;

/// An authority's refusal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) failure: SignInFailure,
    /// Whether the authority itself calls it temporary.
    pub(crate) passing: bool,
}

/// Reads RFC 6749, section 5.2, as Entra ID extends it; `None` when it is something else.
pub(crate) fn read(body: &Object) -> Option<Refusal> {
    let error = body.get("error")?.as_str()?;
    let text = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let number = number(body, text);
    let known = number.and_then(|number| KNOWN.iter().find(|known| known.number == number));
    // The lines after the first hold trace ids and a time.
    let description = text.lines().next().and_then(one_line).or_else(|| one_line(error));
    Some(Refusal {
        failure: SignInFailure {
            code: number.map(|number| format!("AADSTS{number}")),
            hint: known.map(|known| known.hint),
            description,
            ..SignInFailure::of(known.map_or(Blame::Unknown, |known| known.blame))
        },
        passing: matches!(error, "temporarily_unavailable" | "server_error"),
    })
}

/// The code in a text for people, and what it means if it is a known one.
pub(crate) fn in_text(text: &str) -> Option<(String, Option<&'static str>)> {
    let number = number(&Object::new(), text)?;
    let known = KNOWN.iter().find(|known| known.number == number);
    Some((format!("AADSTS{number}"), known.map(|known| known.hint)))
}

struct Known {
    number: u64,
    blame: Blame,
    hint: &'static str,
}

const fn known(number: u64, blame: Blame, hint: &'static str) -> Known {
    Known { number, blame, hint }
}

/// From Microsoft's page "Microsoft Entra authentication and authorization error codes", the ones
/// that an application can meet.
const KNOWN: &[Known] = &[
    known(
        7_000_215,
        Blame::ClientSecret,
        "the client secret is wrong; its value is needed, not its id",
    ),
    known(7_000_222, Blame::ClientSecret, "the client secret has expired; create a new one"),
    known(
        7_000_216,
        Blame::ClientSecret,
        "no client secret was given, and the application needs one",
    ),
    known(
        7_000_218,
        Blame::Proof,
        "neither a secret nor an assertion reached the authority, and the application needs one",
    ),
    known(
        700_027,
        Blame::Certificate,
        "the certificate is not registered with the application, or the authority could not check its \
         signature",
    ),
    known(
        700_030,
        Blame::Certificate,
        "the certificate's issuer or subject is not one that is trusted",
    ),
    known(5_000_210, Blame::Certificate, "the certificate's key is too short, or of another kind"),
    known(
        700_024,
        Blame::Proof,
        "the assertion is not valid at this time: an identity token has expired, or this machine's \
         clock is wrong",
    ),
    known(50_027, Blame::Proof, "the assertion is not one that the authority can read"),
    known(700_021, Blame::Proof, "the assertion names another application than the client id"),
    known(
        700_211,
        Blame::FederatedToken,
        "the application trusts no federated credential with this issuer",
    ),
    known(
        700_212,
        Blame::FederatedToken,
        "the application trusts no federated credential with this audience; it has to be \
         api://AzureADTokenExchange",
    ),
    known(
        700_213,
        Blame::FederatedToken,
        "the application trusts no federated credential with this subject; compare it letter by letter \
         (repository, branch or environment of the pipeline)",
    ),
    known(
        70_021,
        Blame::FederatedToken,
        "the application trusts no federated credential that matches this token",
    ),
    known(70_025, Blame::FederatedToken, "the application has no federated credential at all"),
    known(700_016, Blame::ClientId, "the tenant has no application with this client id"),
    known(7_000_112, Blame::ClientId, "the application is disabled in this tenant"),
    known(
        7_000_229,
        Blame::ClientId,
        "the application has no service principal in this tenant; an administrator must consent to it",
    ),
    known(90_002, Blame::TenantId, "there is no such tenant in this cloud"),
    known(900_021, Blame::TenantId, "the tenant id is all zeros"),
    known(900_023, Blame::TenantId, "the tenant id is neither a GUID nor a domain name"),
    known(50_059, Blame::TenantId, "the tenant id names no tenant"),
    known(50_034, Blame::TenantId, "the account does not exist in this tenant"),
    known(
        500_011,
        Blame::Graph,
        "the tenant does not know this Graph service; does it belong to another cloud?",
    ),
    known(70_011, Blame::Graph, "the authority does not accept the scope of this Graph service"),
    known(53_000, Blame::Policy, "Conditional Access asks for a compliant device"),
    known(53_003, Blame::Policy, "Conditional Access blocks this sign-in"),
    known(530_003, Blame::Policy, "Conditional Access asks for a managed device"),
];

fn number(body: &Object, text: &str) -> Option<u64> {
    let listed = body.get("error_codes").and_then(|codes| codes.get(0)).and_then(Value::as_u64);
    listed.or_else(|| {
        let (_, after) = text.split_once("AADSTS")?;
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        after.get(..end)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;

    fn refusal(body: Value) -> Option<Refusal> {
        read(body.as_object().unwrap())
    }

    #[test]
    fn the_code_is_read_from_the_list_or_from_the_text() {
        for body in [
            json!({"error": "invalid_client", "error_codes": [7_000_222]}),
            json!({"error": "invalid_client", "error_description": "AADSTS7000222: Expired.\nTrace"}),
        ] {
            let refusal = refusal(body).unwrap();
            assert_eq!(refusal.failure.code.as_deref(), Some("AADSTS7000222"));
            assert_eq!(refusal.failure.blame, Blame::ClientSecret);
            assert!(!refusal.passing);
        }
    }

    #[test]
    fn an_unknown_refusal_keeps_the_authoritys_words() {
        let refusal = refusal(json!({"error": "invalid_scope"})).unwrap();
        assert_eq!(refusal.failure.blame, Blame::Unknown);
        assert_eq!(refusal.failure.description.as_deref(), Some("invalid_scope"));
        assert_eq!((refusal.failure.code, refusal.failure.hint), (None, None));
    }

    #[test]
    fn what_the_authority_calls_temporary_passes() {
        assert!(refusal(json!({"error": "temporarily_unavailable"})).unwrap().passing);
    }

    #[test]
    fn graphs_own_errors_are_no_refusal() {
        assert_eq!(refusal(json!({"error": {"code": "x"}})), None);
        assert_eq!(refusal(json!({})), None);
    }

    #[test]
    fn no_code_is_explained_twice() {
        for (position, known) in KNOWN.iter().enumerate() {
            let later = KNOWN.iter().skip(position + 1);
            assert!(
                later.filter(|other| other.number == known.number).count() == 0,
                "{}",
                known.number
            );
        }
    }
}
