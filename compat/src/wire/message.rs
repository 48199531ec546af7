//! What every generated message can do.

use super::{Reader, WireError, Writer};

/// A message of the protocol, or the key or value of a record of an internal topic.
pub trait Message: Sized {
    /// Kafka's name, e.g. `ProduceRequest`.
    const NAME: &'static str;
    /// Key of the API of a request or response; number of the record type of a coordinator's record; otherwise `None`.
    const API_KEY: Option<i16>;
    /// Lowest valid version.
    const MIN_VERSION: i16;
    /// Latest stable version, the highest that may be advertised.
    const MAX_VERSION: i16;
    /// Highest version that can be read and written, stable or not.
    const LATEST_VERSION: i16;
    /// First version with compact types and tagged fields.
    const FIRST_FLEXIBLE: Option<i16>;

    /// Reads the message in the layout of `version`; bytes after it are left in `reader`.
    ///
    /// # Errors
    /// Bytes that are no such message, or a version that does not exist.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError>;

    /// Appends the message in the layout of `version`.
    ///
    /// # Errors
    /// A version that does not exist, or a value that it cannot carry and that may not be dropped.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError>;
}

/// A request, with the response that answers it.
pub trait Request: Message {
    /// The answer.
    type Response: Message;
    /// Key of the API.
    const KEY: i16;
}

/// Refuses a version that the message does not have.
///
/// # Errors
/// [`WireError::UnsupportedVersion`].
pub fn check_version<M: Message>(version: i16) -> Result<(), WireError> {
    if (M::MIN_VERSION..=M::LATEST_VERSION).contains(&version) {
        Ok(())
    } else {
        Err(WireError::UnsupportedVersion { message: M::NAME, version })
    }
}
