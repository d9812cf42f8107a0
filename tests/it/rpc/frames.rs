//! HTTP/2 streams that are refused: the HTTP library may not send anything again behind our back.

use std::sync::{Arc, Mutex};

use h2::server::SendResponse;
use h2::{Reason, RecvStream};

use super::trust::Front;
use super::*;

/// A Graph that speaks HTTP/2 only, does what a create asks for and refuses its stream all the same.
#[derive(Clone, Default)]
struct Refusing(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    creates: usize,
    profile: Option<Json>,
}

impl Refusing {
    async fn answer(
        self,
        request: http::Request<RecvStream>,
        mut respond: SendResponse<hyper::body::Bytes>,
    ) {
        let (head, body) = request.into_parts();
        let body = read(body).await;
        let path = head.uri.path();
        let answer = match head.method.as_str() {
            "POST" if path.contains("oauth2") => {
                json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "a-token" })
            }
            "POST" => {
                let mut seen = self.0.lock().unwrap();
                seen.creates += 1;
                let mut profile: Json = serde_json::from_slice(&body).unwrap();
                profile["id"] = "made".into();
                seen.profile = Some(profile);
                return respond.send_reset(Reason::REFUSED_STREAM);
            }
            _ if path.ends_with("/enrollmentProfiles") => {
                json!({ "value": Vec::from_iter(self.0.lock().unwrap().profile.clone()) })
            }
            _ => self.0.lock().unwrap().profile.clone().unwrap(),
        };
        let head = http::Response::builder().header("content-type", "application/json");
        let mut sending = respond.send_response(head.body(()).unwrap(), false).unwrap();
        sending.send_data(answer.to_string().into(), true).unwrap();
    }
}

async fn read(mut body: RecvStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.unwrap();
        body.flow_control().release_capacity(part.len()).unwrap();
        bytes.extend_from_slice(&part);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn t6_a_create_on_a_refused_stream_is_looked_for_and_not_sent_again() {
    let graph = Refusing::default();
    let serving = graph.clone();
    let front = Front::serving(&[b"h2"], move |near| {
        let serving = serving.clone();
        async move {
            let mut connection = h2::server::handshake(near).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::spawn(serving.clone().answer(request, respond));
            }
        }
    })
    .await;
    let host = Host::new().env("SSL_CERT_FILE", front.certificate());
    let stage = Stage::on(&host, Options::default()).await;
    stage
        .configure(json!({ "graph_endpoint": front.origin(), "authority_host": front.origin() }))
        .await;
    let mut profile = stage.profile();
    let told = profile.upsert(&stage.config(json!({}))).await;
    told.warning(&["its answer was lost", "adopted"]);
    assert_eq!(profile.text("id"), "made");
    assert_eq!(graph.0.lock().unwrap().creates, 1);
}
