//! A service that lags, fails or leaves things out: every read is true all the same.

use serde_json::json;
use terraform_provider_intune::graph::{Creation, Likeness};

use super::{Estate, collection, read, soon, status};
use crate::emulator::{Effect, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_the_listing_lacks_is_read_alone() {
    let mut estate = Estate::new(1, 250).await;
    let token = estate.managed[0].0.clone();
    let unlisted = Effect::UnlistedAfterCreate { lists: usize::MAX };
    estate.emulator.fault(Fault::new("POST", "/enrollmentProfiles", unlisted));
    let body =
        json!({ "@odata.type": "#microsoft.graph.depEnrollmentProfile", "displayName": "New" });
    let body = body.as_object().unwrap();
    let creation = Creation {
        collection: &collection(&token),
        body: body.into(),
        likeness: &|_| Likeness::Different,
    };
    let made = estate.client().create(&creation, soon()).await.unwrap().object;
    estate.emulator.clear_requests();
    estate.managed.insert(100, (token, made["id"].as_str().unwrap().to_owned()));
    estate.refresh(&estate.client(), 10).await;
    let cost = estate.cost();
    assert!(cost.requests <= 2 * 3 + 1, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_gone_is_an_answer_to_a_get_and_to_nothing_else() {
    let estate = Estate::new(1, 100).await;
    let client = estate.client();
    let (token, gone) = estate.managed[50].clone();
    estate.emulator.remove_profile(&gone);
    estate.refresh_of(&client, &estate.managed[..50], 10).await;
    estate.emulator.clear_requests();
    assert!(read(&client, &token, &gone).await.unwrap_err().is_not_found());
    assert_eq!((estate.cost().gets, estate.cost().pages), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_page_fails_no_read() {
    for (let_through, fault) in [(0, 403), (1, 403), (3, 410)] {
        let estate = Estate::new(1, 300).await;
        let refused = Fault::new("GET", "/enrollmentProfiles?", status(fault, &[]));
        estate.emulator.fault(refused.after(let_through));
        estate.refresh(&estate.client(), 50).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_leaves_a_property_out_is_no_answer() {
    let estate = Estate::new(1, 300).await;
    let omitted = Effect::OmitProperty { name: "supportDepartment".to_owned() };
    estate.emulator.fault(Fault::new("GET", "$skiptoken", omitted).times(usize::MAX));
    estate.refresh(&estate.client(), 10).await;
    assert_eq!(estate.cost().pages, 2, "such a listing is not read to its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_between_reads_is_seen_by_every_later_one() {
    let estate = Estate::new(1, 300).await;
    let client = estate.client();
    let (first, rest) = estate.managed.split_at(100);
    estate.refresh_of(&client, first, 10).await;
    let (token, id) = &rest[150];
    let change = json!({
        "@odata.type": "#microsoft.graph.depEnrollmentProfile",
        "displayName": "Changed",
    });
    let address = collection(token).segment(id);
    client.update(&address, change.as_object().unwrap(), soon()).await.unwrap();
    let before = estate.cost().pages;
    estate.refresh_of(&client, rest, 10).await;
    assert_eq!(estate.cost().pages, before, "replicas of the listing may lag");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_throttled_inside_a_batch_is_asked_for_again_alone() {
    let estate = Estate::new(60, 1).await;
    let throttled = status(429, &[("Retry-After", "1")]);
    estate.emulator.fault(Fault::new("GET", "/enrollmentProfiles", throttled).after(10).times(7));
    estate.refresh(&estate.client(), 60).await;
    let cost = estate.cost();
    assert_eq!(cost.gets + cost.pages, 60 + 7, "{cost:?}");
    assert!(cost.batches > 0, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_batches_costs_requests_and_no_truth() {
    let estate = Estate::new(60, 2).await;
    estate.emulator.fault(Fault::new("POST", "$batch", status(501, &[])).times(usize::MAX));
    let client = estate.client();
    // A batch that finds no turn in time learns nothing, so that the second refresh may still try one.
    estate.refresh(&client, 60).await;
    estate.refresh(&client, 60).await;
    estate.emulator.clear_requests();
    estate.refresh(&client, 60).await;
    assert_eq!(estate.cost().batches, 0, "{:?}", estate.cost());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_reads_leave_nobody_behind() {
    let estate = Estate::new(1, 1000).await;
    let client = estate.client();
    let (cancelled, kept) = estate.managed.split_at(500);
    let abandoned: Vec<_> = cancelled
        .iter()
        .map(|(token, id)| {
            let (client, token, id) = (client.clone(), token.clone(), id.clone());
            tokio::spawn(async move { read(&client, &token, &id).await })
        })
        .collect();
    let both = async {
        tokio::task::yield_now().await;
        abandoned.iter().for_each(tokio::task::JoinHandle::abort);
    };
    tokio::join!(estate.refresh_of(&client, kept, 256), both);
}
