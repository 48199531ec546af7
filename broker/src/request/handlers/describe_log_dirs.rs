//! DescribeLogDirs (35): this broker's log directories, their space and the sizes of their partitions. Sizes are of local
//! files: what is only in the bucket takes no space here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
    DescribeLogDirsTopic,
};

use crate::log::log_dir::LogDir;
use crate::log::log_manager::LogManager;
use crate::log::unified_log::UnifiedLog;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// What is asked for; `None` for everything.
type Wanted = Option<BTreeMap<String, BTreeSet<i32>>>;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeLogDirsRequest,
) -> Outcome<DescribeLogDirsResponse> {
    let mut response = DescribeLogDirsResponse::default();
    if !broker.allows(&context, Operation::Describe, Resource::Cluster) {
        response.error_code = ErrorCode::ClusterAuthorizationFailed.code();
        return response.into();
    }
    let wanted = wanted(request);
    let logs = Arc::clone(&broker.replicas.logs);
    // File systems are asked for their space, which may wait for the disk.
    match tokio::task::spawn_blocking(move || describe(&logs, &wanted)).await {
        Ok(results) => response.results = results,
        Err(error) => {
            tracing::error!(%error, "log directories could not be described");
            response.error_code = ErrorCode::UnknownServerError.code();
        }
    }
    response.into()
}

fn wanted(request: DescribeLogDirsRequest) -> Wanted {
    let mut wanted: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for topic in request.topics? {
        wanted.entry(topic.topic.into()).or_default().extend(topic.partitions);
    }
    Some(wanted)
}

fn describe(logs: &LogManager, wanted: &Wanted) -> Vec<DescribeLogDirsResult> {
    let is_wanted = |log: &UnifiedLog| {
        wanted.as_ref().is_none_or(|wanted| {
            wanted.get(log.topic()).is_some_and(|partitions| partitions.contains(&log.partition().partition.0))
        })
    };
    let all: Vec<Arc<UnifiedLog>> = logs.logs().into_iter().filter(|log| is_wanted(log)).collect();
    logs.directories().iter().map(|dir| describe_dir(dir, &all)).collect()
}

fn describe_dir(dir: &LogDir, logs: &[Arc<UnifiedLog>]) -> DescribeLogDirsResult {
    let result =
        DescribeLogDirsResult { log_dir: dir.path().display().to_string().into(), ..DescribeLogDirsResult::default() };
    let space = match dir.check_online().and_then(|()| dir.space()) {
        Ok(space) => space,
        Err(error) => {
            tracing::warn!(dir = %dir.path().display(), %error, "a log directory is described as offline");
            return DescribeLogDirsResult { error_code: ErrorCode::KafkaStorageError.code(), ..result };
        }
    };
    let mut topics: BTreeMap<&str, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
    for log in logs.iter().filter(|log| log.log_dir().path() == dir.path()) {
        topics.entry(log.topic()).or_default().push(DescribeLogDirsPartition {
            partition_index: log.partition().partition.0,
            partition_size: clamp(log.size_bytes()),
            // The log is the current one, which is behind nothing.
            offset_lag: 0,
            is_future_key: false,
        });
    }
    let topics = topics.into_iter().map(|(name, partitions)| DescribeLogDirsTopic { name: name.into(), partitions });
    DescribeLogDirsResult {
        error_code: ErrorCode::None.code(),
        topics: topics.collect(),
        total_bytes: clamp(space.total_bytes),
        usable_bytes: clamp(space.available_bytes),
        ..result
    }
}

fn clamp(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use strata_compat::messages::describe_log_dirs::DescribableLogDirTopic;

    use super::*;

    #[test]
    fn null_asks_for_everything_and_an_empty_list_for_nothing() {
        assert_eq!(wanted(DescribeLogDirsRequest { topics: None }), None);
        assert_eq!(wanted(DescribeLogDirsRequest { topics: Some(Vec::new()) }), Some(BTreeMap::new()));
    }

    #[test]
    fn a_topic_that_is_named_twice_is_one() {
        let topic = |partitions: &[i32]| DescribableLogDirTopic { topic: "t".into(), partitions: partitions.to_vec() };
        let request = DescribeLogDirsRequest { topics: Some(vec![topic(&[0, 1]), topic(&[1, 2])]) };
        let expected = BTreeMap::from([("t".to_owned(), BTreeSet::from([0, 1, 2]))]);
        assert_eq!(wanted(request), Some(expected));
    }
}
