//! What the model tests share: a source of chances, the dose, shrinking.
//!
//! A model test makes steps from a seed, runs them on the real thing and on a naive model side by side, and compares all that can
//! be seen after each step. `STRATA_MODEL_SEEDS=N` runs another dose than the usual one, `STRATA_MODEL_FIRST=SEED` begins
//! elsewhere, `STRATA_MODEL_SHRINK=0` leaves a failure as long as it is.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

mod fetch_sessions;
mod leader_epochs;
mod producers;
mod purgatory;

/// Ends a run with what differs.
macro_rules! ensure_eq {
    ($seen:expr, $expected:expr, $($what:tt)+) => {{
        let (seen, expected) = (&$seen, &$expected);
        if seen != expected {
            return Err(format!("{}: {seen:?} instead of {expected:?}", format_args!($($what)+)));
        }
    }};
}
pub(crate) use ensure_eq;

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn number(&mut self, end: i64) -> i64 {
        i64::try_from(self.below(usize::try_from(end).unwrap())).unwrap()
    }

    pub(crate) fn small(&mut self, end: i32) -> i32 {
        i32::try_from(self.number(i64::from(end))).unwrap()
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What was asked for from outside, or what is usual.
#[expect(clippy::disallowed_methods, reason = "the dose of a test comes from outside")]
pub(crate) fn number_from(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().map_or(usual, |text| text.parse().expect("the variable holds a number"))
}

fn outcome<S>(run: &impl Fn(u64, &[S]) -> Result<(), String>, seed: u64, steps: &[S]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| run(seed, steps))).unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// Runs as many seeds as usual, or as were asked for. What fails is shrunk and told with the command that repeats it.
pub(crate) fn check<S: Clone + Debug>(
    test: &str,
    usual_seeds: u64,
    make: impl Fn(&mut Random) -> Vec<S>,
    run: impl Fn(u64, &[S]) -> Result<(), String>,
) {
    let first = number_from("STRATA_MODEL_FIRST", 1);
    for seed in first..first + number_from("STRATA_MODEL_SEEDS", usual_seeds) {
        let mut steps = make(&mut Random::new(seed));
        let Err(mut difference) = outcome(&run, seed, &steps) else { continue };
        if number_from("STRATA_MODEL_SHRINK", 1) > 0 {
            steps = shrink(&run, seed, steps);
            difference = outcome(&run, seed, &steps).expect_err("what is left fails still");
        }
        let command = format!("STRATA_MODEL_FIRST={seed} STRATA_MODEL_SEEDS=1 cargo test --release --lib {test}");
        let listed: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
        panic!("seed {seed}: {difference}\nafter {} steps:\n  {}\nagain: {command}", steps.len(), listed.join("\n  "));
    }
}

/// Drops ever smaller parts while the rest still fails.
fn shrink<S: Clone>(run: &impl Fn(u64, &[S]) -> Result<(), String>, seed: u64, mut steps: Vec<S>) -> Vec<S> {
    let mut part = steps.len().div_ceil(2);
    while part > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + part).min(steps.len()));
            if outcome(run, seed, &fewer).is_err() {
                steps = fewer;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    steps
}

#[test]
fn a_failure_is_shrunk_to_the_steps_that_it_needs() {
    let run = |_: u64, steps: &[u32]| {
        let sum: u32 = steps.iter().filter(|step| **step > 90).sum();
        if sum > 180 { Err(format!("{sum}")) } else { Ok(()) }
    };
    let steps: Vec<u32> = (0..100).collect();
    let left = shrink(&run, 0, steps);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|step| *step > 90));
}
