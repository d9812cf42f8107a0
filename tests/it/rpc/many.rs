//! Many at once: calls, processes and bad messages; what that may cost and what may not happen.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use prost::bytes::{Buf, BufMut};
use serde_json::json;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;

use super::{PROFILE, Stage};
use crate::core::{Core, Instance};
use crate::emulator::{Effect, Fault};
use crate::host::Host;
use crate::processes::peak;

const MIB: u64 = 1 << 20;

/// All of them wait for one listing. A stop needs no place among them, and holds all of them back.
#[tokio::test(flavor = "multi_thread")]
async fn p15_a_stop_is_heard_beside_two_hundred_and_fifty_six_creates() {
    let stage = Stage::new().await;
    let gate = "listing";
    let hold = Effect::HoldBeforeCommit { gate: gate.to_owned() };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", hold));
    let plans = (0..256).map(|number| {
        let config = stage.config(json!({ "display_name": format!("Profile {number}") }));
        let mut profile: Instance = stage.profile();
        async move { (profile.plan(&config).await.unwrap(), profile, config) }
    });
    let creates = join_all(plans)
        .await
        .into_iter()
        .map(|(plan, mut profile, config)| async move { profile.apply(&plan, &config).await });
    let stop = async {
        stage.arrivals(gate, 1).await;
        stage.core.stop().await;
        stage.emulator.open_gate(gate);
    };
    let (told, ()) = tokio::join!(join_all(creates), stop);
    for told in told.iter().filter(|told| told.failed()) {
        told.error(&["Enrollment profile not created"]);
    }
    assert_eq!(told.iter().filter(|told| told.failed()).count() + stage.stored().len(), 256);
    let _ = stage.applied(json!({ "display_name": "After all" })).await;
}

/// Both lose the answers to their creates, so both look; the names are the same, the rest is not.
#[tokio::test(flavor = "multi_thread")]
async fn p16_two_processes_on_one_token_never_take_each_others_profile() {
    let stage = Stage::new().await;
    let other = Core::launch(&Host::new()).await;
    other.configure(&stage.provider_config(json!({}))).await.nothing();
    let lost = Fault::new("POST", "enrollmentProfiles", Effect::CommitThenDrop);
    stage.emulator.fault(lost.times(20));
    let creates = (0..20).map(|number| {
        let core = if number % 2 == 0 { &stage.core } else { &other };
        let mut profile = core.instance(PROFILE);
        let description = format!("Of process {}, {}", number % 2, number / 2);
        let config = stage.config(json!({ "description": description }));
        async move {
            profile.upsert(&config).await.success();
            (profile.text("id").to_owned(), description)
        }
    });
    let mut taken = join_all(creates).await;
    let mut stored: Vec<_> = stage
        .stored()
        .iter()
        .map(|one| ["id", "description"].map(|name| one[name].as_str().unwrap().to_owned()))
        .map(|[id, description]| (id, description))
        .collect();
    taken.sort_unstable();
    stored.sort_unstable();
    assert_eq!(taken, stored, "each has what it sent, and nobody has another's");
}

/// Identical profiles whose answers are lost cannot be told apart: each is held by one process, or named.
#[tokio::test(flavor = "multi_thread")]
async fn p16_identical_profiles_of_two_processes_are_held_once_or_named() {
    let stage = Stage::new().await;
    let other = Core::launch(&Host::new()).await;
    other.configure(&stage.provider_config(json!({}))).await.nothing();
    // Neither sees the other's profile before it sends its own.
    let gate = "listings";
    let hold = Effect::CommitThenHold { gate: gate.to_owned() };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", hold).times(2));
    let lost = Fault::new("POST", "enrollmentProfiles", Effect::CommitThenDrop);
    stage.emulator.fault(lost.times(2));
    let config = stage.config(json!({}));
    let creates = [&stage.core, &other].map(|core| {
        let mut profile = core.instance(PROFILE);
        let config = config.clone();
        async move { (profile.upsert(&config).await, profile) }
    });
    let both = async {
        stage.arrivals(gate, 2).await;
        stage.emulator.open_gate(gate);
    };
    let (created, ()) = tokio::join!(join_all(creates), both);
    let ids: Vec<_> = stage.stored().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    let mut held = BTreeSet::new();
    for (told, profile) in &created {
        if told.failed() {
            assert!(ids.iter().all(|id| told.to_string().contains(id.as_str().unwrap())), "{told}");
        } else {
            assert!(held.insert(profile.text("id")), "held twice: {told}");
        }
    }
}

/// Writes the bytes it is given, whatever they are, and reads none.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = tonic::Status;

    fn encode(&mut self, bytes: Vec<u8>, wire: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        wire.put_slice(&bytes);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = tonic::Status;

    fn decode(&mut self, wire: &mut DecodeBuf<'_>) -> Result<Option<()>, tonic::Status> {
        wire.advance(wire.remaining());
        Ok(Some(()))
    }
}

/// Before bytes are a message there is nobody to tell a diagnostic: gRPC refuses them, and the rest goes on.
#[tokio::test(flavor = "multi_thread")]
async fn p10_bytes_that_are_no_message_are_refused_and_cost_little() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let process = stage.core.plugin.process.id();
    let before = peak(process);
    for bytes in [
        vec![0xff; 64],
        vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f],
        [0x12].into_iter().chain([0x80; 11]).collect(),
        // A million groups in each other.
        vec![0x0b; 1 << 20],
    ] {
        for call in ["ReadResource", "ApplyResourceChange", "PlanResourceChange", "GetMetadata"] {
            let path = PathAndQuery::try_from(format!("/tfplugin6.Provider/{call}")).unwrap();
            let mut calls = Grpc::new(stage.core.plugin.channel());
            calls.ready().await.unwrap();
            let answer = calls.unary(Request::new(bytes.clone()), path, Raw).await;
            assert!(answer.is_err(), "{call} took {} bytes", bytes.len());
        }
    }
    profile.converged(&config).await.nothing();
    let grown = peak(process).zip(before).map(|(after, before)| after - before);
    assert!(grown.is_none_or(|grown| grown < 100 * MIB), "{grown:?}");
}
