//! ConsumerGroupDescribe (API key 69).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ConsumerGroupDescribeRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupDescribeRequest {
    /// Field `group_ids`, all versions.
    pub group_ids: Vec<KString>,
    /// Field `include_authorized_operations`, all versions.
    pub include_authorized_operations: bool,
}

impl Message for ConsumerGroupDescribeRequest {
    const NAME: &'static str = "ConsumerGroupDescribeRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_ids = reader.array(true, 1, |reader| reader.string(true))?;
        let include_authorized_operations = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { group_ids, include_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.group_ids, true, |writer, item| writer.string(item, true))?;
        writer.bool(self.include_authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ConsumerGroupDescribeRequest {
    type Response = ConsumerGroupDescribeResponse;
    const KEY: i16 = 69;
}

/// ConsumerGroupDescribeResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupDescribeResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `groups`, all versions.
    pub groups: Vec<DescribedGroup>,
}

impl Message for ConsumerGroupDescribeResponse {
    const NAME: &'static str = "ConsumerGroupDescribeResponse";
    const API_KEY: Option<i16> = Some(<ConsumerGroupDescribeRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let groups = reader.array(true, 20, |reader| DescribedGroup::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.groups, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let topic_name = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.string(&self.topic_name, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Field `topic_partitions`, all versions.
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Assignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_partitions = reader.array(true, 19, |reader| TopicPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.array(&self.topic_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupDescribeResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `group_state`, all versions.
    pub group_state: KString,
    /// Field `group_epoch`, all versions.
    pub group_epoch: i32,
    /// Field `assignment_epoch`, all versions.
    pub assignment_epoch: i32,
    /// Field `assignor_name`, all versions.
    pub assignor_name: KString,
    /// Field `members`, all versions.
    pub members: Vec<Member>,
    /// Field `authorized_operations`, all versions.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: KString::new(),
            group_state: KString::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            assignor_name: KString::new(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl DescribedGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let group_id = reader.string(true)?;
        let group_state = reader.string(true)?;
        let group_epoch = reader.i32()?;
        let assignment_epoch = reader.i32()?;
        let assignor_name = reader.string(true)?;
        let members = reader.array(true, 16, |reader| Member::decode(reader, version))?;
        let authorized_operations = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self {
            error_code,
            error_message,
            group_id,
            group_state,
            group_epoch,
            assignment_epoch,
            assignor_name,
            members,
            authorized_operations,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.string(&self.group_id, true)?;
        writer.string(&self.group_state, true)?;
        writer.i32(self.group_epoch);
        writer.i32(self.assignment_epoch);
        writer.string(&self.assignor_name, true)?;
        writer.array(&self.members, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupDescribeResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `subscribed_topic_names`, all versions.
    pub subscribed_topic_names: Vec<KString>,
    /// Field `subscribed_topic_regex`, all versions, nullable.
    pub subscribed_topic_regex: Option<KString>,
    /// Field `assignment`, all versions.
    pub assignment: Assignment,
    /// Field `target_assignment`, all versions.
    pub target_assignment: Assignment,
    /// Field `member_type`, versions 1.
    pub member_type: i8,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            member_id: KString::new(),
            instance_id: None,
            rack_id: None,
            member_epoch: 0,
            client_id: KString::new(),
            client_host: KString::new(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: None,
            assignment: Assignment::default(),
            target_assignment: Assignment::default(),
            member_type: -1,
        }
    }
}

impl Member {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let member_id = reader.string(true)?;
        let instance_id = reader.nullable_string(true)?;
        let rack_id = reader.nullable_string(true)?;
        let member_epoch = reader.i32()?;
        let client_id = reader.string(true)?;
        let client_host = reader.string(true)?;
        let subscribed_topic_names = reader.array(true, 1, |reader| reader.string(true))?;
        let subscribed_topic_regex = reader.nullable_string(true)?;
        let assignment = Assignment::decode(reader, version)?;
        let target_assignment = Assignment::decode(reader, version)?;
        let member_type = if version == 1 { reader.i8()? } else { -1 };
        reader.skip_tags(true)?;
        Ok(Self {
            member_id,
            instance_id,
            rack_id,
            member_epoch,
            client_id,
            client_host,
            subscribed_topic_names,
            subscribed_topic_regex,
            assignment,
            target_assignment,
            member_type,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.member_id, true)?;
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.i32(self.member_epoch);
        writer.string(&self.client_id, true)?;
        writer.string(&self.client_host, true)?;
        writer.array(&self.subscribed_topic_names, true, |writer, item| writer.string(item, true))?;
        writer.nullable_string(self.subscribed_topic_regex.as_ref(), true)?;
        self.assignment.encode(writer, version)?;
        self.target_assignment.encode(writer, version)?;
        if version == 1 {
            writer.i8(self.member_type);
        }
        writer.no_tags(true);
        Ok(())
    }
}
