//! Why a partition refuses.

use strata_broker_core::error::Error as CoreError;
use strata_tiering::error::Error as TieringError;

use crate::log::error::LogError;
use crate::log::log_validator::ValidationError;

/// Why a partition refuses; named to clients in `request/error_mapping.rs`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartitionError {
    /// Roles, epochs, positions.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The local log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The records that a client sent.
    #[error("{}", .0.message)]
    Validation(ValidationError),
    /// Remote segments.
    #[error(transparent)]
    Remote(#[from] TieringError),
    /// A blocking task ended without a result.
    #[error("a read did not finish: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// Too many reads wait for the disk.
    #[error("too many reads wait for the disk")]
    Busy,
    /// No row covers an offset between log start and local start: an alarm, never OFFSET_OUT_OF_RANGE.
    #[error("offset {offset} is neither in local files nor in a committed remote segment")]
    Uncovered {
        /// The offset.
        offset: strata_compat::ids::Offset,
    },
}
