//! Generated values of every message, for tests only.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

#[rustfmt::skip]
mod add_offsets_to_txn;
#[rustfmt::skip]
mod add_partitions_to_txn;
#[rustfmt::skip]
mod add_raft_voter;
#[rustfmt::skip]
mod allocate_producer_ids;
#[rustfmt::skip]
mod alter_client_quotas;
#[rustfmt::skip]
mod alter_configs;
#[rustfmt::skip]
mod alter_partition;
#[rustfmt::skip]
mod alter_partition_reassignments;
#[rustfmt::skip]
mod alter_replica_log_dirs;
#[rustfmt::skip]
mod alter_share_group_offsets;
#[rustfmt::skip]
mod alter_user_scram_credentials;
#[rustfmt::skip]
mod api_versions;
#[rustfmt::skip]
mod assign_replicas_to_dirs;
#[rustfmt::skip]
mod begin_quorum_epoch;
#[rustfmt::skip]
mod broker_heartbeat;
#[rustfmt::skip]
mod broker_registration;
#[rustfmt::skip]
mod consumer_group_describe;
#[rustfmt::skip]
mod consumer_group_heartbeat;
#[rustfmt::skip]
mod consumer_group_records;
#[rustfmt::skip]
mod consumer_offsets;
#[rustfmt::skip]
mod consumer_protocol;
#[rustfmt::skip]
mod control_records;
#[rustfmt::skip]
mod controller_registration;
#[rustfmt::skip]
mod create_acls;
#[rustfmt::skip]
mod create_delegation_token;
#[rustfmt::skip]
mod create_partitions;
#[rustfmt::skip]
mod create_topics;
#[rustfmt::skip]
mod delete_acls;
#[rustfmt::skip]
mod delete_groups;
#[rustfmt::skip]
mod delete_records;
#[rustfmt::skip]
mod delete_share_group_offsets;
#[rustfmt::skip]
mod delete_share_group_state;
#[rustfmt::skip]
mod delete_topics;
#[rustfmt::skip]
mod describe_acls;
#[rustfmt::skip]
mod describe_client_quotas;
#[rustfmt::skip]
mod describe_cluster;
#[rustfmt::skip]
mod describe_configs;
#[rustfmt::skip]
mod describe_delegation_token;
#[rustfmt::skip]
mod describe_groups;
#[rustfmt::skip]
mod describe_log_dirs;
#[rustfmt::skip]
mod describe_producers;
#[rustfmt::skip]
mod describe_quorum;
#[rustfmt::skip]
mod describe_share_group_offsets;
#[rustfmt::skip]
mod describe_tier;
#[rustfmt::skip]
mod describe_topic_partitions;
#[rustfmt::skip]
mod describe_transactions;
#[rustfmt::skip]
mod describe_user_scram_credentials;
#[rustfmt::skip]
mod elect_leaders;
#[rustfmt::skip]
mod end_quorum_epoch;
#[rustfmt::skip]
mod end_txn;
#[rustfmt::skip]
mod envelope;
#[rustfmt::skip]
mod expire_delegation_token;
#[rustfmt::skip]
mod fetch;
#[rustfmt::skip]
mod fetch_snapshot;
#[rustfmt::skip]
mod find_coordinator;
#[rustfmt::skip]
mod get_telemetry_subscriptions;
#[rustfmt::skip]
mod headers;
#[rustfmt::skip]
mod heartbeat;
#[rustfmt::skip]
mod incremental_alter_configs;
#[rustfmt::skip]
mod init_producer_id;
#[rustfmt::skip]
mod initialize_share_group_state;
#[rustfmt::skip]
mod join_group;
#[rustfmt::skip]
mod leave_group;
#[rustfmt::skip]
mod list_config_resources;
#[rustfmt::skip]
mod list_groups;
#[rustfmt::skip]
mod list_offsets;
#[rustfmt::skip]
mod list_partition_reassignments;
#[rustfmt::skip]
mod list_transactions;
#[rustfmt::skip]
mod metadata;
#[rustfmt::skip]
mod offset_commit;
#[rustfmt::skip]
mod offset_delete;
#[rustfmt::skip]
mod offset_fetch;
#[rustfmt::skip]
mod offset_for_leader_epoch;
#[rustfmt::skip]
mod principal;
#[rustfmt::skip]
mod produce;
#[rustfmt::skip]
mod push_telemetry;
#[rustfmt::skip]
mod raft_message;
#[rustfmt::skip]
mod read_share_group_state;
#[rustfmt::skip]
mod read_share_group_state_summary;
#[rustfmt::skip]
mod remove_raft_voter;
#[rustfmt::skip]
mod renew_delegation_token;
#[rustfmt::skip]
mod sasl_authenticate;
#[rustfmt::skip]
mod sasl_handshake;
#[rustfmt::skip]
mod share_acknowledge;
#[rustfmt::skip]
mod share_fetch;
#[rustfmt::skip]
mod share_group_describe;
#[rustfmt::skip]
mod share_group_heartbeat;
#[rustfmt::skip]
mod share_group_records;
#[rustfmt::skip]
mod streams_group_describe;
#[rustfmt::skip]
mod streams_group_heartbeat;
#[rustfmt::skip]
mod streams_group_records;
#[rustfmt::skip]
mod streams_group_topology_records;
#[rustfmt::skip]
mod sync_group;
#[rustfmt::skip]
mod transaction_state;
#[rustfmt::skip]
mod txn_offset_commit;
#[rustfmt::skip]
mod unregister_broker;
#[rustfmt::skip]
mod update_features;
#[rustfmt::skip]
mod update_raft_voter;
#[rustfmt::skip]
mod verify_tier;
#[rustfmt::skip]
mod vote;
#[rustfmt::skip]
mod write_share_group_state;
#[rustfmt::skip]
mod write_txn_markers;
