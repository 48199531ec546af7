//! The simulation of tiering: it repeats itself, it holds, and its checkers see what is built in to be seen.

use strata_tests::sim::campaign::{plans_in, regressions};
use strata_tests::sim::plan::Plan;
use strata_tests::sim::runner::run;
use strata_tests::sim::shared::Planted;
use strata_tests::sim::shrink::shrink;

#[test]
fn same_seed_gives_the_same_trace_twice() {
    for seed in 0..40 {
        let plan = Plan::of_seed(seed);
        let (one, other) = (run(&plan, true, None), run(&plan, true, None));
        assert!(one.events > 50, "seed {seed} does next to nothing: {} events", one.events);
        let differs = one.lines.iter().zip(&other.lines).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!((one.checksum, one.events, one.counts), (other.checksum, other.events, other.counts), "seed {seed}");
    }
}

#[test]
fn different_seeds_give_different_traces() {
    let checksums: std::collections::BTreeSet<u32> =
        (0..40).map(|seed| run(&Plan::of_seed(seed), false, None).checksum).collect();
    assert_eq!(checksums.len(), 40);
}

#[test]
fn fixed_seeds_hold() {
    for seed in 1_000_000..1_000_200 {
        let outcome = run(&Plan::of_seed(seed), false, None);
        assert_eq!(outcome.violation, None, "tests/run sim --first {seed} --trace");
    }
}

#[test]
fn plans_that_failed_once_hold() {
    let plans = plans_in(&regressions()).unwrap();
    assert!(!plans.is_empty(), "there are plans in tests/regressions");
    for (name, plan) in plans {
        let outcome = run(&plan, false, None);
        assert_eq!(outcome.violation, None, "tests/run sim --plan {name} --trace");
    }
}

/// The first seed with which a built-in defect is seen, and the property that it breaks.
fn first_seen(planted: Planted) -> (u64, &'static str) {
    for seed in 0..400 {
        if let Some(violation) = run(&Plan::of_seed(seed), false, Some(planted)).violation {
            return (seed, violation.property);
        }
    }
    panic!("{planted:?} is never seen");
}

#[test]
fn checkers_see_what_is_built_in() {
    let cases: [(Planted, &[&str]); 12] = [
        (Planted::StoreOverwrites, &["(2) nothing is overwritten"]),
        (Planted::StaleEpochAccepted, &["a zombie changes nothing"]),
        (Planted::LocalDeletionBeforeCommit, &["(3) local bytes go only below max(log start, remote end)"]),
        (
            Planted::StoreLosesObject,
            &[
                "(6) what is committed is in the bucket",
                "(6) what is committed is what was acknowledged",
                "(6) readers get what was acknowledged",
                "verify finds nothing at rest",
            ],
        ),
        (
            Planted::StoreKeepsDeleted,
            &["(5) every object is accounted for", "(5) after quiescence only live rows and pages are left"],
        ),
        (Planted::StoreChangesByte, &["(6) what is committed is what was acknowledged"]),
        (Planted::CopiesAboveHighWatermark, &["(6) what is committed is what was acknowledged"]),
        (Planted::QuorumForgetsCommit, &["(1) remote ranges are contiguous, disjoint and ordered by epoch"]),
        (Planted::QuorumTakesLogStartBack, &["(4) log start only grows"]),
        (Planted::LogStartAboveQuorum, &["(4) log start only grows"]),
        (Planted::RestartLosesAcknowledged, &["(7) every acknowledged offset is served from a side"]),
        (Planted::RestartLosesWhatIsRemote, &["(8) a leader's log does not end below the remote end"]),
    ];
    for (planted, properties) in cases {
        let (seed, property) = first_seen(planted);
        assert!(properties.contains(&property), "{planted:?} with seed {seed} breaks {property:?}");
    }
}

#[test]
fn failing_seed_is_shrunk_to_few_steps_that_fail_in_the_same_way() {
    let planted = Planted::LocalDeletionBeforeCommit;
    let (seed, property) = first_seen(planted);
    let plan = Plan::of_seed(seed);
    let fails = |plan: &Plan| run(plan, false, Some(planted)).violation.is_some_and(|found| found.property == property);
    let small = shrink(&plan, fails);
    assert!(fails(&small));
    assert!(small.steps.len() <= 5, "{small}");
    assert!(fails(&small.to_string().parse().unwrap()), "its text does the same");
}
