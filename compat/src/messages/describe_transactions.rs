//! DescribeTransactions (API key 65).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeTransactionsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeTransactionsRequest {
    /// Field `transactional_ids`, all versions.
    pub transactional_ids: Vec<KString>,
}

impl Message for DescribeTransactionsRequest {
    const NAME: &'static str = "DescribeTransactionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let transactional_ids = reader.array(true, 1, |reader| reader.string(true))?;
        reader.skip_tags(true)?;
        Ok(Self { transactional_ids })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.transactional_ids, true, |writer, item| writer.string(item, true))?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeTransactionsRequest {
    type Response = DescribeTransactionsResponse;
    const KEY: i16 = 65;
}

/// DescribeTransactionsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeTransactionsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `transaction_states`, all versions.
    pub transaction_states: Vec<TransactionState>,
}

impl Message for DescribeTransactionsResponse {
    const NAME: &'static str = "DescribeTransactionsResponse";
    const API_KEY: Option<i16> = Some(<DescribeTransactionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let transaction_states = reader.array(true, 28, |reader| TransactionState::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, transaction_states })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.transaction_states, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTransactionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionState {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `transaction_state`, all versions.
    pub transaction_state: KString,
    /// Field `transaction_timeout_ms`, all versions.
    pub transaction_timeout_ms: i32,
    /// Field `transaction_start_time_ms`, all versions.
    pub transaction_start_time_ms: i64,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `topics`, all versions.
    pub topics: Vec<TopicData>,
}

impl TransactionState {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let transactional_id = reader.string(true)?;
        let transaction_state = reader.string(true)?;
        let transaction_timeout_ms = reader.i32()?;
        let transaction_start_time_ms = reader.i64()?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let topics = reader.array(true, 3, |reader| TopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            error_code,
            transactional_id,
            transaction_state,
            transaction_timeout_ms,
            transaction_start_time_ms,
            producer_id,
            producer_epoch,
            topics,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.string(&self.transactional_id, true)?;
        writer.string(&self.transaction_state, true)?;
        writer.i32(self.transaction_timeout_ms);
        writer.i64(self.transaction_start_time_ms);
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTransactionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicData {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}
