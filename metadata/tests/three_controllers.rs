//! Three controllers in one process: commands from any of them, a leader that stops, a node that comes back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use strata_metadata::error::{Error, ErrorKind};
use strata_metadata::quorum::{Quorum, QuorumOptions};
use strata_metadata::raft_network::RaftTransport;
use strata_metadata_core::command::{Command, FormatCluster};
use strata_metadata_core::snapshot;

const DEADLINE: Duration = Duration::from_secs(30);

/// Calls between quorums of this process; a node that is not in the map cannot be reached.
#[derive(Default)]
struct InProcess(Mutex<BTreeMap<u64, Weak<Quorum>>>);

#[async_trait]
impl RaftTransport for InProcess {
    async fn call(&self, node: u64, _: &str, request: Vec<u8>, _: Duration) -> Result<Vec<u8>, Error> {
        let peer = self.0.lock().get(&node).and_then(Weak::upgrade);
        match peer {
            Some(peer) => peer.handle(&request).await,
            None => Err(Error::new(ErrorKind::Unavailable, format!("node {node} is down"))),
        }
    }
}

async fn start(node: u64, directory: &Path, network: &Arc<InProcess>) -> Arc<Quorum> {
    let options = QuorumOptions {
        election_timeout: Duration::from_millis(300),
        snapshot_entries: 20,
        ..QuorumOptions::new(node, directory.join(node.to_string()), Arc::clone(network) as Arc<dyn RaftTransport>)
    };
    let (quorum, torn) = Quorum::open(options).await.expect("the quorum opens");
    assert_eq!(torn, None);
    let quorum = Arc::new(quorum);
    network.0.lock().insert(node, Arc::downgrade(&quorum));
    quorum
}

async fn leader_of(nodes: &BTreeMap<u64, Arc<Quorum>>) -> u64 {
    tokio::time::timeout(DEADLINE, async {
        loop {
            let alive = |leader: &u64| nodes.contains_key(leader);
            if let Some(leader) = nodes.values().find_map(|node| node.leader().filter(alive)) {
                return leader;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a leader is elected")
}

async fn commands(nodes: &BTreeMap<u64, Arc<Quorum>>, count: usize) {
    for number in 0..count {
        let node = nodes.values().nth(number % nodes.len()).expect("a node is up");
        // A leader that went down under a command leaves its outcome unknown; whoever proposed it asks again.
        while let Err(error) = node.propose(&Command::NoOp, DEADLINE).await {
            assert!(error.is_retriable(), "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_controller_takes_commands_and_a_lost_leader_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let network = Arc::new(InProcess::default());
    let mut nodes = BTreeMap::new();
    for node in 1..=3 {
        nodes.insert(node, start(node, directory.path(), &network).await);
    }
    nodes[&1].initialize(BTreeMap::from([(1, "a".into()), (2, "b".into()), (3, "c".into())])).await.unwrap();
    leader_of(&nodes).await;
    let format = FormatCluster {
        cluster_id: "three".to_owned(),
        features: vec![("metadata.version".to_owned(), strata_metadata_core::command::METADATA_VERSION_FIRST)],
    };
    nodes[&2].propose(&Command::FormatCluster(format), DEADLINE).await.unwrap().response.unwrap();
    commands(&nodes, 50).await;

    let lost = leader_of(&nodes).await;
    let stopped = nodes.remove(&lost).unwrap();
    network.0.lock().remove(&lost);
    stopped.shutdown().await.unwrap();
    drop(stopped);
    commands(&nodes, 50).await;

    // Its log is far behind by now, so that it may well get a snapshot.
    nodes.insert(lost, start(lost, directory.path(), &network).await);
    commands(&nodes, 6).await;
    let mut hashes = Vec::new();
    let index = nodes[&lost].read_linearizable(DEADLINE).await.unwrap().index;
    for node in nodes.values() {
        let mut images = node.images();
        let published = tokio::time::timeout(DEADLINE, images.wait_for(|image| image.index >= index))
            .await
            .unwrap()
            .unwrap()
            .clone();
        assert_eq!(published.image.cluster.cluster_id.as_deref(), Some("three"));
        hashes.push((published.index, snapshot::hash(&published.image).unwrap()));
    }
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "{hashes:?}");
    for node in nodes.values() {
        node.shutdown().await.unwrap();
    }
}
