//! Credentials and region of S3 from the standard AWS sources, for the clients of the object_store crate.
//!
//! Owns: which source is used, and keeping credentials until shortly before they expire. Does not own: the sources; static
//! keys in the environment go straight to the client, all else (profiles, web identity, containers, instance roles) comes
//! from the SDK's default chain, asked at the first request and not at start.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_sdk_s3::config::{ProvideCredentials as _, Region, SharedCredentialsProvider};
use object_store::CredentialProvider;
use object_store::aws::{AwsCredential, AwsCredentialProvider};
use tokio::sync::Mutex;

use crate::store::{REGION_DEFAULT, S3Options};

/// Credentials are fetched anew this long before they expire.
const REFRESH_BEFORE: Duration = Duration::from_secs(300);

/// The region to use: the configured one, else the environment's, else a constant for stores that ignore it.
pub(super) fn region(options: &S3Options) -> Option<String> {
    let from_environment = || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok());
    let fallback = || options.endpoint.is_some().then(|| REGION_DEFAULT.to_owned());
    options.region.clone().or_else(from_environment).or_else(fallback)
}

/// A provider over the SDK's default chain; `None` if the environment holds static keys.
pub(super) fn for_s3(options: &S3Options) -> Option<AwsCredentialProvider> {
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        return None;
    }
    Some(Arc::new(ChainProvider { region: region(options), state: Mutex::default() }))
}

#[derive(Default)]
struct ChainState {
    chain: Option<SharedCredentialsProvider>,
    current: Option<(Arc<AwsCredential>, Option<SystemTime>)>,
}

struct ChainProvider {
    region: Option<String>,
    state: Mutex<ChainState>,
}

impl std::fmt::Debug for ChainProvider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChainProvider").finish_non_exhaustive()
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> object_store::Error {
    object_store::Error::Generic { store: "S3 credentials", source: source.into() }
}

#[async_trait]
impl CredentialProvider for ChainProvider {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut state = self.state.lock().await;
        if let Some((credential, expiry)) = &state.current
            && expiry.is_none_or(|expiry| expiry > SystemTime::now() + REFRESH_BEFORE)
        {
            return Ok(Arc::clone(credential));
        }
        if state.chain.is_none() {
            let mut loader = aws_config::defaults(BehaviorVersion::latest());
            if let Some(region) = self.region.clone() {
                loader = loader.region(Region::new(region));
            }
            state.chain = loader.load().await.credentials_provider();
        }
        let chain = state.chain.as_ref().ok_or_else(|| failed("no source of AWS credentials is configured"))?;
        let found = match chain.provide_credentials().await {
            Ok(found) => found,
            // The source is away; what it gave last time may be good for some minutes yet.
            Err(error) => {
                let left =
                    state.current.as_ref().filter(|(_, expiry)| expiry.is_none_or(|end| end > SystemTime::now()));
                return left.map(|(credential, _)| Arc::clone(credential)).ok_or_else(|| failed(error));
            }
        };
        let credential = Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(ToOwned::to_owned),
        });
        state.current = Some((Arc::clone(&credential), found.expiry()));
        Ok(credential)
    }
}
