//! Size-prefixed frames: the header and body of a request or response in one rope.
//!
//! Owns: the size in front, the choice of header versions, headers around bodies, on the server's and on the client's side. Does not
//! own: sockets, limits on sizes (the caller names them), which versions are served.
//! Invariants: nothing is allocated because of a size that was not checked; a header that was read leaves the reader at the body.

use bytes::Bytes;
use thiserror::Error;

use crate::api_key::ApiKey;
use crate::messages::{Message, Request, RequestHeader, ResponseHeader};
use crate::wire::{KString, Reader, Rope, WireError, Writer};

/// Bytes of the size in front of a frame.
pub const SIZE_BYTES: usize = 4;

/// Why a frame is refused; the connection ends with each of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The size is below zero.
    #[error("frame size {0} is negative")]
    NegativeSize(i32),
    /// The size is above the limit.
    #[error("frame of {size} bytes is larger than the limit of {max} bytes")]
    TooLarge {
        /// Size that the peer announced.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// The key is of no API.
    #[error("unknown API key {0}")]
    UnknownApi(i16),
    /// The header or the body is not what it should be.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// Checks the size in front of a frame before anything is read or reserved for it.
///
/// # Errors
/// A negative size, or one above `max`.
pub fn check_size(prefix: [u8; SIZE_BYTES], max: usize) -> Result<usize, FrameError> {
    let plain = i32::from_be_bytes(prefix);
    let size = usize::try_from(plain).map_err(|_| FrameError::NegativeSize(plain))?;
    if size > max {
        return Err(FrameError::TooLarge { size, max });
    }
    Ok(size)
}

/// What stands in front of a request's body.
#[derive(Clone, Debug)]
pub struct RequestFrame {
    /// The API.
    pub api_key: ApiKey,
    /// The version, not checked against what is served or even valid.
    pub api_version: i16,
    /// Number by which the client finds the answer.
    pub correlation_id: i32,
    /// The client's name for itself.
    pub client_id: Option<KString>,
    /// The rest of the frame.
    pub body: Reader,
}

/// Reads the header of a request; the body is left to the handler, which knows the versions that it serves.
///
/// A client that asks for a version of `ApiVersions` beyond ours must still get an answer, so the header is read by its key and
/// version alone; an unknown flexible version has header version 2.
///
/// # Errors
/// An unknown key, or a header that is not one.
pub fn decode_request(frame: Bytes) -> Result<RequestFrame, FrameError> {
    let mut reader = Reader::new(frame);
    let mut start = reader.clone();
    let code = start.i16()?;
    let version = start.i16()?;
    let api_key = ApiKey::from_code(code).ok_or(FrameError::UnknownApi(code))?;
    let header = RequestHeader::decode(&mut reader, api_key.request_header_version(version))?;
    Ok(RequestFrame {
        api_key,
        api_version: version,
        correlation_id: header.correlation_id,
        client_id: header.client_id,
        body: reader,
    })
}

impl RequestFrame {
    /// Reads the body as a request, to its last byte.
    ///
    /// # Errors
    /// A body that is not such a request, or bytes after it.
    pub fn decode_body<M: Message>(&self) -> Result<M, WireError> {
        decode_whole(self.body.clone(), self.api_version)
    }
}

/// Reads a message that ends where its bytes do.
fn decode_whole<M: Message>(mut reader: Reader, version: i16) -> Result<M, WireError> {
    let message = M::decode(&mut reader, version)?;
    reader.expect_end()?;
    Ok(message)
}

/// Puts size and header in front of what `write` appends.
fn framed(write: impl FnOnce(&mut Writer) -> Result<(), WireError>) -> Result<Rope, WireError> {
    let mut writer = Writer::framed();
    write(&mut writer)?;
    writer.finish_frame()
}

/// A response as it goes to the socket: size, header, body.
///
/// # Errors
/// A body that this version cannot carry.
pub fn encode_response<M: Message>(
    correlation_id: i32,
    api_key: ApiKey,
    version: i16,
    body: &M,
) -> Result<Rope, WireError> {
    framed(|writer| {
        let header = ResponseHeader { correlation_id };
        header.encode(writer, api_key.response_header_version(version))?;
        body.encode(writer, version)
    })
}

/// A request as it goes to the socket: size, header, body.
///
/// # Errors
/// A body that this version cannot carry, or a key that is of no API.
pub fn encode_request<M: Request>(
    correlation_id: i32,
    client_id: Option<&KString>,
    version: i16,
    body: &M,
) -> Result<Rope, FrameError> {
    let api_key = ApiKey::from_code(M::KEY).ok_or(FrameError::UnknownApi(M::KEY))?;
    let rope = framed(|writer| {
        let header = RequestHeader {
            request_api_key: M::KEY,
            request_api_version: version,
            correlation_id,
            client_id: client_id.cloned(),
        };
        header.encode(writer, api_key.request_header_version(version))?;
        body.encode(writer, version)
    })?;
    Ok(rope)
}

/// Reads the header of a response: its correlation id, and the reader at the body.
///
/// # Errors
/// A header that is not one.
pub fn decode_response_header(frame: Bytes, api_key: ApiKey, version: i16) -> Result<(i32, Reader), WireError> {
    let mut reader = Reader::new(frame);
    let header = ResponseHeader::decode(&mut reader, api_key.response_header_version(version))?;
    Ok((header.correlation_id, reader))
}

/// Reads a whole response to a request of type `M`: its correlation id and its body.
///
/// # Errors
/// A header or body that is not one, or bytes after it.
pub fn decode_response<M: Request>(frame: Bytes, version: i16) -> Result<(i32, M::Response), FrameError> {
    let api_key = ApiKey::from_code(M::KEY).ok_or(FrameError::UnknownApi(M::KEY))?;
    let (correlation_id, reader) = decode_response_header(frame, api_key, version)?;
    Ok((correlation_id, decode_whole(reader, version)?))
}

#[cfg(test)]
mod tests;
