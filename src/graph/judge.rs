//! Turns one answer, or its absence, into a success or a setback; repeats nothing.

use std::time::SystemTime;

use serde_json::Value;
use tokio::time::Instant;

use super::answer::{Answer, BodyFailure};
use super::error::{Doubt, Source};
use super::fault::{Fault, one_line};
use super::retry::{Decision, Outcome};
use super::retry_after::asked_wait;
use super::sign_in::{SignInError, challenge};
use super::transport::Undelivered;
use super::{Kind, Object};

/// What a success must bring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    /// Its status is enough.
    Nothing,
    /// A JSON object.
    Object,
    /// A JSON object with an `id` that is a text.
    Identified,
}

/// A success: the object, empty if none was expected, how many bytes it was, and when it was asked for.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) object: Object,
    pub(crate) size: usize,
    pub(crate) sent: Instant,
}

/// One failed attempt, or what kept it from being made.
#[derive(Debug)]
pub(crate) struct Setback {
    pub(crate) outcome: Outcome,
    pub(crate) kind: Kind,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Fault,
    pub(crate) detail: Option<String>,
    /// The path that the answer's `Location` header leads to, on whichever host.
    pub(crate) location: Option<String>,
    pub(crate) source: Option<Source>,
    /// The claims that the service wants to see in a token.
    pub(crate) challenge: Option<Object>,
}

impl Setback {
    /// Not the service's doing: nothing was sent.
    pub(crate) fn of_ours(kind: Kind) -> Box<Self> {
        Self::new(Outcome::NotSent { lasting: true }, kind)
    }

    pub(crate) fn from_sign_in(error: SignInError) -> Box<Self> {
        Self::of_ours(Kind::SignIn(*error.failure)).with_source(error.source)
    }

    pub(crate) fn with_detail(mut self: Box<Self>, detail: &str) -> Box<Self> {
        self.detail = Some(detail.to_owned());
        self
    }

    /// The setback of what was sent at this time, as the error that this decision makes of it.
    pub(crate) fn concluded(
        mut self: Box<Self>,
        decision: Decision,
        in_time: bool,
        sent: SystemTime,
    ) -> Box<Self> {
        match decision {
            Decision::Throttled { asked, left } => self.kind = Kind::Throttled { asked, left },
            Decision::Ambiguous => {
                self.kind = Kind::AmbiguousCreate(Doubt::of(sent));
            }
            _ if self.kind == Kind::Interrupted && !in_time => self.kind = Kind::OutOfTime,
            _ => {}
        }
        self
    }

    /// The setback for a call that ended while it waited to make up for this one.
    pub(crate) fn followed_by(mut self: Box<Self>, end: Box<Self>) -> Box<Self> {
        // That nobody could be reached is what a person can do something about.
        if self.kind != Kind::Unreachable || end.kind != Kind::OutOfTime {
            self.kind = end.kind;
        }
        self.detail = end.detail.or(self.detail);
        self.source = end.source.or(self.source);
        self
    }

    fn new(outcome: Outcome, kind: Kind) -> Box<Self> {
        let fault = Fault::default();
        Box::new(Self {
            outcome,
            kind,
            status: None,
            fault,
            detail: None,
            location: None,
            source: None,
            challenge: None,
        })
    }

    fn with_source(mut self: Box<Self>, source: Option<Source>) -> Box<Self> {
        self.source = source;
        self
    }

    /// With the status, and the ids that stand in the headers if the body names none.
    fn answered_by(mut self: Box<Self>, answer: &Answer) -> Box<Self> {
        let id = |name: &str| {
            let text = answer.header(name)?;
            (text.len() <= LONGEST_ID).then(|| text.to_owned())
        };
        self.status = Some(answer.status);
        self.challenge = challenge(&answer.headers).filter(|_| answer.status == 401);
        self.location = answer.is_success().then(|| answer.created_path()).flatten();
        let fault = &mut self.fault;
        fault.request_id = fault.request_id.take().or_else(|| id("request-id"));
        fault.client_request_id =
            fault.client_request_id.take().or_else(|| id("client-request-id"));
        self
    }
}

/// What came of one attempt: its status and what it brought, or the setback.
pub(crate) fn judge(
    sent: Result<Answer, Undelivered>,
    expected: Expected,
) -> Result<(u16, Success), Box<Setback>> {
    let answer = sent.map_err(undelivered)?;
    if answer.is_success() {
        match object(&answer, expected) {
            Ok(object) => {
                let (size, sent) = (answer.bytes().len(), Instant::now());
                Ok((answer.status, Success { object, size, sent }))
            }
            Err(setback) => Err(setback.answered_by(&answer)),
        }
    } else {
        Err(refused(&answer).answered_by(&answer))
    }
}

/// The setback of a request that nobody answered.
pub(crate) fn undelivered(undelivered: Undelivered) -> Box<Setback> {
    match undelivered {
        Undelivered::NotSent { lasting, source } => {
            let setback = Setback::new(Outcome::NotSent { lasting }, Kind::Unreachable);
            let cause = innermost(&source);
            setback.with_detail(&cause).with_source(Some(source))
        }
        Undelivered::Interrupted { detail, source } => {
            let setback = Setback::new(Outcome::Interrupted, Kind::Interrupted);
            setback.with_detail(&detail).with_source(source)
        }
    }
}

fn object(answer: &Answer, expected: Expected) -> Result<Object, Box<Setback>> {
    if expected == Expected::Nothing {
        return Ok(Object::new());
    }
    match &answer.body {
        Ok(_) => {}
        Err(BodyFailure::Interrupted { detail, source }) => {
            let setback = Setback::new(Outcome::Interrupted, Kind::Interrupted);
            return Err(setback.with_detail(detail).with_source(source.clone()));
        }
        Err(BodyFailure::TooLarge { limit }) => {
            let detail = format!("larger than {} MiB", limit / MIB);
            let setback = Setback::new(Outcome::TooLarge, Kind::AnswerTooLarge);
            return Err(setback.with_detail(&detail));
        }
    }
    let unreadable = |detail: &str| {
        Setback::new(Outcome::Unreadable, Kind::UnreadableAnswer).with_detail(detail)
    };
    let object = answer.object().map_err(|looks| unreadable(&looks))?;
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    if expected == Expected::Identified && id.is_empty() {
        return Err(unreadable("an object without an `id`"));
    }
    Ok(object)
}

/// The cause at the end of the chain, which is the one that names a certificate, a port or a proxy.
fn innermost(source: &Source) -> String {
    let mut cause: &dyn std::error::Error = source.as_ref();
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    one_line(&cause.to_string()).unwrap_or_default()
}

fn refused(answer: &Answer) -> Box<Setback> {
    let fault = Fault::read(answer.bytes());
    let in_body = fault.as_ref().and_then(|fault| fault.retry_after.as_deref());
    let asked = asked_wait(&answer.headers, in_body);
    let status = answer.status;
    let kind = match status {
        // A 404 of a proxy or a gateway proves nothing about the object.
        404 | 410 if fault.is_some() => Kind::NotFound,
        404 | 410 => Kind::UnreadableAnswer,
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        409 | 412 | 423 => Kind::Conflict,
        300..=399 => Kind::UnexpectedRedirect,
        408 | 429 | 500..=599 => Kind::Unavailable,
        400..=499 => Kind::BadRequest,
        _ => Kind::UnreadableAnswer,
    };
    let detail = match (&kind, &fault) {
        (Kind::UnexpectedRedirect, _) => Some(match answer.redirect_host() {
            Some(host) => format!("to {host}"),
            None => "within the same host".to_owned(),
        }),
        (_, None) => Some(answer.looks()),
        (_, Some(_)) => None,
    };
    let mut setback = Setback::new(Outcome::Status { status, asked }, kind);
    setback.fault = fault.unwrap_or_default();
    setback.detail = detail;
    setback
}

const MIB: usize = 1024 * 1024;
const LONGEST_ID: usize = 128;
