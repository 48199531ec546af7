//! The metadata core against a reference model: random sequences of commands from a seed, and after each command all that
//! can be said of it.
//!
//! `STRATA_MODEL_SEEDS=N` runs more seeds than the usual dose, `STRATA_MODEL_FIRST=SEED` begins elsewhere. A seed that
//! fails is shrunk (unless `STRATA_MODEL_SHRINK=0`): steps are dropped while it still fails, and what is left is printed as commands.

mod cluster;
mod remote;
mod remote_steps;
mod state;
mod steps;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use strata_metadata_core::command::{COMMAND_BYTES_MAX, Command};
use strata_metadata_core::delta::Delta;
use strata_metadata_core::image::Image;
use strata_metadata_core::invariants;
use strata_metadata_core::response::{Refusal, RemoteRefusal, Reply, Response};
use strata_metadata_core::snapshot;

use crate::state::State;
use crate::steps::{Kind, Random, Step, format_cluster, registration};

/// Seeds of the usual dose.
const SEEDS: u64 = 600;
/// Steps of one seed.
const STEPS: u32 = 500;
/// After so many commands the image goes through its snapshot, and one is kept to see that it never changes.
const SNAPSHOT_COMMANDS: usize = 20;

/// An image with the model beside it, and everything that must stay true of both.
struct Run {
    image: Image,
    model: State,
    follower: State,
    log: Vec<Command>,
    kept: Vec<(Image, u64, State)>,
}

/// How many commands of each kind were accepted and refused.
type Counts = BTreeMap<Kind, (u32, u32)>;

/// Prose is not compared, everything else is.
fn without_prose(refusal: Refusal) -> Refusal {
    let reason = String::new();
    match refusal {
        Refusal::InvalidTopicName { name, .. } => Refusal::InvalidTopicName { name, reason },
        Refusal::InvalidPartitions { .. } => Refusal::InvalidPartitions { reason },
        Refusal::InvalidReplicaAssignment { .. } => Refusal::InvalidReplicaAssignment { reason },
        Refusal::InvalidConfig { key, .. } => Refusal::InvalidConfig { key, reason },
        Refusal::InvalidRegistration { .. } => Refusal::InvalidRegistration { reason },
        Refusal::InvalidFeature { feature, .. } => Refusal::InvalidFeature { feature, reason },
        Refusal::InvalidIsr { .. } => Refusal::InvalidIsr { reason },
        Refusal::Remote(RemoteRefusal::Invalid(_)) => RemoteRefusal::Invalid(reason).into(),
        other => other,
    }
}

fn comparable(response: Response) -> Response {
    match response {
        Ok(Reply::Partitions(answers)) => {
            Ok(Reply::Partitions(answers.into_iter().map(|answer| answer.map_err(without_prose)).collect()))
        }
        other => other.map_err(without_prose),
    }
}

impl Run {
    fn new() -> Self {
        let (image, model) = (Image::default(), State::default());
        Self { image, follower: model.clone(), model, log: Vec::new(), kept: Vec::new() }
    }

    /// Whether the command was accepted.
    fn apply(&mut self, command: &Command) -> bool {
        let encoded = command.encode().expect("the command is small");
        assert!(encoded.len() <= COMMAND_BYTES_MAX);
        let decoded = Command::decode(&encoded).expect("the command is read back");
        assert_eq!(decoded, *command);
        let before = self.image.clone();
        let index = before.applied_index + 1;
        let foreseen = before.would_answer(command);
        let (response, delta) = self.image.apply(index, &decoded);
        assert_eq!(response, foreseen, "would_answer");
        let expected = self.model.apply(index, command, &self.image);
        assert_eq!(comparable(response.clone()), comparable(expected), "response");
        assert_eq!(self.image.applied_index, index);
        let content = State::of(&self.image);
        assert_eq!(content, self.model, "state");
        self.check_delta(&before, &delta, &content);
        invariants::check(&self.image).expect("the invariants hold");
        self.check_look_ups(&content);
        self.log.push(decoded);
        if self.log.len().is_multiple_of(SNAPSHOT_COMMANDS) {
            self.check_snapshot(content);
        }
        response.is_ok()
    }

    fn check_delta(&mut self, before: &Image, delta: &Delta, content: &State) {
        self.follower.follow(delta, &self.image);
        assert_eq!(self.follower, *content, "what a follower of deltas knows");
        let mut told = Delta::between(before, &self.image);
        told.merge(delta.clone());
        assert_eq!(told, *delta, "the delta names all that differs");
    }

    fn check_look_ups(&self, content: &State) {
        let image = &self.image;
        let by_name = image.topics.iter_by_name_from("").map(|topic| topic.name.clone());
        let mut names: Vec<String> = content.topics.values().map(|topic| topic.name.clone()).collect();
        names.sort();
        assert!(by_name.eq(names.iter().cloned()), "topics by name");
        for topic in content.topics.values() {
            let found = image.topic_by_name(&topic.name).map(|found| found.topic_id);
            assert_eq!(found, Some(topic.topic_id));
            let ids: Vec<_> = image.topics.partitions_of(topic.topic_id).map(|(partition, _)| partition).collect();
            assert!(topic.partition_ids().map(|id| id.partition).eq(ids), "partitions of {topic:?}");
        }
        for broker in content.brokers.keys() {
            let hosted = image.partitions_on(*broker).map(|(id, _)| *id);
            let expected = content.partitions.iter().filter(|(_, state)| state.replicas.contains(broker));
            assert!(hosted.eq(expected.map(|(id, _)| *id)), "partitions on {broker}");
        }
        for (id, epoch) in content.tombstones.keys() {
            assert!(image.remote.tombstone(*id, *epoch).is_some());
            assert!(image.remote.tombstones_of(*id).any(|found| found.tiering_epoch == *epoch));
            assert!(image.remote.has_tombstones(id.topic_id));
        }
    }

    /// The image goes on as what was read back from its snapshot.
    fn check_snapshot(&mut self, content: State) {
        let bytes = snapshot::encode(&self.image).expect("the image is encoded");
        let loaded = snapshot::decode(&bytes).expect("the snapshot is read back");
        let hash = snapshot::hash(&self.image).expect("the image is hashed");
        assert_eq!(loaded, self.image);
        assert_eq!(snapshot::hash(&loaded).expect("the loaded image is hashed"), hash);
        let again = snapshot::encode(&loaded).expect("the loaded image is encoded");
        assert_eq!(again, bytes);
        let old = std::mem::replace(&mut self.image, loaded);
        self.kept.push((old, hash, content));
    }

    fn finish(self) {
        for (image, hash, content) in &self.kept {
            assert_eq!(snapshot::hash(image).expect("the image is hashed"), *hash, "an old image has changed");
            assert_eq!(State::of(image), *content, "an old image has changed");
        }
        let mut replica = Image::default();
        for (index, command) in (1..).zip(&self.log) {
            replica.apply(index, command).0.ok();
        }
        assert_eq!(replica, self.image, "the log replayed");
    }
}

fn run(seed: u64, steps: &[Step]) -> Counts {
    let (mut run, mut counts) = (Run::new(), Counts::new());
    run.apply(&Command::RegisterBroker(registration(0)));
    run.apply(&format_cluster("cluster", seed.is_multiple_of(2)));
    for broker in 0..4 {
        run.apply(&Command::RegisterBroker(registration(broker)));
    }
    for step in steps {
        if let Some(command) = step.command(&run.model) {
            let count = counts.entry(step.kind).or_default();
            if run.apply(&command) { count.0 += 1 } else { count.1 += 1 }
        }
    }
    run.finish();
    counts
}

fn fails(seed: u64, steps: &[Step]) -> bool {
    catch_unwind(AssertUnwindSafe(|| run(seed, steps))).is_err()
}

/// Drops ever smaller parts while the rest still fails.
fn shrink(seed: u64, mut steps: Vec<Step>) -> Vec<Step> {
    let mut part = steps.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + part).min(steps.len()));
            if fails(seed, &fewer) {
                steps = fewer;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    steps
}

#[expect(clippy::disallowed_methods, reason = "the dose of a test comes from outside")]
fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("the variable holds a number"))
}

#[test]
fn core_does_what_the_reference_model_does() {
    let first = number_from("STRATA_MODEL_FIRST", 1);
    let seeds = number_from("STRATA_MODEL_SEEDS", SEEDS);
    let mut total = Counts::new();
    for seed in first..first + seeds {
        let mut random = Random::new(seed);
        let steps: Vec<Step> = (0..STEPS).map(|_| random.step(seed.is_multiple_of(3))).collect();
        let Ok(counts) = catch_unwind(AssertUnwindSafe(|| run(seed, &steps))) else {
            let left = if number_from("STRATA_MODEL_SHRINK", 1) > 0 { shrink(seed, steps) } else { steps };
            println!("seed {seed} fails with {} steps: {left:#?}", left.len());
            println!("again: STRATA_MODEL_FIRST={seed} STRATA_MODEL_SEEDS=1 cargo test --release --test model");
            run(seed, &left);
            panic!("seed {seed} failed, but its shrunken steps did not");
        };
        for (kind, (accepted, refused)) in counts {
            let count = total.entry(kind).or_default();
            *count = (count.0 + accepted, count.1 + refused);
        }
    }
    println!("commands accepted and refused: {total:?}");
    // A few seeds may miss what is rare.
    let all_accepted = total.values().all(|(accepted, _)| *accepted > 0);
    assert!(all_accepted || seeds < SEEDS, "each kind of command is accepted at times: {total:?}");
}
