//! Tests of `frame.rs`.

use super::*;
use crate::messages::fetch::{FetchableTopicResponse, PartitionData};
use crate::messages::{
    ApiVersionsRequest, ApiVersionsResponse, FetchRequest, FetchResponse, MetadataRequest, MetadataResponse,
    ProduceRequest,
};
use crate::wire::{Records, Segment};

fn body_of(rope: &Rope) -> Bytes {
    let bytes = rope.to_bytes();
    let prefix = bytes[..SIZE_BYTES].try_into().unwrap();
    assert_eq!(check_size(prefix, usize::MAX), Ok(bytes.len() - SIZE_BYTES));
    assert_eq!(rope.len, bytes.len());
    bytes.slice(SIZE_BYTES..)
}

#[test]
fn sizes_are_refused_before_anything_is_read() {
    assert_eq!(check_size([0, 0, 1, 0], 256), Ok(256));
    assert_eq!(check_size([0, 0, 1, 1], 256), Err(FrameError::TooLarge { size: 257, max: 256 }));
    assert_eq!(check_size([0xff; 4], 256), Err(FrameError::NegativeSize(-1)));
    assert_eq!(check_size([0; 4], 0), Ok(0));
}

#[test]
fn request_is_read_back_with_its_header_in_old_and_flexible_versions() {
    for version in [0, 4, 9, 13] {
        let request = MetadataRequest { topics: Some(Vec::new()), ..MetadataRequest::default() };
        let client = KString::from("someone");
        let rope = encode_request(77, Some(&client), version, &request).unwrap();
        let frame = decode_request(body_of(&rope)).unwrap();
        assert_eq!((frame.api_key, frame.api_version), (ApiKey::Metadata, version));
        assert_eq!((frame.correlation_id, frame.client_id.as_deref()), (77, Some("someone")));
        assert_eq!(frame.decode_body::<MetadataRequest>(), Ok(request));
    }
}

#[test]
fn response_is_read_back_with_its_header() {
    for version in [0, 8, 9, 13] {
        let response =
            MetadataResponse { controller_id: if version == 0 { -1 } else { 5 }, ..MetadataResponse::default() };
        let rope = encode_response(78, ApiKey::Metadata, version, &response).unwrap();
        let read = decode_response::<MetadataRequest>(body_of(&rope), version).unwrap();
        assert_eq!(read, (78, response));
    }
}

#[test]
fn answer_to_api_versions_has_the_first_header_in_every_version() {
    let rope = encode_response(0x0102_0304, ApiKey::ApiVersions, 4, &ApiVersionsResponse::default()).unwrap();
    let frame = body_of(&rope);
    assert_eq!(&frame[..6], [1, 2, 3, 4, 0, 0]);
    assert!(decode_response::<ApiVersionsRequest>(frame, 4).is_ok());
}

#[test]
fn header_of_an_api_versions_request_beyond_ours_is_still_read() {
    let mut frame = vec![0, 18, 0, 99, 0, 0, 0, 7, 0, 1, b'x', 0];
    frame.extend_from_slice(&[1, 2, 3]);
    let request = decode_request(Bytes::from(frame)).unwrap();
    assert_eq!((request.api_key, request.api_version, request.correlation_id), (ApiKey::ApiVersions, 99, 7));
}

#[test]
fn unknown_keys_and_cut_headers_are_refused() {
    let unknown = Bytes::from_static(&[0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
    assert_eq!(decode_request(unknown).err(), Some(FrameError::UnknownApi(0x7fff)));
    let whole = Bytes::from_static(&[0, 3, 0, 9, 0, 0, 0, 1, 0, 1, b'x', 0]);
    for length in 0..whole.len() {
        assert!(decode_request(whole.slice(..length)).is_err(), "cut at {length}");
    }
    assert!(decode_request(whole).is_ok());
}

#[test]
fn bytes_after_the_body_are_refused() {
    let rope = encode_request(1, None, 9, &MetadataRequest::default()).unwrap();
    let mut bytes = body_of(&rope).to_vec();
    bytes.push(0);
    let frame = decode_request(Bytes::from(bytes)).unwrap();
    assert_eq!(frame.decode_body::<MetadataRequest>(), Err(WireError::TrailingBytes(1)));
}

#[test]
fn produce_frame_of_twelve_bytes_with_a_huge_count_is_refused() {
    let frame = Bytes::from_static(&[0xff, 0xff, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff]);
    let read = ProduceRequest::decode(&mut Reader::new(frame), 3);
    let count = 0x7fff_ffff;
    assert_eq!(read, Err(WireError::ListTooLong { count, remaining: 0 }));
    let compact = Bytes::from_static(&[0, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x07]);
    let read = ProduceRequest::decode(&mut Reader::new(compact), 11);
    assert_eq!(read, Err(WireError::ListTooLong { count: 0x7fff_fffe, remaining: 0 }));
}

#[test]
fn fetched_records_reach_the_rope_without_a_copy() {
    let slices = [Bytes::from(vec![1; 100_000]), Bytes::from(vec![2; 70_000])];
    let partition =
        PartitionData { records: Some(slices.iter().cloned().collect::<Records>()), ..PartitionData::default() };
    let response = FetchResponse {
        responses: vec![FetchableTopicResponse { partitions: vec![partition], ..FetchableTopicResponse::default() }],
        ..FetchResponse::default()
    };
    let rope = encode_response(1, ApiKey::Fetch, 12, &response).unwrap();
    for slice in &slices {
        assert!(rope.segments.iter().filter_map(Segment::in_memory).any(|segment| segment.as_ptr() == slice.as_ptr()));
    }
    assert!(rope.segments.len() <= 5);
    let (_, read) = decode_response::<FetchRequest>(body_of(&rope), 12).unwrap();
    assert_eq!(read, response);
}

#[test]
fn produced_records_are_a_slice_of_the_frame() {
    let mut request = ProduceRequest::default();
    let mut topic = crate::messages::produce::TopicProduceData::default();
    let partition =
        crate::messages::produce::PartitionProduceData { index: 0, records: Some(Bytes::from(vec![7; 3000])) };
    topic.partition_data.push(partition);
    request.topic_data.push(topic);
    let frame = body_of(&encode_request(1, None, 11, &request).unwrap());
    let read: ProduceRequest = decode_request(frame.clone()).unwrap().decode_body().unwrap();
    let records = read.topic_data[0].partition_data[0].records.as_ref().unwrap();
    assert!(frame.as_ptr_range().contains(&records.as_ptr()));
}
