//! AddPartitionsToTxn (API key 24).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AddPartitionsToTxnRequest: request, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnRequest {
    /// Field `transactions`, versions 4-5.
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// Field `v3_and_below_transactional_id`, versions 0-3.
    pub v3_and_below_transactional_id: KString,
    /// Field `v3_and_below_producer_id`, versions 0-3.
    pub v3_and_below_producer_id: i64,
    /// Field `v3_and_below_producer_epoch`, versions 0-3.
    pub v3_and_below_producer_epoch: i16,
    /// Field `v3_and_below_topics`, versions 0-3.
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

impl Message for AddPartitionsToTxnRequest {
    const NAME: &'static str = "AddPartitionsToTxnRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let transactions = if version >= 4 {
            reader.array(flexible, 14, |reader| AddPartitionsToTxnTransaction::decode(reader, version))?
        } else {
            Vec::new()
        };
        let v3_and_below_transactional_id = if version <= 3 { reader.string(flexible)? } else { KString::new() };
        let v3_and_below_producer_id = if version <= 3 { reader.i64()? } else { 0 };
        let v3_and_below_producer_epoch = if version <= 3 { reader.i16()? } else { 0 };
        let v3_and_below_topics =
            if version <= 3 { reader.array(flexible, 3, |reader| AddPartitionsToTxnTopic::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { transactions, v3_and_below_transactional_id, v3_and_below_producer_id, v3_and_below_producer_epoch, v3_and_below_topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 4 {
            writer.array(&self.transactions, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.transactions.is_empty() {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnRequest.transactions", version });
        }
        if version <= 3 {
            writer.string(&self.v3_and_below_transactional_id, flexible)?;
        } else if !self.v3_and_below_transactional_id.is_empty() {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnRequest.v3_and_below_transactional_id", version });
        }
        if version <= 3 {
            writer.i64(self.v3_and_below_producer_id);
        } else if self.v3_and_below_producer_id != 0 {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnRequest.v3_and_below_producer_id", version });
        }
        if version <= 3 {
            writer.i16(self.v3_and_below_producer_epoch);
        } else if self.v3_and_below_producer_epoch != 0 {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnRequest.v3_and_below_producer_epoch", version });
        }
        if version <= 3 {
            writer.array(&self.v3_and_below_topics, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.v3_and_below_topics.is_empty() {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnRequest.v3_and_below_topics", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AddPartitionsToTxnRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl AddPartitionsToTxnTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AddPartitionsToTxnRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTransaction {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `verify_only`, all versions.
    pub verify_only: bool,
    /// Field `topics`, all versions.
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

impl AddPartitionsToTxnTransaction {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let transactional_id = reader.string(true)?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let verify_only = reader.bool()?;
        let topics = reader.array(true, 3, |reader| AddPartitionsToTxnTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { transactional_id, producer_id, producer_epoch, verify_only, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.transactional_id, true)?;
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.bool(self.verify_only);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AddPartitionsToTxnRequest {
    type Response = AddPartitionsToTxnResponse;
    const KEY: i16 = 24;
}

/// AddPartitionsToTxnResponse: response, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, versions 4-5.
    pub error_code: i16,
    /// Field `results_by_transaction`, versions 4-5.
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// Field `results_by_topic_v3_and_below`, versions 0-3.
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

impl Message for AddPartitionsToTxnResponse {
    const NAME: &'static str = "AddPartitionsToTxnResponse";
    const API_KEY: Option<i16> = Some(<AddPartitionsToTxnRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = reader.i32()?;
        let error_code = if version >= 4 { reader.i16()? } else { 0 };
        let results_by_transaction =
            if version >= 4 { reader.array(flexible, 3, |reader| AddPartitionsToTxnResult::decode(reader, version))? } else { Vec::new() };
        let results_by_topic_v3_and_below = if version <= 3 {
            reader.array(flexible, 3, |reader| AddPartitionsToTxnTopicResult::decode(reader, version))?
        } else {
            Vec::new()
        };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, results_by_transaction, results_by_topic_v3_and_below })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.i32(self.throttle_time_ms);
        if version >= 4 {
            writer.i16(self.error_code);
        }
        if version >= 4 {
            writer.array(&self.results_by_transaction, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.results_by_transaction.is_empty() {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnResponse.results_by_transaction", version });
        }
        if version <= 3 {
            writer.array(&self.results_by_topic_v3_and_below, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.results_by_topic_v3_and_below.is_empty() {
            return Err(WireError::NotInVersion { field: "AddPartitionsToTxnResponse.results_by_topic_v3_and_below", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AddPartitionsToTxnResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnTopicResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `results_by_partition`, all versions.
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

impl AddPartitionsToTxnTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let name = reader.string(flexible)?;
        let results_by_partition = reader.array(flexible, 6, |reader| AddPartitionsToTxnPartitionResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, results_by_partition })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.string(&self.name, flexible)?;
        writer.array(&self.results_by_partition, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AddPartitionsToTxnResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnPartitionResult {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `partition_error_code`, all versions.
    pub partition_error_code: i16,
}

impl AddPartitionsToTxnPartitionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let partition_index = reader.i32()?;
        let partition_error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, partition_error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.i32(self.partition_index);
        writer.i16(self.partition_error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AddPartitionsToTxnResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResult {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `topic_results`, all versions.
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

impl AddPartitionsToTxnResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let transactional_id = reader.string(true)?;
        let topic_results = reader.array(true, 3, |reader| AddPartitionsToTxnTopicResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { transactional_id, topic_results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.transactional_id, true)?;
        writer.array(&self.topic_results, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}
