//! Tests of `store.rs`.

use futures::StreamExt as _;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use super::faulty::{Fault, FaultRates, FaultyStore};
use super::*;

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

fn create() -> PutOptions {
    PutOptions::from(PutMode::Create)
}

#[tokio::test]
async fn memory_passes_the_contract() {
    let stores = Stores::open(&StoreConfig::new("memory://"), &StoreMetrics::default()).unwrap();
    contract::run_all(&stores.upload, &Path::from("contract")).await.unwrap();
    contract::listing_order(&stores.upload, &Path::from("contract/order")).await.unwrap();
}

#[tokio::test]
async fn a_directory_passes_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let url = Url::from_directory_path(directory.path().join("bucket")).unwrap();
    let stores = Stores::open(&StoreConfig::new(url), &StoreMetrics::default()).unwrap();
    let folder = Path::from("contract");
    contract::create_only(&stores.upload, &folder.clone().join("create")).await.unwrap();
    contract::concurrent_creates(&stores.upload, &folder.clone().join("race")).await.unwrap();
    contract::concurrent_large_creates(&stores.upload, &folder.clone().join("large-race")).await.unwrap();
    contract::whole_or_absent(&stores.upload, &folder.clone().join("whole")).await.unwrap();
    contract::lost_success(&stores.upload, &folder.clone().join("lost")).await.unwrap();
    contract::ranges(&stores.upload, &folder.clone().join("ranges")).await.unwrap();
    contract::large_object(&stores.upload, &folder.clone().join("large")).await.unwrap();
    contract::deletion(&stores.upload, &folder.clone().join("delete")).await.unwrap();
    contract::listing(&stores.upload, &folder.clone().join("list"), 120).await.unwrap();
}

#[test]
fn urls_say_where_a_store_is_or_what_is_wrong() {
    let s3 = StoreLocation::S3 { bucket: "b".into(), prefix: "a/c".into() };
    assert_eq!(StoreLocation::parse("s3://b/a/c/").unwrap(), s3);
    assert_eq!(StoreLocation::parse("s3://b").unwrap().prefix(), "");
    assert_eq!(StoreLocation::parse("file:///tmp/x%20y").unwrap(), StoreLocation::Directory("/tmp/x y".into()));
    assert_eq!(StoreLocation::parse("memory://").unwrap(), StoreLocation::Memory);
    assert!(matches!(StoreLocation::parse("gs://b/p").unwrap(), StoreLocation::Gcs { .. }));
    assert!(matches!(StoreLocation::parse("az://c/p").unwrap(), StoreLocation::Azure { .. }));
    for text in ["s3:///prefix", "bucket", "ftp://b/p", "s3://key:secret@b/p", "s3://b/p?x=1", "file://host/dir"] {
        let error = StoreLocation::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        assert!(!error.to_string().contains("secret"), "{text}");
    }
}

#[test]
fn endpoints_take_the_bucket_into_the_host_unless_path_style() {
    assert_eq!(endpoint_url("http://h:9000/", "b", true).unwrap(), "http://h:9000");
    assert_eq!(endpoint_url("https://h", "b", false).unwrap(), "https://b.h");
    assert!(endpoint_url("h:9000", "b", true).is_err());
    assert!(endpoint_url("ftp://h", "b", true).is_err());
}

#[tokio::test]
async fn remote_clients_are_built_without_contacting_the_store() {
    let config = StoreConfig {
        s3: S3Options { endpoint: Some("http://127.0.0.1:1".into()), region: None, path_style: true },
        ..StoreConfig::new("s3://bucket/prefix")
    };
    let stores = Stores::open(&config, &StoreMetrics::default()).unwrap();
    assert_eq!(stores.prefix(), "prefix");
    assert!(stores.checks_uploads);
}

#[tokio::test]
async fn requests_bytes_and_errors_are_counted_per_class() {
    let metrics = StoreMetrics::default();
    let stores = Stores::over(&memory(), StoreLocation::Memory, &StoreConfig::new("memory://"), &metrics);
    let key = Path::from("a");
    stores.upload.put(&key, PutPayload::from("hello")).await.unwrap();
    stores.cold_read.get_range(&key, 1..3).await.unwrap();
    stores.cold_read.head(&key).await.unwrap();
    stores.cold_read.get(&Path::from("missing")).await.unwrap_err();
    stores.admin.delete(&key).await.unwrap();
    stores.admin.list(None).count().await;
    let (upload, cold, admin) =
        (metrics.class(StoreClass::Upload), metrics.class(StoreClass::ColdRead), metrics.class(StoreClass::Admin));
    assert_eq!((upload.put.requests.get(), upload.put.bytes.get()), (1, 5));
    assert_eq!((cold.get.requests.get(), cold.get.bytes.get(), cold.get.errors.get()), (3, 2, 1));
    assert_eq!((admin.delete.requests.get(), admin.list.requests.get(), admin.get.requests.get()), (1, 1, 0));
}

#[tokio::test]
async fn scripted_faults_strike_one_request_each() {
    let store = FaultyStore::new(memory(), 1, FaultRates::default());
    store.script_puts([Fault::InternalError, Fault::LostSuccess, Fault::None]);
    let key = Path::from("a");
    let put = || store.put_opts(&key, PutPayload::from("hello"), create());
    put().await.unwrap_err();
    assert!(matches!(store.head(&key).await, Err(object_store::Error::NotFound { .. })));
    assert!(matches!(put().await, Err(object_store::Error::Generic { .. })));
    assert!(matches!(put().await, Err(object_store::Error::AlreadyExists { .. })));
    store.script_gets([Fault::CutBody, Fault::FlippedBit, Fault::NotFound]);
    store.get(&key).await.unwrap().bytes().await.unwrap_err();
    assert_ne!(store.get(&key).await.unwrap().bytes().await.unwrap(), "hello");
    assert!(store.get(&key).await.is_err());
    assert_eq!(store.get(&key).await.unwrap().bytes().await.unwrap(), "hello");
    store.script_puts([Fault::ExistsByOwnRetry]);
    let other = Path::from("b");
    let answer = store.put_opts(&other, PutPayload::from("x"), create()).await;
    assert!(matches!(answer, Err(object_store::Error::AlreadyExists { .. })));
    assert_eq!(store.get(&other).await.unwrap().bytes().await.unwrap(), "x");
    store.set_unreachable(true);
    store.get(&key).await.unwrap_err();
    assert!(store.list(None).any(|item| async move { item.is_err() }).await);
    store.delete(&key).await.unwrap_err();
    store.set_unreachable(false);
    assert_eq!(store.list(None).filter(|item| futures::future::ready(item.is_ok())).count().await, 2);
    assert_eq!(store.injected(), 6);
}

#[tokio::test]
async fn the_same_seed_fails_the_same_requests() {
    let rates = FaultRates { errors: 200, lost_successes: 200, exists_by_own_retry: 100, ..FaultRates::default() };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let store = FaultyStore::new(memory(), 42, rates);
        let mut outcomes = Vec::new();
        for number in 0..200 {
            let key = Path::from(format!("{number}"));
            outcomes.push(store.put_opts(&key, PutPayload::from("x"), create()).await.is_ok());
        }
        assert!(outcomes.contains(&true) && outcomes.contains(&false));
        runs.push(outcomes);
    }
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn only_a_404_is_not_found() {
    let source = || "x".into();
    let cases = [
        (object_store::Error::NotFound { path: "a".into(), source: source() }, ErrorKind::NotFound),
        (object_store::Error::Generic { store: "S3", source: source() }, ErrorKind::Unavailable),
        (object_store::Error::PermissionDenied { path: "a".into(), source: source() }, ErrorKind::Unavailable),
        (object_store::Error::Unauthenticated { path: "a".into(), source: source() }, ErrorKind::Unavailable),
    ];
    for (error, kind) in cases {
        assert_eq!(store_error("reading", error).kind(), kind);
    }
}
