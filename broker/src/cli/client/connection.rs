//! One connection to one broker.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use strata_compat::api_key::ApiKey;
use strata_compat::error_code::ErrorCode;
use strata_compat::frame;
use strata_compat::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use strata_compat::messages::{Message, Request};
use strata_compat::wire::KString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::ClientError;

/// Bytes of a response, at most.
pub const RESPONSE_BYTES_MAX: usize = 100 << 20;
/// Keys from here on are our own; they have version 0 and are not advertised.
const OWN_KEYS_FROM: i16 = 20_000;
/// Body bytes that are reserved before they are there.
const RESERVE_BYTES_MAX: usize = 64 * 1024;

/// A connection with the versions that its broker serves.
pub struct Connection {
    stream: TcpStream,
    address: String,
    versions: BTreeMap<i16, (i16, i16)>,
    correlation_id: i32,
}

impl Connection {
    /// Connects and asks for the versions, both within `timeout`.
    pub async fn open(address: &str, timeout: Duration) -> Result<Self, ClientError> {
        let deadline = Instant::now() + timeout;
        let unreachable = |source| ClientError::Unreachable { address: address.to_owned(), source };
        let stream = match timeout_at(deadline, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(source)) => return Err(unreachable(source)),
            Err(_) => return Err(unreachable(io::ErrorKind::TimedOut.into())),
        };
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut connection = Self { stream, address: address.to_owned(), versions: BTreeMap::new(), correlation_id: 0 };
        connection.negotiate(deadline, timeout).await?;
        Ok(connection)
    }

    /// Asks in the newest version; a broker that lacks it says so in version 0 and is then asked in its own newest one.
    async fn negotiate(&mut self, deadline: Instant, timeout: Duration) -> Result<(), ClientError> {
        let request = ApiVersionsRequest {
            client_software_name: KString::from_static("strata-cli"),
            client_software_version: KString::from_static(env!("CARGO_PKG_VERSION")),
        };
        let limit = Limit { deadline, timeout };
        let mut response = self.ask_versions(&request, ApiVersionsRequest::MAX_VERSION, limit).await?;
        if response.error_code == ErrorCode::UnsupportedVersion.code() {
            let own = response.api_keys.iter().find(|row| row.api_key == ApiKey::ApiVersions.code());
            let newest = own.map_or(0, |row| row.max_version).clamp(0, ApiVersionsRequest::MAX_VERSION);
            response = self.ask_versions(&request, newest, limit).await?;
        }
        ClientError::check(format!("asking {} for its versions", self.address), response.error_code, None)?;
        self.versions = response.api_keys.iter().map(|row| (row.api_key, (row.min_version, row.max_version))).collect();
        Ok(())
    }

    async fn ask_versions(
        &mut self,
        request: &ApiVersionsRequest,
        version: i16,
        limit: Limit,
    ) -> Result<ApiVersionsResponse, ClientError> {
        let frame = self.exchange(request, version, limit).await?;
        let asked = frame::decode_response::<ApiVersionsRequest>(frame.clone(), version);
        // An answer in version 0 to a later version is the one exception of the protocol.
        let (_, response) = asked
            .or_else(|_| frame::decode_response::<ApiVersionsRequest>(frame, 0))
            .map_err(|error| self.malformed::<ApiVersionsRequest>(error))?;
        Ok(response)
    }

    /// The version in which a call is made.
    fn version<Q: Request>(&self, version_max: i16) -> Result<i16, ClientError> {
        if Q::KEY >= OWN_KEYS_FROM {
            return Ok(Q::MIN_VERSION);
        }
        let ours = Q::MIN_VERSION..=Q::MAX_VERSION.min(version_max);
        let common = self.versions.get(&Q::KEY).and_then(|(min, max)| {
            let version = (*max).min(*ours.end());
            (version >= *min && ours.contains(&version)).then_some(version)
        });
        common.ok_or_else(|| ClientError::Unsupported { address: self.address.clone(), api: api_name::<Q>() })
    }

    /// Calls in the highest version that both know, but not above `version_max`.
    pub async fn call<Q: Request>(
        &mut self,
        request: &Q,
        version_max: i16,
        timeout: Duration,
    ) -> Result<Q::Response, ClientError> {
        let version = self.version::<Q>(version_max)?;
        let limit = Limit { deadline: Instant::now() + timeout, timeout };
        let frame = self.exchange(request, version, limit).await?;
        let (correlation_id, response) =
            frame::decode_response::<Q>(frame, version).map_err(|error| self.malformed::<Q>(error))?;
        if correlation_id != self.correlation_id {
            return Err(self.malformed::<Q>("it answers another request"));
        }
        Ok(response)
    }

    fn malformed<Q: Request>(&self, reason: impl ToString) -> ClientError {
        ClientError::Malformed { address: self.address.clone(), api: api_name::<Q>(), reason: reason.to_string() }
    }

    /// Sends one request and reads one frame.
    async fn exchange<Q: Request>(&mut self, request: &Q, version: i16, limit: Limit) -> Result<Bytes, ClientError> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let client_id = KString::from_static("strata-cli");
        let rope = frame::encode_request(self.correlation_id, Some(&client_id), version, request)
            .map_err(|error| self.malformed::<Q>(error))?;
        let stream = &mut self.stream;
        let exchanged = timeout_at(limit.deadline, async move {
            stream.write_all(&rope.to_bytes()).await?;
            read_frame(stream).await
        });
        match exchanged.await {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(self.malformed::<Q>(error)),
            Ok(Err(_)) => Err(ClientError::Closed { address: self.address.clone(), api: api_name::<Q>() }),
            Err(_) => Err(ClientError::TimedOut {
                address: self.address.clone(),
                api: api_name::<Q>(),
                timeout: limit.timeout,
            }),
        }
    }
}

/// Until when a call may take, and what people gave for it.
#[derive(Clone, Copy)]
struct Limit {
    deadline: Instant,
    timeout: Duration,
}

fn api_name<Q: Request>() -> &'static str {
    ApiKey::from_code(Q::KEY).map_or(Q::NAME, ApiKey::name)
}

async fn read_frame(stream: &mut TcpStream) -> io::Result<Bytes> {
    let mut prefix = [0; frame::SIZE_BYTES];
    stream.read_exact(&mut prefix).await?;
    let size = frame::check_size(prefix, RESPONSE_BYTES_MAX)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    // Memory grows with what has come, not with what was announced.
    let mut body = BytesMut::with_capacity(size.min(RESERVE_BYTES_MAX));
    let mut limited = stream.take(u64::try_from(size).unwrap_or(u64::MAX));
    while body.len() < size {
        if limited.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(body.freeze())
}
