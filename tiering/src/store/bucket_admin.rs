//! What only S3's administration gives: make and check a bucket, list and abort left-over multipart uploads.
//!
//! Owns: the requests and what their answers mean to us. Does not own: when they are made (`strata tier init`, start,
//! sweep) or any object's data. Stores that lack an operation answer "unknown", which refuses nothing.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{ProvideCredentials as _, Region, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ExpirationStatus, ObjectLockEnabled,
};
use strata_compat::ids::Timestamp;

use crate::error::{Error, ErrorKind};
use crate::store::{S3Options, StoreLocation, credentials, endpoint_url};

/// Pages of multipart uploads listed at once, at most; each has up to 1000.
const UPLOAD_PAGES_MAX: usize = 100;
/// Region whose name must not be given when a bucket is made.
const REGION_WITHOUT_CONSTRAINT: &str = "us-east-1";

/// How a bucket is set up, as far as it matters to us. `None`: the store does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketReport {
    /// Whether it keeps old versions, so that deleted objects go on costing.
    pub versioning: Option<bool>,
    /// Ids of enabled lifecycle rules that expire objects, which would lose committed segments.
    pub expiring_rules: Option<Vec<String>>,
    /// Whether objects are locked against deletion.
    pub object_lock: Option<bool>,
}

/// A multipart upload that nobody has finished. We make none; another tool, or another program, has left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOverUpload {
    /// Key of the object that it would have made.
    pub key: String,
    /// Its id.
    pub upload_id: String,
    /// When it was begun.
    pub initiated: Option<Timestamp>,
}

/// Administers one bucket.
#[derive(Clone, Debug)]
pub struct BucketAdmin {
    client: Client,
    bucket: String,
    region: Option<String>,
    endpoint: Option<String>,
    credentials: Option<SharedCredentialsProvider>,
}

fn failed<E>(context: String, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let kind = match error.code() {
        Some("NoSuchBucket" | "NotFound" | "NoSuchUpload") => ErrorKind::NotFound,
        Some("InvalidBucketName" | "BucketAlreadyExists") => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("{context}: {}", describe(&error)))
}

/// The store's own code and message, or the chain of causes where it gave none.
fn describe<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if let Some(code) = error.code() {
        return format!("{code}: {}", error.message().unwrap_or("no message"));
    }
    // The answer to a HEAD has no body that could tell more.
    if let Some(answer) = error.raw_response().filter(|answer| !answer.status().is_success()) {
        let status = answer.status().as_u16();
        return format!("the store answers {status}{}", hint(status));
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// What an answer without a body means most likely.
const fn hint(status: u16) -> &'static str {
    match status {
        301 | 307 => ": the bucket is in another region; name its own (--region, strata.tier.s3.region)",
        400 => {
            ": the bucket's name may not be a valid one (3 to 63 lower-case letters, digits, '.' and '-'), or the region a wrong one"
        }
        401 | 403 => ": the credentials are wrong, or may not use this bucket",
        _ => "",
    }
}

/// Answers of stores that lack an operation, or that have nothing configured.
fn is_not_offered<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    // A success that cannot be understood tells nothing either.
    error.raw_response().is_some_and(|answer| answer.status().is_success())
        || matches!(error.code(), Some("NotImplemented" | "MethodNotAllowed" | "XNotImplemented"))
}

impl BucketAdmin {
    /// Administers the bucket of an S3 location; `None` for other stores. Contacts nothing but sources of credentials.
    pub async fn open(location: &StoreLocation, options: &S3Options) -> Option<Self> {
        let StoreLocation::S3 { bucket, .. } = location else {
            return None;
        };
        let region = credentials::region(options);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_timeout(Duration::from_secs(30))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeouts);
        if let Some(region) = region.clone() {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = &options.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let loaded = loader.load().await;
        let credentials = loaded.credentials_provider();
        let region = region.or_else(|| loaded.region().map(ToString::to_string));
        let config = aws_sdk_s3::config::Builder::from(&loaded).force_path_style(options.path_style).build();
        Some(Self {
            client: Client::from_conf(config),
            bucket: bucket.clone(),
            region,
            endpoint: options.endpoint.clone(),
            credentials,
        })
    }

    /// Whether the bucket is there and ours to use.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.client.head_bucket().bucket(&self.bucket).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(false),
            Err(error) => {
                let context = format!("looking at bucket {}", self.bucket);
                if error.raw_response().is_some() {
                    return Err(failed(context, error));
                }
                let context = match &self.endpoint {
                    Some(endpoint) => format!("{context} at {endpoint}"),
                    None => context,
                };
                // The SDK's own words for what was not sent at all do not say what to set.
                match self.what_is_missing().await {
                    Some(reason) => Err(Error::new(ErrorKind::Unavailable, format!("{context}: {reason}"))),
                    None => Err(failed(context, error)),
                }
            }
        }
    }

    /// What a request cannot be made without and is not there.
    async fn what_is_missing(&self) -> Option<String> {
        if let Some(endpoint) = &self.endpoint
            && let Err(error) = endpoint_url(endpoint, &self.bucket, true)
        {
            return Some(error.to_string());
        }
        if self.region.is_none() {
            return Some("no region is known: set --region, strata.tier.s3.region or AWS_REGION".to_owned());
        }
        match self.credentials.as_ref()?.provide_credentials().await {
            Ok(_) => None,
            Err(error) => Some(credentials::missing(&error)),
        }
    }

    /// Makes the bucket if it is missing; answers whether it was.
    pub async fn create_if_missing(&self) -> Result<bool, Error> {
        if self.exists().await? {
            return Ok(false);
        }
        let mut request = self.client.create_bucket().bucket(&self.bucket);
        if let Some(region) = self.region.as_deref().filter(|region| *region != REGION_WITHOUT_CONSTRAINT) {
            let constraint = BucketLocationConstraint::from(region);
            request = request.create_bucket_configuration(
                CreateBucketConfiguration::builder().location_constraint(constraint).build(),
            );
        }
        match request.send().await {
            Ok(_) => Ok(true),
            // Somebody else of ours was quicker.
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(false),
            Err(error) => Err(failed(format!("making bucket {}", self.bucket), error)),
        }
    }

    /// Reads versioning, lifecycle and object lock.
    pub async fn check(&self) -> Result<BucketReport, Error> {
        Ok(BucketReport {
            versioning: self.versioning().await?,
            expiring_rules: self.expiring_rules().await?,
            object_lock: self.object_lock().await?,
        })
    }

    async fn versioning(&self) -> Result<Option<bool>, Error> {
        match self.client.get_bucket_versioning().bucket(&self.bucket).send().await {
            Ok(answer) => Ok(Some(answer.status() == Some(&BucketVersioningStatus::Enabled))),
            Err(error) if is_not_offered(&error) => Ok(None),
            Err(error) => Err(failed(format!("reading the versioning of bucket {}", self.bucket), error)),
        }
    }

    async fn expiring_rules(&self) -> Result<Option<Vec<String>>, Error> {
        let answer = match self.client.get_bucket_lifecycle_configuration().bucket(&self.bucket).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => {
                return Ok(Some(Vec::new()));
            }
            Err(error) if is_not_offered(&error) => return Ok(None),
            Err(error) => {
                return Err(failed(format!("reading the lifecycle of bucket {}", self.bucket), error));
            }
        };
        let expiring = answer.rules().iter().filter(|rule| {
            let expires =
                rule.expiration().is_some_and(|expiration| expiration.days().is_some() || expiration.date().is_some());
            *rule.status() == ExpirationStatus::Enabled && expires
        });
        Ok(Some(expiring.map(|rule| rule.id().unwrap_or("(without id)").to_owned()).collect()))
    }

    async fn object_lock(&self) -> Result<Option<bool>, Error> {
        match self.client.get_object_lock_configuration().bucket(&self.bucket).send().await {
            Ok(answer) => Ok(Some(answer.object_lock_configuration().is_some_and(|configuration| {
                configuration.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled)
            }))),
            Err(error) if error.code() == Some("ObjectLockConfigurationNotFoundError") => Ok(Some(false)),
            Err(error) if is_not_offered(&error) => Ok(None),
            Err(error) => Err(failed(format!("reading the object lock of bucket {}", self.bucket), error)),
        }
    }

    /// Lists multipart uploads below `folder` that nobody has finished.
    pub async fn left_over_uploads(&self, folder: &str) -> Result<Vec<LeftOverUpload>, Error> {
        let mut found = Vec::new();
        let (mut key_marker, mut id_marker) = (None, None);
        for _ in 0..UPLOAD_PAGES_MAX {
            let answer = self
                .client
                .list_multipart_uploads()
                .bucket(&self.bucket)
                .prefix(folder)
                .set_key_marker(key_marker.take())
                .set_upload_id_marker(id_marker.take())
                .send()
                .await
                .map_err(|error| failed(format!("listing multipart uploads of bucket {}", self.bucket), error))?;
            found.extend(answer.uploads().iter().filter_map(|upload| {
                let initiated = upload.initiated().and_then(|time| time.to_millis().ok()).map(Timestamp);
                Some(LeftOverUpload {
                    key: upload.key()?.to_owned(),
                    upload_id: upload.upload_id()?.to_owned(),
                    initiated,
                })
            }));
            if answer.is_truncated() != Some(true) {
                break;
            }
            key_marker = answer.next_key_marker().map(ToOwned::to_owned);
            id_marker = answer.next_upload_id_marker().map(ToOwned::to_owned);
        }
        Ok(found)
    }

    /// Aborts one of them; it counts as done if it is gone already.
    pub async fn abort_upload(&self, upload: &LeftOverUpload) -> Result<(), Error> {
        let request =
            self.client.abort_multipart_upload().bucket(&self.bucket).key(&upload.key).upload_id(&upload.upload_id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            Err(error) => Err(failed(format!("aborting a multipart upload of {}", upload.key), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_body_is_explained() {
        let cases = [(403, "credentials"), (401, "credentials"), (301, "region"), (400, "name")];
        for (status, word) in cases {
            assert!(hint(status).contains(word), "{status}");
        }
        assert_eq!(hint(503), "");
    }

    #[tokio::test]
    async fn what_was_not_sent_is_told_with_what_to_set() {
        let location = StoreLocation::parse("s3://b/p").unwrap();
        let options = S3Options { endpoint: Some("127.0.0.1:9000".to_owned()), region: None, path_style: true };
        let admin = BucketAdmin::open(&location, &options).await.unwrap();
        let error = admin.exists().await.unwrap_err();
        let expected = "looking at bucket b at 127.0.0.1:9000: 127.0.0.1:9000 is not http://HOST or https://HOST";
        assert_eq!(error.to_string(), expected);
    }
}
