//! `strata tier`: what is in the bucket, whether it is what the quorum says, and setting a bucket up.

mod describe;
mod init;
mod verify;

use std::time::Duration;

use strata_compat::messages::describe_tier::{
    DescribeTierRequest, DescribeTierResponse, DescribeTierTopic, DescribedTierTopic,
};
use strata_compat::messages::verify_tier::VerifyTierRequest;

use super::args::TierCommand;
use super::client::{Client, ClientError, Connection};
use super::error::CliError;
use super::output::{self, Output};

/// Depths of VerifyTier.
const DEPTH_INDEXES: i8 = 1;
const DEPTH_WHOLE: i8 = 2;
/// Objects that one answer lists, at most.
const OBJECTS_MAX: i32 = 1_000;
/// Verifying lists the whole bucket, so it gets more time than other requests.
const VERIFY_TIME_MIN: Duration = Duration::from_secs(900);

pub(super) async fn run(command: TierCommand, client: &mut Client, output: &mut Output<'_>) -> Result<(), CliError> {
    match command {
        TierCommand::Ls { topic } => {
            let response = list(client, topic.as_deref()).await?;
            output.show(&describe::TierList::new(&response))
        }
        TierCommand::Describe { topic, partition, objects } => {
            let (tier_url, described) = describe_topic(client, &topic, partition, objects).await?;
            output.show(&describe::TierDescription::new(tier_url, &described, objects))
        }
        TierCommand::Verify { deep } => {
            let depth = if deep { DEPTH_WHOLE } else { DEPTH_INDEXES };
            let timeout = client.timeout().max(VERIFY_TIME_MIN);
            let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
            let address = client.bootstrap().to_owned();
            let mut connection = Connection::open(&address, client.timeout()).await?;
            let response = connection.call(&VerifyTierRequest { depth, timeout_ms }, 0, timeout).await?;
            ClientError::check("verifying the bucket", response.error_code, response.error_message.as_deref())?;
            let report = verify::VerifyReport::new(&response, deep);
            output.show(&report)?;
            report.result()
        }
        TierCommand::Init(options) => output.show(&init::init(&options).await?),
    }
}

async fn call(client: &mut Client, request: &DescribeTierRequest) -> Result<DescribeTierResponse, CliError> {
    let response = client.call(request).await?;
    ClientError::check("describing the tier", response.error_code, response.error_message.as_deref())?;
    for topic in &response.topics {
        let what = format!("describing topic '{}'", topic.name);
        ClientError::check(what, topic.error_code, topic.error_message.as_deref())?;
    }
    Ok(response)
}

async fn list(client: &mut Client, topic: Option<&str>) -> Result<DescribeTierResponse, CliError> {
    let topics = match topic {
        Some(name) => {
            client.topic(name).await?;
            Some(vec![DescribeTierTopic { name: name.into(), partitions: None }])
        }
        None => None,
    };
    call(client, &DescribeTierRequest { topics, ..Default::default() }).await
}

/// One topic, with all its objects where they are asked for.
async fn describe_topic(
    client: &mut Client,
    name: &str,
    partition: Option<i32>,
    include_objects: bool,
) -> Result<(Option<String>, DescribedTierTopic), CliError> {
    let known = client.topic(name).await?;
    if let Some(partition) = partition
        && !known.partitions.iter().any(|other| other.partition_index == partition)
    {
        return Err(CliError::failed(format!(
            "topic '{name}' has {}, numbered from 0: there is no {partition}",
            output::count(known.partitions.len(), "partition")
        )));
    }
    let request = |partitions: Option<Vec<i32>>, first_offset| DescribeTierRequest {
        topics: Some(vec![DescribeTierTopic { name: name.into(), partitions }]),
        include_objects,
        first_offset,
        objects_max: OBJECTS_MAX,
    };
    let wanted = partition.map(|partition| vec![partition]);
    let response = call(client, &request(wanted, 0)).await?;
    let tier_url = response.tier_url.as_ref().map(ToString::to_string);
    let Some(mut topic) = response.topics.into_iter().next() else {
        return Err(CliError::failed(format!("describing topic '{name}': the broker's answer is empty")));
    };
    for partition in &mut topic.partitions {
        // Each answer begins where the one before it ended, so that this ends.
        while partition.next_offset > partition.objects.last().map_or(-1, |object| object.base_offset) {
            let more = call(client, &request(Some(vec![partition.partition_index]), partition.next_offset)).await?;
            let more = more.topics.into_iter().flat_map(|topic| topic.partitions).next();
            let Some(more) = more.filter(|more| !more.objects.is_empty()) else {
                break;
            };
            partition.next_offset = more.next_offset;
            partition.objects.extend(more.objects);
        }
    }
    Ok((tier_url, topic))
}
