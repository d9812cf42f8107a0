//! Sockets: takes connections, reads requests, lets faults happen and sends answers; knows nothing of Graph.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Emulator;
use super::control;
use super::fault::{Effect, Origin};
use super::message::{Answer, Request};
use super::problem::{Problem, RequestIds};
use super::recording::Recorded;
use super::world::{World, with_ids};

/// Serves until the task that runs this is aborted; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, emulator: Emulator, latency: Duration) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            // A connection that could not be accepted is the client's to notice.
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                number += 1;
                connections.spawn(connection(stream, emulator.handle(), number, latency));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, emulator: Emulator, number: u64, latency: Duration) {
    // Without this a small answer can wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(async |request| {
        // Even a sleep of nothing would wait for the timer's next tick.
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        exchange(&emulator, number, request).await
    });
    // An error here is a client that left or a fault that was asked for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Reads one request and answers it; an error closes the connection without an answer.
async fn exchange(
    emulator: &Emulator,
    connection: u64,
    incoming: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Body>> {
    let world = emulator.world();
    let (parts, body) = incoming.into_parts();
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Bytes::new(),
    };
    match Limited::new(body, world.body_limit).collect().await {
        Ok(collected) => request.body = collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(whole(too_large(&request, world.body_limit)));
        }
        Err(error) => return Err(io::Error::other(error)),
    }
    if request.path.starts_with(control::PREFIX) {
        return Ok(whole(control::answer(emulator, &request).await));
    }
    graph_exchange(world, connection, request).await
}

async fn graph_exchange(
    world: &Arc<World>,
    connection: u64,
    request: Request,
) -> io::Result<hyper::Response<Body>> {
    let milliseconds = u64::try_from(world.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let recorded = Recorded::new(&request, world.is_authorized(&request), connection, milliseconds);
    let number = world.recording().arrived(recorded);
    let effect = world.faults().pick(&request.method, &request.target(), Origin::Connection);
    let closed = || io::Error::other("closed on request");
    let answered = effect.as_ref().map(|effect| effect.answered().clone());
    if matches!(answered, Some(Effect::DropBeforeCommit)) {
        return Err(closed());
    }
    let answer = commit(world, request, effect).await.map_err(io::Error::other)?;
    if matches!(answered, Some(Effect::CommitThenDrop)) {
        return Err(closed());
    }
    world.recording().answered(number, answer.status);
    Ok(match answered {
        Some(Effect::ReplaceBody { bytes, content_type }) => {
            let answer = answer.with("content-type", content_type);
            whole(Answer { body: Bytes::from(bytes), ..answer })
        }
        Some(Effect::Truncate { bytes }) => {
            interrupted(answer, bytes, async move { Err(closed()) })
        }
        Some(Effect::Stall { bytes, gate }) => {
            let world = world.clone();
            interrupted(answer, bytes, async move {
                world.gates.pass(&gate).await;
                Ok(())
            })
        }
        _ => whole(answer),
    })
}

/// Waits and commits as a task of its own: a service goes on with a request whose client has given up.
async fn commit(
    world: &Arc<World>,
    request: Request,
    effect: Option<Effect>,
) -> Result<Answer, tokio::task::JoinError> {
    let world = world.clone();
    let work = async move {
        if let Some(Effect::HoldBeforeCommit { gate }) = effect.as_ref().map(Effect::answered) {
            world.gates.pass(gate).await;
        }
        let answer = world.perform(&request, effect.as_ref());
        if let Some(Effect::CommitThenHold { gate }) = effect.as_ref().map(Effect::answered) {
            world.gates.pass(gate).await;
        }
        answer
    };
    tokio::spawn(work).await
}

fn too_large(request: &Request, limit: usize) -> Answer {
    let ids = RequestIds::of(request.header("client-request-id"));
    let problem = Problem::TooLarge(limit);
    with_ids(Answer::json(problem.status(), &problem.body(&request.path, &ids)), &ids)
}

fn whole(answer: Answer) -> hyper::Response<Body> {
    let body = Full::new(answer.body.clone()).map_err(|never: Infallible| match never {});
    response(&answer, body.boxed_unsync())
}

/// The announced length is that of the whole body, of which so many bytes come before the interruption.
fn interrupted(
    answer: Answer,
    bytes: usize,
    interruption: impl Future<Output = io::Result<()>> + Send + 'static,
) -> hyper::Response<Body> {
    let mut rest = answer.body.clone();
    let start = rest.split_to(bytes.min(rest.len()));
    let start = async move { Ok(Frame::data(start)) };
    let rest = async move {
        // Without a pause the start would still lie in a buffer when the connection is closed.
        tokio::task::yield_now().await;
        interruption.await?;
        Ok(Frame::data(rest))
    };
    let frames = stream::StreamExt::chain(stream::once(start), stream::once(rest));
    let mut response = response(&answer, StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(answer.body.len()));
    response
}

fn response(answer: &Answer, body: Body) -> hyper::Response<Body> {
    let mut response = hyper::Response::new(body);
    if let Ok(status) = hyper::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
