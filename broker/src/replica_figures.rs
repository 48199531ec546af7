//! Figures of hosted partitions and of the journals, for `/metrics`.
//!
//! Owns: how a replica is counted. Does not own: names of figures (`metrics/logs.rs`).

use crate::metrics::{JournalFigures, LogFigures, LogFiguresSource, ReplicaTotals};
use crate::partition::Partition;
use crate::replica_manager::ReplicaManager;

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Adds what a partition's leader knows of its replicas.
fn count_led(partition: &Partition, totals: &mut ReplicaTotals) {
    let Some(state) = partition.state().filter(|_| partition.leadership().is_some()) else {
        return;
    };
    let min_isr = usize::try_from(partition.log().config().min_insync_replicas).unwrap_or(1);
    totals.leaders += 1;
    totals.under_replicated += u64::from(state.isr.len() < state.replicas.len());
    totals.under_min_isr += u64::from(state.isr.len() < state.effective_min_isr(min_isr));
}

impl LogFiguresSource for ReplicaManager {
    fn totals(&self) -> ReplicaTotals {
        let directories = self.logs.directories();
        let short_dirs = directories.iter().filter(|dir| dir.is_below_reserve().unwrap_or(false)).count();
        let refused = length(self.refused().len());
        let mut totals = ReplicaTotals {
            partitions: length(self.len()).saturating_add(refused),
            offline: refused,
            offline_log_dirs: length(self.logs.offline_directories().len()),
            short_log_dirs: length(short_dirs),
            ..ReplicaTotals::default()
        };
        for partition in self.all() {
            count_led(&partition, &mut totals);
        }
        totals
    }

    fn journals(&self) -> Option<JournalFigures> {
        let mut found = None;
        for journal in self.logs.journals() {
            let stats = journal.stats();
            let all: &mut JournalFigures = found.get_or_insert_default();
            all.groups += stats.groups;
            all.entries += stats.entries;
            all.bytes += stats.bytes;
        }
        found
    }

    fn logs(&self, max: usize) -> Vec<LogFigures> {
        let figures = |partition: &std::sync::Arc<Partition>| {
            let offsets = partition.offsets();
            LogFigures {
                topic: partition.topic().to_string(),
                partition: u32::try_from(partition.id().partition.0).unwrap_or(0),
                local_bytes: partition.log().size_bytes(),
                segments: length(partition.log().segments().len()),
                log_start_offset: offsets.log_start.0,
                log_end_offset: offsets.log_end.0,
            }
        };
        self.all().iter().take(max).map(figures).collect()
    }
}
