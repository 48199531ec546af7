//! What a user's configuration leads to, and what one line is answered to a wrong one.

use super::*;

fn build(lines: &str) -> Result<BrokerConfig, ConfigError> {
    let base = "process.roles=broker,controller\nnode.id=1\nlog.dirs=/data/log\n";
    BrokerConfig::new(ServerProperties::from_parts(properties::parse(&format!("{base}{lines}"))?, &[])?)
}

#[test]
fn kafkas_defaults_hold_where_nothing_is_set() {
    let config = build("").unwrap();
    assert_eq!(config.network.request_bytes_max, 104_857_600);
    assert_eq!(config.topics.partitions, 1);
    assert_eq!(config.groups.initial_rebalance_delay_ms, 3_000);
    assert_eq!(config.storage.durability, Durability::Fsync);
    assert_eq!(config.storage.metadata_dir, PathBuf::from("/data/log/raft"));
    assert!(config.tier.is_none());
}

#[test]
fn wrong_configuration_is_refused_in_one_line_that_says_what_is_right() {
    let cases = [
        ("log.segment.byte=1", "'log.segment.bytes'"),
        ("num.partitions=0", "at least 1"),
        ("node.id=-1", "at least 0"),
        ("listeners=SSL://:9093", "not served yet"),
        ("listeners=INTERNAL://:9093", "listener.security.protocol.map"),
        ("advertised.listeners=OTHER://host:1", "'listeners' does not"),
        ("advertised.listeners=PLAINTEXT://0.0.0.0:1", "clients can reach"),
        ("remote.log.storage.system.enable=true", "'strata.tier.url'"),
        ("strata.tier.url=file:///x", "'remote.log.storage.system.enable'"),
        ("authorizer.class.name=org.example.Mine", "JVM plugins"),
        ("broker.id=7", "contradict"),
        ("group.min.session.timeout.ms=2000000", "group.max.session.timeout.ms"),
        ("strata.log.durability=maybe", "fsync, os"),
        ("process.roles=broker", "broker,controller"),
        ("log.roll.ms=0", "'log.roll.ms=0'"),
        ("compression.type=brotli", "uncompressed, zstd"),
        ("controller.quorum.voters=1@localhost:9093,2@other:9093", "'2@other:9093'"),
        ("controller.quorum.voters=localhost:9093", "1@HOST:PORT"),
        ("security.inter.broker.protocol=SASL_SSL", "not served yet"),
        ("security.inter.broker.protocol=PLAINTEXT\ninter.broker.listener.name=PLAINTEXT", "exclude each other"),
        ("inter.broker.listener.name=OTHER", "not among 'listeners'"),
        ("queued.max.request.bytes=1000", "'socket.request.max.bytes'"),
        ("listeners=PLAINTEXT://:99999", "the port 99999 is out of range: 0 to 65535"),
        ("metric.reporters=org.example.Reporter", "under /metrics"),
        ("kafka.metrics.reporters=org.example.Reporter", "under /metrics"),
        ("group.coordinator.rebalance.protocols=classic,consumer", "KIP-848"),
        ("num.io.threads=0", "at least 1"),
        ("num.partitions=3 # as before", "a comment stands on a line of its own"),
        ("background.threads=many", "a whole number"),
    ];
    for (line, expected) in cases {
        let error = build(line).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{line}: {error}");
    }
}

#[test]
fn what_is_served_may_be_named() {
    for line in [
        "group.coordinator.rebalance.protocols=classic",
        "metric.reporters=",
        "controller.quorum.voters=1@localhost:9093",
    ] {
        build(line).unwrap();
    }
}

#[test]
fn a_secret_is_not_in_the_message() {
    let error = build("ssl.keystore.password=hunter2").unwrap_err().to_string();
    assert!(error.contains("ssl.keystore.password") && !error.contains("hunter2"), "{error}");
}

#[test]
fn several_listeners_are_advertised_each_under_its_own_address() {
    let config = build(
        "listeners=IN://:9092,OUT://:9192\nadvertised.listeners=OUT://example.org:443\n\
         listener.security.protocol.map=IN:PLAINTEXT,OUT:PLAINTEXT\ninter.broker.listener.name=IN",
    )
    .unwrap();
    assert_eq!(config.network.listeners[1].advertised.host, "example.org");
    assert_eq!(config.network.listeners[0].advertised.port, 9092);
}

#[test]
fn a_limit_of_request_memory_leaves_room_for_a_request() {
    let cases = [
        ("", 256 << 20),
        ("queued.max.request.bytes=0", 256 << 20),
        ("queued.max.request.bytes=-1\nsocket.request.max.bytes=1073741824", 1 << 30),
        ("queued.max.request.bytes=209715200", 200 << 20),
    ];
    for (lines, expected) in cases {
        assert_eq!(build(lines).unwrap().network.queued_bytes_max, expected, "{lines}");
    }
}

#[test]
fn one_voter_may_be_named_if_it_is_this_node() {
    assert!(build("controller.quorum.voters=1@localhost:9093").is_ok());
}

/// A key that nothing reads does not do what its documentation says.
#[test]
fn every_honoured_key_is_read() {
    let readers = [include_str!("../config.rs"), include_str!("topic.rs"), include_str!("listeners.rs")];
    for spec in keys::all().values().filter(|spec| spec.handling == Handling::Honoured) {
        let quoted = format!("\"{}\"", spec.name);
        assert!(readers.iter().any(|text| text.contains(&quoted)), "{} is honoured by nobody", spec.name);
    }
}
