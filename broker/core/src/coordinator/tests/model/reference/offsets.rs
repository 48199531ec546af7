//! Committed offsets in the reference, and how they are deleted.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_offsets::OffsetCommitValue;

use super::{Group, Reference, Written};
use crate::coordinator::GroupState;

impl Reference {
    pub(in super::super) fn commit(&mut self, id: &str, generation: i32, version: i16) -> ErrorCode {
        if !self.exists() {
            return match generation {
                ..0 => ErrorCode::None,
                _ if version >= 9 => ErrorCode::GroupIdNotFound,
                _ => ErrorCode::IllegalGeneration,
            };
        }
        let is_simple = generation < 0 && self.group.state == GroupState::Empty;
        if !is_simple {
            if let Err(error) = self.identify(id, None) {
                return error;
            }
            if generation != self.group.generation {
                return ErrorCode::IllegalGeneration;
            }
            if self.group.state == GroupState::CompletingRebalance {
                return ErrorCode::RebalanceInProgress;
            }
        }
        if self.group.members.contains_key(id) {
            self.renew(id);
        }
        ErrorCode::None
    }

    pub(in super::super) fn put_offset(&mut self, topic: &str, partition: i32, value: OffsetCommitValue) {
        self.offsets.insert((topic.to_owned(), partition), value.clone());
        self.written.push(Written::Offset(topic.to_owned(), partition, Some(value)));
    }

    pub(super) fn drop_offset(&mut self, topic: &str, partition: i32) {
        if self.offsets.remove(&(topic.to_owned(), partition)).is_some() {
            self.written.push(Written::Offset(topic.to_owned(), partition, None));
        }
    }

    pub(super) fn reads(&self, topic: &str) -> bool {
        match &self.group.subscribed {
            Some(topics) => topics.iter().any(|known| *known == *topic),
            None => self.group.protocol_type.as_deref() == Some("consumer"),
        }
    }

    /// The error of the group, and that of the partition if there is none.
    pub(in super::super) fn delete_offset(&mut self, topic: &str, partition: i32) -> Result<ErrorCode, ErrorCode> {
        if !self.exists() {
            return Err(ErrorCode::GroupIdNotFound);
        }
        let is_consumer = self.group.protocol_type.as_deref() == Some("consumer");
        if self.group.state != GroupState::Empty && !is_consumer {
            return Err(ErrorCode::NonEmptyGroup);
        }
        if self.reads(topic) {
            return Ok(ErrorCode::GroupSubscribedToTopic);
        }
        self.drop_offset(topic, partition);
        self.forget();
        Ok(ErrorCode::None)
    }

    pub(in super::super) fn delete_topic(&mut self, topic: &str) {
        for (name, partition) in self.offsets.keys().cloned().collect::<Vec<_>>() {
            if name == topic {
                self.drop_offset(&name, partition);
            }
        }
        self.forget();
    }

    pub(in super::super) fn delete_group(&mut self) -> ErrorCode {
        if !self.exists() {
            return ErrorCode::GroupIdNotFound;
        }
        if self.group.state != GroupState::Empty {
            return ErrorCode::NonEmptyGroup;
        }
        for (topic, partition) in self.offsets.keys().cloned().collect::<Vec<_>>() {
            self.drop_offset(&topic, partition);
        }
        self.written.push(Written::Group(None));
        self.record = None;
        self.group = Group::default();
        ErrorCode::None
    }
}
