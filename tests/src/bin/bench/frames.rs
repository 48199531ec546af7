//! Requests as they go to the socket, and the few fields of their answers that the driver reads.
//!
//! One version of each, which Apache Kafka 4.3 and we both serve and in which topics have names and nothing is flexible: Produce 8,
//! Fetch 11, ListOffsets 5. The answers of a run are read here and not by the codec, which is what the broker uses.

use anyhow::{Context as _, Result, ensure};

const PRODUCE: (i16, i16) = (0, 8);
const FETCH: (i16, i16) = (1, 11);
const LIST_OFFSETS: (i16, i16) = (2, 5);
const CLIENT: &str = "bench";
const TIMEOUT_MS: i32 = 30_000;

fn put_string(bytes: &mut Vec<u8>, text: &str) -> Result<()> {
    bytes.extend_from_slice(&i16::try_from(text.len())?.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}

fn put_i32(bytes: &mut Vec<u8>, value: i32) {
    bytes.extend_from_slice(&value.to_be_bytes());
}

fn put_count(bytes: &mut Vec<u8>, count: usize) -> Result<()> {
    put_i32(bytes, i32::try_from(count)?);
    Ok(())
}

fn header((api, version): (i16, i16)) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 4]; // its size
    bytes.extend_from_slice(&api.to_be_bytes());
    bytes.extend_from_slice(&version.to_be_bytes());
    put_i32(&mut bytes, 7);
    put_string(&mut bytes, CLIENT)?;
    Ok(bytes)
}

fn set_size(bytes: &mut [u8], more: usize) -> Result<()> {
    let size = i32::try_from(bytes.len() - 4 + more)?;
    bytes[..4].copy_from_slice(&size.to_be_bytes());
    Ok(())
}

/// What stands before each of the batches of a Produce request, one batch for each partition.
pub(crate) fn produce(topic: &str, acks: i16, partitions: &[i32], batch_bytes: usize) -> Result<Vec<Vec<u8>>> {
    let mut first = header(PRODUCE)?;
    first.extend_from_slice(&(-1_i16).to_be_bytes()); // no transaction
    first.extend_from_slice(&acks.to_be_bytes());
    put_i32(&mut first, TIMEOUT_MS);
    put_i32(&mut first, 1);
    put_string(&mut first, topic)?;
    put_count(&mut first, partitions.len())?;
    let mut parts = Vec::with_capacity(partitions.len());
    for partition in partitions {
        let mut part = std::mem::take(&mut first);
        put_i32(&mut part, *partition);
        put_count(&mut part, batch_bytes)?;
        parts.push(part);
    }
    let after_first: usize = parts.iter().skip(1).map(Vec::len).sum();
    set_size(parts.first_mut().context("a request has a partition")?, after_first + batch_bytes * partitions.len())?;
    Ok(parts)
}

/// Limits of a Fetch request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchLimits {
    pub(crate) max_wait_ms: i32,
    pub(crate) min_bytes: i32,
    pub(crate) max_bytes: i32,
    pub(crate) partition_max_bytes: i32,
}

/// A Fetch request of (partition, offset) without a session.
pub(crate) fn fetch(topic: &str, places: &[(i32, i64)], limits: FetchLimits) -> Result<Vec<u8>> {
    let mut bytes = header(FETCH)?;
    put_i32(&mut bytes, -1);
    put_i32(&mut bytes, limits.max_wait_ms);
    put_i32(&mut bytes, limits.min_bytes);
    put_i32(&mut bytes, limits.max_bytes);
    bytes.push(0);
    put_i32(&mut bytes, 0);
    put_i32(&mut bytes, -1);
    put_i32(&mut bytes, 1);
    put_string(&mut bytes, topic)?;
    put_count(&mut bytes, places.len())?;
    for (partition, offset) in places {
        put_i32(&mut bytes, *partition);
        put_i32(&mut bytes, -1);
        bytes.extend_from_slice(&offset.to_be_bytes());
        bytes.extend_from_slice(&(-1_i64).to_be_bytes());
        put_i32(&mut bytes, limits.partition_max_bytes);
    }
    put_i32(&mut bytes, 0);
    put_string(&mut bytes, "")?;
    set_size(&mut bytes, 0)?;
    Ok(bytes)
}

/// A ListOffsets request of (partition, timestamp); -1 asks for the end, -2 for the start.
pub(crate) fn list_offsets(topic: &str, places: &[(i32, i64)]) -> Result<Vec<u8>> {
    let mut bytes = header(LIST_OFFSETS)?;
    put_i32(&mut bytes, -1);
    bytes.push(0);
    put_i32(&mut bytes, 1);
    put_string(&mut bytes, topic)?;
    put_count(&mut bytes, places.len())?;
    for (partition, timestamp) in places {
        put_i32(&mut bytes, *partition);
        put_i32(&mut bytes, -1);
        bytes.extend_from_slice(&timestamp.to_be_bytes());
    }
    set_size(&mut bytes, 0)?;
    Ok(bytes)
}

/// Fields of an answer, one after another.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count).context("an answer is too short")?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    fn i16(&mut self) -> Result<i16> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn skip_string(&mut self) -> Result<()> {
        let length = self.i16()?;
        self.take(usize::try_from(length.max(0))?)?;
        Ok(())
    }
}

/// Tells `visit` partition and base offset of each part of a Produce answer (without its size); any error is a failure.
pub(crate) fn read_produced(answer: &[u8], mut visit: impl FnMut(i32, i64) -> Result<()>) -> Result<()> {
    let mut fields = Fields(answer);
    fields.i32()?;
    for _ in 0..fields.i32()? {
        fields.skip_string()?;
        for _ in 0..fields.i32()? {
            let (partition, error, base) = (fields.i32()?, fields.i16()?, fields.i64()?);
            ensure!(error == 0, "partition {partition} answers a produce with error {error}");
            fields.take(16)?;
            let wrong = fields.i32()?;
            ensure!(wrong <= 0, "partition {partition} refuses {wrong} records");
            fields.skip_string()?;
            visit(partition, base)?;
        }
    }
    Ok(())
}

/// Tells `visit` partition, high watermark and records of each part of a Fetch answer (without its size); any error is a failure.
pub(crate) fn read_fetched<'a>(
    answer: &'a [u8],
    mut visit: impl FnMut(i32, i64, &'a [u8]) -> Result<()>,
) -> Result<()> {
    let mut fields = Fields(answer);
    fields.take(8)?;
    let error = fields.i16()?;
    ensure!(error == 0, "a fetch is answered with error {error}");
    fields.i32()?;
    for _ in 0..fields.i32()? {
        fields.skip_string()?;
        for _ in 0..fields.i32()? {
            let (partition, error, high_watermark) = (fields.i32()?, fields.i16()?, fields.i64()?);
            ensure!(error == 0, "partition {partition} answers a fetch with error {error}");
            fields.take(16)?;
            let aborted = usize::try_from(fields.i32()?.max(0))?;
            fields.take(aborted * 16 + 4)?;
            let size = usize::try_from(fields.i32()?.max(0))?;
            visit(partition, high_watermark, fields.take(size)?)?;
        }
    }
    Ok(())
}

/// Partition and offset of each part of a ListOffsets answer (without its size); any error is a failure.
pub(crate) fn read_listed(answer: &[u8]) -> Result<Vec<(i32, i64)>> {
    let mut fields = Fields(answer);
    let mut found = Vec::new();
    fields.take(8)?;
    for _ in 0..fields.i32()? {
        fields.skip_string()?;
        for _ in 0..fields.i32()? {
            let (partition, error) = (fields.i32()?, fields.i16()?);
            ensure!(error == 0, "partition {partition} answers where it ends with error {error}");
            fields.i64()?;
            found.push((partition, fields.i64()?));
            fields.i32()?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use strata_compat::frame::{decode_request, encode_response};
    use strata_compat::messages::list_offsets::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
    use strata_compat::messages::produce::{PartitionProduceResponse, TopicProduceResponse};
    use strata_compat::messages::{
        FetchRequest, ListOffsetsRequest, ListOffsetsResponse, ProduceRequest, ProduceResponse,
    };

    use super::{FetchLimits, fetch, list_offsets, produce, read_listed, read_produced};

    fn decoded<M: strata_compat::wire::Message>(frame: &[u8]) -> M {
        assert_eq!(u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize, frame.len() - 4);
        decode_request(Bytes::copy_from_slice(&frame[4..])).unwrap().decode_body().unwrap()
    }

    #[test]
    fn requests_are_what_the_codec_reads() {
        let batch = b"not looked at";
        let parts = produce("topic", 1, &[4, 5], batch.len()).unwrap();
        let frame: Vec<u8> = parts.iter().flat_map(|part| [&part[..], &batch[..]].concat()).collect();
        let request: ProduceRequest = decoded(&frame);
        assert_eq!((request.acks, request.topic_data[0].partition_data.len()), (1, 2));
        assert_eq!(request.topic_data[0].partition_data[1].index, 5);
        assert_eq!(request.topic_data[0].partition_data[1].records.as_deref(), Some(&batch[..]));
        let limits = FetchLimits { max_wait_ms: 1, min_bytes: 2, max_bytes: 3, partition_max_bytes: 4 };
        let request: FetchRequest = decoded(&fetch("topic", &[(0, 10), (3, 11)], limits).unwrap());
        assert_eq!((request.max_wait_ms, request.min_bytes, request.max_bytes), (1, 2, 3));
        let place = &request.topics[0].partitions[1];
        assert_eq!((place.partition, place.fetch_offset, place.partition_max_bytes), (3, 11, 4));
        let request: ListOffsetsRequest = decoded(&list_offsets("topic", &[(2, -1)]).unwrap());
        assert_eq!(request.topics[0].partitions[0].timestamp, -1);
    }

    #[test]
    fn answers_are_read_and_errors_are_failures() {
        for (error_code, is_good) in [(0, true), (6, false)] {
            let partition = PartitionProduceResponse { index: 3, error_code, base_offset: 99, ..Default::default() };
            let topic = TopicProduceResponse {
                name: "topic".into(),
                partition_responses: vec![partition],
                ..Default::default()
            };
            let response = ProduceResponse { responses: vec![topic], ..Default::default() };
            let bytes = encode_response(7, strata_compat::api_key::ApiKey::Produce, 8, &response).unwrap().to_bytes();
            let mut found = Vec::new();
            let read = read_produced(&bytes[4..], |partition, base| {
                found.push((partition, base));
                Ok(())
            });
            assert_eq!(read.is_ok(), is_good);
            assert_eq!(found, if is_good { vec![(3, 99)] } else { vec![] });
            let partition =
                ListOffsetsPartitionResponse { partition_index: 1, error_code, offset: 5, ..Default::default() };
            let topic = ListOffsetsTopicResponse { name: "topic".into(), partitions: vec![partition] };
            let response = ListOffsetsResponse { topics: vec![topic], ..Default::default() };
            let key = strata_compat::api_key::ApiKey::ListOffsets;
            let bytes = encode_response(7, key, 5, &response).unwrap().to_bytes();
            assert_eq!(read_listed(&bytes[4..]).ok(), is_good.then(|| vec![(1, 5)]));
        }
    }
}
