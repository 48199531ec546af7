//! Raft's messages between controllers.
//!
//! Owns: their encoding and the mapping of failures to openraft's. Does not own: connections; the broker supplies a
//! [`RaftTransport`] over its controller listener.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use openraft::BasicNode;
use openraft::error::{InstallSnapshotError, NetworkError, RPCError, RaftError, RemoteError, Unreachable};
use openraft::network::{RPCOption, RaftNetwork, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse, VoteRequest,
    VoteResponse,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::raft_types::{Applied, NodeId, TypeConfig};

/// Carries one request to a node and its answer back.
#[async_trait]
pub trait RaftTransport: Send + Sync + 'static {
    /// Sends `request` to the node at `address` and waits for its answer, at most `deadline`.
    async fn call(&self, node: NodeId, address: &str, request: Vec<u8>, deadline: Duration) -> Result<Vec<u8>, Error>;
}

/// A transport for a quorum of one: there is nobody to call.
pub struct NoPeers;

#[async_trait]
impl RaftTransport for NoPeers {
    async fn call(&self, node: NodeId, address: &str, _: Vec<u8>, _: Duration) -> Result<Vec<u8>, Error> {
        Err(Error::new(ErrorKind::Unavailable, format!("controller {node} at {address} cannot be reached from here")))
    }
}

/// What one controller asks of another.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum RaftRequest {
    AppendEntries(AppendEntriesRequest<TypeConfig>),
    Vote(VoteRequest<NodeId>),
    InstallSnapshot(InstallSnapshotRequest<TypeConfig>),
    /// An encoded command for the leader.
    Propose(Vec<u8>),
    /// The leader's confirmed read index.
    ReadIndex,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum RaftAnswer {
    AppendEntries(Result<AppendEntriesResponse<NodeId>, RaftError<NodeId>>),
    Vote(Result<VoteResponse<NodeId>, RaftError<NodeId>>),
    InstallSnapshot(Result<InstallSnapshotResponse<NodeId>, RaftError<NodeId, InstallSnapshotError>>),
    Propose(Result<Applied, String>),
    ReadIndex(Result<u64, String>),
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(value)
        .map_err(|error| Error::with_source(ErrorKind::Internal, "a message between controllers", error))
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    postcard::from_bytes(bytes)
        .map_err(|error| Error::with_source(ErrorKind::Invalid, "a message between controllers", error))
}

pub(crate) async fn call(
    transport: &dyn RaftTransport,
    node: NodeId,
    address: &str,
    request: &RaftRequest,
    deadline: Duration,
) -> Result<RaftAnswer, Error> {
    let answer = transport.call(node, address, encode(request)?, deadline).await?;
    decode(&answer)
}

/// Makes a client for each peer.
pub(crate) struct Network {
    pub(crate) transport: Arc<dyn RaftTransport>,
}

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Peer;

    async fn new_client(&mut self, target: NodeId, node: &BasicNode) -> Peer {
        Peer { transport: Arc::clone(&self.transport), target, address: node.addr.clone() }
    }
}

/// One peer as seen from here.
pub(crate) struct Peer {
    transport: Arc<dyn RaftTransport>,
    target: NodeId,
    address: String,
}

type CallError<E> = RPCError<NodeId, BasicNode, E>;

impl Peer {
    async fn call<E: std::error::Error>(
        &self,
        request: RaftRequest,
        option: &RPCOption,
    ) -> Result<RaftAnswer, CallError<E>> {
        call(self.transport.as_ref(), self.target, &self.address, &request, option.hard_ttl())
            .await
            .map_err(|error| RPCError::Unreachable(Unreachable::new(&error)))
    }

    fn remote<T, E: std::error::Error>(&self, result: Result<T, E>) -> Result<T, CallError<E>> {
        result.map_err(|error| RPCError::RemoteError(RemoteError::new(self.target, error)))
    }
}

fn unexpected<E: std::error::Error>() -> CallError<E> {
    let error = Error::new(ErrorKind::Invalid, "a controller answered another question than was asked");
    RPCError::Network(NetworkError::new(&error))
}

impl RaftNetwork<TypeConfig> for Peer {
    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<NodeId>, CallError<RaftError<NodeId>>> {
        match self.call(RaftRequest::AppendEntries(rpc), &option).await? {
            RaftAnswer::AppendEntries(result) => self.remote(result),
            _ => Err(unexpected()),
        }
    }

    async fn install_snapshot(
        &mut self,
        rpc: InstallSnapshotRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<InstallSnapshotResponse<NodeId>, CallError<RaftError<NodeId, InstallSnapshotError>>> {
        match self.call(RaftRequest::InstallSnapshot(rpc), &option).await? {
            RaftAnswer::InstallSnapshot(result) => self.remote(result),
            _ => Err(unexpected()),
        }
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<NodeId>,
        option: RPCOption,
    ) -> Result<VoteResponse<NodeId>, CallError<RaftError<NodeId>>> {
        match self.call(RaftRequest::Vote(rpc), &option).await? {
            RaftAnswer::Vote(result) => self.remote(result),
            _ => Err(unexpected()),
        }
    }
}
