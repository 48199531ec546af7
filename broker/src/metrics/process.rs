//! Figures of the process, read from `/proc/self` and malloc at each scrape, by the names that Prometheus clients agree on.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::allocator::heap_used_and_kept;

/// Fields of `/proc/self/stat` after the command's name in brackets: user time, system time, threads, start time.
const STAT_USER_TICKS: usize = 11;
const STAT_SYSTEM_TICKS: usize = 12;
const STAT_THREADS: usize = 17;

/// Reads what the kernel knows of this process; a figure that cannot be read is left out.
#[derive(Debug)]
pub struct ProcessCollector {
    page_bytes: u64,
    ticks_per_second: u64,
}

/// What was read at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ProcessFigures {
    pub(super) resident_bytes: Option<u64>,
    pub(super) virtual_bytes: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) open_files_max: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) threads: Option<u64>,
    /// Bytes that malloc has handed out; and that it keeps for later, resident or not.
    pub(super) heap_used_and_kept: Option<(u64, u64)>,
}

fn system_value(name: libc::c_int, otherwise: u64) -> u64 {
    // SAFETY: sysconf takes a number, touches no memory of ours and answers -1 for a name that it does not know.
    let value = unsafe { libc::sysconf(name) };
    u64::try_from(value).ok().filter(|value| *value > 0).unwrap_or(otherwise)
}

impl Default for ProcessCollector {
    fn default() -> Self {
        Self {
            page_bytes: system_value(libc::_SC_PAGESIZE, 4096),
            ticks_per_second: system_value(libc::_SC_CLK_TCK, 100),
        }
    }
}

fn seconds(ticks: u64, per_second: u64) -> f64 {
    let whole = u32::try_from(ticks / per_second).unwrap_or(u32::MAX);
    let rest = u32::try_from(ticks % per_second).unwrap_or(0);
    f64::from(whole) + f64::from(rest) / f64::from(u32::try_from(per_second).unwrap_or(100))
}

/// The soft limit in the line `Max open files` of `/proc/self/limits`.
fn open_files_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

impl ProcessCollector {
    pub(super) fn read(&self) -> ProcessFigures {
        let mut figures = ProcessFigures { heap_used_and_kept: heap_used_and_kept(), ..ProcessFigures::default() };
        if let Ok(statm) = fs::read_to_string("/proc/self/statm") {
            let mut pages = statm.split_whitespace().map(|field| field.parse::<u64>().ok());
            figures.virtual_bytes = pages.next().flatten().map(|pages| pages.saturating_mul(self.page_bytes));
            figures.resident_bytes = pages.next().flatten().map(|pages| pages.saturating_mul(self.page_bytes));
        }
        if let Ok(stat) = fs::read_to_string("/proc/self/stat") {
            // The name may hold spaces and brackets; fields are counted after its last bracket.
            let fields: Vec<&str> =
                stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
            let field = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok());
            figures.threads = field(STAT_THREADS);
            figures.cpu_seconds = field(STAT_USER_TICKS)
                .zip(field(STAT_SYSTEM_TICKS))
                .map(|(user, system)| seconds(user.saturating_add(system), self.ticks_per_second));
        }
        figures.open_files = fs::read_dir("/proc/self/fd").ok().and_then(|entries| u64::try_from(entries.count()).ok());
        figures.open_files_max =
            fs::read_to_string("/proc/self/limits").ok().and_then(|limits| open_files_limit(&limits));
        figures
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let figures = self.read();
        let gauges = [
            ("process_resident_memory_bytes", "Resident memory", figures.resident_bytes),
            ("process_virtual_memory_bytes", "Virtual memory", figures.virtual_bytes),
            ("process_open_fds", "Open files", figures.open_files),
            ("process_max_fds", "Limit of open files", figures.open_files_max),
            ("process_threads", "Threads", figures.threads),
            ("strata_heap_used_bytes", "What malloc has handed out", figures.heap_used_and_kept.map(|(used, _)| used)),
            ("strata_heap_kept_bytes", "What malloc keeps for later", figures.heap_used_and_kept.map(|(_, kept)| kept)),
        ];
        for (name, help, value) in gauges {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        if let Some(cpu_seconds) = figures.cpu_seconds {
            let counter = ConstCounter::new(cpu_seconds);
            let name = "process_cpu_seconds";
            counter.encode(encoder.encode_descriptor(name, "Time on processors", None, MetricType::Counter)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_the_soft_one() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 1048576              files\n";
        assert_eq!(open_files_limit(limits), Some(1024));
        assert_eq!(open_files_limit("Max open files            unlimited            unlimited   files"), None);
    }

    #[test]
    fn ticks_become_seconds() {
        for (ticks, expected) in [(0, 0.0), (150, 1.5), (12_345, 123.45)] {
            assert!((seconds(ticks, 100) - expected).abs() < 1e-9, "{ticks}");
        }
    }

    #[test]
    fn this_process_has_figures() {
        let figures = ProcessCollector::default().read();
        assert!(figures.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{figures:?}");
        assert!(figures.threads.is_some_and(|threads| threads >= 1), "{figures:?}");
        assert!(figures.open_files.is_some_and(|files| files >= 1), "{figures:?}");
        assert!(figures.cpu_seconds.is_some(), "{figures:?}");
        #[cfg(target_env = "gnu")]
        {
            let held = std::hint::black_box(vec![1_u8; 64 << 20]);
            let (used, _) = heap_used_and_kept().unwrap();
            assert!(used >= 64 << 20, "{used} while {} bytes are held", std::hint::black_box(&held).len());
        }
    }
}
