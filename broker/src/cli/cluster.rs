//! `strata cluster`: the cluster's id, controller and brokers.

use std::io::{self, Write};

use serde::Serialize;
use strata_compat::messages::describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};

use super::args::ClusterCommand;
use super::client::{Client, ClientError};
use super::error::CliError;
use super::output::{self, Output, Report};

pub(super) async fn run(command: ClusterCommand, client: &mut Client, output: &mut Output<'_>) -> Result<(), CliError> {
    match command {
        ClusterCommand::Describe => {
            let request = DescribeClusterRequest { include_fenced_brokers: true, ..Default::default() };
            let response = client.call(&request).await?;
            ClientError::check("describing the cluster", response.error_code, response.error_message.as_deref())?;
            let topics = client.metadata().await?.topics.iter();
            let (topics, partitions) =
                topics.fold((0, 0), |(topics, partitions), topic| (topics + 1, partitions + topic.partitions.len()));
            output.show(&ClusterDescription::new(&response, topics, partitions))
        }
    }
}

#[derive(Debug, Serialize)]
struct BrokerDescription {
    id: i32,
    host: String,
    port: i32,
    rack: Option<String>,
    fenced: bool,
    controller: bool,
}

#[derive(Debug, Serialize)]
struct ClusterDescription {
    cluster_id: String,
    controller: Option<i32>,
    topics: usize,
    partitions: usize,
    brokers: Vec<BrokerDescription>,
}

impl ClusterDescription {
    fn new(response: &DescribeClusterResponse, topics: usize, partitions: usize) -> Self {
        let brokers = response.brokers.iter().map(|broker| BrokerDescription {
            id: broker.broker_id,
            host: broker.host.to_string(),
            port: broker.port,
            rack: broker.rack.as_ref().map(ToString::to_string),
            fenced: broker.is_fenced,
            controller: broker.broker_id == response.controller_id,
        });
        Self {
            cluster_id: response.cluster_id.to_string(),
            controller: Some(response.controller_id).filter(|id| *id >= 0),
            topics,
            partitions,
            brokers: brokers.collect(),
        }
    }
}

impl Report for ClusterDescription {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let (topics, partitions) = (output::count(self.topics, "topic"), output::count(self.partitions, "partition"));
        writeln!(to, "Cluster {}: {topics}, {partitions}", self.cluster_id)?;
        let rows = self.brokers.iter().map(|broker| {
            [
                broker.id.to_string(),
                broker.host.clone(),
                broker.port.to_string(),
                broker.rack.clone().unwrap_or_else(|| "-".to_owned()),
                if broker.fenced { "fenced" } else { "alive" }.to_owned(),
                if broker.controller { "yes" } else { "" }.to_owned(),
            ]
        });
        write!(to, "{}", output::table([">BROKER", "HOST", ">PORT", "RACK", "STATE", "CONTROLLER"], rows))
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::messages::describe_cluster::DescribeClusterBroker;

    use super::super::output::both_forms;
    use super::*;

    #[test]
    fn the_cluster_is_described() {
        let broker = DescribeClusterBroker { broker_id: 1, host: "h".into(), port: 9092, ..Default::default() };
        let response = DescribeClusterResponse {
            cluster_id: "abc".into(),
            controller_id: 1,
            brokers: vec![broker],
            ..Default::default()
        };
        let (text, json) = both_forms(&ClusterDescription::new(&response, 2, 7));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Cluster abc: 2 topics, 7 partitions");
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["1", "h", "9092", "-", "alive", "yes"]);
        assert_eq!(json["brokers"][0]["port"], 9092);
        assert_eq!(json["controller"], 1);
    }
}
