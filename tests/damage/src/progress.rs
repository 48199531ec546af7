//! What was done of a campaign: the table, the failures, and where a long run goes on.
//!
//! Owns: the file in `target/campaigns/`. It is written as a whole; a run that is killed repeats what came after the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{Judged, Outcome};

/// Figures of one kind and damage.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Row {
    cases: u64,
    detected: u64,
    rebuilt: u64,
    harmless: u64,
    failed: u64,
}

impl Row {
    const fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.detected += other.detected;
        self.rebuilt += other.rebuilt;
        self.harmless += other.harmless;
        self.failed += other.failed;
    }

    fn line(&self, kind: &str, harm: &str) -> String {
        format!(
            "{kind:<20} {harm:<10} {:>8} {:>9} {:>8} {:>9} {:>7}",
            self.cases, self.detected, self.rebuilt, self.harmless, self.failed
        )
    }
}

/// The state of a campaign.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    identity: String,
    /// Where a run goes on: every case below is counted, and so are those of `ahead`.
    pub(crate) next: u64,
    /// Cases above that were done while another thread was still at an earlier one.
    ahead: BTreeSet<u64>,
    table: BTreeMap<String, BTreeMap<String, Row>>,
    pub(crate) failures: Vec<String>,
    #[serde(skip)]
    path: Option<PathBuf>,
    #[serde(skip)]
    saved_at: u64,
}

impl Progress {
    /// What an earlier run of the same campaign left, or an empty one.
    pub(crate) fn open(identity: &str, seed: u64, kind: Option<&str>, keeps: bool, anew: bool) -> Result<Self> {
        let fresh = Self { identity: identity.to_owned(), ..Self::default() };
        if !keeps {
            return Ok(fresh);
        }
        let folder = std::env::var("STRATA_CAMPAIGNS").unwrap_or_else(|_| "target/campaigns".to_owned());
        std::fs::create_dir_all(&folder).with_context(|| folder.clone())?;
        let path = PathBuf::from(folder).join(format!("damage-{seed}-{}.json", kind.unwrap_or("all")));
        let mut progress = fresh;
        if !anew && path.exists() {
            let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let kept: Self = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
            if kept.identity == identity {
                println!("{} cases were done before: {}", kept.next, path.display());
                progress = kept;
            } else {
                println!("begun anew, for another build or other kinds: {}", path.display());
            }
        }
        progress.path = Some(path);
        Ok(progress)
    }

    pub(crate) fn count(&mut self, kind: &str, judged: &Judged) {
        let row = self.table.entry(kind.to_owned()).or_default().entry(judged.harm.name().to_owned()).or_default();
        row.cases += 1;
        match judged.outcome {
            Ok(Outcome::Detected) => row.detected += 1,
            Ok(Outcome::Rebuilt) => row.rebuilt += 1,
            Ok(Outcome::Harmless) => row.harmless += 1,
            Err(_) => row.failed += 1,
        }
    }

    /// Whether a case is counted.
    pub(crate) fn is_done(&self, number: u64) -> bool {
        number < self.next || self.ahead.contains(&number)
    }

    /// A case is done. Several threads work side by side, and a slow one may end long after those that began later.
    pub(crate) fn done(&mut self, number: u64) {
        self.ahead.insert(number);
        while self.ahead.remove(&self.next) {
            self.next += 1;
        }
    }

    pub(crate) fn save_every(&mut self, seconds: u64, now: u64) -> Result<()> {
        if now < self.saved_at + seconds {
            return Ok(());
        }
        self.saved_at = now;
        self.save()
    }

    pub(crate) fn save(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let temporary = path.with_extension("new");
        std::fs::write(&temporary, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&temporary, path).with_context(|| path.display().to_string())
    }

    pub(crate) fn print(&self, seconds: u64) {
        println!(
            "{:<20} {:<10} {:>8} {:>9} {:>8} {:>9} {:>7}",
            "kind", "damage", "cases", "detected", "rebuilt", "harmless", "failed"
        );
        let mut total = Row::default();
        for (kind, rows) in &self.table {
            for (harm, row) in rows {
                println!("{}", row.line(kind, harm));
                total.add(*row);
            }
        }
        println!("{}  ({seconds} s)", total.line("all", ""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_case_is_skipped_or_done_twice_whatever_the_order() {
        let mut progress = Progress::default();
        for number in [1, 2, 5] {
            progress.done(number);
        }
        assert_eq!(progress.next, 0);
        let mut kept: Progress = serde_json::from_slice(&serde_json::to_vec(&progress).unwrap()).unwrap();
        let left: Vec<u64> = (0..6).filter(|number| !kept.is_done(*number)).collect();
        assert_eq!(left, [0, 3, 4]);
        left.into_iter().for_each(|number| kept.done(number));
        assert_eq!(kept.next, 6);
        assert!(kept.ahead.is_empty());
    }
}
