//! A small log on the journal, power cuts by seed, and what must be there afterwards.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::log::log_dir::LogFile;
use crate::log::log_dir::file_io::{OpenMode, RealFileIo};

const PARTITIONS: i32 = 4;

/// What the test knows of one partition: its segments' content, and what it looked like after each entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Content {
    segments: BTreeMap<i64, Vec<u8>>,
    exists: bool,
}

impl Content {
    /// Enough to see what is wrong.
    fn shape(&self) -> String {
        let lengths: Vec<_> = self.segments.iter().map(|(base, bytes)| (*base, bytes.len())).collect();
        format!("exists {}, segments {lengths:?}", self.exists)
    }
}

struct World {
    dir: Arc<LogDir>,
    journal: Journal,
    random: StdRng,
    content: Vec<Content>,
    /// Content after each entry of a partition, the first before all.
    history: Vec<Vec<(JournalSequence, Content)>>,
    points: BTreeMap<TopicIdPartition, JournalSequence>,
}

impl World {
    fn path(&self, number: i32, base: i64) -> PathBuf {
        self.dir.path().join(format!("flights-{number}")).join(format!("{base:020}.log"))
    }

    fn open(&self, number: i32, base: i64) -> LogFile {
        self.dir.open_file(self.path(number, base), OpenMode::Create).expect("open")
    }

    fn journaled(&mut self, number: i32, entry: JournalEntry) {
        let sequence = self.journal.append(entry, LONG).expect("append");
        let index = usize::try_from(number).expect("small");
        self.history[index].push((sequence, self.content[index].clone()));
    }

    /// As the log does before it destroys anything in a file.
    fn journaled_durably(&mut self, number: i32, entry: JournalEntry) {
        let sequence = self.journal.append_durably(entry, LONG).expect("durable");
        let index = usize::try_from(number).expect("small");
        self.history[index].push((sequence, self.content[index].clone()));
    }

    fn step(&mut self) {
        let number = self.random.random_range(0..PARTITIONS);
        let index = usize::try_from(number).expect("small");
        if !self.content[index].exists {
            return self.create(number);
        }
        match self.random.random_range(0..100) {
            0..70 => self.append(number),
            70..78 => self.roll(number),
            78..86 => self.truncate(number),
            86..90 => self.let_go(number),
            90..92 => self.delete(number),
            92..97 => self.flush(number),
            _ => self.journal.wait_durable(self.journal.last_sequence(), LONG).expect("durable"),
        }
    }

    fn create(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        let path = self.dir.path().join(format!("flights-{number}"));
        self.dir.create_dir(&path).expect("create");
        let metadata = format!("version: 0\ntopic_id: {}", partition(number).topic_id);
        self.dir.write_atomically(&path.join("partition.metadata"), metadata.as_bytes()).expect("metadata");
        self.content[index].exists = true;
        let topic = "flights".to_owned();
        self.journaled(number, JournalEntry::Created { partition: partition(number), topic });
    }

    fn append(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        let length = self.random.random_range(1..6000);
        let batch: Vec<u8> = (0..length).map(|_| self.random.random()).collect();
        let (&base, bytes) = match self.content[index].segments.last_key_value() {
            Some(last) => last,
            None => (&0, &Vec::new()),
        };
        let position = bytes.len() as u64;
        self.open(number, base).append_at(&batch, position).expect("append");
        self.content[index].segments.entry(base).or_default().extend_from_slice(&batch);
        let (partition, segment_base) = (partition(number), Offset(base));
        self.journaled(number, JournalEntry::Append { partition, segment_base, position, batch: batch.into() });
    }

    fn roll(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        if let Some((&base, bytes)) = self.content[index].segments.last_key_value()
            && !bytes.is_empty()
        {
            // A dirty file is flushed before it is closed.
            self.open(number, base).sync_data().expect("flush");
            let next = base + 100;
            self.content[index].segments.insert(next, Vec::new());
            self.append(number);
        }
    }

    fn truncate(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        let bases: Vec<i64> = self.content[index].segments.keys().copied().collect();
        if bases.is_empty() {
            return;
        }
        let base = bases[self.random.random_range(0..bases.len())];
        let length = self.content[index].segments[&base].len();
        let position = self.random.random_range(0..=length);
        let gone = self.content[index].segments.split_off(&(base + 1));
        self.content[index].segments.get_mut(&base).expect("there").truncate(position);
        let (to, segment_base) = (Offset(base), Offset(base));
        let partition = partition(number);
        let position = position as u64;
        self.journaled_durably(number, JournalEntry::Truncate { partition, to, segment_base, position });
        for later in gone.into_keys() {
            self.dir.remove_file(&self.path(number, later)).expect("remove");
        }
        let file = self.open(number, base);
        file.set_len(position).expect("cut");
        file.sync_data().expect("flush");
    }

    fn let_go(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        if self.content[index].segments.len() > 1 {
            let (base, _) = self.content[index].segments.pop_first().expect("two");
            let local_start = Offset(*self.content[index].segments.keys().next().expect("one"));
            self.journaled_durably(number, JournalEntry::LocalStartMoved { partition: partition(number), local_start });
            self.dir.remove_file(&self.path(number, base)).expect("remove");
        }
    }

    fn delete(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        self.content[index] = Content::default();
        self.journaled_durably(number, JournalEntry::Deleted { partition: partition(number) });
        self.dir.remove_dir_all(&self.dir.path().join(format!("flights-{number}"))).expect("remove");
        self.dir.sync_dir(self.dir.path()).expect("flush");
    }

    fn flush_all(&mut self) {
        for number in 0..PARTITIONS {
            if self.content[usize::try_from(number).expect("small")].exists {
                self.flush(number);
            } else {
                // A deleted partition has nothing to flush: its removal is durable.
                self.journal.recycle([(partition(number), self.journal.last_sequence())]);
            }
        }
    }

    /// A recovery point: files, then their directory, then (in the test's memory) the checkpoint.
    fn flush(&mut self, number: i32) {
        let index = usize::try_from(number).expect("small");
        let point = self.journal.last_sequence();
        for base in self.content[index].segments.keys() {
            self.open(number, *base).sync_data().expect("flush");
        }
        self.dir.sync_dir(&self.dir.path().join(format!("flights-{number}"))).expect("flush");
        self.points.insert(partition(number), point);
        self.journal.recycle([(partition(number), point)]);
    }
}

/// The content of each partition's directory on the real disk.
fn on_disk(path: &Path, number: i32) -> Content {
    let mut content = Content::default();
    let Ok(names) = std::fs::read_dir(path.join(format!("flights-{number}"))) else {
        return content;
    };
    content.exists = true;
    for entry in names {
        let entry = entry.expect("entry");
        let name = entry.file_name().into_string().expect("text");
        if let Some(base) = name.strip_suffix(".log") {
            content.segments.insert(base.parse().expect("number"), std::fs::read(entry.path()).expect("read"));
        }
    }
    content
}

fn without_empty(mut content: Content) -> Content {
    content.segments.retain(|_, bytes| !bytes.is_empty());
    content
}

/// Whether the disk holds at least `expected`: a log may be longer than the journal's end, which the loader then judges.
fn holds(disk: &Content, expected: &Content) -> bool {
    disk.exists == expected.exists
        && expected
            .segments
            .iter()
            .all(|(base, bytes)| disk.segments.get(base).is_some_and(|there| there.starts_with(bytes)))
}

/// A log that has lived for a while.
fn live(bench: &Bench, seed: u64) -> World {
    let recovery = bench.recover(&[]);
    let dir = Arc::clone(&recovery.dir);
    let partitions = usize::try_from(PARTITIONS).expect("small");
    let mut world = World {
        dir,
        journal: recovery.start().expect("start"),
        random: StdRng::seed_from_u64(seed),
        content: vec![Content::default(); partitions],
        history: vec![vec![(JournalSequence::ZERO, Content::default())]; partitions],
        points: BTreeMap::new(),
    };
    for _ in 0..world.random.random_range(1..400) {
        world.step();
        if world.journal.pressure().is_some() {
            world.flush_all();
        }
    }
    world
}

fn run(seed: u64, limit_bytes: u64, torn: bool) {
    let bench = Bench::new(limit_bytes);
    let world = live(&bench, seed);
    if !torn {
        world.journal.wait_durable(world.journal.last_sequence(), LONG).expect("durable");
    }
    let durable = world.journal.durable_sequence();
    bench.io.cut_power(seed);
    let World { journal, history, points, dir, .. } = world;
    drop((journal, dir));

    let dir = LogDir::open_with(bench.path(), 0, Arc::new(RealFileIo)).expect("open");
    let found = (0..PARTITIONS).filter(|number| bench.path().join(format!("flights-{number}")).exists());
    let known: BTreeMap<_, _> =
        found.map(|number| known(number, points.get(&partition(number)).map_or(0, |point| point.0))).collect();
    let recovery = Journal::recover(&dir, bench.config, known).expect("recover");
    assert_eq!(recovery.rot(), None, "seed {seed}");
    assert!(recovery.last_sequence() >= durable, "seed {seed}: {} after {durable}", recovery.last_sequence());
    let outcome = recovery.replay().expect("replay");
    for (partition, done) in &outcome.partitions {
        assert_eq!(done.problem, None, "seed {seed}, {partition}");
    }
    let end = recovery.last_sequence();
    for (number, history) in (0..PARTITIONS).zip(&history) {
        let point = points.get(&partition(number)).copied().unwrap_or(JournalSequence::ZERO);
        let reached = end.max(point);
        let (_, expected) = history.iter().rev().find(|(sequence, _)| *sequence <= reached).expect("the first");
        let disk = on_disk(&bench.path(), number);
        let expected = without_empty(expected.clone());
        // A directory may be there before the entry that says so is durable.
        let mut later = history.iter().filter(|(sequence, _)| *sequence > reached);
        let created_later = !expected.exists && later.any(|(_, content)| content.exists);
        assert!(
            holds(&disk, &expected) || created_later,
            "seed {seed}, partition {number}: {} and {}",
            disk.shape(),
            expected.shape()
        );
    }
}

#[test]
fn every_durable_append_is_there_after_a_power_cut() {
    for seed in 0..60 {
        run(seed, 4 << 20, false);
    }
}

#[test]
fn every_durable_append_is_there_when_extents_are_recycled() {
    for seed in 100..160 {
        run(seed, 512 << 10, false);
    }
}

#[test]
fn a_power_cut_during_a_group_is_never_taken_for_rot() {
    for seed in 200..260 {
        run(seed, 1 << 20, true);
    }
}
