//! Record batches in every codec, as producers send them and as logs and segments hold them.
//!
//! Owns: what must hold of them: splitting, walking and iterating agree; memory follows the input and the cap on what is
//! decompressed; what validation accepts is a whole batch that a follower accepts.

use anyhow::Result;
use bytes::Bytes;
use strata_broker::log::log_config::LogConfig;
use strata_broker::log::log_validator::{ValidationRules, check_replicated, validate_client_records};
use strata_compat::compression::{Compression, DecompressLimits};
use strata_compat::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use strata_compat::record_batch::{BatchHeader, TimestampType, split_batches, verify_crc};
use strata_compat::records::{BatchBuilder, ProducerStamp, RecordHeader, RecordRef, iterate, reencode, walk};

use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

/// What may come out of a compressed body.
const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// Windows and tables of the codecs, and what two bodies of the largest size take.
const CODEC_MEMORY_BYTES: usize = 12 << 20;
const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn built(codec: Compression, records: i64, value_bytes: usize) -> Result<Vec<u8>> {
    let producer = ProducerStamp { id: ProducerId(9), epoch: ProducerEpoch(1), base_sequence: 3 };
    let mut builder = BatchBuilder::new(Offset(0)).compression(codec, None).producer(producer);
    let headers = [RecordHeader { key: Bytes::from_static(b"h"), value: None }];
    for index in 0..records {
        let value: Vec<u8> = format!("{:0>value_bytes$}", index * 7919).into_bytes();
        builder.push(RecordRef {
            offset: Offset(index),
            timestamp: Timestamp(NOW.0 + index),
            key: (index % 2 == 0).then_some(b"key".as_slice()),
            value: (index % 5 != 4).then_some(&value),
            headers: if index % 3 == 0 { &headers } else { &[] },
        })?;
    }
    Ok(builder.finish()?.to_vec())
}

/// The rules of four kinds of topics.
fn rules(kind: u16) -> ValidationRules {
    let limits = DecompressLimits::new(OUTPUT_BYTES_MAX);
    let mut rules = ValidationRules::new(&LogConfig::default(), limits, NOW);
    let codecs = Compression::ALL;
    rules.compression = (kind % 2 == 1).then(|| (codecs[usize::from(kind / 2) % codecs.len()], None));
    rules.compacted = kind % 7 == 3;
    if kind % 3 == 1 {
        rules.timestamp_type = TimestampType::LogAppendTime;
    }
    rules
}

/// Iterating and walking see the same records.
fn read(batch: &Bytes, limits: DecompressLimits) -> Result<String, String> {
    let mut walked = 0_usize;
    let walk = walk(batch, limits, |_| {
        walked += 1;
        Ok(())
    });
    let (mut iterated, mut broken) = (0_usize, None);
    match iterate(batch, limits) {
        Ok(records) => {
            for record in records {
                match record {
                    Ok(_) => iterated += 1,
                    Err(error) => broken = Some(error.to_string()),
                }
            }
        }
        Err(error) => broken = Some(error.to_string()),
    }
    match (walk, broken) {
        (Ok(_), None) if walked != iterated => Err(format!("{walked} records are walked over, {iterated} iterated")),
        (Err(error), None) => Err(format!("a walk ends with \"{error}\", an iteration does not")),
        (Ok(_), None) => Ok("read".to_owned()),
        (_, Some(broken)) => Ok(broken),
    }
}

fn accepted(batch: &Bytes, kind: u16) -> Result<String, String> {
    match validate_client_records(batch.clone(), &rules(kind)) {
        Err(error) => Ok(error.message),
        Ok(valid) => {
            let records = valid.record_count;
            let (header, bytes) = valid.assign(Offset(1000), LeaderEpoch(4));
            let again = check_replicated(&bytes).map_err(|error| format!("what was validated is refused: {error}"))?;
            if again != header || header.record_count != records {
                return Err(format!("the header says {header:?}, the bytes {again:?}"));
            }
            let mut read = 0;
            let limits = DecompressLimits::new(OUTPUT_BYTES_MAX * 2);
            for record in iterate(&bytes, limits).map_err(|error| format!("what was validated: {error}"))? {
                let record = record.map_err(|error| format!("what was validated: {error}"))?;
                if record.offset < Offset(1000) || record.offset >= header.end_offset() {
                    return Err(format!("a record of a batch up to {} is at {}", header.end_offset(), record.offset));
                }
                read += 1;
            }
            if read == records {
                Ok("accepted".to_owned())
            } else {
                Err(format!("{read} of {records} records are read"))
            }
        }
    }
}

fn run(input: &Bytes) -> Result<String, String> {
    let Some((kind, batches)) = input.split_first_chunk::<2>() else {
        return Ok("no kind".to_owned());
    };
    let (kind, batches) = (u16::from_be_bytes(*kind), input.slice_ref(batches));
    let limits = DecompressLimits::new(OUTPUT_BYTES_MAX);
    let bound = input.len() * 32 + CODEC_MEMORY_BYTES;
    let mut outcome = memory::bounded(bound, || accepted(&batches, kind))??;
    let mut total = 0;
    for batch in split_batches(&batches) {
        let Ok((split, batch)) = batch else {
            outcome.push_str(", split ends in an error");
            break;
        };
        total += batch.len();
        let header = BatchHeader::parse(&batch).map_err(|error| format!("a batch that was split off: {error}"))?;
        if header != split || header.size_bytes() != batch.len() {
            return Err(format!("a batch of {} bytes is split off with {}", header.size_bytes(), batch.len()));
        }
        let crc = verify_crc(&batch).is_ok();
        let replicated = check_replicated(&batch).is_ok();
        if replicated && !crc {
            return Err("a follower takes a batch with a wrong CRC".to_owned());
        }
        let seen = memory::bounded(bound, || read(&batch, limits))??;
        outcome = format!("{outcome}; {crc} {replicated} {seen}");
        let codec = Compression::ALL[usize::from(kind % 5)];
        if let Ok(anew) = memory::bounded(bound, || reencode(&batch, codec, None, limits))? {
            check_replicated(&anew).map_err(|error| format!("a batch written anew: {error}"))?;
        }
    }
    if total > batches.len() { Err("more bytes are split off than there are".to_owned()) } else { Ok(outcome) }
}

const fn repair(_: &[u8]) -> Repair {
    Repair::Batch
}

/// See the module.
pub(super) fn batch() -> Result<Target> {
    let mut seeds = Vec::new();
    for codec in Compression::ALL {
        for (records, value_bytes) in [(1, 0), (3, 20), (40, 300)] {
            for kind in 0..6_u16 {
                seeds.push([&kind.to_be_bytes()[..], &built(codec, records, value_bytes)?].concat());
            }
        }
        let two = [built(codec, 2, 30)?, built(codec, 5, 3)?].concat();
        seeds.push([&[0, 0][..], &two].concat());
    }
    Ok(Target { name: "batch", run: Box::new(run), seeds, repair, executions_max: UNBOUNDED })
}
