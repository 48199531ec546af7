//! Runs one plan from beginning to end.
//!
//! Owns: the runtime with its paused clock, the catching of panics, what a run answers. Does not own: the steps.
//! Invariant: each panic belongs to one run and breaks it: on the thread of the simulation between its begin and its end, on a
//! helper thread of its runtime, which bears the run's name, or out of the simulation itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use parking_lot::Mutex;

use super::plan::Plan;
use super::shared::{Planted, Shared};
use super::world::World;
use crate::checker::Violation;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first thing that did not hold.
    pub violation: Option<Violation>,
    /// Number of the step after which it was seen; `None` at rest.
    pub step: Option<u64>,
    /// Checksum of the trace.
    pub checksum: u32,
    /// Events in the trace.
    pub events: u64,
    /// The trace, if it was asked for.
    pub lines: Vec<String>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

const PANIC: &str = "nothing panics";

thread_local! {
    /// Name of the run that this thread is at.
    static RUN: RefCell<Option<String>> = const { RefCell::new(None) };
}
/// Runs so far, so that each has a name of its own.
static RUNS: AtomicU64 = AtomicU64::new(0);
/// Panics of runs that have not asked for them yet: the run's name and what was said.
static PANICS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// A panic in a simulation is a violation: tiering's own tasks would only log it.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let helper =
                || std::thread::current().name().filter(|name| name.starts_with(RUN_PREFIX)).map(str::to_owned);
            match RUN.with_borrow(Clone::clone).or_else(helper) {
                Some(run) => PANICS.lock().push((run, info.to_string())),
                None => before(info),
            }
        }));
    });
}

/// How names of runs, and so of their helper threads, begin.
const RUN_PREFIX: &str = "simulation-";

/// A run with a name: panics from its begin to its end are its own.
struct Named(String);

impl Named {
    fn begin() -> Self {
        let name = format!("{RUN_PREFIX}{}", RUNS.fetch_add(1, Ordering::Relaxed));
        RUN.set(Some(name.clone()));
        Self(name)
    }

    /// The panics since the last call, in order.
    fn take_panics(&self) -> Vec<String> {
        let mut all = PANICS.lock();
        let mine = all.iter().filter(|(run, _)| *run == self.0).map(|(_, panic)| panic.clone()).collect();
        all.retain(|(run, _)| *run != self.0);
        mine
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        RUN.set(None);
    }
}

/// Runs a plan.
///
/// # Panics
/// If the runtime cannot be built.
#[must_use]
pub fn run(plan: &Plan, keeps_lines: bool, planted: Option<Planted>) -> Outcome {
    watch_panics();
    let named = Named::begin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .thread_name(named.0.clone())
        .build()
        .expect("a runtime of one thread can be built");
    // Its clock begins with the runtime's, which stands still.
    let shared = runtime.block_on(async { Shared::new(plan.seed, keeps_lines, planted) });
    let work = AssertUnwindSafe(|| runtime.block_on(Box::pin(simulate(plan, &shared, &named))));
    // If the simulation itself panics, the hook has noted it.
    let step = catch_unwind(work).ok().flatten();
    drop(runtime);
    // What was still running may have panicked when it was ended.
    is_broken(&shared, &named);
    let state = shared.state.lock();
    Outcome {
        violation: state.violations.first().cloned(),
        step,
        checksum: state.trace.checksum(),
        events: state.trace.events(),
        lines: state.trace.lines().to_vec(),
        counts: state.trace.counts().clone(),
    }
}

/// Does all of it; the step after which something did not hold.
async fn simulate(plan: &Plan, shared: &Arc<Shared>, named: &Named) -> Option<u64> {
    shared.begin_step(u64::MAX);
    let mut world = match World::new(shared) {
        Ok(world) => world,
        Err(error) => {
            shared.violate("the world begins", error);
            return None;
        }
    };
    let mut broke_at = None;
    for numbered in &plan.steps {
        world.step(*numbered).await;
        if is_broken(shared, named) {
            broke_at = Some(numbered.number);
            break;
        }
    }
    if broke_at.is_none() {
        Box::pin(world.rest()).await;
    }
    is_broken(shared, named);
    world.stop().await;
    broke_at
}

/// Whether something does not hold; a panic meanwhile is something.
fn is_broken(shared: &Shared, named: &Named) -> bool {
    for panic in named.take_panics() {
        shared.violate(PANIC, panic);
    }
    !shared.state.lock().violations.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_belong_to_the_run_that_they_come_from() {
        watch_panics();
        let named = Named::begin();
        assert!(catch_unwind(|| panic!("on its own thread")).is_err());
        let helper = std::thread::Builder::new().name(named.0.clone());
        assert!(helper.spawn(|| panic!("on a helper")).unwrap().join().is_err());
        let other = std::thread::spawn(|| {
            let other = Named::begin();
            assert!(catch_unwind(|| panic!("of another run")).is_err());
            other.take_panics().len()
        });
        assert_eq!(other.join().unwrap(), 1);
        let found = named.take_panics();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("on its own thread") && found[1].contains("on a helper"), "{found:?}");
        let shared = Shared::new(1, false, None);
        assert!(!is_broken(&shared, &named), "each panic is told once");
    }
}
