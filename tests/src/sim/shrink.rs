//! The fewest steps of a plan that still fail in the same way.
//!
//! Owns: which subsets are tried. Does not own: what failing is (the caller's).

use super::plan::{Numbered, Plan};

/// Tries, at most.
const TRIES_MAX: usize = 2_000;

/// Leaves out steps, many at once and then one by one, as long as `fails` says that the rest fails too.
pub fn shrink(plan: &Plan, mut fails: impl FnMut(&Plan) -> bool) -> Plan {
    let mut best = plan.clone();
    let mut tries = 0;
    let mut chunk = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut progress = false;
        while at < best.steps.len() && tries < TRIES_MAX {
            let end = (at + chunk).min(best.steps.len());
            let rest: Vec<Numbered> = best.steps[..at].iter().chain(&best.steps[end..]).copied().collect();
            let candidate = Plan { seed: best.seed, steps: rest };
            tries += 1;
            if fails(&candidate) {
                best = candidate;
                progress = true;
            } else {
                at = end;
            }
        }
        if tries >= TRIES_MAX || (chunk == 1 && !progress) {
            return best;
        }
        if !progress {
            chunk = (chunk / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::plan::Step;

    #[test]
    fn only_the_steps_that_matter_are_left() {
        let steps = (0..50).map(|number| Numbered { number, step: Step::Append(number) }).collect();
        let plan = Plan { seed: 1, steps };
        let has = |plan: &Plan, number: u64| plan.steps.iter().any(|step| step.number == number);
        let shrunk = shrink(&plan, |plan| has(plan, 7) && has(plan, 41));
        let left: Vec<u64> = shrunk.steps.iter().map(|step| step.number).collect();
        assert_eq!(left, [7, 41]);
    }
}
