//! The checks, one after the other; prints nothing and changes nothing.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Options;
use super::report::{Finding, Identity, Report, Token, Verdict};
use crate::entity::{Entity, Moment};
use crate::graph::{Client, Error, Kind, Object, Reached};
use crate::provider::{Provider, address, expiry, explain, permission};
use crate::value::Value;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Entra ID accepts a clock that is five minutes off, and nobody else has to accept any.
const TOLERATED_SKEW: Duration = Duration::from_secs(300);
const NOTICED_SKEW: Duration = Duration::from_secs(60);
/// The id of nothing: a request to change what it names can change nothing.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// One examination of one tenant.
pub(super) struct Examination<'a> {
    provider: &'a Provider,
    /// Whatever is managed lives under enrollment program tokens; this tells where.
    entity: &'static Entity,
    options: &'a Options,
    report: Report,
}

impl<'a> Examination<'a> {
    pub(super) fn new(
        provider: &'a Provider,
        entity: &'static Entity,
        options: &'a Options,
    ) -> Self {
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            ok: true,
            identity: None,
            checks: Vec::new(),
            tokens: Vec::new(),
        };
        Self { provider, entity, options, report }
    }

    pub(super) async fn run(mut self, proxies: Vec<String>) -> Report {
        let is_set = self.settings();
        self.proxy(&proxies);
        match self.provider.client() {
            Ok(client) if is_set => self.ask(&client).await,
            _ => self.skip(&EVERY_REQUEST, "the settings have to be right first."),
        }
        self.report.ok = self.report.worst() != Verdict::Failed;
        self.report
    }

    fn tell(&mut self, finding: Finding) {
        self.report.checks.push(finding);
    }

    fn skip(&mut self, names: &[&'static str], why: &str) {
        for name in names {
            self.tell(Finding::skipped(name, format!("Not tried: {why}")));
        }
    }

    /// What the environment says, taken exactly as an empty provider block takes it.
    fn settings(&mut self) -> bool {
        let problems = self.provider.configure(&Value::Null, "none");
        for problem in &problems {
            let found = (problem.summary.clone() + ".", problem.detail.clone());
            self.tell(if problem.is_error() {
                Finding::failed(SETTINGS, found)
            } else {
                Finding::warned(SETTINGS, found)
            });
        }
        if let (true, Ok(client)) = (problems.is_empty(), self.provider.client()) {
            let account = client.settings().account.to_string();
            self.tell(Finding::passed(SETTINGS, account));
        }
        problems.iter().all(|problem| !problem.is_error())
    }

    fn proxy(&mut self, proxies: &[String]) {
        let text = if proxies.is_empty() {
            "No proxy is set by environment variables.".to_owned()
        } else {
            proxies.join("\n")
        };
        self.tell(Finding::passed(PROXY, text));
    }

    async fn ask(&mut self, client: &Client) {
        let authority = client.reach_authority(deadline()).await;
        let graph = client.reach_graph(deadline()).await;
        let settings = client.settings();
        self.reached(SIGN_IN_SERVICE, &settings.authority.to_string(), &authority);
        self.reached(GRAPH, &settings.graph.to_string(), &graph);
        let dates = [&graph, &authority].map(|reached| reached.as_ref().ok()?.date);
        self.clock(dates.into_iter().flatten().next(), SystemTime::now());
        if authority.is_err() || graph.is_err() {
            self.skip(&AFTER_NETWORK, "nobody answers.");
            return;
        }
        if !self.sign_in(client).await {
            self.skip(&AFTER_SIGN_IN, "signing in has to work first.");
            return;
        }
        self.reading(client).await;
        if self.options.read_only {
            self.skip(&[WRITING], "`--read-only` is given.");
        } else {
            self.writing(client).await;
        }
    }

    fn reached(&mut self, name: &'static str, origin: &str, reached: &Result<Reached, Error>) {
        self.tell(match reached {
            Ok(reached) => {
                let took = reached.took.as_millis();
                Finding::passed(name, format!("{origin} answers within {took} ms."))
            }
            Err(error) => {
                let (text, next) = explain::by_hand(self.entity, error);
                Finding::failed(name, (format!("{origin}: {text}"), next))
            }
        });
    }

    fn clock(&mut self, there: Option<SystemTime>, here: SystemTime) {
        let Some(there) = there else {
            self.skip(&[CLOCK], "no answer told the time.");
            return;
        };
        let skew = here.duration_since(there).unwrap_or_else(|error| error.duration());
        let side = if here > there { "ahead of" } else { "behind" };
        let seconds = skew.as_secs();
        let found = (
            format!("This machine's clock is {seconds} s {side} Microsoft's."),
            "Set the clock; access tokens are good for a certain time only.",
        );
        self.tell(if skew >= TOLERATED_SKEW {
            Finding::failed(CLOCK, found)
        } else if skew >= NOTICED_SKEW {
            Finding::warned(CLOCK, found)
        } else {
            Finding::passed(CLOCK, "This machine's clock agrees with Microsoft's.")
        });
    }

    async fn sign_in(&mut self, client: &Client) -> bool {
        let bearer = match client.bearer(deadline()).await {
            Ok(bearer) => bearer,
            Err(error) => {
                self.tell(Finding::failed(SIGN_IN, explain::by_hand(self.entity, &error)));
                return false;
            }
        };
        let Some(bearer) = bearer else {
            let text = "Signed in. The access token does not tell as whom.";
            self.tell(Finding::passed(SIGN_IN, text));
            return true;
        };
        let who = match (&bearer.user, &bearer.application_name, &bearer.application_id) {
            (Some(user), _, _) => user.clone(),
            (None, Some(name), Some(id)) => format!("the application \"{name}\" (`{id}`)"),
            (None, _, Some(id)) => format!("the application `{id}`"),
            (None, _, None) => "nobody in particular".to_owned(),
        };
        let tenant = bearer.tenant_id.as_deref().unwrap_or("unknown");
        let permissions = if bearer.permissions.is_empty() {
            "none".to_owned()
        } else {
            bearer.permissions.join(", ")
        };
        self.tell(Finding::passed(
            SIGN_IN,
            format!(
                "Signed in as {who} in the tenant `{tenant}`.\nPermissions in the token: {permissions}."
            ),
        ));
        self.report.identity = Some(Identity {
            tenant_id: bearer.tenant_id,
            application_id: bearer.application_id,
            application_name: bearer.application_name,
            user: bearer.user,
            permissions: bearer.permissions,
        });
        true
    }

    /// Lists the tokens, which needs the least permission there is.
    async fn reading(&mut self, client: &Client) {
        match client.list(&address::parents(self.entity), deadline()).await {
            Ok(tokens) => {
                let text = "It may list the enrollment program tokens.";
                self.tell(Finding::passed(READING, text));
                self.tokens(&tokens, SystemTime::now());
            }
            Err(error) => {
                let found = self.refused(permission::READ, &error);
                self.tell(Finding::failed(READING, found));
                self.skip(&[TOKENS], "they cannot be listed.");
            }
        }
    }

    /// Asks for a change of a profile that cannot exist: whoever may change one is told that it does
    /// not, and everybody else that it is forbidden.
    async fn writing(&mut self, client: &Client) {
        let item = address::item(self.entity, NOBODY, &format!("{NOBODY}_{NOBODY}"));
        let body = Object::from_iter([("@odata.type".to_owned(), self.entity.graph_type.into())]);
        let answer = client.update(&item, &body, deadline()).await;
        let finding = match answer {
            Err(error) if !matches!(error.kind(), Kind::NotFound | Kind::BadRequest) => {
                Finding::failed(WRITING, self.refused(permission::WRITE, &error))
            }
            _ => Finding::passed(WRITING, "It may change profiles. None was changed."),
        };
        self.tell(finding);
    }

    fn refused(&self, permission: &str, error: &Error) -> (String, String) {
        let (text, next) = explain::by_hand(self.entity, error);
        match error.kind() {
            Kind::Forbidden | Kind::Unauthorized => (
                format!("Microsoft Graph refuses what {permission} permits. {text}"),
                explain::grant(permission),
            ),
            _ => (text, next),
        }
    }

    fn tokens(&mut self, tokens: &[Object], now: SystemTime) {
        if tokens.is_empty() {
            self.tell(Finding::warned(
                TOKENS,
                (
                    "The tenant has no enrollment program token, so there is nothing to put a profile \
                     under.",
                    "Add a token in the Intune admin center: Devices, Enrollment, Apple, Enrollment \
                     program tokens.",
                ),
            ));
        }
        for token in tokens {
            let token = Token::of(token, self.entity.parent.name, now);
            self.expiry(&token);
            self.report.tokens.push(token);
        }
    }

    fn expiry(&mut self, token: &Token) {
        let name = &token.name;
        let renew = "Download a new token in Apple Business Manager or Apple School Manager with the same \
                     Apple Account, which makes the current one invalid, and upload it in the Intune admin \
                     center under Devices, Enrollment, Apple, Enrollment program tokens.";
        let finding = match token.days_left {
            None => Finding::passed(TOKENS, format!("\"{name}\": no expiry is known.")),
            Some(days) => {
                let text = format!("\"{name}\" {}.", expiry::in_whole_days(days));
                match days {
                    ..0 => Finding::failed(TOKENS, (text, renew)),
                    _ if days <= self.options.expiry_days.into() => {
                        Finding::warned(TOKENS, (text, renew))
                    }
                    _ => Finding::passed(TOKENS, text),
                }
            }
        };
        self.tell(finding);
        if token.last_sync_error != 0 {
            let code = token.last_sync_error;
            let found = (
                format!("\"{name}\": the last synchronization with Apple ended with error {code}."),
                "Look at the token in the Intune admin center; Apple's terms and conditions may wait \
                 to be accepted.",
            );
            self.tell(Finding::warned(TOKENS, found));
        }
    }
}

impl Token {
    fn of(entity: &Object, name: &str, now: SystemTime) -> Self {
        let text = |property: &str| {
            let text = entity.get(property)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let expires = text("tokenExpirationDateTime");
        Self {
            id: text("id").unwrap_or_default(),
            name: text(name).unwrap_or_default(),
            apple_identifier: text("appleIdentifier"),
            days_left: expires.as_deref().and_then(Moment::parse).map(|end| end.days_after(now)),
            expires,
            last_successful_sync: text("lastSuccessfulSyncDateTime"),
            last_sync_error: entity
                .get("lastSyncErrorCode")
                .and_then(serde_json::Value::as_i64)
                .unwrap_or(0),
        }
    }
}

const SETTINGS: &str = "settings";
const PROXY: &str = "proxy";
const SIGN_IN_SERVICE: &str = "sign-in service";
const GRAPH: &str = "Microsoft Graph";
const CLOCK: &str = "clock";
const SIGN_IN: &str = "sign-in";
const READING: &str = "permission to read";
const TOKENS: &str = "enrollment program tokens";
const WRITING: &str = "permission to write";

const EVERY_REQUEST: [&str; 7] = [SIGN_IN_SERVICE, GRAPH, CLOCK, SIGN_IN, READING, TOKENS, WRITING];
const AFTER_NETWORK: [&str; 4] = [SIGN_IN, READING, TOKENS, WRITING];
const AFTER_SIGN_IN: [&str; 3] = [READING, TOKENS, WRITING];

fn deadline() -> Instant {
    Instant::now() + PATIENCE
}
