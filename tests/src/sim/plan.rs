//! The steps of a seed, as data and as text.
//!
//! Owns: which steps there are, how a seed chooses them, their text form. Does not own: what a step does (`world.rs`).
//! Each step keeps the number that it had in its seed's plan: its chance follows from seed and number.

use std::fmt;
use std::str::FromStr;

use super::random::{SimRandom, mix};
use super::weather::Fault;

/// One thing that is done to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The leader appends so many batches.
    Append(u64),
    /// The leader closes its active segment.
    Roll,
    /// Time goes on, in milliseconds.
    Wait(u64),
    /// A fault strikes with this rate from now on.
    Weather(Fault, u64),
    /// All faults end.
    Calm,
    /// No request reaches the store for so long.
    StoreAway(u64),
    /// A broker hears of the quorum's changes this much later.
    Lag(u64, u64),
    /// The leader's session ends; the other replica leads.
    Elect,
    /// A broker is killed and comes back after so long.
    Restart(u64, u64),
    /// DeleteRecords, to this many thousandths of what is there.
    LogStart(u64),
    /// Retention by time and by bytes, −1 for none.
    Retention(i64, i64),
    /// Uploads are stopped or allowed.
    Copy(bool),
    /// The topic's tiering is ended or begun.
    Tier(bool),
    /// The topic is deleted.
    DeleteTopic,
    /// A topic of that name is created.
    CreateTopic,
    /// A broker lets go of local segments.
    LocalRetention(u64),
    /// A broker sweeps the bucket.
    Sweep(u64),
    /// Somebody reads from this many thousandths of what is there.
    Read(u64),
}

/// A step with its number in the seed's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The number.
    pub number: u64,
    /// The step.
    pub step: Step,
}

/// What one simulation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// From which all chance follows.
    pub seed: u64,
    /// The steps, in order.
    pub steps: Vec<Numbered>,
}

const STEPS_MIN: u64 = 30;
const STEPS_MAX: u64 = 60;
const WAITS_MS: [u64; 8] = [200, 1_000, 5_000, 15_000, 45_000, 120_000, 400_000, 1_500_000];

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let random = SimRandom::new(mix(seed, 0x0070_6c61_6e00));
        let count = random.between(STEPS_MIN, STEPS_MAX);
        let mut steps = Vec::new();
        while u64::try_from(steps.len()).unwrap_or(u64::MAX) < count {
            steps.push(choose(&random));
            if random.chance(450) {
                let wait = usize::try_from(random.below(8)).unwrap_or(0);
                steps.push(Step::Wait(random.between(WAITS_MS[wait] / 2, WAITS_MS[wait] * 3 / 2)));
            }
        }
        let steps = (0..).zip(steps).map(|(number, step)| Numbered { number, step }).collect();
        Self { seed, steps }
    }
}

fn choose(random: &SimRandom) -> Step {
    let broker = random.between(1, 3);
    let long = random.between(500, 90_000);
    match random.below(100) {
        0..=27 => Step::Append(if random.chance(250) { random.between(20, 70) } else { random.between(1, 9) }),
        28..=34 => Step::Roll,
        35..=48 => {
            let fault = usize::try_from(random.below(u64::try_from(Fault::ALL.len()).unwrap_or(1))).unwrap_or(0);
            Step::Weather(Fault::ALL[fault], random.between(30, 500))
        }
        49..=52 => Step::Calm,
        53..=54 => Step::StoreAway(random.between(1_000, 300_000)),
        55..=59 => Step::Lag(broker, long),
        60..=65 => Step::Elect,
        66..=70 => Step::Restart(broker, random.between(0, 60_000)),
        71..=74 => Step::LogStart(random.below(1_001)),
        75..=77 => {
            let ms = if random.chance(600) { random.between(60_000, 3_000_000).cast_signed() } else { -1 };
            let bytes = if random.chance(500) { random.below(20_000).cast_signed() } else { -1 };
            Step::Retention(ms, bytes)
        }
        78..=79 => Step::Copy(random.chance(500)),
        80..=83 => Step::Tier(random.chance(600)),
        84 => Step::DeleteTopic,
        85 => Step::CreateTopic,
        86..=91 => Step::LocalRetention(broker),
        92..=94 => Step::Sweep(broker),
        _ => Step::Read(random.below(1_000)),
    }
}

impl Step {
    /// Names of all kinds.
    pub const NAMES: &'static [&'static str] = &[
        "append",
        "roll",
        "wait",
        "weather",
        "calm",
        "store-away",
        "lag",
        "elect",
        "restart",
        "log-start",
        "retention",
        "copy",
        "tier",
        "delete-topic",
        "create-topic",
        "local-retention",
        "sweep",
        "read",
    ];

    /// Name of its kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append(_) => "append",
            Self::Roll => "roll",
            Self::Wait(_) => "wait",
            Self::Weather(..) => "weather",
            Self::Calm => "calm",
            Self::StoreAway(_) => "store-away",
            Self::Lag(..) => "lag",
            Self::Elect => "elect",
            Self::Restart(..) => "restart",
            Self::LogStart(_) => "log-start",
            Self::Retention(..) => "retention",
            Self::Copy(_) => "copy",
            Self::Tier(_) => "tier",
            Self::DeleteTopic => "delete-topic",
            Self::CreateTopic => "create-topic",
            Self::LocalRetention(_) => "local-retention",
            Self::Sweep(_) => "sweep",
            Self::Read(_) => "read",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        match *self {
            Self::Append(one)
            | Self::Wait(one)
            | Self::StoreAway(one)
            | Self::LogStart(one)
            | Self::LocalRetention(one)
            | Self::Sweep(one)
            | Self::Read(one) => write!(formatter, " {one}"),
            Self::Weather(fault, rate) => write!(formatter, " {} {rate}", fault.name()),
            Self::Lag(one, other) | Self::Restart(one, other) => write!(formatter, " {one} {other}"),
            Self::Retention(ms, bytes) => write!(formatter, " {ms} {bytes}"),
            Self::Copy(on) | Self::Tier(on) => write!(formatter, " {}", if on { "on" } else { "off" }),
            Self::Roll | Self::Calm | Self::Elect | Self::DeleteTopic | Self::CreateTopic => Ok(()),
        }
    }
}

fn number<T: FromStr>(word: Option<&str>) -> Result<T, String> {
    word.and_then(|word| word.parse().ok()).ok_or_else(|| format!("{word:?} is not a number"))
}

fn switch(word: Option<&str>) -> Result<bool, String> {
    match word {
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        other => Err(format!("{other:?} is neither on nor off")),
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let mut next = || words.next();
        Ok(match name {
            "append" => Self::Append(number(next())?),
            "roll" => Self::Roll,
            "wait" => Self::Wait(number(next())?),
            "weather" => {
                let fault = next().unwrap_or_default();
                let fault = Fault::from_name(fault).ok_or_else(|| format!("there is no fault {fault:?}"))?;
                Self::Weather(fault, number(next())?)
            }
            "calm" => Self::Calm,
            "store-away" => Self::StoreAway(number(next())?),
            "lag" => Self::Lag(number(next())?, number(next())?),
            "elect" => Self::Elect,
            "restart" => Self::Restart(number(next())?, number(next())?),
            "log-start" => Self::LogStart(number(next())?),
            "retention" => Self::Retention(number(next())?, number(next())?),
            "copy" => Self::Copy(switch(next())?),
            "tier" => Self::Tier(switch(next())?),
            "delete-topic" => Self::DeleteTopic,
            "create-topic" => Self::CreateTopic,
            "local-retention" => Self::LocalRetention(number(next())?),
            "sweep" => Self::Sweep(number(next())?),
            "read" => Self::Read(number(next())?),
            other => return Err(format!("there is no step {other:?}")),
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "seed {}", self.seed)?;
        self.steps.iter().try_for_each(|numbered| writeln!(formatter, "{} {}", numbered.number, numbered.step))
    }
}

impl FromStr for Plan {
    type Err = String;

    /// Lines beginning with `#` are passed over; `seed N` comes first, then `NUMBER STEP`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let seed = lines.next().and_then(|line| line.strip_prefix("seed ")).ok_or("the first line is not a seed")?;
        let seed = number(Some(seed))?;
        let mut steps = Vec::new();
        for line in lines {
            let (index, step) = line.split_once(' ').ok_or_else(|| format!("{line:?} is not a numbered step"))?;
            steps.push(Numbered { number: number(Some(index))?, step: step.parse()? });
        }
        Ok(Self { seed, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_survive_their_text_form() {
        for seed in 0..200 {
            let plan = Plan::of_seed(seed);
            assert_eq!(plan.to_string().parse::<Plan>(), Ok(plan));
        }
    }

    #[test]
    fn every_kind_of_step_is_named_and_chosen() {
        let chosen: std::collections::BTreeSet<&str> =
            (0..200).flat_map(|seed| Plan::of_seed(seed).steps).map(|numbered| numbered.step.name()).collect();
        assert_eq!(chosen, Step::NAMES.iter().copied().collect());
    }

    #[test]
    fn broken_plans_are_refused_with_the_reason() {
        for (text, reason) in [
            ("1 roll", "not a seed"),
            ("seed x", "not a number"),
            ("seed 1\nroll", "not a numbered step"),
            ("seed 1\n1 jump", "no step"),
            ("seed 1\n1 weather hail 3", "no fault"),
            ("seed 1\n1 copy maybe", "neither on nor off"),
        ] {
            let refused = text.parse::<Plan>().unwrap_err();
            assert!(refused.contains(reason), "{text:?}: {refused}");
        }
    }
}
