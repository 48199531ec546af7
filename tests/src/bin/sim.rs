//! Runs seeds of the simulation.

use strata_tests::sim::plan::Plan;
use strata_tests::sim::runner::run;

fn main() {
    let mut args = std::env::args().skip(1);
    let first: u64 = args.next().and_then(|arg| arg.parse().ok()).unwrap_or(0);
    let count: u64 = args.next().and_then(|arg| arg.parse().ok()).unwrap_or(100);
    let lines = args.next().is_some();
    let began = std::time::Instant::now();
    let mut counts = std::collections::BTreeMap::new();
    let mut failed = 0;
    for seed in first..first + count {
        let outcome = run(&Plan::of_seed(seed), lines, None);
        if lines {
            for line in &outcome.lines {
                println!("{line}");
            }
        }
        for (name, n) in &outcome.counts {
            *counts.entry(*name).or_insert(0_u64) += n;
        }
        if let Some(violation) = outcome.violation {
            failed += 1;
            println!("seed {seed} step {:?}: {:.300}", outcome.step, violation.to_string());
        }
        if lines {
            println!("checksum {:08x} events {}", outcome.checksum, outcome.events);
        }
    }
    println!("{counts:#?}");
    println!("{failed} failed; {:?} a seed", began.elapsed() / u32::try_from(count).unwrap_or(1));
}
