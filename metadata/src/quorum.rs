//! The quorum as the rest of a node uses it: propose a command, follow the image, read linearizably.
//!
//! Owns: starting and stopping openraft, forwarding to the leader, deadlines. Does not own: what a command means.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use openraft::error::{CheckIsLeaderError, ClientWriteError, Fatal, ForwardToLeader, RaftError};
use openraft::{BasicNode, Config, EntryPayload, Raft, SnapshotPolicy};
use parking_lot::Mutex;
use strata_metadata_core::command::Command;
use strata_metadata_core::response::Response;
use tokio::sync::{broadcast, watch};

use crate::error::{Error, ErrorKind};
use crate::files;
use crate::image_publisher::{ImagePublisher, Published, PublishedDelta};
use crate::log_store::{CrashHook, LogStore, LogStoreOptions, TornRecord};
use crate::metrics::QuorumMetrics;
use crate::raft_network::{self, Network, RaftAnswer, RaftRequest, RaftTransport};
use crate::raft_types::{Applied, EncodedCommand, NodeId, TypeConfig};
use crate::room::Room;
use crate::state_machine::StateMachine;

/// A snapshot is built after so many entries.
const SNAPSHOT_ENTRIES: u64 = 5_000;
/// Entries kept behind a snapshot, for followers that lag a little.
const ENTRIES_KEPT: u64 = 1_000;
/// How often an operation that met no leader asks again.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// How the quorum runs on this node.
#[derive(Clone)]
pub struct QuorumOptions {
    /// This node.
    pub node_id: NodeId,
    /// Directory `raft/`.
    pub directory: PathBuf,
    /// How peers are reached.
    pub transport: Arc<dyn RaftTransport>,
    /// Called at each named crash point.
    pub crash_hook: CrashHook,
    /// A follower that hears nothing for so long stands for election; `controller.quorum.election.timeout.ms`.
    pub election_timeout: Duration,
    /// A snapshot is built after so many entries.
    pub snapshot_entries: u64,
}

impl QuorumOptions {
    /// The usual options.
    #[must_use]
    pub fn new(node_id: NodeId, directory: impl Into<PathBuf>, transport: Arc<dyn RaftTransport>) -> Self {
        Self {
            node_id,
            directory: directory.into(),
            transport,
            crash_hook: Arc::new(|_| ()),
            election_timeout: Duration::from_secs(1),
            snapshot_entries: SNAPSHOT_ENTRIES,
        }
    }
}

/// What a committed command gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    /// What the core answered.
    pub response: Response,
    /// Index of the command in the Raft log.
    pub index: u64,
}

/// This node's part of the metadata quorum.
pub struct Quorum {
    raft: Raft<TypeConfig>,
    publisher: Arc<ImagePublisher>,
    transport: Arc<dyn RaftTransport>,
    metrics: QuorumMetrics,
    room: Room,
    directory: PathBuf,
    /// Where the committed log ended when this node started: before that is applied, the image lags.
    committed_at_start: u64,
    /// Held until the quorum is stopped: nobody else opens the directory meanwhile.
    directory_lock: Mutex<Option<File>>,
}

impl Quorum {
    /// Locks the directory, opens the Raft log and starts openraft.
    ///
    /// # Errors
    /// `Unavailable` if another process uses the directory, `Corrupt` if a Raft file is not ours or not whole (a torn last record aside, which is reported), `Storage`.
    pub async fn open(options: QuorumOptions) -> Result<(Self, Option<TornRecord>), Error> {
        let directory_lock = files::lock_directory(&options.directory)?;
        // The snapshot first: it only reads, and the log's end may be cut only once all else is known to be whole.
        let state_machine = StateMachine::open(&options.directory, Arc::clone(&options.crash_hook))?;
        let log_options = LogStoreOptions {
            crash_hook: options.crash_hook,
            snapshot_end: Some(state_machine.snapshot_end()),
            ..LogStoreOptions::new(&options.directory)
        };
        let (log_store, torn) = LogStore::open(log_options)?;
        let (publisher, room) = (state_machine.publisher(), log_store.room());
        let committed_at_start =
            log_store.committed().map_or(0, |log_id| log_id.index).max(state_machine.applied_index());
        let config = raft_config(options.election_timeout, options.snapshot_entries)?;
        let network = Network { transport: Arc::clone(&options.transport) };
        let raft = Raft::new(options.node_id, Arc::new(config), network, log_store, state_machine)
            .await
            .map_err(|error| Error::with_source(ErrorKind::Internal, "the metadata quorum did not start", error))?;
        let quorum = Self {
            raft,
            publisher,
            transport: options.transport,
            metrics: QuorumMetrics::default(),
            room,
            directory: options.directory,
            committed_at_start,
            directory_lock: Mutex::new(Some(directory_lock)),
        };
        Ok((quorum, torn))
    }

    /// Whether the quorum was ever formed on this node.
    ///
    /// # Errors
    /// `Closed` after a shutdown or a failed disk.
    pub async fn is_initialized(&self) -> Result<bool, Error> {
        self.raft.is_initialized().await.map_err(closed)
    }

    /// Forms a new quorum of these voters (node id to address); a formed one refuses. Without room for it nothing is waited for:
    /// what is not formed yet has nothing to go on with.
    ///
    /// # Errors
    /// `Invalid` if the quorum was formed before, `Storage` if the disk is full.
    pub async fn initialize(&self, voters: BTreeMap<NodeId, String>) -> Result<(), Error> {
        let nodes: BTreeMap<NodeId, BasicNode> =
            voters.into_iter().map(|(id, address)| (id, BasicNode::new(address))).collect();
        let mut room = self.room.follow();
        tokio::select! {
            biased;
            formed = self.raft.initialize(nodes) => formed
                .map_err(|error| Error::with_source(ErrorKind::Invalid, "the quorum cannot be formed anew", error)),
            Ok(_) = room.wait_for(|is_short| *is_short) => Err(Error::new(
                ErrorKind::Storage,
                format!(
                    "the disk of the Raft directory {} is full: the metadata of a new cluster cannot be written; make room \
                     there and start again",
                    self.directory.display()
                ),
            )),
        }
    }

    /// Stands for election at once; for a quorum of one, which nobody else can lead.
    ///
    /// # Errors
    /// `Closed` after a shutdown.
    pub async fn elect(&self) -> Result<(), Error> {
        self.raft.trigger().elect().await.map_err(closed)
    }

    /// Lets a node follow the log without a vote.
    ///
    /// # Errors
    /// `Unavailable` if this node does not lead or the new one cannot be reached.
    pub async fn add_learner(&self, node: NodeId, address: String) -> Result<(), Error> {
        self.raft.add_learner(node, BasicNode::new(address), false).await.map_err(unavailable)?;
        Ok(())
    }

    /// Replaces the set of voters; all must be learners already.
    ///
    /// # Errors
    /// `Unavailable` if this node does not lead or no majority answers.
    pub async fn change_voters(&self, voters: BTreeSet<NodeId>) -> Result<(), Error> {
        self.raft.change_membership(voters, true).await.map_err(unavailable)?;
        Ok(())
    }

    /// Proposes a command to the leader, wherever it is, and waits until this node has applied it.
    ///
    /// # Errors
    /// `Unavailable` if no outcome is known within `deadline`: the command may still be applied later.
    pub async fn propose(&self, command: &Command, deadline: Duration) -> Result<Committed, Error> {
        let encoded = command
            .encode()
            .map_err(|error| Error::with_source(ErrorKind::Invalid, "a command for the metadata quorum", error))?;
        self.refuse_without_room()?;
        let timer = self.metrics.begin_proposal();
        let result = tokio::time::timeout(deadline, self.propose_until_known(encoded)).await;
        timer.finish(matches!(result, Ok(Ok(_))));
        result.map_err(|_| no_answer("the metadata quorum did not decide in time", deadline))?
    }

    /// What openraft is asked while its log waits for room stays in its queue, however long that lasts.
    fn refuse_without_room(&self) -> Result<(), Error> {
        if self.room.is_short() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the disk of the Raft directory is full: metadata cannot change until there is room",
            ));
        }
        Ok(())
    }

    /// Follows whether the Raft log waits for room on its disk.
    #[must_use]
    pub fn waits_for_room(&self) -> watch::Receiver<bool> {
        self.room.follow()
    }

    async fn propose_until_known(&self, encoded: Vec<u8>) -> Result<Committed, Error> {
        loop {
            let applied = match self.raft.client_write(EncodedCommand(encoded.clone())).await {
                Ok(written) => written.data,
                Err(RaftError::APIError(ClientWriteError::ForwardToLeader(to))) => {
                    match self.forward(&to, &RaftRequest::Propose(encoded.clone())).await? {
                        Some(RaftAnswer::Propose(Ok(applied))) => applied,
                        Some(RaftAnswer::Propose(Err(reason))) => {
                            return Err(Error::new(ErrorKind::Unavailable, reason));
                        }
                        _ => {
                            tokio::time::sleep(RETRY_PAUSE).await;
                            continue;
                        }
                    }
                }
                Err(RaftError::APIError(error)) => return Err(unavailable(error)),
                Err(RaftError::Fatal(error)) => return Err(closed(error)),
            };
            let Applied::Command { response, index } = applied else {
                return Err(Error::new(ErrorKind::Internal, "a command was answered as an entry of openraft's own"));
            };
            self.wait_applied(index).await?;
            return Ok(Committed { response, index });
        }
    }

    /// Sends a request to the leader; `None` while there is none.
    async fn forward(
        &self,
        to: &ForwardToLeader<NodeId, BasicNode>,
        request: &RaftRequest,
    ) -> Result<Option<RaftAnswer>, Error> {
        let (Some(node), Some(BasicNode { addr })) = (to.leader_id, &to.leader_node) else {
            return Ok(None);
        };
        raft_network::call(self.transport.as_ref(), node, addr, request, Duration::from_secs(5)).await.map(Some)
    }

    /// An image that holds everything committed before the call.
    ///
    /// # Errors
    /// `Unavailable` if no leader confirms within `deadline`.
    pub async fn read_linearizable(&self, deadline: Duration) -> Result<Published, Error> {
        self.refuse_without_room()?;
        let read = async {
            loop {
                match self.read_index().await? {
                    Some(index) => return self.wait_applied(index).await,
                    None => tokio::time::sleep(RETRY_PAUSE).await,
                }
            }
        };
        tokio::time::timeout(deadline, read)
            .await
            .map_err(|_| no_answer("no leader of the metadata quorum confirmed a read in time", deadline))?
    }

    async fn read_index(&self) -> Result<Option<u64>, Error> {
        match self.raft.ensure_linearizable().await {
            Ok(log_id) => Ok(Some(log_id.map_or(0, |log_id| log_id.index))),
            Err(RaftError::APIError(CheckIsLeaderError::ForwardToLeader(to))) => {
                match self.forward(&to, &RaftRequest::ReadIndex).await? {
                    Some(RaftAnswer::ReadIndex(Ok(index))) => Ok(Some(index)),
                    Some(RaftAnswer::ReadIndex(Err(reason))) => Err(Error::new(ErrorKind::Unavailable, reason)),
                    _ => Ok(None),
                }
            }
            Err(RaftError::APIError(error)) => Err(unavailable(error)),
            Err(RaftError::Fatal(error)) => Err(closed(error)),
        }
    }

    /// Waits until this node has applied the entry at `index`.
    async fn wait_applied(&self, index: u64) -> Result<Published, Error> {
        let mut images = self.publisher.images();
        let published = images
            .wait_for(|published| published.index >= index)
            .await
            .map_err(|error| Error::with_source(ErrorKind::Closed, "the metadata quorum is shut down", error))?;
        Ok(published.clone())
    }

    /// Waits until everything that was known to be committed when this node started is applied.
    ///
    /// # Errors
    /// `Unavailable` if that takes longer than `deadline`.
    pub async fn wait_caught_up(&self, deadline: Duration) -> Result<Published, Error> {
        tokio::time::timeout(deadline, self.wait_applied(self.committed_at_start))
            .await
            .map_err(|_| no_answer("the committed metadata log was not applied in time", deadline))?
    }

    /// The newest image on this node.
    #[must_use]
    pub fn current(&self) -> Published {
        self.publisher.current()
    }

    /// Follows the newest image.
    #[must_use]
    pub fn images(&self) -> watch::Receiver<Published> {
        self.publisher.images()
    }

    /// Follows every change.
    #[must_use]
    pub fn deltas(&self) -> broadcast::Receiver<PublishedDelta> {
        self.publisher.deltas()
    }

    /// The node that leads, as far as this one knows.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        self.raft.metrics().borrow().current_leader
    }

    /// Figures of this node's part in the quorum.
    #[must_use]
    pub const fn metrics(&self) -> &QuorumMetrics {
        &self.metrics
    }

    /// Answers a request that another controller sent.
    ///
    /// # Errors
    /// `Invalid` if the request cannot be read, `Closed` after a shutdown.
    pub async fn handle(&self, request: &[u8]) -> Result<Vec<u8>, Error> {
        let request = raft_network::decode(request)?;
        check_commands(&request)?;
        let answer = match request {
            RaftRequest::AppendEntries(rpc) => RaftAnswer::AppendEntries(self.raft.append_entries(rpc).await),
            RaftRequest::Vote(rpc) => RaftAnswer::Vote(self.raft.vote(rpc).await),
            RaftRequest::InstallSnapshot(rpc) => RaftAnswer::InstallSnapshot(self.raft.install_snapshot(rpc).await),
            RaftRequest::Propose(encoded) => RaftAnswer::Propose(
                self.raft
                    .client_write(EncodedCommand(encoded))
                    .await
                    .map(|written| written.data)
                    .map_err(|error| error.to_string()),
            ),
            RaftRequest::ReadIndex => RaftAnswer::ReadIndex(
                self.raft
                    .ensure_linearizable()
                    .await
                    .map(|log_id| log_id.map_or(0, |log_id| log_id.index))
                    .map_err(|error| error.to_string()),
            ),
        };
        raft_network::encode(&answer)
    }

    /// Returns when this node's part has stopped by itself, after a failed disk, and says why; `None` after a shutdown.
    pub async fn stopped(&self) -> Option<String> {
        let mut metrics = self.raft.metrics();
        let ended = metrics.wait_for(|metrics| metrics.running_state.is_err()).await.ok()?;
        match &ended.running_state {
            Ok(()) | Err(Fatal::Stopped) => None,
            Err(error) => Some(error.to_string()),
        }
    }

    /// Stops this node's part; what was committed stays.
    ///
    /// # Errors
    /// `Internal` if a task of the quorum had failed.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.raft
            .shutdown()
            .await
            .map_err(|error| Error::with_source(ErrorKind::Internal, "the metadata quorum did not stop", error))?;
        *self.directory_lock.lock() = None;
        Ok(())
    }
}

/// A command that cannot be read would stop each node that applies it, so that it must not enter the log.
fn check_commands(request: &RaftRequest) -> Result<(), Error> {
    let check = |encoded: &[u8]| {
        Command::decode(encoded)
            .map(drop)
            .map_err(|error| Error::with_source(ErrorKind::Invalid, "a command from another controller", error))
    };
    match request {
        RaftRequest::Propose(encoded) => check(encoded),
        RaftRequest::AppendEntries(rpc) => rpc.entries.iter().try_for_each(|entry| match &entry.payload {
            EntryPayload::Normal(encoded) => check(&encoded.0),
            EntryPayload::Blank | EntryPayload::Membership(_) => Ok(()),
        }),
        RaftRequest::Vote(_) | RaftRequest::InstallSnapshot(_) | RaftRequest::ReadIndex => Ok(()),
    }
}

fn raft_config(election_timeout: Duration, snapshot_entries: u64) -> Result<Config, Error> {
    let election_ms = u64::try_from(election_timeout.as_millis()).unwrap_or(u64::MAX).max(100);
    let config = Config {
        cluster_name: "strata".to_owned(),
        election_timeout_min: election_ms,
        election_timeout_max: election_ms * 2,
        heartbeat_interval: election_ms / 5,
        // A snapshot chunk of 3 MiB over a slow link takes longer than openraft's 200 ms.
        install_snapshot_timeout: 30_000,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(snapshot_entries),
        max_in_snapshot_log_to_keep: ENTRIES_KEPT.min(snapshot_entries),
        replication_lag_threshold: snapshot_entries + ENTRIES_KEPT,
        ..Config::default()
    };
    config
        .validate()
        .map_err(|error| Error::with_source(ErrorKind::Invalid, "the settings of the metadata quorum", error))
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(ErrorKind::Unavailable, "the metadata quorum could not decide", error)
}

fn closed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(ErrorKind::Closed, "the metadata quorum has stopped on this node", error)
}

fn no_answer(what: &str, deadline: Duration) -> Error {
    Error::new(ErrorKind::Unavailable, format!("{what} ({} ms)", deadline.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft_network::NoPeers;

    #[tokio::test]
    async fn a_directory_that_is_in_use_is_opened_by_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let options = || QuorumOptions::new(1, directory.path(), Arc::new(NoPeers));
        let (quorum, _) = Quorum::open(options()).await.unwrap();
        quorum.initialize(BTreeMap::from([(1, "here".to_owned())])).await.unwrap();
        let refused = Quorum::open(options()).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        assert!(refused.to_string().contains("another process uses this directory"), "{refused}");
        let index = quorum.propose(&Command::NoOp, Duration::from_secs(30)).await.unwrap().index;
        quorum.shutdown().await.unwrap();
        let (again, torn) = Quorum::open(options()).await.unwrap();
        assert!(torn.is_none());
        again.elect().await.unwrap();
        let later = again.propose(&Command::NoOp, Duration::from_secs(30)).await.unwrap().index;
        assert!(later > index, "its log goes on");
        again.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn a_quorum_whose_disk_fails_says_why_it_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let raft = directory.path().join("raft");
        std::fs::create_dir(&raft).unwrap();
        let options = QuorumOptions { snapshot_entries: 5, ..QuorumOptions::new(1, &raft, Arc::new(NoPeers)) };
        let (quorum, _) = Quorum::open(options).await.unwrap();
        quorum.initialize(BTreeMap::from([(1, "here".to_owned())])).await.unwrap();
        let deadline = Duration::from_secs(30);
        quorum.propose(&Command::NoOp, deadline).await.unwrap();
        std::fs::remove_dir_all(&raft).unwrap();
        // The open log takes some more; a snapshot is due soon, and has no place.
        let begun = std::time::Instant::now();
        while quorum.propose(&Command::NoOp, deadline).await.is_ok() {
            assert!(begun.elapsed() < deadline);
        }
        let reason = tokio::time::timeout(deadline, quorum.stopped()).await.unwrap();
        assert!(reason.is_some_and(|reason| reason.contains("No such file")));
    }

    #[tokio::test]
    async fn a_quorum_that_is_formed_on_a_full_disk_says_so_and_is_formed_when_there_is_room() {
        let directory = tempfile::tempdir().unwrap();
        let options = || QuorumOptions::new(1, directory.path(), Arc::new(NoPeers));
        let voters = || BTreeMap::from([(1, "here".to_owned())]);
        let (quorum, _) = Quorum::open(options()).await.unwrap();
        let log = directory.path().join(format!("{:020}.raftlog", 0));
        std::os::unix::fs::symlink("/dev/full", &log).unwrap();
        let formed = tokio::time::timeout(Duration::from_secs(30), quorum.initialize(voters())).await;
        let error = formed.expect("it does not wait for room").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        let text = error.to_string();
        assert!(text.contains("is full") && text.contains(&directory.path().display().to_string()), "{text}");
        drop(quorum);
        std::fs::remove_file(&log).unwrap();
        let (quorum, torn) = Quorum::open(options()).await.unwrap();
        assert!(torn.is_none() && !quorum.is_initialized().await.unwrap());
        quorum.initialize(voters()).await.unwrap();
        quorum.elect().await.unwrap();
        quorum.propose(&Command::NoOp, Duration::from_secs(30)).await.unwrap();
        quorum.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn a_quorum_that_was_shut_down_has_not_failed() {
        let directory = tempfile::tempdir().unwrap();
        let (quorum, _) = Quorum::open(QuorumOptions::new(1, directory.path(), Arc::new(NoPeers))).await.unwrap();
        quorum.initialize(BTreeMap::from([(1, "here".to_owned())])).await.unwrap();
        quorum.shutdown().await.unwrap();
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), quorum.stopped()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_command_that_cannot_be_read_does_not_enter_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let (quorum, _) = Quorum::open(QuorumOptions::new(1, directory.path(), Arc::new(NoPeers))).await.unwrap();
        quorum.initialize(BTreeMap::from([(1, "here".to_owned())])).await.unwrap();
        let deadline = Duration::from_secs(30);
        let before = quorum.propose(&Command::NoOp, deadline).await.unwrap().index;
        let mut unknown_version = Command::NoOp.encode().unwrap();
        unknown_version[0] = 99;
        for bytes in [Vec::new(), vec![1, 0, 0xff], unknown_version, vec![0; 100_000]] {
            let request = raft_network::encode(&RaftRequest::Propose(bytes)).unwrap();
            assert_eq!(quorum.handle(&request).await.unwrap_err().kind(), ErrorKind::Invalid);
        }
        let after = quorum.propose(&Command::NoOp, deadline).await.unwrap().index;
        assert_eq!(after, before + 1, "and the quorum goes on");
        quorum.shutdown().await.unwrap();
    }
}
