//! The store contract against a real S3 endpoint: `STRATA_TEST_S3_ENDPOINT=http://HOST:PORT`, with credentials in the usual AWS
//! variables. `tests/stores/run` starts MinIO for it; the other backends are tested where their code is.

use object_store::path::Path;
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
    contract::run_all(&stores.upload, &Path::from("prefix/contract")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_bucket_and_a_closed_port_are_told_apart() {
    let location = StoreLocation::parse("s3://strata-no-such-bucket").unwrap();
    let admin = BucketAdmin::open(&location, &options(endpoint())).await.unwrap();
    assert!(!admin.exists().await.unwrap());
    let closed = BucketAdmin::open(&location, &options("http://127.0.0.1:1".into())).await.unwrap();
    assert_eq!(closed.exists().await.unwrap_err().kind(), ErrorKind::Unavailable);
}
