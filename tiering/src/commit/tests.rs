//! Tests of `commit.rs`.

use super::*;
use ErrorKind::{Corrupt, Fenced, Internal, Invalid, NotFound, RowsFull, Unavailable};

fn run(events: &[Event]) -> (Vec<Next>, CommitState) {
    let mut state = CommitState::new();
    let nexts = events.iter().map(|event| state.handle(*event)).collect();
    (nexts, state)
}

fn last(events: &[Event]) -> (Next, Step) {
    let (nexts, state) = run(events);
    (*nexts.last().unwrap(), state.step())
}

const DONE: Event = Event::Done;

#[test]
fn order_is_reserve_put_verify_commit() {
    let (nexts, _) = run(&[DONE, DONE, DONE, DONE]);
    let expected = [Next::Do(Step::Put), Next::Do(Step::Verify), Next::Do(Step::Commit), Next::End(Outcome::Committed)];
    assert_eq!(nexts, expected);
}

#[test]
fn unknown_outcome_of_the_quorum_is_read_before_anything_else_is_asked() {
    let lost = Event::Failed(Unavailable);
    let stands = Event::Stands;
    let cases: &[(&str, &[Event], Next, Step)] = &[
        ("reserve unknown", &[lost], Next::Wait, Step::ReadCatalog),
        ("reserved after all", &[lost, stands(UuidState::Reserved)], Next::Do(Step::Put), Step::Put),
        ("not reserved", &[lost, stands(UuidState::Unknown)], Next::Do(Step::Reserve), Step::Reserve),
        ("quorum away still", &[lost, lost], Next::Wait, Step::ReadCatalog),
        ("abandoned meanwhile", &[lost, stands(UuidState::Abandoned)], Next::End(Outcome::Fenced), Step::ReadCatalog),
        ("commit unknown", &[DONE, DONE, DONE, lost], Next::Wait, Step::ReadCatalog),
        (
            "committed after all",
            &[DONE, DONE, DONE, lost, stands(UuidState::Committed)],
            Next::End(Outcome::Committed),
            Step::ReadCatalog,
        ),
        (
            "not committed: the reservation lives, commit again",
            &[DONE, DONE, DONE, lost, stands(UuidState::Reserved)],
            Next::Do(Step::Commit),
            Step::Commit,
        ),
    ];
    for (name, events, next, step) in cases {
        assert_eq!(last(events), (*next, *step), "{name}");
    }
}

#[test]
fn timeout_of_a_put_is_unknown_and_the_same_uuid_is_put_again() {
    assert_eq!(last(&[DONE, Event::Failed(Unavailable)]), (Next::Wait, Step::Put));
    assert_eq!(last(&[DONE, Event::Failed(Unavailable), Event::Exists]), (Next::Do(Step::Verify), Step::Verify));
}

#[test]
fn already_exists_is_read_back_and_only_our_own_bytes_are_committed() {
    assert_eq!(last(&[DONE, Event::Exists]).0, Next::Do(Step::Verify));
    assert_eq!(last(&[DONE, Event::Exists, DONE]).0, Next::Do(Step::Commit));
    assert_eq!(last(&[DONE, Event::Exists, Event::Differs]).0, Next::Do(Step::Abandon));
    let given_up = [DONE, Event::Exists, Event::Differs, Event::Stands(UuidState::Abandoned)];
    assert_eq!(last(&given_up).0, Next::End(Outcome::GivenUp(Corrupt)));
}

#[test]
fn missing_object_is_put_again_a_few_times_only() {
    let mut events = vec![DONE];
    for _ in 0..3 {
        events.extend([Event::Exists, Event::Missing]);
        assert_eq!(last(&events), (Next::Wait, Step::Put));
    }
    events.extend([Event::Exists, Event::Missing]);
    assert_eq!(last(&events), (Next::Do(Step::Abandon), Step::Abandon));
}

#[test]
fn rows_full_writes_a_page_and_commits_again() {
    let full = [DONE, DONE, DONE, Event::Failed(RowsFull)];
    assert_eq!(last(&full), (Next::Do(Step::WritePage), Step::WritePage));
    assert_eq!(last(&[&full[..], &[DONE]].concat()), (Next::Do(Step::Commit), Step::Commit));
    assert_eq!(last(&[&full[..], &[DONE, DONE]].concat()).0, Next::End(Outcome::Committed));
    assert_eq!(last(&[&full[..], &[Event::Failed(Unavailable)]].concat()), (Next::Wait, Step::Commit));
    assert_eq!(last(&[&full[..], &[Event::Failed(Fenced)]].concat()), (Next::Do(Step::Abandon), Step::Abandon));
}

#[test]
fn refused_commit_is_abandoned_and_the_abandon_learns_one_outcome() {
    for (kind, ending) in [
        (Fenced, Outcome::Fenced),
        (Invalid, Outcome::GivenUp(Invalid)),
        (NotFound, Outcome::GivenUp(NotFound)),
        (Internal, Outcome::GivenUp(Internal)),
    ] {
        let refused = [DONE, DONE, DONE, Event::Failed(kind)];
        assert_eq!(last(&refused).0, Next::Do(Step::Abandon));
        let abandoned = [&refused[..], &[Event::Stands(UuidState::Abandoned)]].concat();
        assert_eq!(last(&abandoned).0, Next::End(ending));
        let away = [&refused[..], &[Event::Failed(Unavailable)]].concat();
        assert_eq!(last(&away), (Next::Wait, Step::Abandon));
        let after_all = [&refused[..], &[Event::Stands(UuidState::Committed)]].concat();
        assert_eq!(last(&after_all).0, Next::End(Outcome::Committed));
    }
}

#[test]
fn refused_reserve_ends_the_attempt() {
    assert_eq!(last(&[Event::Failed(Fenced)]).0, Next::End(Outcome::Fenced));
    assert_eq!(last(&[Event::Failed(Invalid)]).0, Next::End(Outcome::GivenUp(Invalid)));
}

#[test]
fn every_event_of_every_step_has_its_answer() {
    const LOST: Event = Event::Failed(Unavailable);
    const FULL: Event = Event::Failed(RowsFull);
    let (go, end, given_up) = (Next::Do, Next::End, |kind| Next::End(Outcome::GivenUp(kind)));
    let stands = Event::Stands;
    let fenced = end(Outcome::Fenced);
    let asked = [DONE, DONE, DONE, LOST];
    // (what came before, event, what follows; where that is to abandon, how the attempt ends then)
    let table: &[(&[Event], Event, Next, Option<Next>)] = &[
        (&[], Event::Exists, given_up(Internal), None),
        (&[], Event::Failed(NotFound), given_up(NotFound), None),
        (&[DONE], Event::Failed(Invalid), go(Step::Abandon), Some(given_up(Invalid))),
        (&[DONE], Event::Differs, go(Step::Abandon), Some(given_up(Internal))),
        (&[DONE, DONE], LOST, Next::Wait, None),
        (&[DONE, DONE], Event::Failed(NotFound), go(Step::Abandon), Some(given_up(NotFound))),
        (&[DONE, DONE], Event::Exists, go(Step::Abandon), Some(given_up(Internal))),
        (&[DONE, DONE, DONE], Event::Exists, go(Step::Abandon), Some(given_up(Internal))),
        (&[DONE, DONE, DONE, FULL], Event::Failed(Invalid), Next::Wait, None),
        (&[DONE, DONE, DONE, FULL], Event::Failed(Fenced), go(Step::Abandon), Some(fenced)),
        (&[DONE, DONE, DONE, FULL], Event::Exists, go(Step::Abandon), Some(given_up(Internal))),
        (&[LOST], stands(UuidState::Committed), end(Outcome::Committed), None),
        (&[LOST], Event::Failed(Fenced), fenced, None),
        (&[LOST], Event::Failed(NotFound), fenced, None),
        (&[LOST], Event::Failed(Invalid), Next::Wait, None),
        (&[LOST], DONE, Next::Wait, None),
        (&asked, stands(UuidState::Unknown), fenced, None),
        (&asked, stands(UuidState::Abandoned), fenced, None),
        (&asked, Event::Failed(Fenced), fenced, None),
    ];
    for (before, event, next, ending) in table {
        let events = [before, &[*event][..]].concat();
        assert_eq!(last(&events).0, *next, "{event:?} after {before:?}");
        if let Some(ending) = ending {
            assert_eq!(last(&[&events[..], &[DONE]].concat()).0, *ending, "{event:?} after {before:?}, abandoned");
        }
    }
    assert_eq!(last(&[DONE, DONE, LOST]), (Next::Wait, Step::Verify), "verify again");
}

#[test]
fn an_attempt_that_is_given_up_from_outside_is_abandoned_first() {
    let (_, mut state) = run(&[DONE, DONE]);
    assert_eq!((state.give_up(Corrupt), state.step()), (Next::Do(Step::Abandon), Step::Abandon));
    assert_eq!(state.handle(Event::Stands(UuidState::Abandoned)), Next::End(Outcome::GivenUp(Corrupt)));
    assert_eq!(CommitState::default(), CommitState::new());
}
