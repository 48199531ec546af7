//! Who may do what.
//!
//! Owns: the question that every handler asks, and the answer while no authorizer is configured: yes.

use crate::request::context::RequestContext;

/// Kafka's operations on resources (KIP-11 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Fetch, or read a group's offsets.
    Read,
    /// Produce.
    Write,
    /// Create topics.
    Create,
    /// Delete topics, records or groups.
    Delete,
    /// Change a topic.
    Alter,
    /// See a topic, a group or the cluster.
    Describe,
    /// Act as a broker.
    ClusterAction,
    /// See configs.
    DescribeConfigs,
    /// Change configs.
    AlterConfigs,
    /// Produce with a producer id.
    IdempotentWrite,
}

/// What an operation is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource<'name> {
    /// The cluster itself.
    Cluster,
    /// A topic by name.
    Topic(&'name str),
    /// A consumer group by id.
    Group(&'name str),
}

/// An operation and its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action<'name> {
    /// What is done.
    pub(crate) operation: Operation,
    /// To what.
    pub(crate) resource: Resource<'name>,
}

/// Decides whether the principal of a request may do something.
pub(crate) trait Authorizer: Send + Sync + 'static {
    /// Whether `context`'s principal may do `action` from its address.
    fn allows(&self, context: &RequestContext, action: &Action<'_>) -> bool;
}

/// Allows everything: the authorizer while none is configured, as in Kafka.
pub(crate) struct AllowAll;

impl Authorizer for AllowAll {
    fn allows(&self, _: &RequestContext, _: &Action<'_>) -> bool {
        true
    }
}
