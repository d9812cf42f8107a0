//! How long a profile takes from one form to the next, and that ten thousand take ten thousand times as
//! long; knows neither the plugin's process nor HTTP.

mod sample;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use terraform_provider_intune::entity::Suggestions;
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::json::{self, Undefined};
use terraform_provider_intune::value::{Value, msgpack};

use sample::Sample;

fn one_profile(criterion: &mut Criterion) {
    let none = Suggestions::default();
    let sample = sample();
    let Sample { type_, config, planned, state, msgpack, json, answer } = &sample;
    let mut group = criterion.benchmark_group("one profile");
    group.bench_function("decode MessagePack", |bencher| {
        bencher.iter(|| msgpack::decode(black_box(msgpack), type_));
    });
    group.bench_function("encode MessagePack", |bencher| {
        bencher.iter(|| msgpack::encode(black_box(state), type_));
    });
    group.bench_function("decode stored JSON", |bencher| {
        bencher.iter(|| json::decode(black_box(json), type_, Undefined::Ignore));
    });
    group.bench_function("plan a create", |bencher| {
        bencher.iter(|| ENTITY.plan(&Value::Null, black_box(config), config, &none));
    });
    group.bench_function("plan no change", |bencher| {
        bencher.iter(|| ENTITY.plan(black_box(state), state, config, &none));
    });
    group.bench_function("body of a create", |bencher| {
        bencher.iter(|| ENTITY.create_body(black_box(planned)));
    });
    group.bench_function("read Graph's answer", |bencher| {
        bencher.iter(|| ENTITY.read(black_box(answer), state));
    });
    group.finish();
}

/// What a refresh and a plan compute for each of so many profiles.
fn growth(criterion: &mut Criterion) {
    let none = Suggestions::default();
    let Sample { type_, config, msgpack, answer, .. } = sample();
    let mut group = criterion.benchmark_group("refresh and plan");
    group.sample_size(10);
    for profiles in [1_u64, 10, 100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(profiles));
        group.bench_function(BenchmarkId::from_parameter(profiles), |bencher| {
            bencher.iter(|| {
                for _ in 0..profiles {
                    let Ok(prior) = msgpack::decode(&msgpack, &type_) else { return };
                    let Ok(read) = ENTITY.read(&answer, &prior) else { return };
                    let planned = ENTITY.plan(&read, &read, &config, &none);
                    let _ = black_box(msgpack::encode(&planned.state, &type_));
                }
            });
        });
    }
    group.finish();
}

#[expect(clippy::panic, reason = "there is nothing to measure then")]
fn sample() -> Sample {
    match Sample::new() {
        Ok(sample) => sample,
        Err(error) => panic!("{error}"),
    }
}

criterion_group!(benches, one_profile, growth);
criterion_main!(benches);
