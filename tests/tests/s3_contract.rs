//! The store contract against real endpoints, one test at a time: `STRATA_TEST_S3_ENDPOINT=http://HOST:PORT` with credentials
//! from the usual AWS sources, or `STRATA_TEST_STORE_URL` with the usual variables of GCS or Azure. `tests/stores/run` starts
//! stores for them and picks the tests; directory and memory are tested where their code is.

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use strata_tiering::error::ErrorKind;
use strata_tiering::store::bucket_admin::BucketAdmin;
use strata_tiering::store::instrumented::StoreMetrics;
use strata_tiering::store::{S3Options, StoreConfig, StoreLocation, Stores, contract};

const BUCKET: &str = "strata-contract";

fn endpoint() -> String {
    std::env::var("STRATA_TEST_S3_ENDPOINT")
        .expect("STRATA_TEST_S3_ENDPOINT names an S3 endpoint; tests/stores/run sets it")
}

fn options(endpoint: String) -> S3Options {
    S3Options { endpoint: Some(endpoint), region: Some("us-east-1".into()), path_style: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_s3_endpoint_passes_the_contract() {
    let config = StoreConfig { s3: options(endpoint()), ..StoreConfig::new(format!("s3://{BUCKET}/prefix")) };
    let location = StoreLocation::parse(&config.url).unwrap();
    let admin = BucketAdmin::open(&location, &config.s3).await.unwrap();
    admin.create_if_missing().await.unwrap();
    assert!(!admin.create_if_missing().await.unwrap());
    let report = admin.check().await.unwrap();
    assert_ne!(report.versioning, Some(true));
    assert!(admin.left_over_uploads("prefix/").await.unwrap().is_empty());
    let stores = Stores::open(&config, &StoreMetrics::default()).unwrap();
    assert!(stores.checks_uploads);
    contract::run_all(&stores.upload, &Path::from("prefix/contract")).await.unwrap();
    contract::listing_order(&stores.upload, &Path::from("prefix/order")).await.unwrap();
}

/// Behind a proxy that turns a bit of each body: the checksum that goes with an upload is what the store goes by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_changes_on_its_way_is_refused_by_the_store() {
    let stores = with_bucket().await.unwrap();
    let key = Path::from("prefix/changed");
    let body = PutPayload::from(vec![7_u8; 100_000]);
    let error = stores.upload.put_opts(&key, body, PutOptions::from(PutMode::Create)).await.unwrap_err();
    assert!(error.to_string().to_lowercase().contains("checksum"), "{error}");
    let left = stores.upload.head(&key).await.unwrap_err();
    assert!(matches!(left, object_store::Error::NotFound { .. }), "{left}");
}

/// Behind a proxy that hands the first create of a key on and cuts the connection instead of an answer: the client does not
/// send it again by itself, where it would meet its own object and take it for another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_answer_is_lost_is_an_error_and_then_there() {
    let stores = with_bucket().await.unwrap();
    let key = Path::from("prefix/lost-answer");
    let body = vec![9_u8; 100_000];
    let create = || PutOptions::from(PutMode::Create);
    let error = stores.upload.put_opts(&key, body.clone().into(), create()).await.unwrap_err();
    assert!(matches!(error, object_store::Error::Generic { .. }), "{error:?}");
    let again = stores.upload.put_opts(&key, body.clone().into(), create()).await.unwrap_err();
    assert!(matches!(again, object_store::Error::AlreadyExists { .. }), "{again:?}");
    assert_eq!(stores.upload.get(&key).await.unwrap().bytes().await.unwrap(), body);
    stores.upload.delete(&key).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_bucket_and_a_closed_port_are_told_apart() {
    let location = StoreLocation::parse("s3://strata-no-such-bucket").unwrap();
    let admin = BucketAdmin::open(&location, &options(endpoint())).await.unwrap();
    assert!(!admin.exists().await.unwrap());
    let closed = BucketAdmin::open(&location, &options("http://127.0.0.1:1".into())).await.unwrap();
    assert_eq!(closed.exists().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// A client with the credentials of the environment, whatever their source, and the bucket there.
async fn with_bucket() -> Result<Stores, strata_tiering::error::Error> {
    let config = StoreConfig { s3: options(endpoint()), ..StoreConfig::new(format!("s3://{BUCKET}/prefix")) };
    let location = StoreLocation::parse(&config.url)?;
    let admin = BucketAdmin::open(&location, &config.s3).await.expect("an S3 location is administered");
    admin.create_if_missing().await?;
    Stores::open(&config, &StoreMetrics::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_reach_the_store() {
    let stores = with_bucket().await.unwrap();
    for client in [&stores.upload, &stores.cold_read, &stores.admin] {
        contract::create_only(client, &Path::from("prefix/credentials")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_unavailable_and_never_an_absence() {
    let error = with_bucket().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let config = StoreConfig { s3: options(endpoint()), ..StoreConfig::new(format!("s3://{BUCKET}/prefix")) };
    let stores = Stores::open(&config, &StoreMetrics::default()).unwrap();
    let error = contract::deletion(&stores.upload, &Path::from("prefix/credentials")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_behind_a_url_passes_the_contract() {
    let url = std::env::var("STRATA_TEST_STORE_URL").expect("STRATA_TEST_STORE_URL; tests/stores/run sets it");
    let stores = Stores::open(&StoreConfig::new(url), &StoreMetrics::default()).unwrap();
    assert!(!stores.checks_uploads, "nothing but S3 checks a checksum of ours");
    contract::run_all(&stores.upload, &Path::from(stores.prefix()).join("contract")).await.unwrap();
    contract::listing_order(&stores.upload, &Path::from(stores.prefix()).join("order")).await.unwrap();
}

/// Azure's pages hold 5,000 names, five times those of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_more_than_one_page_of_azure_is_whole() {
    let url = std::env::var("STRATA_TEST_STORE_URL").expect("STRATA_TEST_STORE_URL; tests/stores/run sets it");
    let stores = Stores::open(&StoreConfig::new(url), &StoreMetrics::default()).unwrap();
    contract::listing(&stores.upload, &Path::from(stores.prefix()).join("pages"), 5_050).await.unwrap();
}
