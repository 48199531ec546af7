//! `size [--segments N] [--partitions N]`: loads so many remote segments into the metadata image and prints what that
//! costs. Ends with a failure if an answer is wrong, an entry of the quorum's log is too large, or a figure is out of
//! all bounds.

mod load;
mod look_up;
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use object_store::memory::InMemory;
use strata_metadata_core::command::COMMAND_BYTES_MAX;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::PAGE_BYTES_MAX;
use strata_metadata_core::snapshot;

use crate::load::Loader;
use crate::look_up::Asked;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// An image that holds rows in place of pages would be far above this, for each segment of a partition with many.
const IMAGE_BYTES_PER_SEGMENT_MAX: usize = 16;
/// Bytes of a partition's own state, rows and page references, at most.
const IMAGE_BYTES_PER_PARTITION_MAX: usize = 64 * 1024;
/// Nothing here may take longer, on any machine.
const TIME_MAX: Duration = Duration::from_secs(10);

struct Options {
    segments: u32,
    partitions: u32,
}

fn options() -> Result<Options> {
    let mut options = Options { segments: 2_000_000, partitions: 1_000 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a number"))?;
        let value: u32 = value.parse().with_context(|| format!("{name} {value} is no number"))?;
        match name.as_str() {
            "--segments" => options.segments = value,
            "--partitions" => options.partitions = value,
            _ => bail!("{name} is unknown; there are --segments N and --partitions N"),
        }
    }
    let is_even = options.partitions > 0 && options.segments >= options.partitions;
    ensure!(is_even && options.partitions <= 10_000, "each partition (at most 10000) needs a segment");
    Ok(options)
}

fn mib(bytes: usize) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

fn measure_snapshot(image: &Image, bytes_max: usize) -> Result<()> {
    let begin = Instant::now();
    let bytes = snapshot::encode(image)?;
    let written = begin.elapsed();
    let begin = Instant::now();
    let loaded = snapshot::decode(&bytes)?;
    let read = begin.elapsed();
    ensure!(loaded == *image, "the snapshot holds another image");
    ensure!(snapshot::hash(&loaded)? == snapshot::hash(image)?, "the loaded image has another hash");
    println!(
        "  snapshot            {} ({} bytes), written in {written:.1?}, read in {read:.1?}",
        mib(bytes.len()),
        bytes.len()
    );
    ensure!(bytes.len() <= bytes_max && written.max(read) <= TIME_MAX, "the snapshot is out of all bounds");
    Ok(())
}

async fn measure_look_ups(loader: &Loader<'_>, store: &Arc<InMemory>, options: &Options) -> Result<()> {
    let segments = options.segments / options.partitions;
    for by_time in [false, true] {
        let what = if by_time { "timestamp" } else { "offset" };
        for (newest_only, wherefrom) in [(true, "newest rows, in the quorum"), (false, "anywhere, pages included")] {
            // A reader of its own for each, so that the first look-ups find no page in memory.
            let reader = look_up::reader(Arc::clone(store) as _, loader.names.clone())?;
            let asked = Asked { partitions: options.partitions, segments, newest_only };
            let times = look_up::measure(&loader.image, reader.index(), &asked, by_time).await?;
            println!(
                "  by {what:<9}        {times}  ({wherefrom}; {} pages read)",
                reader.metrics().pages_loaded.get()
            );
            ensure!(times.percentile(100) <= TIME_MAX, "a look-up is out of all bounds");
        }
    }
    Ok(())
}

async fn run() -> Result<()> {
    let options = options()?;
    let segments = options.segments / options.partitions;
    let store = Arc::new(InMemory::new());
    let begin = Instant::now();
    let mut loader = Loader::new(store.as_ref(), options.partitions)?;
    for partition in 0..options.partitions {
        loader.fill(partition, segments).await?;
        let done = partition + 1;
        if done.is_multiple_of(options.partitions.div_ceil(5)) {
            println!("  {done}/{} partitions filled after {:.0?}", options.partitions, begin.elapsed());
        }
    }
    let (took, commands) = (begin.elapsed(), loader.commands);
    let total = usize::try_from(segments)? * usize::try_from(options.partitions)?;
    println!("{total} remote segments over {} partitions", options.partitions);
    println!(
        "  loading             {commands} commands in {took:.1?} ({:.1?} each), {} pages written",
        took.div_f64(f64::from(u32::try_from(commands)?)),
        loader.pages
    );
    println!(
        "  largest command     {} bytes (an entry may have {COMMAND_BYTES_MAX} and its frame)",
        loader.command_bytes_max
    );
    println!("  largest page        {} bytes", loader.page_bytes_max);
    ensure!(loader.command_bytes_max <= COMMAND_BYTES_MAX, "an entry exceeds 64 KiB");
    ensure!(loader.page_bytes_max <= PAGE_BYTES_MAX, "a page exceeds 64 KiB");
    let bytes_max =
        total * IMAGE_BYTES_PER_SEGMENT_MAX + usize::try_from(options.partitions)? * IMAGE_BYTES_PER_PARTITION_MAX;
    measure_snapshot(&loader.image, bytes_max)?;
    measure_look_ups(&loader, &store, &options).await?;
    let with = memory::held();
    drop(std::mem::take(&mut loader.image));
    let image = with - memory::held();
    println!(
        "  image in memory     {} ({} bytes for each partition, {} for each segment)",
        mib(image),
        image / usize::try_from(options.partitions)?,
        image / total
    );
    ensure!(image <= bytes_max, "the image is out of all bounds");
    Ok(())
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run())
}
