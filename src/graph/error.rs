//! What can go wrong between us and Graph; explains nothing to people, decides nothing.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Secret;
use super::creation::ALL_LOOKS;

/// A request that did not succeed, with all that a support engineer needs to know of it.
///
/// It holds no body, token or query. Cloning is cheap enough to hand one failure to many waiters.
#[derive(Clone)]
pub struct Error(Box<Details>);

/// What a caller can tell apart. A service's own code and message stand beside it in [`Error`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// 404 with an OData error: the service itself says that there is no such thing.
    NotFound,
    /// 401 although the token was renewed once.
    Unauthorized,
    /// 403: a permission, licence or role is missing.
    Forbidden,
    /// 400 and every other answer of the 4xx class that has no kind of its own.
    BadRequest,
    /// 409, 412 or 423: it exists already, or somebody else is changing it.
    Conflict,
    /// 429, 503 or 509 until the time was over, or for longer than there was time.
    Throttled {
        /// The wait the service asked for last, if it named one.
        asked: Option<Duration>,
        /// How much time was left when it asked.
        left: Duration,
    },
    /// 408 or 5xx until the attempts or the time were over.
    Unavailable,
    /// No connection: name resolution, TCP, TLS or a proxy failed, and nothing was sent.
    Unreachable,
    /// The connection broke or fell silent after the request was sent.
    Interrupted,
    /// An answer that is not what Graph answers: HTML, nothing, half a document.
    UnreadableAnswer,
    /// An answer larger than this client holds in memory.
    AnswerTooLarge,
    /// A next link to another origin or path, a loop of links, or more pages than believable.
    RefusedLink,
    /// 3xx: redirects are never followed, as they could carry the token elsewhere.
    UnexpectedRedirect,
    /// A create that was sent, and whose outcome is unknown: the object may or may not exist.
    AmbiguousCreate(Doubt),
    /// There is such an object already, so that nothing was sent, or what was sent was refused.
    TwinExists {
        /// The ids of those that are alike.
        ids: Vec<String>,
        /// Whether they are alike in everything that was to be sent, or only in their name.
        identical: bool,
    },
    /// [`Client::stop`](super::Client::stop) was called before the request was sent (again).
    Stopped,
    /// The deadline passed before the request was sent, or while its answer was awaited.
    OutOfTime,
    /// No token: nothing was sent to Graph.
    SignIn(SignInFailure),
    /// The address holds an empty segment, `.` or `..`: nothing was sent.
    UnusableAddress,
}

/// What is known of a create whose answer was lost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doubt {
    /// When it was sent last, by this machine's clock.
    pub sent: SystemTime,
    /// For how long the collection was looked through afterwards; `None` when it could not be listed.
    pub looked: Option<Duration>,
    /// The ids of objects that appeared meanwhile and are all that was sent. None of them was taken.
    pub candidates: Vec<String>,
    /// The ids of what else may have come of it: objects of the same name that appeared meanwhile and differ from
    /// what was sent, which the service may have stored otherwise, and what its answer named and never showed.
    pub namesakes: Vec<String>,
}

/// Why the authority gave no token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignInFailure {
    /// What to look at first.
    pub blame: Blame,
    /// Entra ID's code, such as `AADSTS7000215`.
    pub code: Option<String>,
    /// What the code means in plain words, lower-case without a full stop.
    pub hint: Option<&'static str>,
    /// The first line of what the authority said, or what was wrong with its answer. No secrets.
    pub description: Option<String>,
    /// Where the credential comes from, in the words of the [`Settings`](super::Settings).
    pub account: Arc<str>,
    /// Whether another caller was already given the same failure, whatever it made of it.
    pub repeated: bool,
}

/// Which input of a sign-in is to blame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// The tenant id.
    TenantId,
    /// The client id, or the application it names.
    ClientId,
    /// The client secret.
    ClientSecret,
    /// The client certificate.
    Certificate,
    /// The other identity provider's token, or the way to it.
    FederatedToken,
    /// The file with the other identity provider's token.
    TokenFile,
    /// What proved to be the application, whichever of these it was.
    Proof,
    /// The managed identity, or the machine's token service.
    ManagedIdentity,
    /// The Azure CLI.
    AzureCli,
    /// The Graph origin: the authority knows no such service in this cloud.
    Graph,
    /// A rule of the tenant, such as Conditional Access, that the inputs cannot change.
    Policy,
    /// The authority, or the way to it.
    Authority,
    /// The authority refused for a reason this client does not know.
    Unknown,
}

impl Doubt {
    /// Whether the collection was seen at the end of the minute in which what was made may be listed late.
    pub fn is_looked_into(&self) -> bool {
        self.looked.is_some_and(|looked| looked >= ALL_LOOKS)
    }

    /// The doubt about what was sent at this time, and not yet looked for.
    pub(crate) fn of(sent: SystemTime) -> Self {
        Self { sent, looked: None, candidates: Vec::new(), namesakes: Vec::new() }
    }
}

impl Error {
    /// What went wrong, for deciding what to do.
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// What went wrong in words, lower-case without a full stop.
    pub fn happened(&self) -> String {
        match self.0.kind {
            Kind::Stopped if self.0.attempts > 0 => {
                "stopped before the request was sent again".to_owned()
            }
            _ => self.0.kind.to_string(),
        }
    }

    /// The HTTP method, such as `GET`.
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// The path from `/beta` on, without query.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// How many times the request was sent to Graph; 0 when it never was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether one of the attempts may have done what was asked for, whatever became of those after it.
    pub fn may_have_been_done(&self) -> bool {
        self.0.is_open
    }

    /// The time from the call to the failure, waits included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The HTTP status of the last answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own error code, such as `BadRequest`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The service's own message, out of whatever it was wrapped in.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What this client noticed beside the service's words, such as what an unreadable answer was.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The service's id of the request, for Microsoft's support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The id that was sent with the last attempt, for Microsoft's support.
    pub fn client_request_id(&self) -> Option<&str> {
        self.0.client_request_id.as_deref()
    }

    /// Whether the service confirmed that the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// Whether a create may have made something that nobody knows the id of.
    pub fn is_ambiguous_create(&self) -> bool {
        matches!(self.0.kind, Kind::AmbiguousCreate(_))
    }

    /// Whether the failure is due to [`Client::stop`](super::Client::stop).
    pub fn is_stopped(&self) -> bool {
        self.0.kind == Kind::Stopped
    }

    /// Why no token was given, if that is what failed.
    pub fn sign_in_failure(&self) -> Option<&SignInFailure> {
        match &self.0.kind {
            Kind::SignIn(failure) => Some(failure),
            _ => None,
        }
    }

    pub(crate) fn new(details: Details) -> Self {
        Self(Box::new(details))
    }

    /// The same failure for somebody who waited beside the first that hears of it.
    pub(crate) fn retold(&self) -> Self {
        let mut retold = self.clone();
        if let Kind::SignIn(failure) = &mut retold.0.kind {
            failure.repeated = true;
        }
        retold
    }

    /// The path of the object that a lost answer named in its `Location` header.
    pub(crate) fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// The same failure, seen as another kind.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// A failure that was to be looked into, and a stop kept that from happening.
    #[must_use]
    pub(crate) fn stopped(self) -> Self {
        self.with_kind(Kind::Stopped)
    }

    /// The same failure without this secret, which the service may have repeated.
    #[must_use]
    pub(crate) fn redacted(mut self, secret: &Secret) -> Self {
        let Details { code, message, detail, .. } = &mut *self.0;
        for text in [code, message, detail].into_iter().flatten() {
            *text = secret.redact(text);
        }
        self
    }

    /// A failure before anything was sent, on which the service said nothing.
    pub(crate) fn unsent(kind: Kind, method: &'static str, path: &str) -> Self {
        Self::new(Details {
            kind,
            method,
            path: path.to_owned(),
            attempts: 0,
            is_open: false,
            elapsed: Duration::ZERO,
            status: None,
            code: None,
            message: None,
            detail: None,
            request_id: None,
            client_request_id: None,
            location: None,
            source: None,
        })
    }
}

/// The parts of an [`Error`].
#[derive(Clone, Debug)]
pub(crate) struct Details {
    pub(crate) kind: Kind,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) attempts: u32,
    pub(crate) is_open: bool,
    pub(crate) elapsed: Duration,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) source: Option<Source>,
}

/// A cause that several errors can share.
pub(crate) type Source = Arc<dyn StdError + Send + Sync>;

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0;
        write!(f, "{}", self.happened())?;
        for text in [&details.detail, &details.message].into_iter().flatten() {
            write!(f, ": {text}")?;
        }
        write!(f, " ({} {}", details.method, details.path)?;
        if let Some(status) = details.status {
            write!(f, ", status {status}")?;
        }
        for (name, value) in [
            ("code", &details.code),
            ("request-id", &details.request_id),
            ("client-request-id", &details.client_request_id),
        ] {
            if let Some(value) = value {
                write!(f, ", {name} {value}")?;
            }
        }
        let times = if details.attempts == 1 { "attempt" } else { "attempts" };
        write!(f, ", {} {times} in {:.1} s)", details.attempts, details.elapsed.as_secs_f64())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "there is no such object",
            Self::Unauthorized => "the service does not accept the token",
            Self::Forbidden => "the service does not permit this",
            Self::BadRequest => "the service rejected the request",
            Self::Conflict => "the request conflicts with what the service holds",
            Self::Throttled { asked: Some(asked), left } => {
                return write!(
                    f,
                    "throttled: the service asked to wait {} s, and {} s are left",
                    asked.as_secs_f64().ceil(),
                    left.as_secs()
                );
            }
            Self::Throttled { asked: None, left } => {
                return write!(f, "throttled, and {} s are left", left.as_secs());
            }
            Self::Unavailable => "the service is unavailable",
            Self::Unreachable => "the service cannot be reached",
            Self::Interrupted => "the connection broke before the answer was complete",
            Self::UnreadableAnswer => "the answer cannot be read",
            Self::AnswerTooLarge => "the answer is too large",
            Self::RefusedLink => "refusing to follow the link to the next page",
            Self::UnexpectedRedirect => "unexpected redirect",
            Self::AmbiguousCreate(_) => "the outcome of the create is unknown",
            Self::TwinExists { identical: true, .. } => "an identical object exists already",
            Self::TwinExists { identical: false, .. } => "an object of this name exists already",
            Self::Stopped => "stopped before the request was sent",
            Self::OutOfTime => "the time for this is over",
            Self::SignIn(failure) => return fmt::Display::fmt(failure, f),
            Self::UnusableAddress => "the path holds an empty segment, `.` or `..`",
        })
    }
}

impl SignInFailure {
    /// A failure of which nothing more is known yet.
    pub(crate) fn of(blame: Blame) -> Self {
        let (code, hint, description) = (None, None, None);
        Self { blame, code, hint, description, account: Arc::from(""), repeated: false }
    }
}

impl fmt::Display for SignInFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("signing in failed")?;
        if let Some(hint) = self.hint {
            write!(f, ": {hint}")?;
        }
        if let Some(description) = &self.description {
            write!(f, ": {description}")?;
        }
        match &self.code {
            // The description usually starts with the code itself.
            Some(code) if !self.description.as_ref().is_some_and(|text| text.contains(code)) => {
                write!(f, " [{code}]")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: Kind) -> String {
        Error::unsent(kind, "GET", "/beta/x").to_string()
    }

    #[test]
    fn throttling_names_the_wait_and_what_is_left() {
        let asked = Some(Duration::from_millis(3_599_200));
        let left = Duration::from_secs(290);
        assert_eq!(
            shown(Kind::Throttled { asked, left }),
            "throttled: the service asked to wait 3600 s, and 290 s are left \
             (GET /beta/x, 0 attempts in 0.0 s)"
        );
    }

    #[test]
    fn a_failed_sign_in_says_its_hint_and_its_code_once() {
        let mut failure = SignInFailure {
            code: Some("AADSTS7000222".into()),
            hint: Some("the client secret has expired"),
            description: Some("AADSTS7000222: Expired.".into()),
            ..SignInFailure::of(Blame::ClientSecret)
        };
        let expected = "signing in failed: the client secret has expired: AADSTS7000222: Expired.";
        assert_eq!(failure.to_string(), expected);
        failure.description = Some("Expired.".into());
        assert!(failure.to_string().ends_with(": Expired. [AADSTS7000222]"));
    }

    #[test]
    fn an_error_stays_small_enough_to_be_returned_everywhere() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
