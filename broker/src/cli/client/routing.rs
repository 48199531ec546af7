//! Which broker a call goes to: metadata and coordinators.

use std::collections::BTreeMap;
use std::time::Duration;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::find_coordinator::FindCoordinatorRequest;
use strata_compat::messages::list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use strata_compat::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseTopic,
};
use strata_compat::wire::{KString, Request};

use super::{Client, ClientError};
use crate::cli::output;
use crate::config::keys::nearest;

/// A coordinator that is being made or loaded is asked for again so often.
const COORDINATOR_TRIES: u32 = 40;
/// After so long.
const COORDINATOR_RETRY: Duration = Duration::from_millis(250);
/// Key type of a group in FindCoordinator.
const GROUP_KEY: i8 = 0;

/// What ListOffsets takes for the log end.
pub(crate) const LATEST: i64 = -1;
/// What ListOffsets takes for the log start.
pub(crate) const EARLIEST: i64 = -2;

/// A partition by its topic's name.
pub(crate) type TopicPartition = (String, i32);

impl Client {
    /// All topics and brokers; read once.
    pub async fn metadata(&mut self) -> Result<&MetadataResponse, ClientError> {
        if self.metadata.is_none() {
            let request = MetadataRequest { topics: None, allow_auto_topic_creation: false, ..Default::default() };
            let response = self.call(&request).await?;
            ClientError::check("reading the cluster's metadata", response.error_code, None)?;
            for broker in &response.brokers {
                self.brokers.insert(broker.node_id, format!("{}:{}", bracketed(&broker.host), broker.port));
            }
            self.metadata = Some(response);
        }
        // It was filled above.
        self.metadata.as_ref().ok_or(ClientError::UnknownBroker(-1))
    }

    /// Forgets what was read, after a change.
    pub fn forget_metadata(&mut self) {
        self.metadata = None;
    }

    /// One topic; for an unknown one the error names the nearest.
    pub async fn topic(&mut self, name: &str) -> Result<MetadataResponseTopic, ClientError> {
        let known = self.metadata().await?;
        let topics = &known.topics;
        if let Some(topic) = topics.iter().find(|topic| topic.name.as_deref() == Some(name)) {
            let topic = topic.clone();
            ClientError::check(format!("topic '{name}'"), topic.error_code, None)?;
            return Ok(topic);
        }
        Err(unknown_topic(name, topics.iter().filter_map(|topic| topic.name.as_deref())))
    }

    /// Asks for topics by name, in one call.
    pub async fn topics_by_name(&mut self, names: &[String]) -> Result<MetadataResponse, ClientError> {
        let topic =
            |name: &String| MetadataRequestTopic { name: Some(KString::from(name.as_str())), ..Default::default() };
        let request = MetadataRequest {
            topics: Some(names.iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        self.call(&request).await
    }

    pub(super) async fn broker_address(&mut self, broker: i32) -> Result<String, ClientError> {
        self.metadata().await?;
        self.brokers.get(&broker).cloned().ok_or(ClientError::UnknownBroker(broker))
    }

    /// The address of a group's coordinator; one that is still being made is waited for within the client's timeout.
    pub async fn coordinator(&mut self, group: &str) -> Result<(i32, String), ClientError> {
        let request = FindCoordinatorRequest {
            key_type: GROUP_KEY,
            coordinator_keys: vec![KString::from(group)],
            ..Default::default()
        };
        let mut tries = 0;
        loop {
            let response = self.call(&request).await?;
            let what = || format!("finding the coordinator of group '{group}'");
            let Some(found) = response.coordinators.into_iter().next() else {
                return Err(ClientError::Refused {
                    what: what(),
                    code: ErrorCode::CoordinatorNotAvailable.code(),
                    message: None,
                });
            };
            match ClientError::check(what(), found.error_code, found.error_message.as_deref()) {
                Ok(()) => {
                    let address = format!("{}:{}", bracketed(&found.host), found.port);
                    return Ok((found.node_id, address));
                }
                Err(error) if tries == COORDINATOR_TRIES || !is_retriable(found.error_code) => {
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(COORDINATOR_RETRY).await,
            }
            tries += 1;
        }
    }

    /// Calls a group's coordinator; while it is being loaded, or is another one by now, it is looked for and asked again.
    pub(crate) async fn call_coordinator<Q: Request>(
        &mut self,
        group: &str,
        request: &Q,
        version_max: i16,
        code_of: impl Fn(&Q::Response) -> i16,
    ) -> Result<Q::Response, ClientError> {
        let mut tries = 0;
        loop {
            let (_, address) = self.coordinator(group).await?;
            let response = self.call_at(&address, request, version_max).await?;
            if tries == COORDINATOR_TRIES || !is_moving(code_of(&response)) {
                return Ok(response);
            }
            tries += 1;
            tokio::time::sleep(COORDINATOR_RETRY).await;
        }
    }

    /// Looks up offsets, each at the partition's leader: the offset of a timestamp, or [`LATEST`] or [`EARLIEST`]. `None`: no
    /// record is that late.
    pub(crate) async fn offsets(
        &mut self,
        partitions: &[(TopicPartition, i64)],
    ) -> Result<BTreeMap<TopicPartition, Option<i64>>, ClientError> {
        let mut by_leader: BTreeMap<i32, Vec<&(TopicPartition, i64)>> = BTreeMap::new();
        for wanted in partitions {
            let ((name, index), _) = wanted;
            let topic = self.topic(name).await?;
            let partition = topic.partitions.iter().find(|partition| partition.partition_index == *index);
            let what = format!("partition {name}-{index}");
            let Some(partition) = partition else {
                let message = Some(format!("the topic has {}", output::count(topic.partitions.len(), "partition")));
                let code = ErrorCode::UnknownTopicOrPartition.code();
                return Err(ClientError::Refused { what, code, message });
            };
            if partition.leader_id < 0 {
                ClientError::check(what, ErrorCode::LeaderNotAvailable.code(), None)?;
            }
            by_leader.entry(partition.leader_id).or_default().push(wanted);
        }
        let mut found = BTreeMap::new();
        for (leader, wanted) in by_leader {
            let response = self.call_broker(leader, &list_offsets(&wanted, self.timeout_ms()), i16::MAX).await?;
            for topic in &response.topics {
                for partition in &topic.partitions {
                    let key = (topic.name.to_string(), partition.partition_index);
                    let what = format!("looking up offsets of {}-{}", key.0, key.1);
                    ClientError::check(what, partition.error_code, None)?;
                    found.insert(key, Some(partition.offset).filter(|offset| *offset >= 0));
                }
            }
        }
        Ok(found)
    }
}

fn list_offsets(wanted: &[&(TopicPartition, i64)], timeout_ms: i32) -> ListOffsetsRequest {
    let mut topics: Vec<ListOffsetsTopic> = Vec::new();
    for ((name, index), timestamp) in wanted {
        let partition = ListOffsetsPartition { partition_index: *index, timestamp: *timestamp, ..Default::default() };
        match topics.iter_mut().find(|topic| topic.name.as_str() == name) {
            Some(topic) => topic.partitions.push(partition),
            None => topics.push(ListOffsetsTopic { name: name.as_str().into(), partitions: vec![partition] }),
        }
    }
    ListOffsetsRequest { replica_id: -1, topics, timeout_ms, ..Default::default() }
}

fn is_retriable(code: i16) -> bool {
    ErrorCode::from_code(code).is_some_and(ErrorCode::is_retriable)
}

/// Whether a coordinator is not there yet, or elsewhere.
fn is_moving(code: i16) -> bool {
    use ErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    [CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator].iter().any(|moving| moving.code() == code)
}

/// An IPv6 address stands in brackets before its port.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// The error for a topic that is not there, with the nearest name.
pub(crate) fn unknown_topic<'names>(name: &str, known: impl Iterator<Item = &'names str>) -> ClientError {
    let hint = match nearest(name, known) {
        Some(near) => format!("there is no such topic; did you mean '{near}'?"),
        None => "there is no such topic; `strata topic list` shows those there are".to_owned(),
    };
    ClientError::Refused {
        what: format!("topic '{name}'"),
        code: ErrorCode::UnknownTopicOrPartition.code(),
        message: Some(hint),
    }
}
