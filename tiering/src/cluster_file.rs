//! `cluster.json`: whose bucket folder it is, and whether the store keeps its word on create-only writes.
//!
//! Owns: the file and what its state means. Does not own: the exit codes (the broker's), the quorum's copy of the store id.
//! A crash between the PUT and the quorum's record of it leaves a file that the next start adopts.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use strata_compat::ids::Uuid;

use crate::config::TieringConfig;
use crate::error::{Error, ErrorKind};
use crate::object_io::{PutOutcome, get_small, put_create};
use crate::object_key::ObjectNames;

const FILE_BYTES_MAX: u64 = 64 * 1024;
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct ClusterFile {
    version: u32,
    cluster_id: String,
    store_id: Uuid,
}

/// What a start finds in the bucket.
#[derive(Debug)]
pub enum ClusterFileOutcome {
    /// The folder is ours, and the quorum knows it.
    Ours,
    /// The quorum has no store id yet: it has to record this one before anything is tiered.
    First {
        /// The id in the file.
        store_id: Uuid,
    },
    /// The folder belongs to another cluster, or is gone: exit 3.
    Foreign {
        /// What was found.
        reason: String,
    },
    /// The store lets a create-only write overwrite: exit 3.
    NotCreateOnly,
    /// The store cannot be asked now. First start: exit 2; later: tiering is paused.
    Unreachable(Error),
}

/// Checks the folder's owner. `known` is the quorum's store id; `None` means first start, for which `fresh` is proposed.
pub async fn check(
    store: &Arc<dyn ObjectStore>,
    names: &ObjectNames,
    known: Option<Uuid>,
    fresh: Uuid,
    config: &TieringConfig,
) -> ClusterFileOutcome {
    match check_file(store.as_ref(), names, known, fresh, config).await {
        Ok(outcome) => outcome,
        Err(error) => ClusterFileOutcome::Unreachable(error),
    }
}

/// As [`check`] of a store that the quorum knows as `known`, but it only reads: for a look now and then while the broker runs.
/// `Err` says what is wrong with it.
pub async fn look(
    store: &Arc<dyn ObjectStore>,
    names: &ObjectNames,
    known: Uuid,
    config: &TieringConfig,
) -> Result<(), String> {
    let key = names.cluster_file();
    let found =
        read(store.as_ref(), &key, config).await.map_err(|error| format!("the store does not answer: {error}"))?;
    let Some(bytes) = found else {
        return Err(format!("{key} is missing, though this cluster has tiered to a store with id {known}"));
    };
    judge(&bytes, &key, names, Some(known)).map(drop)
}

/// Reads the file, and says whose it is if it is not ours.
fn judge(bytes: &[u8], key: &Path, names: &ObjectNames, known: Option<Uuid>) -> Result<ClusterFile, String> {
    let file: ClusterFile = serde_json::from_slice(bytes).map_err(|error| format!("{key} cannot be read: {error}"))?;
    if file.cluster_id != names.cluster_id() || file.version != VERSION {
        return Err(format!("{key} names cluster {} and version {}", file.cluster_id, file.version));
    }
    if let Some(known) = known.filter(|known| *known != file.store_id) {
        return Err(format!("{key} has store id {} instead of {known}", file.store_id));
    }
    Ok(file)
}

async fn check_file(
    store: &dyn ObjectStore,
    names: &ObjectNames,
    known: Option<Uuid>,
    fresh: Uuid,
    config: &TieringConfig,
) -> Result<ClusterFileOutcome, Error> {
    let key = names.cluster_file();
    let mut found = read(store, &key, config).await?;
    if found.is_none() {
        if let Some(known) = known {
            let reason = format!("{key} is missing, though this cluster has tiered to a store with id {known}");
            return Ok(ClusterFileOutcome::Foreign { reason });
        }
        put(store, &key, encode(names, fresh)?, config).await?;
        found = read(store, &key, config).await?;
    }
    let Some(bytes) = found else {
        return Err(Error::new(ErrorKind::Unavailable, format!("{key} is not there after it was written")));
    };
    let file = match judge(&bytes, &key, names, known) {
        Ok(file) => file,
        Err(reason) => return Ok(ClusterFileOutcome::Foreign { reason }),
    };
    // The same bytes again: a store that takes them would overwrite a segment too.
    match put(store, &key, bytes, config).await? {
        PutOutcome::Created => Ok(ClusterFileOutcome::NotCreateOnly),
        PutOutcome::Exists if known.is_some() => Ok(ClusterFileOutcome::Ours),
        PutOutcome::Exists => Ok(ClusterFileOutcome::First { store_id: file.store_id }),
    }
}

fn encode(names: &ObjectNames, store_id: Uuid) -> Result<Bytes, Error> {
    let file = ClusterFile { version: VERSION, cluster_id: names.cluster_id().to_owned(), store_id };
    let text = serde_json::to_vec_pretty(&file)
        .map_err(|error| Error::with_source(ErrorKind::Internal, "cluster.json", error))?;
    Ok(Bytes::from(text))
}

async fn read(store: &dyn ObjectStore, key: &Path, config: &TieringConfig) -> Result<Option<Bytes>, Error> {
    match get_small(store, key, FILE_BYTES_MAX, config).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn put(store: &dyn ObjectStore, key: &Path, bytes: Bytes, config: &TieringConfig) -> Result<PutOutcome, Error> {
    put_create(store, key, &[bytes], config).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Fault, FaultyStore};
    use object_store::memory::InMemory;

    fn names() -> ObjectNames {
        ObjectNames::new("p", "c1")
    }

    async fn run(store: &Arc<dyn ObjectStore>, known: Option<u128>, fresh: u128) -> ClusterFileOutcome {
        let known = known.map(Uuid::from_u128);
        check(store, &names(), known, Uuid::from_u128(fresh), &TieringConfig::default()).await
    }

    #[tokio::test]
    async fn first_start_writes_the_file_and_later_starts_find_it() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let ClusterFileOutcome::First { store_id } = run(&store, None, 1).await else { panic!("first") };
        assert_eq!(store_id, Uuid::from_u128(1));
        assert!(matches!(run(&store, Some(1), 9).await, ClusterFileOutcome::Ours));
        let ClusterFileOutcome::First { store_id } = run(&store, None, 2).await else { panic!("adopt") };
        assert_eq!(store_id, Uuid::from_u128(1), "a start that crashed before the quorum knew is gone on with");
    }

    #[tokio::test]
    async fn missing_file_or_another_id_is_foreign_and_nothing_is_written() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        assert!(matches!(run(&store, Some(1), 9).await, ClusterFileOutcome::Foreign { .. }));
        assert_eq!(crate::test_support::keys(&store).await, Vec::<String>::new());
        assert!(matches!(run(&store, None, 1).await, ClusterFileOutcome::First { .. }));
        assert!(matches!(run(&store, Some(2), 9).await, ClusterFileOutcome::Foreign { .. }));
    }

    #[tokio::test]
    async fn store_without_create_only_writes_is_detected() {
        let faulty = FaultyStore::new();
        faulty.set(Fault::IgnoreCreateOnly);
        let store: Arc<dyn ObjectStore> = faulty;
        assert!(matches!(run(&store, None, 1).await, ClusterFileOutcome::NotCreateOnly));
    }

    #[tokio::test]
    async fn a_look_tells_what_is_wrong_and_writes_nothing() {
        let faulty = FaultyStore::new();
        let store: Arc<dyn ObjectStore> = Arc::<FaultyStore>::clone(&faulty);
        let config = TieringConfig::default();
        let (names, known) = (names(), Uuid::from_u128(1));
        let missing = look(&store, &names, known, &config).await.unwrap_err();
        assert!(missing.contains("is missing"), "{missing}");
        assert_eq!(crate::test_support::keys(&store).await, Vec::<String>::new());
        assert!(matches!(run(&store, None, 1).await, ClusterFileOutcome::First { .. }));
        assert_eq!(look(&store, &names, known, &config).await, Ok(()));
        let other = look(&store, &names, Uuid::from_u128(2), &config).await.unwrap_err();
        assert!(other.contains("instead of"), "{other}");
        faulty.set(Fault::Away);
        let away = look(&store, &names, known, &config).await.unwrap_err();
        assert!(away.contains("does not answer"), "{away}");
    }

    #[tokio::test]
    async fn store_that_is_away_is_unreachable_and_neither_foreign_nor_ours() {
        let faulty = FaultyStore::new();
        faulty.set(Fault::Away);
        let store: Arc<dyn ObjectStore> = faulty;
        assert!(matches!(run(&store, Some(1), 1).await, ClusterFileOutcome::Unreachable(_)));
        assert!(matches!(run(&store, None, 1).await, ClusterFileOutcome::Unreachable(_)));
    }
}
