//! Batches, rows and stores for tests.

use bytes::{BufMut, Bytes, BytesMut};
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::SegmentRow;

/// A valid batch of `count` records whose body is `body_bytes` of filler.
pub(crate) fn batch(base: i64, count: i32, timestamp: i64, epoch: i32, body_bytes: usize) -> Bytes {
    let mut tail = BytesMut::new();
    tail.put_i16(0);
    tail.put_i32(count - 1);
    tail.put_i64(timestamp);
    tail.put_i64(timestamp);
    tail.put_i64(-1);
    tail.put_i16(-1);
    tail.put_i32(-1);
    tail.put_i32(count);
    tail.extend((0..body_bytes).map(|index| u8::try_from((index * 7 + 3) % 251).unwrap()));
    let mut out = BytesMut::new();
    out.put_i64(base);
    out.put_i32(i32::try_from(tail.len() + 9).unwrap());
    out.put_i32(epoch);
    out.put_i8(2);
    out.put_u32(crc32c::crc32c(&tail));
    out.put_slice(&tail);
    out.freeze()
}

pub(crate) fn partition() -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(77)), partition: PartitionId(2) }
}

pub(crate) fn row(uuid: u128, base: i64, end: i64) -> SegmentRow {
    SegmentRow {
        uuid: Uuid::from_u128(uuid),
        base_offset: Offset(base),
        end_offset: Offset(end),
        object_base_offset: Offset(base),
        leader_epoch: LeaderEpoch(1),
        last_leader_epoch: LeaderEpoch(1),
        min_timestamp: Timestamp(base * 10),
        max_timestamp: Timestamp(end * 10),
        log_bytes: 100,
        object_bytes: 150,
        index_position: 100,
        origin_cluster: None,
        attachments: Vec::new(),
    }
}
