//! Several requests in one (`POST /beta/$batch`); must not know what they ask for.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderName, HeaderValue};
use hyper::body::Bytes;
use serde_json::{Map, Value, json};

use super::graph::json_body;
use super::message::{Answer, Request};
use super::problem::Problem;
use super::world::World;

/// Graph's limit for one batch.
const MOST_REQUESTS: usize = 20;

/// Answers a batch. The responses come in another order than the requests, since Graph promises none.
pub(crate) fn answer(world: &World, batch: &Request) -> Result<Answer, Problem> {
    if batch.method != "POST" {
        return Err(Problem::MethodNotAllowed(batch.method.clone()));
    }
    let body = json_body(batch)?;
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .ok_or_else(|| invalid("A batch must have 'requests'."))?;
    if requests.is_empty() || requests.len() > MOST_REQUESTS {
        return Err(invalid("A batch must have between 1 and 20 requests."));
    }
    let mut parts = Vec::new();
    let mut ids = HashSet::new();
    for request in requests {
        let part = Part::read(batch, request)?;
        if !ids.insert(part.id.clone()) {
            return Err(invalid("The ids of the requests in a batch must differ."));
        }
        parts.push(part);
    }
    let mut statuses: HashMap<String, u16> = HashMap::new();
    let mut responses = Vec::new();
    for part in parts {
        let succeeded = |id: &String| statuses.get(id).is_some_and(|status| *status < 400);
        let answer = if part.depends_on.iter().all(succeeded) {
            world.perform_in_batch(&part.request)
        } else {
            Answer::empty(424)
        };
        statuses.insert(part.id.clone(), answer.status);
        responses.push(response(&part.id, &answer));
    }
    responses.reverse();
    Ok(Answer::json(200, &json!({ "responses": responses })))
}

/// One request of a batch.
struct Part {
    id: String,
    depends_on: Vec<String>,
    request: Request,
}

impl Part {
    fn read(batch: &Request, value: &Value) -> Result<Self, Problem> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let missing = |name: &str| invalid(&format!("A request in a batch needs '{name}'."));
        let id = text("id").ok_or_else(|| missing("id"))?;
        let method = text("method").ok_or_else(|| missing("method"))?;
        let url = text("url").ok_or_else(|| missing("url"))?;
        if !url.starts_with('/') {
            return Err(invalid("The url of a request in a batch must be relative."));
        }
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let mut request = Request {
            method: method.to_ascii_uppercase(),
            path: format!("/beta{path}"),
            query: query.to_owned(),
            headers: batch.headers.clone(),
            body: Bytes::new(),
        };
        request.headers.remove("content-type");
        let headers = value.get("headers").and_then(Value::as_object);
        for (name, value) in headers.into_iter().flatten() {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = value.as_str().map(HeaderValue::from_str);
            let (Ok(name), Some(Ok(value))) = (name, value) else {
                return Err(invalid("A header of a request in a batch is not valid."));
            };
            request.headers.insert(name, value);
        }
        if let Some(body) = value.get("body") {
            if !request.headers.contains_key("content-type") {
                return Err(invalid("A request in a batch with a body needs a content type."));
            }
            request.body = Bytes::from(body.to_string());
        }
        let depends_on = value.get("dependsOn").and_then(Value::as_array);
        Ok(Self {
            id: id.to_owned(),
            depends_on: depends_on
                .into_iter()
                .flatten()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect(),
            request,
        })
    }
}

fn response(id: &str, answer: &Answer) -> Value {
    let headers: Map<String, Value> =
        answer.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut response = Map::new();
    response.insert("id".to_owned(), id.into());
    response.insert("status".to_owned(), answer.status.into());
    response.insert("headers".to_owned(), Value::Object(headers));
    if !answer.body.is_empty() {
        let body = answer.document().unwrap_or_else(|| STANDARD.encode(&answer.body).into());
        response.insert("body".to_owned(), body);
    }
    Value::Object(response)
}

fn invalid(text: &str) -> Problem {
    Problem::Invalid(text.to_owned())
}
