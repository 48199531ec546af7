//! WriteTxnMarkers (API key 27).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// WriteTxnMarkersRequest: request, versions 1-2, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteTxnMarkersRequest {
    /// Field `markers`, all versions.
    pub markers: Vec<WritableTxnMarker>,
}

impl Message for WriteTxnMarkersRequest {
    const NAME: &'static str = "WriteTxnMarkersRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let markers = reader.array(true, 17, |reader| WritableTxnMarker::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { markers })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.markers, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteTxnMarkersRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarker {
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `transaction_result`, all versions.
    pub transaction_result: bool,
    /// Field `topics`, all versions.
    pub topics: Vec<WritableTxnMarkerTopic>,
    /// Field `coordinator_epoch`, all versions.
    pub coordinator_epoch: i32,
    /// Field `transaction_version`, versions 2.
    pub transaction_version: i8,
}

impl WritableTxnMarker {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let transaction_result = reader.bool()?;
        let topics = reader.array(true, 3, |reader| WritableTxnMarkerTopic::decode(reader, version))?;
        let coordinator_epoch = reader.i32()?;
        let transaction_version = if version == 2 { reader.i8()? } else { 0 };
        reader.skip_tags(true)?;
        Ok(Self { producer_id, producer_epoch, transaction_result, topics, coordinator_epoch, transaction_version })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.bool(self.transaction_result);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.coordinator_epoch);
        if version == 2 {
            writer.i8(self.transaction_version);
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteTxnMarkersRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partition_indexes`, all versions.
    pub partition_indexes: Vec<i32>,
}

impl WritableTxnMarkerTopic {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partition_indexes = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { name, partition_indexes })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partition_indexes, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for WriteTxnMarkersRequest {
    type Response = WriteTxnMarkersResponse;
    const KEY: i16 = 27;
}

/// WriteTxnMarkersResponse: response, versions 1-2, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteTxnMarkersResponse {
    /// Field `markers`, all versions.
    pub markers: Vec<WritableTxnMarkerResult>,
}

impl Message for WriteTxnMarkersResponse {
    const NAME: &'static str = "WriteTxnMarkersResponse";
    const API_KEY: Option<i16> = Some(<WriteTxnMarkersRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let markers = reader.array(true, 10, |reader| WritableTxnMarkerResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { markers })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.markers, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteTxnMarkersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerResult {
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `topics`, all versions.
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

impl WritableTxnMarkerResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let producer_id = reader.i64()?;
        let topics = reader.array(true, 3, |reader| WritableTxnMarkerTopicResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { producer_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i64(self.producer_id);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteTxnMarkersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerTopicResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

impl WritableTxnMarkerTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 7, |reader| WritableTxnMarkerPartitionResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteTxnMarkersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritableTxnMarkerPartitionResult {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl WritableTxnMarkerPartitionResult {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}
