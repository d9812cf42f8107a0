//! Microsoft's clouds and the origins in each; knows no credential.

use super::argument::{AUTHORITY_HOST, Argument, ENVIRONMENT, GRAPH_ENDPOINT};
use super::given::Given;
use crate::diagnostics::Diagnostic;
use crate::graph::Origin;

/// A Microsoft cloud: its names, Graph's origin and the sign-in service's.
struct Cloud {
    names: &'static [&'static str],
    graph: &'static str,
    authority: &'static str,
}

/// <https://learn.microsoft.com/graph/deployments>
const CLOUDS: [Cloud; 4] = [
    Cloud {
        names: &["public", "global", "gcc"],
        graph: "https://graph.microsoft.com",
        authority: "https://login.microsoftonline.com",
    },
    Cloud {
        names: &["usgovernment", "usgovernmentl4", "gcchigh"],
        graph: "https://graph.microsoft.us",
        authority: "https://login.microsoftonline.us",
    },
    Cloud {
        names: &["dod", "usgovernmentl5"],
        graph: "https://dod-graph.microsoft.us",
        authority: "https://login.microsoftonline.us",
    },
    Cloud {
        names: &["china"],
        graph: "https://microsoftgraph.chinacloudapi.cn",
        authority: "https://login.chinacloudapi.cn",
    },
];

/// Graph's origin and the sign-in service's: those of the chosen cloud, unless one is given.
pub(super) fn origins(
    given: &Given<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Origin, Origin)> {
    let cloud = cloud(given, problems)?;
    let graph = origin(given, &GRAPH_ENDPOINT, cloud.graph, problems);
    let authority = origin(given, &AUTHORITY_HOST, cloud.authority, problems);
    Some((graph?, authority?))
}

fn cloud(given: &Given<'_>, problems: &mut Vec<Diagnostic>) -> Option<&'static Cloud> {
    let [public, ..] = &CLOUDS;
    let Some(name) = given.text(&ENVIRONMENT) else { return Some(public) };
    let wanted = name.value.to_ascii_lowercase();
    let cloud = CLOUDS.iter().find(|cloud| cloud.names.contains(&wanted.as_str()));
    if cloud.is_none() {
        let names = CLOUDS.iter().flat_map(|cloud| cloud.names);
        let listed: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        let (listed, wrong, from) = (listed.join(", "), name.value.as_str(), name.from);
        let detail = format!(
            "There is no `{wrong}` (from {from}); it is one of {listed}. Choose the one that the tenant is \
             in."
        );
        problems.push(ENVIRONMENT.problem("Unknown Microsoft cloud", &detail));
    }
    cloud
}

fn origin(
    given: &Given<'_>,
    argument: &Argument,
    default: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Origin> {
    let found = given.text(argument);
    let text = found.as_ref().map_or(default, |found| found.value.as_str());
    match Origin::parse(text) {
        Ok(origin) => Some(origin),
        Err(error) => {
            let detail = format!(
                "`{}` cannot be used: {error}. Correct it, or leave it out to have the cloud's own.",
                argument.name
            );
            problems.push(argument.problem("Unusable endpoint", &detail));
            None
        }
    }
}
