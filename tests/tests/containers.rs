//! Our image and MinIO's on one Docker network, reached through mapped ports: produce, offload, restart, replay.
//!
//! Needs a Docker engine and the images `strata:test` and `strata-minio:dev`; `tests/containers/run` sees to both.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::records::{BatchBuilder, RecordRef};
use strata_tests::client::TestClient;
use testcontainers::core::{ContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

const ACCESS_KEY: &str = "strata-tests";
const SECRET_KEY: &str = "not-a-secret-at-all";
const KAFKA_PORT: u16 = 9092;
const RECORDS: usize = 3000;
const RECORD_BYTES: usize = 2000;
const RECORDS_PER_BATCH: usize = 20;
const OFFLOAD_TIMEOUT: Duration = Duration::from_secs(90);

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn name(what: &str) -> String {
    format!("strata-{what}-{}", uuid::Uuid::new_v4().simple())
}

async fn start_minio(network: &str, host: &str) -> Result<ContainerAsync<GenericImage>> {
    GenericImage::new("strata-minio", "dev")
        .with_exposed_port(ContainerPort::Tcp(9000))
        .with_wait_for(WaitFor::seconds(2))
        .with_network(network)
        .with_container_name(host)
        .with_env_var("MINIO_ROOT_USER", ACCESS_KEY)
        .with_env_var("MINIO_ROOT_PASSWORD", SECRET_KEY)
        .start()
        .await
        .context(
            "MinIO's container does not start: is a Docker engine running, and was deploy/docker/build.sh --minio run?",
        )
}

fn strata(network: &str, command: Vec<String>, wait: WaitFor) -> testcontainers::ContainerRequest<GenericImage> {
    GenericImage::new("strata", "test")
        .with_exposed_port(ContainerPort::Tcp(KAFKA_PORT))
        .with_wait_for(wait)
        .with_network(network)
        .with_env_var("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .with_env_var("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .with_env_var("AWS_REGION", "us-east-1")
        .with_cmd(command)
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Makes the bucket as an operator would, in a container of its own.
async fn make_bucket(network: &str, endpoint: &str) -> Result<()> {
    let command = words(&format!(
        "tier init --tier s3://strata/containers --endpoint {endpoint} --region us-east-1 --path-style"
    ));
    let container =
        strata(network, command, WaitFor::exit(testcontainers::core::wait::ExitWaitStrategy::new().with_exit_code(0)));
    container.start().await.context("the bucket cannot be made: was tests/containers/run called?").map(drop)
}

fn broker_command(endpoint: &str, port: u16) -> Vec<String> {
    let mut command =
        words("dev --data-dir /data --listen 0.0.0.0:9092 --http 0.0.0.0:9644 --tier s3://strata/containers");
    for property in [
        format!("strata.tier.s3.endpoint={endpoint}"),
        "strata.tier.s3.path-style=true".to_owned(),
        "strata.tier.s3.region=us-east-1".to_owned(),
        "strata.tier.segment.bytes.max=262144".to_owned(),
        "strata.tier.upload.max.lag.ms=500".to_owned(),
        "strata.log.journal.bytes=33554432".to_owned(),
        "strata.log.disk.reserve.bytes=1048576".to_owned(),
        "log.retention.check.interval.ms=500".to_owned(),
        "log.segment.delete.delay.ms=200".to_owned(),
        format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port}"),
    ] {
        command.extend(["--set".to_owned(), property]);
    }
    command
}

/// Bytes of the value at an offset: each differs.
fn value(offset: usize) -> Bytes {
    format!("{offset:>8}").into_bytes().into_iter().cycle().take(RECORD_BYTES).collect()
}

fn batch(first: usize) -> Result<Bytes> {
    let mut builder = BatchBuilder::new(Offset(0));
    for index in 0..RECORDS_PER_BATCH {
        let value = value(first + index);
        builder.push(RecordRef {
            offset: Offset(i64::try_from(index)?),
            timestamp: Timestamp(1_357_034_400_000 + i64::try_from(first + index)?),
            key: None,
            value: Some(&value),
            headers: &[],
        })?;
    }
    Ok(builder.finish()?)
}

/// Reads all records and compares each.
async fn replay(client: &mut TestClient, topic: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut next = 0;
    while next < RECORDS {
        ensure!(Instant::now() < deadline, "only {next} of {RECORDS} records came within a minute");
        for (offset, bytes) in client.fetch(topic, i64::try_from(next)?).await? {
            ensure!(offset == i64::try_from(next)? && bytes == value(next), "offset {offset} differs from the source");
            next += 1;
        }
    }
    Ok(())
}

/// Local bytes of the topic's only partition, and the remote reads so far, by the broker's own figures.
async fn figure(container: &ContainerAsync<GenericImage>, beginning: &str) -> Result<f64> {
    let port = container.get_host_port_ipv4(9644).await?;
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    tokio::io::AsyncWriteExt::write_all(
        &mut stream,
        b"GET /metrics HTTP/1.1\r\nHost: strata\r\nConnection: close\r\n\r\n",
    )
    .await?;
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text).await?;
    let line =
        text.lines().find(|line| line.starts_with(beginning)).with_context(|| format!("no figure {beginning}"))?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn image_produces_offloads_restarts_and_replays() -> Result<()> {
    let (network, host, port) = (name("network"), name("minio"), free_port()?);
    let endpoint = format!("http://{host}:9000");
    let _minio = start_minio(&network, &host).await?;
    make_bucket(&network, &endpoint).await?;
    let broker = strata(&network, broker_command(&endpoint, port), WaitFor::message_on_stdout("strata ready"))
        .with_mapped_port(port, ContainerPort::Tcp(KAFKA_PORT))
        .with_mapped_port(free_port()?, ContainerPort::Tcp(9644))
        .start()
        .await
        .context("the broker's container does not get ready")?;

    let bootstrap = format!("127.0.0.1:{port}");
    let mut client = TestClient::new(&bootstrap);
    let configs = [("segment.bytes", "1048576"), ("local.retention.ms", "1"), ("retention.ms", "-1")];
    client.create_topic("contained", &configs).await?;
    for first in (0..RECORDS).step_by(RECORDS_PER_BATCH) {
        ensure!(client.produce("contained", batch(first)?).await? == i64::try_from(first)?, "another base offset");
    }
    replay(&mut client, "contained").await?;

    let deadline = Instant::now() + OFFLOAD_TIMEOUT;
    while figure(&broker, "kafka_log_log_size{topic=\"contained\"").await? > 1_100_000.0 {
        ensure!(Instant::now() < deadline, "the local log was not let go within {OFFLOAD_TIMEOUT:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    broker.stop().await?;
    broker.start().await?;
    let mut client = TestClient::new(&bootstrap);
    let deadline = Instant::now() + Duration::from_secs(60);
    while client.fetch("contained", 0).await.is_err() {
        ensure!(Instant::now() < deadline, "the broker does not answer after its restart");
        client = TestClient::new(&bootstrap);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    replay(&mut client, "contained").await?;
    ensure!(figure(&broker, "strata_remote_read_gets_total").await? > 0.0, "nothing came from the bucket");
    Ok(())
}
