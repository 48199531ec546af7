//! Opens the bucket that a URL names, with one set of connections per class of work.
//!
//! Owns: URL, credentials and client options of every backend. Does not own: names of objects (`object_key.rs`), what a
//! failure means to a partition (the callers), administration (`store/bucket_admin.rs`).
//!
//! Invariants: uploads, cold reads and everything else share no connection and no request permit; a create is sent once
//! (its retry could meet its own first write), reads retry a bounded few times; nothing here contacts the store, so that
//! a start during an outage goes on. A crash leaves at most staging files of the directory store, which
//! [`Stores::sweep_staging`] removes.

pub mod bucket_admin;
pub mod contract;
pub mod faulty;
pub mod instrumented;
pub mod limited;

mod credentials;
mod directory;
mod upload_client;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use crate::error::{Error, ErrorKind};
use crate::store::directory::DirectoryStore;
use crate::store::instrumented::{InstrumentedStore, StoreMetrics};
use crate::store::upload_client::UploadConnector;

/// Region of an S3-compatible store that was given none; such stores ignore it.
const REGION_DEFAULT: &str = "us-east-1";

/// What requests are for; each class has connections, permits and figures of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreClass {
    /// Writing and verifying segments and pages.
    Upload,
    /// Reading what a consumer waits for.
    ColdRead,
    /// Lists, deletions, `cluster.json`.
    Admin,
}

impl StoreClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::Upload, Self::ColdRead, Self::Admin];

    /// The class's name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::ColdRead => "cold_read",
            Self::Admin => "admin",
        }
    }
}

/// What S3 and its like need to be told beside the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Options {
    /// Address of the store; `None` for AWS.
    pub endpoint: Option<String>,
    /// Region; `None` takes the environment's.
    pub region: Option<String>,
    /// Whether the bucket stands in the path instead of the host name.
    pub path_style: bool,
}

/// Where the bucket is and how many requests may be under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, `file:///DIR` or `memory://`.
    pub url: String,
    /// Options of S3.
    pub s3: S3Options,
    /// Upload requests at once.
    pub upload_requests_max: usize,
    /// Cold reads at once.
    pub cold_read_requests_max: usize,
    /// Other requests at once.
    pub admin_requests_max: usize,
}

impl StoreConfig {
    /// The usual limits for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            s3: S3Options::default(),
            upload_requests_max: 32,
            cold_read_requests_max: 64,
            admin_requests_max: 16,
        }
    }
}

/// Where a URL points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// A bucket of S3 or its like.
    S3 {
        /// Its name.
        bucket: String,
        /// Folder of all clusters in it; may be empty.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// Its name.
        bucket: String,
        /// Folder of all clusters in it; may be empty.
        prefix: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// Its name.
        container: String,
        /// Folder of all clusters in it; may be empty.
        prefix: String,
    },
    /// A directory of this machine.
    Directory(PathBuf),
    /// Memory of this process.
    Memory,
}

impl StoreLocation {
    /// Reads a URL; `Invalid` says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|error| {
            Error::with_source(
                ErrorKind::Invalid,
                format!("{text} is not a URL (s3://BUCKET/PREFIX, gs://…, az://… or file:///DIR)"),
                error,
            )
        })?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(Error::new(ErrorKind::Invalid, "a store's URL holds no user, password or query"));
        }
        let host = || {
            url.host_str()
                .filter(|host| !host.is_empty())
                .map(ToOwned::to_owned)
                .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("{text} names no bucket")))
        };
        let prefix = || url.path().trim_matches('/').to_owned();
        match url.scheme() {
            "s3" | "s3a" => Ok(Self::S3 { bucket: host()?, prefix: prefix() }),
            "gs" => Ok(Self::Gcs { bucket: host()?, prefix: prefix() }),
            "az" | "azure" => Ok(Self::Azure { container: host()?, prefix: prefix() }),
            "file" => url
                .to_file_path()
                .map(Self::Directory)
                .map_err(|()| Error::new(ErrorKind::Invalid, format!("{text} is not file:///DIRECTORY"))),
            "memory" => Ok(Self::Memory),
            other => Err(Error::new(
                ErrorKind::Invalid,
                format!("{other} is no scheme of a store; use s3://, gs://, az://, file:/// or memory://"),
            )),
        }
    }

    /// What an operator checks where the store does not let us in; `None` where nobody is asked for credentials.
    #[must_use]
    pub const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::S3 { .. } => Some(
                "check 'strata.tier.url', the endpoint and the credentials; `strata tier init` looks at a bucket, and makes one \
                 that is missing",
            ),
            Self::Gcs { .. } => Some(
                "check 'strata.tier.url' and the credentials: GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT names \
                 their file, else the instance's service account is asked",
            ),
            Self::Azure { .. } => Some(
                "check 'strata.tier.url' and the credentials: AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or a \
                 client's id and secret (AZURE_STORAGE_CLIENT_ID, …), else the instance's identity is asked",
            ),
            Self::Directory(_) | Self::Memory => None,
        }
    }

    /// Folder of all clusters in the bucket; empty where the location is one itself.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self {
            Self::S3 { prefix, .. } | Self::Gcs { prefix, .. } | Self::Azure { prefix, .. } => prefix,
            Self::Directory(_) | Self::Memory => "",
        }
    }
}

/// One bucket, seen through a client of its own per class; clones share them.
#[derive(Clone, Debug)]
pub struct Stores {
    /// For writing and verifying.
    pub upload: Arc<dyn ObjectStore>,
    /// For what consumers wait for.
    pub cold_read: Arc<dyn ObjectStore>,
    /// For lists, deletions and `cluster.json`.
    pub admin: Arc<dyn ObjectStore>,
    /// Where it is.
    pub location: StoreLocation,
    /// Whether the store checks an upload's body against a checksum of ours; if not, objects are read back whole.
    pub checks_uploads: bool,
    directory: Option<Arc<DirectoryStore>>,
}

impl Stores {
    /// Opens the bucket. Contacts nothing but, for `file://`, the directory, which it makes.
    pub fn open(config: &StoreConfig, metrics: &StoreMetrics) -> Result<Self, Error> {
        let location = StoreLocation::parse(&config.url)?;
        if let StoreLocation::Directory(path) = &location {
            let directory = Arc::new(DirectoryStore::open(path)?);
            let store: Arc<dyn ObjectStore> = Arc::<DirectoryStore>::clone(&directory);
            let mut stores = Self::over(&store, location, config, metrics);
            stores.directory = Some(directory);
            return Ok(stores);
        }
        if location == StoreLocation::Memory {
            let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            return Ok(Self::over(&store, location, config, metrics));
        }
        let credentials = credentials::for_s3(&config.s3);
        let client = |class| remote_client(&location, config, class, credentials.clone());
        Ok(Self {
            upload: decorate(client(StoreClass::Upload)?, StoreClass::Upload, config, metrics),
            cold_read: decorate(client(StoreClass::ColdRead)?, StoreClass::ColdRead, config, metrics),
            admin: decorate(client(StoreClass::Admin)?, StoreClass::Admin, config, metrics),
            checks_uploads: matches!(location, StoreLocation::S3 { .. }),
            location,
            directory: None,
        })
    }

    /// The same classes, limits and figures over a store that is at hand; for tests, with faults beneath.
    #[must_use]
    pub fn over(
        store: &Arc<dyn ObjectStore>,
        location: StoreLocation,
        config: &StoreConfig,
        metrics: &StoreMetrics,
    ) -> Self {
        let client = |class| decorate(Arc::clone(store), class, config, metrics);
        Self {
            upload: client(StoreClass::Upload),
            cold_read: client(StoreClass::ColdRead),
            admin: client(StoreClass::Admin),
            checks_uploads: matches!(location, StoreLocation::S3 { .. }),
            location,
            directory: None,
        }
    }

    /// Folder of all clusters in the bucket.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.location.prefix()
    }

    /// Removes what a crash left half-written below our own folder, at least `age` ago, so that what another broker writes
    /// there now stays; only the directory store has such files.
    pub async fn sweep_staging(&self, folder: &Path, age: Duration) -> Result<u64, Error> {
        match &self.directory {
            Some(directory) => directory.sweep_staging(folder.clone(), age).await,
            None => Ok(0),
        }
    }
}

/// What a store's failure means to a caller. Nothing but a plain 404 is `NotFound`; a refusal for want of credentials can
/// heal, so it is `Unavailable` too.
pub fn store_error(context: impl Into<String>, error: object_store::Error) -> Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => ErrorKind::NotFound,
        object_store::Error::AlreadyExists { .. }
        | object_store::Error::Precondition { .. }
        | object_store::Error::NotModified { .. }
        | object_store::Error::InvalidPath { .. }
        | object_store::Error::NotSupported { .. }
        | object_store::Error::NotImplemented { .. }
        | object_store::Error::UnknownConfigurationKey { .. } => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    Error::with_source(kind, context, error)
}

fn decorate(
    store: Arc<dyn ObjectStore>,
    class: StoreClass,
    config: &StoreConfig,
    metrics: &StoreMetrics,
) -> Arc<dyn ObjectStore> {
    let requests_max = match class {
        StoreClass::Upload => config.upload_requests_max,
        StoreClass::ColdRead => config.cold_read_requests_max,
        StoreClass::Admin => config.admin_requests_max,
    };
    // Figures are taken inside the limit, so that a latency is the store's and not the queue's.
    limited::limited(Arc::new(InstrumentedStore::new(store, metrics.class(class))), requests_max)
}

fn remote_client(
    location: &StoreLocation,
    config: &StoreConfig,
    class: StoreClass,
    credentials: Option<object_store::aws::AwsCredentialProvider>,
) -> Result<Arc<dyn ObjectStore>, Error> {
    let (retry, client) = (retry_config(class), client_options(class));
    let invalid = |error| {
        let advice = location.advice().unwrap_or_default();
        Error::new(ErrorKind::Invalid, format!("opening {}: {error}; {advice}", config.url))
    };
    match location {
        StoreLocation::S3 { bucket, .. } => {
            let mut builder = AmazonS3Builder::from_env()
                .with_bucket_name(bucket)
                .with_retry(retry)
                .with_client_options(client)
                .with_unsigned_payload(true)
                .with_checksum_algorithm(Checksum::CRC64NVME)
                .with_conditional_put(S3ConditionalPut::ETagMatch)
                .with_disable_bulk_delete(true)
                .with_disable_tagging(true)
                .with_virtual_hosted_style_request(!config.s3.path_style);
            if class == StoreClass::Upload {
                builder = builder.with_http_connector(UploadConnector);
            }
            if let Some(endpoint) = &config.s3.endpoint {
                builder = builder.with_endpoint(endpoint_url(endpoint, bucket, config.s3.path_style)?);
                builder = builder.with_allow_http(endpoint.starts_with("http://"));
            }
            if let Some(region) = credentials::region(&config.s3) {
                builder = builder.with_region(region);
            }
            if let Some(credentials) = credentials {
                builder = builder.with_credentials(credentials);
            }
            Ok(Arc::new(builder.build().map_err(invalid)?))
        }
        StoreLocation::Gcs { bucket, .. } => {
            let mut builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
            let client = allow_http_to(client, builder.get_config_value(&GoogleConfigKey::BaseUrl));
            if class == StoreClass::Upload {
                builder = builder.with_http_connector(UploadConnector);
            }
            Ok(Arc::new(builder.with_retry(retry).with_client_options(client).build().map_err(invalid)?))
        }
        StoreLocation::Azure { container, .. } => {
            let mut builder = MicrosoftAzureBuilder::from_env().with_container_name(container);
            let client = allow_http_to(client, builder.get_config_value(&AzureConfigKey::Endpoint));
            if class == StoreClass::Upload {
                builder = builder.with_http_connector(UploadConnector);
            }
            Ok(Arc::new(builder.with_retry(retry).with_client_options(client).build().map_err(invalid)?))
        }
        StoreLocation::Directory(_) | StoreLocation::Memory => {
            Err(Error::new(ErrorKind::Internal, "a local store has no remote client"))
        }
    }
}

/// The environment may name another address of GCS or Azure, an emulator's for instance, and that need not speak TLS.
fn allow_http_to(client: ClientOptions, address: Option<String>) -> ClientOptions {
    client.with_allow_http(address.is_some_and(|address| address.starts_with("http://")))
}

/// With the bucket in the host name, the crate wants it in the endpoint already.
fn endpoint_url(endpoint: &str, bucket: &str, path_style: bool) -> Result<String, Error> {
    let invalid = || Error::new(ErrorKind::Invalid, format!("{endpoint} is not http://HOST or https://HOST"));
    let (scheme, rest) = endpoint.split_once("://").ok_or_else(invalid)?;
    if !matches!(scheme, "http" | "https") || rest.is_empty() {
        return Err(invalid());
    }
    let rest = rest.trim_end_matches('/');
    Ok(if path_style { format!("{scheme}://{rest}") } else { format!("{scheme}://{bucket}.{rest}") })
}

fn retry_config(class: StoreClass) -> RetryConfig {
    let (max_retries, retry_timeout) = match class {
        // A retried create can meet its own first write; whoever uploads decides what to do.
        StoreClass::Upload => (0, Duration::from_secs(180)),
        StoreClass::ColdRead => (2, Duration::from_secs(20)),
        // `cluster.json` is created through this class.
        StoreClass::Admin => (0, Duration::from_secs(60)),
    };
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 };
    RetryConfig { backoff, max_retries, retry_timeout }
}

fn client_options(class: StoreClass) -> ClientOptions {
    let options = ClientOptions::new().with_connect_timeout(Duration::from_secs(5));
    match class {
        // The deadline of an upload scales with its bytes and is the uploader's; `upload_client.rs` sets the same.
        StoreClass::Upload => options.with_timeout_disabled(),
        StoreClass::ColdRead => {
            options.with_timeout(Duration::from_secs(60)).with_read_timeout(Duration::from_secs(15))
        }
        StoreClass::Admin => options.with_timeout(Duration::from_secs(60)),
    }
}

#[cfg(test)]
mod tests;
