//! Frames of requests, and every message in every version: requests, responses, records of internal topics.
//!
//! Owns: what must hold of them: a decoder's memory follows its input; what decodes is encoded, decodes again and is encoded to
//! the same bytes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use strata_compat::api_key::{ALL, ApiKey};
use strata_compat::frame::{SIZE_BYTES, check_size, decode_request, decode_response_header};
use strata_compat::messages::*;
use strata_compat::wire::{Reader, WireError, Writer};

use super::message_list::every_message;
use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

/// The reader lets lists take 16 bytes for each byte of a frame, and lists that grow hold an old and a new block at once.
const MEMORY_PER_BYTE: usize = 48;
const MEMORY_MIN_BYTES: usize = 256 * 1024;
const FRAME_BYTES_MAX: usize = 1 << 20;
/// Bytes in front of a message's body: the checksum of its name, and its version.
const HEAD_BYTES: usize = 5;

/// What is done with one message type.
struct Row {
    name: &'static str,
    key: Option<i16>,
    versions: std::ops::RangeInclusive<i16>,
    check: fn(Reader, i16) -> Result<String, String>,
    default: fn(i16) -> Option<Bytes>,
}

fn encoded<M: Message>(value: &M, version: i16) -> Result<Bytes, WireError> {
    let mut writer = Writer::new();
    value.encode(&mut writer, version)?;
    Ok(writer.into_bytes())
}

/// Decodes under a bound on memory, and back and forth again.
fn check<M: Message>(mut reader: Reader, version: i16) -> Result<String, String> {
    let there = reader.remaining();
    let bound = there * MEMORY_PER_BYTE + MEMORY_MIN_BYTES;
    let value: M = match memory::bounded(bound, || M::decode(&mut reader, version))? {
        Ok(value) => value,
        Err(error) => return Ok(error.to_string()),
    };
    let left = reader.remaining();
    let first = encoded(&value, version).map_err(|error| format!("{} is not written again: {error}", M::NAME))?;
    let mut again = Reader::new(first.clone());
    let second: M = M::decode(&mut again, version).map_err(|error| format!("our own bytes are refused: {error}"))?;
    again.expect_end().map_err(|error| format!("our own bytes: {error}"))?;
    let second =
        encoded(&second, version).map_err(|error| format!("{} is not written a third time: {error}", M::NAME))?;
    if first != second {
        return Err(format!("{} version {version} is not steady", M::NAME));
    }
    Ok(format!("decoded{}", if left > 0 { ", bytes left" } else { "" }))
}

fn default_of<M: Message + Default>(version: i16) -> Option<Bytes> {
    encoded(&M::default(), version).ok()
}

macro_rules! rows {
    ($($message:ident)*) => {
        vec![$(Row {
            name: <$message as Message>::NAME,
            key: <$message as Message>::API_KEY,
            versions: <$message as Message>::MIN_VERSION..=<$message as Message>::LATEST_VERSION,
            check: check::<$message>,
            default: default_of::<$message>,
        },)*]
    };
}

fn rows() -> Vec<Row> {
    every_message!(rows)
}

/// Requests by their key.
fn requests() -> Result<BTreeMap<i16, Row>> {
    let requests = rows().into_iter().filter(|row| row.name.ends_with("Request"));
    let by_key: BTreeMap<i16, Row> = requests.filter_map(|row| Some((row.key?, row))).collect();
    let withdrawn = [4, 5, 6, 7];
    for facts in ALL {
        let code = facts.key.code();
        ensure!(by_key.contains_key(&code) || withdrawn.contains(&code), "no request for the API key {code}");
    }
    Ok(by_key)
}

/// Frames as they come from a socket: size, header, body.
pub(super) fn request() -> Result<Target> {
    let by_key = requests()?;
    let mut seeds = Vec::new();
    for row in by_key.values() {
        for version in row.versions.clone() {
            let key = row.key.and_then(ApiKey::from_code).context("a request's key")?;
            let header = RequestHeader {
                request_api_key: key.code(),
                request_api_version: version,
                correlation_id: 7,
                client_id: None,
            };
            let mut writer = Writer::new();
            header.encode(&mut writer, key.request_header_version(version))?;
            if let Some(body) = (row.default)(version) {
                writer.raw(&body);
            }
            let frame = writer.into_bytes();
            seeds.push([&i32::try_from(frame.len())?.to_be_bytes()[..], &frame].concat());
        }
    }
    let run = move |input: &Bytes| {
        let Some(prefix) = input.first_chunk::<SIZE_BYTES>() else {
            return Ok("no size".to_owned());
        };
        let size = match check_size(*prefix, FRAME_BYTES_MAX) {
            Ok(size) => size.min(input.len() - SIZE_BYTES),
            Err(error) => return Ok(error.to_string()),
        };
        let frame = input.slice(SIZE_BYTES..SIZE_BYTES + size);
        let head = match memory::bounded(size * 4 + 64 * 1024, || decode_request(frame))? {
            Ok(head) => head,
            Err(error) => return Ok(error.to_string()),
        };
        let Some(row) = by_key.get(&head.api_key.code()) else {
            return Ok(format!("{} has no request", head.api_key.name()));
        };
        let outcome = (row.check)(head.body, head.api_version)?;
        Ok(format!("{} v{} {outcome}", row.name, letters(head.api_version)))
    };
    Ok(Target { name: "request", run: Box::new(run), seeds, repair: frame_size, executions_max: UNBOUNDED })
}

/// Digits are dropped where outcomes are compared; a version counts.
fn letters(version: i16) -> char {
    u8::try_from(version).ok().map_or('?', |version| char::from(b'a' + version % 26))
}

const fn frame_size(_: &[u8]) -> Repair {
    Repair::Size
}

fn name_bytes(name: &str) -> [u8; 4] {
    crc32c::crc32c(name.as_bytes()).to_be_bytes()
}

/// Bodies of all messages: which one, its version, the bytes.
pub(super) fn message() -> Result<Target> {
    let rows: BTreeMap<[u8; 4], Row> = rows().into_iter().map(|row| (name_bytes(row.name), row)).collect();
    let mut seeds = Vec::new();
    for (name, row) in &rows {
        for version in row.versions.clone() {
            if let Some(body) = (row.default)(version) {
                seeds.push([&name[..], &[u8::try_from(version)?], &body].concat());
            }
        }
    }
    let run = move |input: &Bytes| {
        let Some((head, _)) = input.split_first_chunk::<HEAD_BYTES>() else {
            return Ok("no head".to_owned());
        };
        let [name @ .., version] = head;
        let (body, version) = (input.slice(HEAD_BYTES..), i16::from(*version));
        let Some(row) = rows.get(name) else {
            return Ok("no message".to_owned());
        };
        if let (Some(key), true) = (row.key.and_then(ApiKey::from_code), row.name.ends_with("Response")) {
            let header =
                memory::bounded(body.len() * 4 + 64 * 1024, || decode_response_header(body.clone(), key, version))?;
            header.map(drop).unwrap_or_default();
        }
        let outcome = (row.check)(Reader::new(body), version)?;
        Ok(format!("{} v{} {outcome}", row.name, letters(version)))
    };
    Ok(Target { name: "message", run: Box::new(run), seeds, repair: |_| Repair::None, executions_max: UNBOUNDED })
}

/// The inputs of this module in a file of vectors: name with a 16-bit length, version, 32-bit length, bytes.
pub(crate) fn from_vectors(mut file: &[u8]) -> Result<Vec<Vec<u8>>> {
    fn take<'a>(file: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
        let (head, rest) = file.split_at_checked(length).context("the file of vectors ends within one")?;
        *file = rest;
        Ok(head)
    }
    let mut inputs = Vec::new();
    while !file.is_empty() {
        let length = u16::from_be_bytes(take(&mut file, 2)?.try_into()?);
        let name = std::str::from_utf8(take(&mut file, usize::from(length))?)?;
        let version = i16::from_be_bytes(take(&mut file, 2)?.try_into()?);
        let length = u32::from_be_bytes(take(&mut file, 4)?.try_into()?);
        let body = take(&mut file, usize::try_from(length)?)?;
        inputs.push([&name_bytes(name)[..], &[u8::try_from(version)?], body].concat());
    }
    Ok(inputs)
}
