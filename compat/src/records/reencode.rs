//! Writes the records of a batch anew under another codec, without taking them apart.
//!
//! Invariants: all but the codec, the offsets and what follows from them (lengths, last offset delta, CRC) stays as it
//! was, to the byte. Memory is bounded by the cap on the decompressed body, however many headers its records have.

use bytes::{Buf as _, Bytes, BytesMut};

use super::builder::write_varint;
use super::reader::{self, FieldReader as _, SharedReader, StreamReader};
use crate::compression::{Compression, DecompressLimits, Decompressor, compress};
use crate::record_batch::{
    ATTRIBUTES_AT, BATCH_LENGTH_AT, BatchHeader, CODEC_MASK, HEADER_BYTES, LAST_OFFSET_DELTA_AT, LOG_OVERHEAD_BYTES,
    put, renew_crc,
};
use crate::record_error::{RecordError, RecordErrorKind};

/// The same batch with its records numbered densely from its base offset, and compressed with `codec`.
///
/// # Errors
/// If the batch has no records or is not what its header says, its body exceeds the cap, or the new one is too large
/// for the format.
pub fn reencode(
    batch: &Bytes,
    codec: Compression,
    level: Option<i32>,
    limits: DecompressLimits,
) -> Result<BytesMut, RecordError> {
    let header = BatchHeader::parse(batch)?;
    if header.record_count == 0 {
        return Err(RecordError::new(RecordErrorKind::BadCount, "a batch without records cannot be numbered anew"));
    }
    let old_body = super::body_of(&header, batch)?;
    let decompressor = Decompressor::new(header.compression()?, old_body, limits)?;
    let body = renumbered(&header, StreamReader::new(decompressor))?;
    let mut out = batch.slice(..HEADER_BYTES).to_vec();
    compress(codec, level, &body, &mut out)?;
    let length = i32::try_from(out.len() - LOG_OVERHEAD_BYTES)
        .map_err(|_| RecordError::new(RecordErrorKind::TooLarge, "a batch cannot hold so many bytes"))?;
    let attributes = (header.attributes & !CODEC_MASK) | codec.id();
    put(&mut out, BATCH_LENGTH_AT, length.to_be_bytes());
    put(&mut out, ATTRIBUTES_AT, attributes.to_be_bytes());
    put(&mut out, LAST_OFFSET_DELTA_AT, (header.record_count - 1).to_be_bytes());
    renew_crc(&mut out);
    Ok(BytesMut::from(Bytes::from(out)))
}

/// The uncompressed body with offset deltas 0, 1, 2 and so on.
fn renumbered(header: &BatchHeader, mut records: StreamReader) -> Result<Vec<u8>, RecordError> {
    let mut body = Vec::new();
    for index in 0..header.record_count {
        let length = reader::record_length(&mut records)?;
        let mut record = records.take(length)?;
        let mut fields = SharedReader::new(record.clone());
        reader::record_fields(&mut fields, length, |_, _| ())?;
        let mut fields = SharedReader::new(record.clone());
        fields.byte()?;
        reader::varlong(&mut fields)?;
        let offset_at = fields.position();
        reader::varint(&mut fields)?;
        let mut new_offset = Vec::new();
        write_varint(&mut new_offset, index);
        let new_length = length - (fields.position() - offset_at) + new_offset.len();
        let new_length = i32::try_from(new_length)
            .map_err(|_| RecordError::new(RecordErrorKind::TooLarge, "a record cannot hold so many bytes"))?;
        write_varint(&mut body, new_length);
        body.extend_from_slice(&record[..offset_at]);
        body.extend_from_slice(&new_offset);
        record.advance(fields.position());
        body.extend_from_slice(&record);
    }
    super::check_no_rest(records.at_end()?, header)?;
    Ok(body)
}
