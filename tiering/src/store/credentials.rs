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

/// The two variables that hold static keys.
const KEY_VARIABLES: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// A provider over the SDK's default chain; `None` if the environment holds static keys.
pub(super) fn for_s3(options: &S3Options) -> Option<AwsCredentialProvider> {
    if KEY_VARIABLES.iter().all(|name| is_set(name)) {
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

/// Why there are no credentials: where they were looked for, what the last source said, and what to set.
pub(super) fn missing(error: &(dyn std::error::Error + 'static)) -> String {
    explain(KEY_VARIABLES.map(is_set), std::env::var("AWS_PROFILE").ok().as_deref(), error)
}

fn explain(
    [has_key, has_secret]: [bool; 2],
    profile: Option<&str>,
    error: &(dyn std::error::Error + 'static),
) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    // Where no source is set up at all, the SDK lists them, in many lines.
    let said = match last.to_string() {
        text if text.contains('\n') => String::new(),
        text => format!(" (the last one said: {text})"),
    };
    let half = match (has_key, has_secret) {
        (true, false) => "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; ",
        (false, true) => "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not; ",
        (true, true) | (false, false) => "",
    };
    format!(
        "no AWS credentials were found: {half}looked at the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), the \
         profile '{}' in ~/.aws (AWS_PROFILE), a web identity (AWS_WEB_IDENTITY_TOKEN_FILE), and the role of the container \
         and of the instance{said}; set one of them for the process",
        profile.unwrap_or("default")
    )
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
                return left.map(|(credential, _)| Arc::clone(credential)).ok_or_else(|| failed(missing(&error)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_credentials_is_told_with_where_they_were_looked_for_and_what_to_set() {
        let error = std::io::Error::other("the instance has no role");
        let told = explain([false, false], None, &error);
        for word in
            ["AWS_ACCESS_KEY_ID and", "profile 'default'", "AWS_PROFILE", "instance has no role", "set one of them"]
        {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("is not;"), "{told}");
        let none = std::io::Error::other("no credentials found in chain.\nAttempted: all of them");
        assert!(explain([false, false], None, &none).ends_with("of the instance; set one of them for the process"));
        let cases = [
            ([true, false], "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
            ([false, true], "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"),
        ];
        for (set, word) in cases {
            assert!(explain(set, Some("mine"), &error).contains(word));
        }
        assert!(explain([false, false], Some("mine"), &error).contains("profile 'mine'"));
    }
}
