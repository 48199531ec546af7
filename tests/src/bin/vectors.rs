//! `vectors check FILE OUT`: reads byte vectors that Kafka's code wrote, writes each again and compares; then writes OUT, the
//! same values in every other version that can carry them, for Kafka's code to read.
//!
//! Owns: the file of vectors: name with a 16-bit length, version, 32-bit length, bytes. Does not own: the messages.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use strata_compat::messages::*;
use strata_compat::wire::{Reader, Writer};

/// Complaints that are printed; all are counted.
const COMPLAINTS_MAX: usize = 20;

/// What came of one vector: the same value in the versions that carry it.
type Versions = Vec<(i16, Bytes)>;

fn encoded<M: Message>(value: &M, version: i16) -> Result<Bytes> {
    let mut writer = Writer::new();
    value.encode(&mut writer, version)?;
    Ok(writer.into_bytes())
}

fn decoded<M: Message>(bytes: &Bytes, version: i16) -> Result<M> {
    let mut reader = Reader::new(bytes.clone());
    let value = M::decode(&mut reader, version)?;
    reader.expect_end()?;
    Ok(value)
}

/// Reads and writes one vector, and writes its value in all other versions.
fn check_one<M: Message + PartialEq>(version: i16, bytes: &Bytes) -> Result<Versions> {
    let value: M = decoded(bytes, version)?;
    ensure!(encoded(&value, version)? == *bytes, "other bytes when written again");
    let mut versions = Versions::new();
    for other in M::MIN_VERSION..=M::LATEST_VERSION {
        // A version that cannot carry the value refuses it.
        let Ok(bytes) = encoded(&value, other) else {
            continue;
        };
        let read: M = decoded(&bytes, other).with_context(|| format!("our own bytes of version {other}"))?;
        ensure!(encoded(&read, other)? == bytes, "version {other} is not steady");
        versions.push((other, bytes));
    }
    Ok(versions)
}

macro_rules! by_name {
    ($name:expr, $version:expr, $bytes:expr; $($message:ident)*) => {
        match $name {
            $(stringify!($message) => check_one::<$message>($version, $bytes),)*
            other => bail!("there is no message '{other}'"),
        }
    };
}

fn check_named(name: &str, version: i16, bytes: &Bytes) -> Result<Versions> {
    by_name! { name, version, bytes;
            AddOffsetsToTxnRequest AddOffsetsToTxnResponse AddPartitionsToTxnRequest AddPartitionsToTxnResponse
            AddRaftVoterRequest AddRaftVoterResponse AllocateProducerIdsRequest AllocateProducerIdsResponse
            AlterClientQuotasRequest AlterClientQuotasResponse AlterConfigsRequest AlterConfigsResponse
            AlterPartitionReassignmentsRequest AlterPartitionReassignmentsResponse AlterPartitionRequest
            AlterPartitionResponse AlterReplicaLogDirsRequest AlterReplicaLogDirsResponse
            AlterShareGroupOffsetsRequest AlterShareGroupOffsetsResponse AlterUserScramCredentialsRequest
            AlterUserScramCredentialsResponse ApiVersionsRequest ApiVersionsResponse AssignReplicasToDirsRequest
            AssignReplicasToDirsResponse BeginQuorumEpochRequest BeginQuorumEpochResponse BrokerHeartbeatRequest
            BrokerHeartbeatResponse BrokerRegistrationRequest BrokerRegistrationResponse ConsumerGroupDescribeRequest
            ConsumerGroupDescribeResponse ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
            ControllerRegistrationRequest ControllerRegistrationResponse CreateAclsRequest CreateAclsResponse
            CreateDelegationTokenRequest CreateDelegationTokenResponse CreatePartitionsRequest
            CreatePartitionsResponse CreateTopicsRequest CreateTopicsResponse DeleteAclsRequest DeleteAclsResponse
            DeleteGroupsRequest DeleteGroupsResponse DeleteRecordsRequest DeleteRecordsResponse
            DeleteShareGroupOffsetsRequest DeleteShareGroupOffsetsResponse DeleteShareGroupStateRequest
            DeleteShareGroupStateResponse DeleteTopicsRequest DeleteTopicsResponse DescribeAclsRequest
            DescribeAclsResponse DescribeClientQuotasRequest DescribeClientQuotasResponse DescribeClusterRequest
            DescribeClusterResponse DescribeConfigsRequest DescribeConfigsResponse DescribeDelegationTokenRequest
            DescribeDelegationTokenResponse DescribeGroupsRequest DescribeGroupsResponse DescribeLogDirsRequest
            DescribeLogDirsResponse DescribeProducersRequest DescribeProducersResponse DescribeQuorumRequest
            DescribeQuorumResponse DescribeShareGroupOffsetsRequest DescribeShareGroupOffsetsResponse
            DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse DescribeTransactionsRequest
            DescribeTransactionsResponse DescribeUserScramCredentialsRequest DescribeUserScramCredentialsResponse
            ElectLeadersRequest ElectLeadersResponse EndQuorumEpochRequest EndQuorumEpochResponse EndTxnRequest
            EndTxnResponse EnvelopeRequest EnvelopeResponse ExpireDelegationTokenRequest ExpireDelegationTokenResponse
            FetchRequest FetchResponse FetchSnapshotRequest FetchSnapshotResponse FindCoordinatorRequest
            FindCoordinatorResponse GetTelemetrySubscriptionsRequest GetTelemetrySubscriptionsResponse
            HeartbeatRequest HeartbeatResponse IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse
            InitProducerIdRequest InitProducerIdResponse InitializeShareGroupStateRequest
            InitializeShareGroupStateResponse JoinGroupRequest JoinGroupResponse LeaveGroupRequest LeaveGroupResponse
            ListConfigResourcesRequest ListConfigResourcesResponse ListGroupsRequest ListGroupsResponse
            ListOffsetsRequest ListOffsetsResponse ListPartitionReassignmentsRequest
            ListPartitionReassignmentsResponse ListTransactionsRequest ListTransactionsResponse MetadataRequest
            MetadataResponse OffsetCommitRequest OffsetCommitResponse OffsetDeleteRequest OffsetDeleteResponse
            OffsetFetchRequest OffsetFetchResponse OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse
            ProduceRequest ProduceResponse PushTelemetryRequest PushTelemetryResponse ReadShareGroupStateRequest
            ReadShareGroupStateResponse ReadShareGroupStateSummaryRequest ReadShareGroupStateSummaryResponse
            RemoveRaftVoterRequest RemoveRaftVoterResponse RenewDelegationTokenRequest RenewDelegationTokenResponse
            SaslAuthenticateRequest SaslAuthenticateResponse SaslHandshakeRequest SaslHandshakeResponse
            ShareAcknowledgeRequest ShareAcknowledgeResponse ShareFetchRequest ShareFetchResponse
            ShareGroupDescribeRequest ShareGroupDescribeResponse ShareGroupHeartbeatRequest
            ShareGroupHeartbeatResponse StreamsGroupDescribeRequest StreamsGroupDescribeResponse
            StreamsGroupHeartbeatRequest StreamsGroupHeartbeatResponse SyncGroupRequest SyncGroupResponse
            TxnOffsetCommitRequest TxnOffsetCommitResponse UnregisterBrokerRequest UnregisterBrokerResponse
            UpdateFeaturesRequest UpdateFeaturesResponse UpdateRaftVoterRequest UpdateRaftVoterResponse VoteRequest
            VoteResponse WriteShareGroupStateRequest WriteShareGroupStateResponse WriteTxnMarkersRequest
            WriteTxnMarkersResponse
    }
}

fn take(bytes: &mut Bytes, length: usize) -> Result<Bytes> {
    ensure!(bytes.remaining() >= length, "the file of vectors ends within one");
    Ok(bytes.split_to(length))
}

fn next_vector(file: &mut Bytes) -> Result<(String, i16, Bytes)> {
    let length = usize::from(take(file, 2)?.get_u16());
    let name = String::from_utf8(take(file, length)?.to_vec())?;
    let mut head = take(file, 6)?;
    let version = head.get_i16();
    let bytes = take(file, usize::try_from(head.get_i32())?)?;
    Ok((name, version, bytes))
}

fn put_vector(out: &mut BytesMut, name: &str, version: i16, bytes: &[u8]) -> Result<()> {
    out.put_u16(u16::try_from(name.len())?);
    out.put_slice(name.as_bytes());
    out.put_i16(version);
    out.put_i32(i32::try_from(bytes.len())?);
    out.put_slice(bytes);
    Ok(())
}

fn run(arguments: &[String]) -> Result<bool> {
    let [command, input, output] = arguments else { bail!("usage: vectors check FILE OUT") };
    ensure!(command == "check", "usage: vectors check FILE OUT");
    let mut file = Bytes::from(fs::read(input).with_context(|| input.clone())?);
    let mut out = BytesMut::new();
    let (mut read, mut written, mut wrong) = (0, 0, 0);
    while file.has_remaining() {
        let (name, version, bytes) = next_vector(&mut file)?;
        read += 1;
        match check_named(&name, version, &bytes) {
            Ok(versions) => {
                for (version, bytes) in versions {
                    put_vector(&mut out, &name, version, &bytes)?;
                    written += 1;
                }
            }
            Err(error) => {
                wrong += 1;
                if wrong <= COMPLAINTS_MAX {
                    println!("{name} version {version}: {error:#}");
                }
            }
        }
    }
    fs::write(output, out).with_context(|| output.clone())?;
    println!("{read} vectors of Kafka's code read, {wrong} wrong; {written} written by ours");
    Ok(wrong == 0 && read > 0)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("vectors: {error:#}");
            ExitCode::from(2)
        }
    }
}
