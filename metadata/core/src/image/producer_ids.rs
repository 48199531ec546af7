//! Which producer ids were given out, in blocks.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, ProducerId};

/// Producer ids in one block.
pub const PRODUCER_ID_BLOCK: u32 = 1000;

/// Where the next block begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerIdsImage {
    /// First producer id that was never given out.
    pub next: ProducerId,
    /// Who got the last block; `None` if nobody did.
    pub last_owner: Option<(BrokerId, BrokerEpoch)>,
}
