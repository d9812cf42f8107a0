//! How many requests so many reads take.

use super::Estate;
use crate::emulator::Options;

/// How many reads may travel in batches with the pages of one listing.
const TRAVEL: usize = 40;

/// The pages of a listing of so many profiles.
fn pages_of(profiles: usize) -> usize {
    profiles.div_ceil(100)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_profile_is_one_get() {
    let estate = Estate::new(1, 1).await;
    estate.refresh(&estate.client(), 10).await;
    let cost = estate.cost();
    assert_eq!((cost.requests, cost.gets), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_of_one_token_cost_at_most_twice_the_optimum() {
    for profiles in [2, 3, 10, 100, 1000] {
        for concurrency in [1, 10, 50, 256] {
            let estate = Estate::new(1, profiles).await;
            estate.refresh(&estate.client(), concurrency).await;
            let cost = estate.cost();
            let most = 2 * pages_of(profiles).min(profiles);
            assert!(cost.requests <= most, "{profiles} by {concurrency}: {cost:?}");
            assert!(
                cost.gets + cost.pages <= most + TRAVEL,
                "{profiles} by {concurrency}: {cost:?}"
            );
            assert!(
                profiles > 100 || cost.gets + cost.pages <= most,
                "one page answers all: {cost:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_page_may_hold_a_thousand_one_page_answers_them() {
    for concurrency in [1, 10, 256] {
        for (tokens, profiles) in [(1, 1000), (4, 250)] {
            let options = Options { largest_page: 1000, ..Options::default() };
            let estate = Estate::with(tokens, profiles, options).await;
            estate.refresh(&estate.client(), concurrency).await;
            let cost = estate.cost();
            assert_eq!((cost.gets, cost.pages), (tokens, tokens), "by {concurrency}: {cost:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_profiles_over_fifty_tokens_take_at_most_sixty_requests() {
    for concurrency in [1, 10, 50, 256] {
        let estate = Estate::new(50, 20).await;
        estate.refresh(&estate.client(), concurrency).await;
        let cost = estate.cost();
        assert!(cost.requests <= 60, "{concurrency}: {cost:?}");
        assert!(cost.gets + cost.pages <= 100, "{concurrency}: {cost:?}");
        assert!(concurrency < 50 || cost.batches > 0, "what is ready together travels together");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_profile_in_each_of_many_tokens_travels_in_batches() {
    let estate = Estate::new(200, 1).await;
    estate.refresh(&estate.client(), 200).await;
    let cost = estate.cost();
    assert_eq!(cost.gets + cost.pages, 200);
    assert!(cost.requests <= 20, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_profiles_of_one_token_cost_their_pages_and_little_more() {
    let estate = Estate::new(1, 10_000).await;
    estate.refresh(&estate.client(), 256).await;
    let cost = estate.cost();
    assert!(cost.requests <= pages_of(10_000) + 10, "{cost:?}");
    assert!(cost.gets + cost.pages <= pages_of(10_000) + 10 + TRAVEL, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_a_thousand_profiles_do_not_pay_for_the_others() {
    for concurrency in [1, 10] {
        let estate = Estate::new(1, 1000).await;
        estate.refresh_of(&estate.client(), &estate.managed[..3], concurrency).await;
        let cost = estate.cost();
        assert!(cost.gets + cost.pages <= 2 * 3, "{concurrency}: {cost:?}");
        assert!(cost.requests <= 5, "{concurrency}: {cost:?}");
    }
}
