//! Runs one plan from beginning to end.
//!
//! Owns: the runtime with its paused clock, the catching of panics, what a run answers. Does not own: the steps.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Once};

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

thread_local! {
    static IS_SIMULATING: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic in a simulation is a violation: tiering's own tasks would only log it.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if IS_SIMULATING.get() {
                PANIC.with_borrow_mut(|panic| *panic = Some(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
}

/// Runs a plan.
///
/// # Panics
/// If the runtime cannot be built.
#[must_use]
pub fn run(plan: &Plan, keeps_lines: bool, planted: Option<Planted>) -> Outcome {
    watch_panics();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread can be built");
    IS_SIMULATING.set(true);
    let outcome = runtime.block_on(Box::pin(simulate(plan, keeps_lines, planted)));
    drop(runtime);
    IS_SIMULATING.set(false);
    outcome
}

async fn simulate(plan: &Plan, keeps_lines: bool, planted: Option<Planted>) -> Outcome {
    let shared = Shared::new(plan.seed, keeps_lines, planted);
    shared.begin_step(u64::MAX);
    let mut broke_at = None;
    match World::new(&shared) {
        Ok(mut world) => {
            for numbered in &plan.steps {
                world.step(*numbered).await;
                if is_broken(&shared) {
                    broke_at = Some(numbered.number);
                    break;
                }
            }
            if broke_at.is_none() {
                Box::pin(world.rest()).await;
            }
            is_broken(&shared);
            world.stop().await;
        }
        Err(error) => shared.violate("the world begins", error),
    }
    let state = shared.state.lock();
    Outcome {
        violation: state.violations.first().cloned(),
        step: broke_at,
        checksum: state.trace.checksum(),
        events: state.trace.events(),
        lines: state.trace.lines().to_vec(),
        counts: state.trace.counts().clone(),
    }
}

/// Whether something does not hold; a panic meanwhile is something.
fn is_broken(shared: &Arc<Shared>) -> bool {
    if let Some(panic) = PANIC.with_borrow_mut(Option::take) {
        shared.violate("nothing panics", panic);
    }
    !shared.state.lock().violations.is_empty()
}
