//! The create against a service that loses answers, with the minute passing in no time.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use super::*;
use crate::graph::Client;
use crate::graph::scripted::{Asked, Reply, Scripted};

const COLLECTION: &str = "things";

fn things() -> Address {
    Address::new().segment(COLLECTION)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

/// A thing of this name with this size, as it is sent; a thing is told from another by both.
fn thing(name: &str, size: u64) -> Object {
    json!({"name": name, "size": size}).as_object().unwrap().clone()
}

fn stored(id: &str, name: &str, size: u64) -> Value {
    json!({"id": id, "name": name, "size": size})
}

fn page(things: &[Value]) -> Reply {
    Reply::json(200, json!({ "value": things }))
}

fn made(id: &str) -> Reply {
    Reply::json(201, stored(id, "a", 1))
}

fn found(id: &str) -> Reply {
    Reply::json(200, stored(id, "a", 1))
}

async fn create(client: &Client) -> Result<Created, Error> {
    create_until(client, soon()).await
}

async fn create_until(client: &Client, deadline: Instant) -> Result<Created, Error> {
    let (collection, body) = (things(), thing("a", 1));
    let likeness = |object: &Object| match (object.get("name"), object.get("size")) {
        (name, size) if name == body.get("name") && size == body.get("size") => Likeness::Identical,
        (name, _) if name == body.get("name") => Likeness::Namesake,
        _ => Likeness::Different,
    };
    let creation = Creation { collection: &collection, body: (&body).into(), likeness: &likeness };
    client.create(&creation, deadline).await
}

fn methods(server: &Scripted) -> String {
    server.asked().iter().map(|asked| asked.method.as_str()).collect::<Vec<_>>().join(" ")
}

fn doubt(error: &Error) -> &Doubt {
    match error.kind() {
        Kind::AmbiguousCreate(doubt) => doubt,
        other => panic!("in doubt, not {other:?}"),
    }
}

/// What may have been done although no answer with an id came.
fn lost_answers() -> Vec<Reply> {
    vec![
        Reply::Hangup,
        Reply::Silence,
        Reply::empty(408),
        Reply::empty(504),
        Reply::html(201),
        Reply::empty(201),
        Reply::Cut(201, "{\"id\"".into()),
        Reply::json(201, json!({"name": "a", "size": 1})),
        Reply::json(201, json!({"id": 7})),
        Reply::empty(302).with("location", "https://elsewhere.example/"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_create_is_a_listing_and_one_request() {
    let server = Scripted::start([page(&[stored("1", "b", 1)]), made("2")]).await;
    let created = create(&server.client()).await.unwrap();
    assert_eq!(created.object.get("id"), Some(&json!("2")));
    assert_eq!(
        (created.witness, created.namesakes.len(), created.twins),
        (Witness::Answer, 0, NO_TWINS)
    );
    assert_eq!(methods(&server), "GET POST");
}

#[tokio::test(start_paused = true)]
async fn an_identical_object_stops_the_create_before_it_is_sent() {
    let twins = [stored("1", "a", 1), stored("2", "a", 2), stored("3", "a", 1)];
    let server = Scripted::start([page(&twins)]).await;
    let error = create(&server.client()).await.unwrap_err();
    let ids = vec!["1".to_owned(), "3".to_owned()];
    assert_eq!(error.kind(), &Kind::TwinExists { ids, identical: true });
    assert_eq!((methods(&server).as_str(), error.attempts()), ("GET", 0));
}

#[tokio::test(start_paused = true)]
async fn a_namesake_is_reported_and_stops_nothing() {
    let server = Scripted::start([page(&[stored("1", "a", 2)]), made("2")]).await;
    let created = create(&server.client()).await.unwrap();
    assert_eq!(created.namesakes, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_the_collection_cannot_be_read() {
    for refusal in [Reply::fault(403, "Forbidden"), Reply::fault(404, "NotFound")] {
        let server = Scripted::start([refusal]).await;
        let error = create(&server.client()).await.unwrap_err();
        assert!(matches!(error.kind(), Kind::Forbidden | Kind::NotFound), "{error}");
        assert_eq!(methods(&server), "GET");
    }
}

#[tokio::test(start_paused = true)]
async fn creates_that_start_together_share_one_listing() {
    let server = Scripted::start([]).await;
    server.then(Reply::Late(Duration::from_secs(1), Box::new(page(&[]))));
    let (one, other, third) = (server.client(), server.client(), server.client());
    for id in ["1", "2", "3"] {
        server.then(made(id));
    }
    let created = tokio::join!(create(&one), create(&other), create(&third));
    for created in [created.0, created.1, created.2] {
        created.unwrap();
    }
    assert_eq!(methods(&server), "GET POST POST POST");
}

#[tokio::test(start_paused = true)]
async fn a_failed_listing_fails_all_who_waited_and_nobody_later() {
    let server = Scripted::start([]).await;
    let refusal = Reply::fault(403, "Forbidden");
    server.then(Reply::Late(Duration::from_secs(1), Box::new(refusal)));
    let client = server.client();
    let (one, other) = tokio::join!(create(&client), create(&client));
    assert_eq!((one.unwrap_err().status(), other.unwrap_err().status()), (Some(403), Some(403)));
    assert_eq!(methods(&server), "GET");
    server.then(page(&[]));
    server.then(made("1"));
    create(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_single_identical_newcomer_is_adopted_and_nothing_sent_again() {
    for lost in lost_answers() {
        let old = stored("1", "b", 1);
        let newcomers = [old.clone(), stored("2", "a", 1), stored("3", "a", 9)];
        let replies = [page(&[old]), lost.clone(), page(&newcomers), found("2"), found("2")];
        let server = Scripted::start(replies).await;
        let created = create(&server.client()).await.unwrap();
        assert_eq!(created.object.get("id"), Some(&json!("2")), "{lost:?}");
        assert_eq!(created.witness, Witness::Look, "{lost:?}");
        assert_eq!(methods(&server), "GET POST GET GET GET", "{lost:?}");
        let reads = server.asked();
        let [.., first, second] = reads.as_slice() else { panic!("two reads") };
        assert_eq!(first.target, format!("{}/2", things()));
        assert!(second.at - first.at >= SECOND_READ, "a ghost would still be there");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_listed_late_is_found_within_the_minute() {
    let mut replies = vec![page(&[]), Reply::Hangup];
    replies.extend(vec![page(&[]); 6]);
    replies.extend([page(&[stored("2", "a", 1)]), found("2"), found("2")]);
    let server = Scripted::start(replies).await;
    assert_eq!(create(&server.client()).await.unwrap().witness, Witness::Look);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_does_not_appear_leaves_doubt_and_is_never_sent_again() {
    for lost in lost_answers() {
        let mut replies = vec![page(&[]), lost.clone()];
        replies.extend(vec![page(&[stored("9", "a", 9)]); 7]);
        let server = Scripted::start(replies).await;
        let error = create(&server.client()).await.unwrap_err();
        assert_eq!(doubt(&error).looked.map(|time| time.as_secs()), Some(60), "{lost:?}");
        assert!(doubt(&error).candidates.is_empty());
        assert_eq!(methods(&server).matches("POST").count(), 1, "{lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_looks_are_spread_over_a_minute() {
    let mut replies = vec![page(&[]), Reply::Hangup];
    replies.extend(vec![page(&[]); 7]);
    let server = Scripted::start(replies).await;
    create(&server.client()).await.unwrap_err();
    let looks: Vec<Asked> = server.asked().split_off(1);
    let pauses = looks.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64().round());
    assert_eq!(pauses.collect::<Vec<_>>(), LOOKS.map(|pause| pause as f64));
}

#[tokio::test(start_paused = true)]
async fn of_several_newcomers_none_is_taken_and_all_are_named() {
    let newcomers = [stored("2", "a", 1), stored("3", "a", 1)];
    let server = Scripted::start([page(&[]), Reply::Hangup, page(&newcomers)]).await;
    let error = create(&server.client()).await.unwrap_err();
    assert_eq!(doubt(&error).candidates, ["2", "3"]);
    assert_eq!(methods(&server), "GET POST GET");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_failed_by_itself_is_asked_once_more() {
    for status in [500, 502, 503] {
        let mut replies = vec![page(&[]), Reply::fault(status, "No")];
        replies.extend(vec![page(&[]); LOOKS.len()]);
        replies.extend([made("2"), page(&[stored("2", "a", 1)])]);
        let server = Scripted::start(replies).await;
        let created = create(&server.client()).await.unwrap();
        assert_eq!((created.witness, created.twins), (Witness::Answer, NO_TWINS), "{status}");
        assert_eq!(methods(&server).matches("POST").count(), 2, "{status}");
    }
}

/// What became of a thing whose size the service stored in another form.
fn normalised(id: &str) -> Value {
    json!({"id": id, "name": "a", "size": "1"})
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_differs_keeps_a_failed_create_from_being_sent_again_and_is_named() {
    for lost in [Reply::fault(500, "No"), Reply::Hangup, Reply::empty(504)] {
        let mut replies = vec![page(&[]), lost.clone()];
        replies.extend(vec![page(&[normalised("2")]); LOOKS.len()]);
        let server = Scripted::start(replies).await;
        let error = create(&server.client()).await.unwrap_err();
        assert_eq!(doubt(&error).namesakes, ["2"], "{lost:?}");
        assert!(doubt(&error).candidates.is_empty(), "{lost:?}");
        assert_eq!(methods(&server).matches("POST").count(), 1, "{lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_made_of_a_repeated_create_is_a_twin_in_any_form() {
    let mut replies = vec![page(&[]), Reply::fault(500, "No")];
    replies.extend(vec![page(&[]); LOOKS.len()]);
    replies.extend([made("2"), page(&[normalised("2"), normalised("1")])]);
    let server = Scripted::start(replies).await;
    assert_eq!(create(&server.client()).await.unwrap().twins.unwrap(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_listing_shows_in_part_is_read_before_it_is_judged() {
    let part = json!({"id": "1", "name": "a"});
    let server = Scripted::start([page(std::slice::from_ref(&part)), found("1")]).await;
    let error = create(&server.client()).await.unwrap_err();
    let ids = vec!["1".to_owned()];
    assert_eq!(error.kind(), &Kind::TwinExists { ids, identical: true });
    let replies = [page(&[]), Reply::Hangup, page(&[part]), found("1"), found("1"), found("1")];
    let server = Scripted::start(replies).await;
    assert_eq!(create(&server.client()).await.unwrap().witness, Witness::Look);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_a_location_is_kept_whatever_the_object_looks_like() {
    let lost = Reply::html(201).with("location", "/beta/things/2");
    let gone = Reply::fault(404, "ResourceNotFound");
    let read = || Reply::json(200, json!({"id": "2", "name": "A", "size": "1"}));
    for replies in [
        vec![page(&[]), lost.clone(), read(), page(&[])],
        // A replica may know it only a moment later.
        vec![page(&[]), lost.clone(), gone, read(), page(&[])],
    ] {
        let server = Scripted::start(replies).await;
        let created = create(&server.client()).await.unwrap();
        assert_eq!(created.object.get("id"), Some(&json!("2")));
        assert_eq!(created.witness, Witness::Location);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_in_a_location_that_is_never_readable_is_named() {
    let lost = Reply::html(201).with("location", "/beta/things/2");
    let gone = || Reply::fault(404, "ResourceNotFound");
    let mut replies = vec![page(&[]), lost.clone(), gone()];
    replies.extend((0..LOOKS.len()).flat_map(|_| [gone(), page(&[normalised("2")])]));
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert_eq!(doubt(&error).namesakes, ["2"]);

    let other = page(&[stored("3", "a", 1)]);
    let replies = [page(&[]), lost, gone(), gone(), other, found("3"), found("3")];
    let server = Scripted::start(replies).await;
    let created = create(&server.client()).await.unwrap();
    assert_eq!(created.object.get("id"), Some(&json!("3")));
    assert_eq!(created.twins.unwrap(), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_in_part_and_not_found_yet_keeps_a_create_from_being_sent_again() {
    let part = json!({"id": "1", "name": "a"});
    let mut replies = vec![page(&[]), Reply::fault(500, "No")];
    let gone = || Reply::fault(404, "ResourceNotFound");
    replies.extend((0..LOOKS.len()).flat_map(|_| [page(std::slice::from_ref(&part)), gone()]));
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert_eq!(doubt(&error).namesakes, ["1"]);
    assert_eq!(methods(&server).matches("POST").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_what_is_listed_in_part_cannot_be_read() {
    let part = json!({"id": "1", "name": "a"});
    let server = Scripted::start([page(&[part]), Reply::fault(403, "Forbidden")]).await;
    assert_eq!(create(&server.client()).await.unwrap_err().kind(), &Kind::Forbidden);
    assert_eq!(methods(&server), "GET GET");
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_was_not_sent_leaves_the_doubt_about_the_first() {
    let mut replies = vec![page(&[]), Reply::fault(500, "No")];
    replies.extend(vec![page(&[]); LOOKS.len() - 1]);
    // Before the last look, writes are held off for longer than there is time.
    replies.push(Reply::fault(429, "TooManyRequests").with("retry-after", "3600"));
    replies.push(page(&[]));
    let server = Scripted::start(replies).await;
    let client = server.client();
    let creating = tokio::spawn({
        let client = client.clone();
        async move { create(&client).await }
    });
    sleep(Duration::from_secs(55)).await;
    client.act(&Address::new().segment("elsewhere"), None, soon()).await.unwrap_err();
    let error = creating.await.unwrap().unwrap_err();
    assert_eq!((doubt(&error).looked.map(|time| time.as_secs()), error.attempts()), (Some(60), 1));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_in_an_outage_fails_no_create_that_has_time() {
    let server = Scripted::start([page(&[]), Reply::Hangup]).await;
    server.otherwise(Reply::Hangup);
    let client = server.client();
    let doubtful = tokio::spawn({
        let client = client.clone();
        async move { create(&client).await }
    });
    sleep(FRESH + Duration::from_secs(1)).await;
    let patient = tokio::spawn({
        let client = client.clone();
        async move { create(&client).await }
    });
    doubtful.await.unwrap().unwrap_err();
    sleep(Duration::from_secs(60)).await;
    server.then(page(&[]));
    server.otherwise(made("1"));
    patient.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_repeated_create_that_made_a_second_one_names_it() {
    let mut replies = vec![page(&[]), Reply::fault(500, "No")];
    replies.extend(vec![page(&[]); LOOKS.len()]);
    replies.extend([made("2"), page(&[stored("2", "a", 1), stored("1", "a", 1)])]);
    let server = Scripted::start(replies).await;
    assert_eq!(create(&server.client()).await.unwrap().twins.unwrap(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_last_seen_too_early_is_not_sent_again() {
    let mut replies = vec![page(&[]), Reply::fault(500, "No")];
    replies.extend(vec![page(&[]); LOOKS.len() - 1]);
    replies.extend(vec![Reply::fault(403, "No")]);
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert_eq!(doubt(&error).looked.map(|time| time.as_secs()), Some(45));
    assert_eq!(methods(&server).matches("POST").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_fails_twice_leaves_doubt() {
    let mut replies = Vec::new();
    replies.push(page(&[]));
    for _ in 0..2 {
        replies.push(Reply::fault(500, "No"));
        replies.extend(vec![page(&[]); LOOKS.len()]);
    }
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert!(doubt(&error).looked.is_some());
    assert_eq!(methods(&server).matches("POST").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_create_that_was_done_after_all_is_adopted() {
    let newcomer = page(&[stored("2", "a", 1)]);
    let replies = [page(&[]), Reply::fault(500, "No"), newcomer, found("2"), found("2")];
    let server = Scripted::start(replies).await;
    assert_eq!(create(&server.client()).await.unwrap().witness, Witness::Look);
    assert_eq!(methods(&server).matches("POST").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ghost_is_not_adopted() {
    let newcomer = page(&[stored("2", "a", 1)]);
    let gone = Reply::fault(404, "ResourceNotFound");
    let mut replies = vec![page(&[]), Reply::Hangup, newcomer, found("2"), gone];
    replies.extend(vec![page(&[]); 6]);
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert!(doubt(&error).candidates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_never_adopted() {
    // It becomes identical only afterwards, by another's hand.
    let before = page(&[stored("1", "a", 9)]);
    let mut replies = vec![before, Reply::Hangup];
    replies.extend(vec![page(&[stored("1", "a", 1)]); 7]);
    let server = Scripted::start(replies).await;
    let error = create(&server.client()).await.unwrap_err();
    assert!(doubt(&error).candidates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_that_names_its_location_is_followed_on_our_host() {
    let elsewhere = Scripted::start([]).await;
    let location = format!("{}{}/2", elsewhere.origin, things());
    let lost = Reply::html(201).with("location", &location);
    let beside = page(&[stored("2", "a", 1), stored("3", "a", 1)]);
    let server = Scripted::start([page(&[]), lost, found("2"), beside]).await;
    let created = create(&server.client()).await.unwrap();
    assert_eq!(created.object.get("id"), Some(&json!("2")));
    assert_eq!(created.twins.unwrap(), ["3"], "the service may have repeated its own write");
    assert_eq!(elsewhere.asked().len(), 0);
    assert_eq!(methods(&server), "GET POST GET GET");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_names_what_it_collided_with() {
    for (there, identical) in [(stored("1", "a", 1), true), (stored("1", "a", 9), false)] {
        let conflict = Reply::fault(409, "Conflict");
        let server = Scripted::start([page(&[]), conflict, page(&[there])]).await;
        let error = create(&server.client()).await.unwrap_err();
        let ids = vec!["1".to_owned()];
        assert_eq!(error.kind(), &Kind::TwinExists { ids, identical });
        assert_eq!(error.status(), Some(409));
    }
    let server = Scripted::start([page(&[]), Reply::fault(409, "Conflict"), page(&[])]).await;
    assert_eq!(create(&server.client()).await.unwrap_err().kind(), &Kind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn looks_may_take_a_minute_beyond_the_deadline() {
    let mut replies = vec![page(&[]), Reply::Silence];
    replies.extend(vec![page(&[]); 6]);
    replies.extend([page(&[stored("2", "a", 1)]), found("2"), found("2")]);
    let server = Scripted::start(replies).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let created = create_until(&server.client(), deadline).await.unwrap();
    assert_eq!(created.witness, Witness::Look);
    assert!(Instant::now() > deadline + Duration::from_secs(59));
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_in_doubt_allows_one_look() {
    for (last_look, adopted) in [(page(&[stored("2", "a", 1)]), true), (page(&[]), false)] {
        let replies = [page(&[]), Reply::Hangup, page(&[]), last_look, found("2"), found("2")];
        let server = Scripted::start(replies).await;
        let client = server.client();
        let creating = tokio::spawn({
            let client = client.clone();
            async move { create(&client).await }
        });
        sleep(Duration::from_millis(2500)).await;
        client.stop();
        let stopped = Instant::now();
        let result = creating.await.unwrap();
        assert!(stopped.elapsed() < Duration::from_secs(10));
        assert_eq!(result.is_ok_and(|created| created.witness == Witness::Look), adopted);
    }
}

#[tokio::test(start_paused = true)]
async fn two_equal_creates_in_doubt_take_one_newcomer_each() {
    let both = page(&[stored("1", "a", 1), stored("2", "a", 1)]);
    let server = Scripted::start([page(&[]), Reply::Hangup, Reply::Hangup, both]).await;
    for _ in 0..2 {
        server.then(found("1"));
        server.then(found("1"));
    }
    let client = server.client();
    let (one, other) = tokio::join!(create(&client), create(&client));
    for created in [one, other] {
        assert_eq!(created.unwrap().witness, Witness::Look);
    }
    let reads: HashSet<String> =
        server.asked().into_iter().skip(4).map(|asked| asked.target).collect();
    assert_eq!(reads.len(), 2, "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn a_replaced_object_that_is_still_listed_is_no_twin() {
    let lingering = page(&[stored("1", "a", 1)]);
    let server = Scripted::start([Reply::empty(204), lingering, made("2")]).await;
    let client = server.client();
    client.delete(&things().segment("1"), soon()).await.unwrap();
    create(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_gone_when_it_was_to_be_deleted_and_is_still_listed_is_no_twin() {
    let gone = Reply::fault(404, "ResourceNotFound");
    let server = Scripted::start([gone, page(&[stored("1", "a", 1)]), made("2")]).await;
    let client = server.client();
    client.delete(&things().segment("1"), soon()).await.unwrap_err();
    create(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_tenant_know_each_others_objects() {
    let listed = page(&[stored("1", "a", 1)]);
    let server = Scripted::start([page(&[]), made("1"), listed, made("2")]).await;
    let (one, other) = (server.client(), server.client());
    create(&one).await.unwrap();
    sleep(FRESH + FRESH).await;
    create(&other).await.unwrap();
    assert_eq!(methods(&server), "GET POST GET POST");
}

#[tokio::test(start_paused = true)]
async fn a_create_is_not_sent_when_its_answer_could_not_be_awaited() {
    let late = Reply::Late(Duration::from_secs(35), Box::new(page(&[])));
    let server = Scripted::start([late]).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    let error = create_until(&server.client(), deadline).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::OutOfTime);
    assert_eq!(methods(&server), "GET");
}
