//! Random clients, which lose answers, come back, leave and fall silent, against what must hold whatever they do.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strata_compat::error_code::ErrorCode;

use super::super::{CoordinatorShard, GroupState, OperationId, ShardConfig};
use super::harness::{GROUP, Harness, Join, commit_as, context};

#[derive(Clone, Copy, Debug)]
enum Step {
    JoinNew {
        old_version: bool,
    },
    JoinStatic {
        instance: usize,
    },
    JoinAgain {
        member: usize,
        changed: bool,
    },
    Sync {
        member: usize,
        all: bool,
    },
    Heartbeat {
        member: usize,
    },
    Leave {
        member: usize,
    },
    Commit {
        member: usize,
    },
    /// Everybody does what a client does, until the group is stable or nobody is left.
    Cooperate,
    Advance {
        ms: u16,
    },
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    let member = 0..8_usize;
    prop_oneof![
        3 => any::<bool>().prop_map(|old_version| Step::JoinNew { old_version }),
        1 => (0..2_usize).prop_map(|instance| Step::JoinStatic { instance }),
        5 => (member.clone(), any::<bool>()).prop_map(|(member, changed)| Step::JoinAgain { member, changed }),
        6 => (member.clone(), any::<bool>()).prop_map(|(member, all)| Step::Sync { member, all }),
        3 => member.clone().prop_map(|member| Step::Heartbeat { member }),
        1 => member.clone().prop_map(|member| Step::Leave { member }),
        1 => member.prop_map(|member| Step::Commit { member }),
        2 => Just(Step::Cooperate),
        4 => (0..4_000_u16).prop_map(|ms| Step::Advance { ms }),
        1 => Just(Step::Reload),
    ]
}

/// Clients as they know themselves.
#[derive(Default)]
struct Clients {
    ids: Vec<String>,
    generation: i32,
    joins: Vec<OperationId>,
}

impl Clients {
    fn pick(&self, index: usize) -> Option<&str> {
        let count = self.ids.len();
        (count > 0).then(|| self.ids[index % count].as_str())
    }

    fn learn(&mut self, harness: &Harness) {
        let mut waiting = Vec::new();
        for operation in std::mem::take(&mut self.joins) {
            let Some(answer) = harness.joined(operation) else {
                waiting.push(operation);
                continue;
            };
            self.generation = self.generation.max(answer.generation_id);
            if !answer.member_id.is_empty() && !self.ids.iter().any(|id| answer.member_id == id.as_str()) {
                self.ids.push(answer.member_id.into());
            }
        }
        self.joins = waiting;
    }

    fn cooperate(&mut self, harness: &mut Harness, join: &Join) {
        let generation = self.generation;
        self.ids.retain(|id| harness.heartbeat(id, generation) != ErrorCode::UnknownMemberId);
        let joins: Vec<OperationId> = self.ids.iter().map(|id| harness.send_join(&join.clone().member(id))).collect();
        let mut ticks = 0;
        while joins.iter().any(|operation| harness.joined(*operation).is_none()) && ticks < 100 {
            harness.advance(250);
            ticks += 1;
        }
        self.joins.extend(joins);
        self.learn(harness);
        let assignments: Vec<(&str, &str)> = self.ids.iter().map(|id| (id.as_str(), id.as_str())).collect();
        for id in &self.ids {
            harness.send_sync(id, self.generation, &assignments);
        }
    }

    fn take(&mut self, harness: &mut Harness, step: Step) {
        let join = Join { session_ms: 6_000, rebalance_ms: 9_000, ..Join::new() };
        let generation = self.generation;
        match step {
            Step::JoinNew { old_version } => {
                let version = if old_version { 3 } else { 9 };
                self.joins.push(harness.send_join(&join.version(version)));
            }
            Step::JoinStatic { instance } => {
                self.joins.push(harness.send_join(&join.instance(["i", "j"][instance])));
            }
            Step::JoinAgain { member, changed } => {
                let topic = if changed { "u" } else { "t" };
                let Some(id) = self.pick(member) else { return };
                let join = join.member(id).protocols(&[("range", topic)]);
                self.joins.push(harness.send_join(&join));
            }
            Step::Sync { member, all } => {
                let Some(id) = self.pick(member) else { return };
                let assignments: Vec<(&str, &str)> = self.ids.iter().map(|id| (id.as_str(), "x")).collect();
                harness.send_sync(id, generation, if all { &assignments } else { &[] });
            }
            Step::Heartbeat { member } => {
                let Some(id) = self.pick(member) else { return };
                harness.heartbeat(id, generation);
            }
            Step::Leave { member } => {
                let Some(id) = self.pick(member) else { return };
                harness.leave(&[(id, None)]);
            }
            Step::Commit { member } => {
                let Some(id) = self.pick(member) else { return };
                let offset = i64::try_from(harness.log.len()).unwrap();
                let before = harness.fetch(GROUP, "t", 0);
                let error = harness.commit(&commit_as(id, generation, offset));
                let expected = if error == ErrorCode::None { offset } else { before };
                assert_eq!(harness.fetch(GROUP, "t", 0), expected);
            }
            Step::Cooperate => self.cooperate(harness, &join),
            Step::Advance { ms } => harness.advance(i64::from(ms)),
            Step::Reload => harness.reload(),
        }
        self.learn(harness);
    }
}

/// What the log defines of the group.
fn described(shard: &CoordinatorShard) -> BTreeMap<String, String> {
    let groups = shard.describe_groups(&[GROUP.into()], &context(5));
    groups.into_iter().map(|group| (group.group_id.clone().into(), format!("{group:?}"))).collect()
}

fn check(harness: &Harness) {
    let Some(group) = harness.shard.groups.get(GROUP) else {
        assert!(harness.parked.is_empty(), "{:?} wait in no group", harness.parked);
        return;
    };
    if let Err(broken) = group.classic.check() {
        panic!("{broken}");
    }
    let waiting = group.classic.waiting_operations();
    assert!(harness.parked.iter().eq(&waiting), "{:?} are parked, {waiting:?} wait", harness.parked);
    let deadline = group.classic.next_deadline();
    if let Some(deadline) = deadline {
        assert!(harness.shard.next_timeout().is_some_and(|next| next <= deadline), "sleeps too long");
    }
}

fn check_log(harness: &Harness) {
    let mut loaded = CoordinatorShard::new(harness.config);
    for record in &harness.log {
        loaded.replay(record).unwrap();
    }
    loaded.on_loaded(harness.now);
    assert_eq!(loaded.fetch_offsets(&all()), harness.shard.fetch_offsets(&all()));
    match harness.shard.group_state(GROUP) {
        Some(GroupState::Stable) => assert_eq!(described(&loaded), described(&harness.shard)),
        Some(GroupState::Empty) => assert!(matches!(loaded.group_state(GROUP), None | Some(GroupState::Empty))),
        Some(GroupState::PreparingRebalance | GroupState::CompletingRebalance) | None => {}
    }
}

fn all() -> strata_compat::messages::offset_fetch::OffsetFetchRequestGroup {
    strata_compat::messages::offset_fetch::OffsetFetchRequestGroup {
        group_id: GROUP.into(),
        topics: None,
        ..Default::default()
    }
}

fn run(steps: &[Step]) {
    let mut harness = Harness::with_config(ShardConfig { group_size_max: 5, ..ShardConfig::default() });
    let mut clients = Clients::default();
    let mut generation = 0;
    for step in steps {
        clients.take(&mut harness, *step);
        check(&harness);
        check_log(&harness);
        let current = harness.shard.groups.get(GROUP).map_or(0, |group| group.classic.generation());
        assert!(current >= generation || matches!(step, Step::Reload) || current == 0, "generation went back");
        generation = current;
    }
    // Everybody falls silent: nothing may wait for ever.
    harness.advance(3_600_000);
    assert!(harness.parked.is_empty(), "{:?} wait for ever", harness.parked);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn invariants_hold_whatever_clients_do(steps in proptest::collection::vec(step(), 1..60)) {
        run(&steps);
    }
}
