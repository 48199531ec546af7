//! Records and values of the family `transaction_state`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, TagWriter, WireError, Writer, check_version};

/// TransactionLogKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionLogKey {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
}

impl Message for TransactionLogKey {
    const NAME: &'static str = "TransactionLogKey";
    const API_KEY: Option<i16> = Some(0);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let transactional_id = reader.string(false)?;
        Ok(Self { transactional_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.transactional_id, false)?;
        Ok(())
    }
}

/// TransactionLogValue: record value, versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionLogValue {
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `previous_producer_id`, versions 1, tag 0.
    pub previous_producer_id: i64,
    /// Field `next_producer_id`, versions 1, tag 1.
    pub next_producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `next_producer_epoch`, versions 1, tag 3.
    pub next_producer_epoch: i16,
    /// Field `transaction_timeout_ms`, all versions.
    pub transaction_timeout_ms: i32,
    /// Field `transaction_status`, all versions.
    pub transaction_status: i8,
    /// Field `transaction_partitions`, all versions, nullable.
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    /// Field `transaction_last_update_timestamp_ms`, all versions.
    pub transaction_last_update_timestamp_ms: i64,
    /// Field `transaction_start_timestamp_ms`, all versions.
    pub transaction_start_timestamp_ms: i64,
    /// Field `client_transaction_version`, versions 1, tag 2.
    pub client_transaction_version: i16,
}

impl Default for TransactionLogValue {
    fn default() -> Self {
        Self {
            producer_id: 0,
            previous_producer_id: -1,
            next_producer_id: -1,
            producer_epoch: 0,
            next_producer_epoch: -1,
            transaction_timeout_ms: 0,
            transaction_status: 0,
            transaction_partitions: Some(Vec::new()),
            transaction_last_update_timestamp_ms: 0,
            transaction_start_timestamp_ms: 0,
            client_transaction_version: 0,
        }
    }
}

impl Message for TransactionLogValue {
    const NAME: &'static str = "TransactionLogValue";
    const API_KEY: Option<i16> = Some(0);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let transaction_timeout_ms = reader.i32()?;
        let transaction_status = reader.i8()?;
        let transaction_partitions = reader.nullable_array(flexible, 3, |reader| PartitionsSchema::decode(reader, version))?;
        let transaction_last_update_timestamp_ms = reader.i64()?;
        let transaction_start_timestamp_ms = reader.i64()?;
        let mut previous_producer_id = -1;
        let mut next_producer_id = -1;
        let mut client_transaction_version = 0;
        let mut next_producer_epoch = -1;
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    previous_producer_id = body.i64()?;
                    body.expect_end()?;
                }
                1 => {
                    next_producer_id = body.i64()?;
                    body.expect_end()?;
                }
                2 => {
                    client_transaction_version = body.i16()?;
                    body.expect_end()?;
                }
                3 => {
                    next_producer_epoch = body.i16()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            producer_id,
            previous_producer_id,
            next_producer_id,
            producer_epoch,
            next_producer_epoch,
            transaction_timeout_ms,
            transaction_status,
            transaction_partitions,
            transaction_last_update_timestamp_ms,
            transaction_start_timestamp_ms,
            client_transaction_version,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.i32(self.transaction_timeout_ms);
        writer.i8(self.transaction_status);
        writer.nullable_array(self.transaction_partitions.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.i64(self.transaction_last_update_timestamp_ms);
        writer.i64(self.transaction_start_timestamp_ms);
        let mut tags = TagWriter::new();
        if self.previous_producer_id != -1 {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "TransactionLogValue.previous_producer_id", version });
            }
            tags.field(0, |writer| {
                writer.i64(self.previous_producer_id);
                Ok(())
            })?;
        }
        if self.next_producer_id != -1 {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "TransactionLogValue.next_producer_id", version });
            }
            tags.field(1, |writer| {
                writer.i64(self.next_producer_id);
                Ok(())
            })?;
        }
        if self.client_transaction_version != 0 {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "TransactionLogValue.client_transaction_version", version });
            }
            tags.field(2, |writer| {
                writer.i16(self.client_transaction_version);
                Ok(())
            })?;
        }
        if self.next_producer_epoch != -1 {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "TransactionLogValue.next_producer_epoch", version });
            }
            tags.field(3, |writer| {
                writer.i16(self.next_producer_epoch);
                Ok(())
            })?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of TransactionLogValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionsSchema {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partition_ids`, all versions.
    pub partition_ids: Vec<i32>,
}

impl PartitionsSchema {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let topic = reader.string(flexible)?;
        let partition_ids = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partition_ids })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partition_ids, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}
