//! `strata tier init`: sets a bucket up without a broker, and shows what would be dangerous or costly in it.
//!
//! Owns: which steps, in which order. Does not own: the requests (`strata_tiering::store::bucket_admin`). Each step may be
//! repeated; a crash between two of them leaves a bucket that the next run finishes.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use strata_tiering::store::bucket_admin::{BucketAdmin, BucketReport, LeftOverUpload};
use strata_tiering::store::{S3Options, StoreLocation};

use crate::cli::args::TierInitArguments;
use crate::cli::error::CliError;
use crate::cli::output::{self, Report};
use crate::cli::{datetime, run};

/// Left-over uploads that are listed by name.
const UPLOADS_SHOWN_MAX: usize = 20;

pub(super) async fn init(options: &TierInitArguments) -> Result<InitReport, CliError> {
    let (url, s3) = target(options)?;
    let location = StoreLocation::parse(&url).map_err(|error| CliError::usage(error.to_string()))?;
    match &location {
        StoreLocation::S3 { bucket, prefix } => {
            let Some(admin) = BucketAdmin::open(&location, &s3).await else {
                return Err(CliError::failed(format!("{url} is not administered through S3")));
            };
            init_s3(&admin, bucket, prefix, options).await.map(|report| InitReport { url, ..report })
        }
        StoreLocation::Directory(path) => {
            init_directory(path, options.check).map(|report| InitReport { url, ..report })
        }
        StoreLocation::Gcs { .. } | StoreLocation::Azure { .. } => Err(CliError::failed(format!(
            "{url}: only S3 buckets can be set up here; create this one with your provider's tools, with neither \
             versioning nor rules that expire objects"
        ))),
        StoreLocation::Memory => Err(CliError::usage("memory:// is gone with its process: there is nothing to set up")),
    }
}

/// The URL and the options of S3, from the arguments or from a server.properties.
fn target(options: &TierInitArguments) -> Result<(String, S3Options), CliError> {
    if let Some(url) = &options.tier {
        let s3 = S3Options {
            endpoint: options.endpoint.clone(),
            region: options.region.clone(),
            path_style: options.path_style,
        };
        return Ok((url.clone(), s3));
    }
    let Some(file) = &options.config else {
        return Err(CliError::usage("give --tier URL or --config FILE"));
    };
    let properties = run::read_properties(file, &[])?;
    let Some(url) = properties.get("strata.tier.url") else {
        return Err(CliError::usage(format!("{} has no 'strata.tier.url'", file.display())));
    };
    let text = |key: &str| properties.get(key).map(str::to_owned);
    let s3 = S3Options {
        endpoint: text("strata.tier.s3.endpoint"),
        region: text("strata.tier.s3.region"),
        path_style: properties.get("strata.tier.s3.path-style").is_some_and(|value| value.eq_ignore_ascii_case("true")),
    };
    Ok((url.to_owned(), s3))
}

async fn init_s3(
    admin: &BucketAdmin,
    bucket: &str,
    prefix: &str,
    options: &TierInitArguments,
) -> Result<InitReport, CliError> {
    let failed = |error: strata_tiering::error::Error| CliError::failed(error.to_string());
    let created = if options.check {
        if !admin.exists().await.map_err(failed)? {
            return Err(CliError::failed(format!(
                "there is no bucket {bucket}; run this without --check to create it"
            )));
        }
        false
    } else {
        admin.create_if_missing().await.map_err(failed)?
    };
    let settings = admin.check().await.map_err(failed)?;
    let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let uploads = admin.left_over_uploads(&folder).await.map_err(failed)?;
    let mut aborted = 0;
    if options.abort_uploads {
        for upload in &uploads {
            admin.abort_upload(upload).await.map_err(failed)?;
            aborted += 1;
        }
    }
    Ok(InitReport {
        url: String::new(),
        bucket: bucket.to_owned(),
        created,
        versioning: settings.versioning,
        object_lock: settings.object_lock,
        expiring_rules: settings.expiring_rules.clone(),
        warnings: warnings(&settings, uploads.len() - aborted),
        aborted_uploads: aborted,
        left_over_uploads: uploads.iter().skip(aborted).map(UploadLine::new).collect(),
    })
}

fn init_directory(path: &Path, check: bool) -> Result<InitReport, CliError> {
    let existed = path.is_dir();
    if check && !existed {
        return Err(CliError::failed(format!(
            "there is no directory {}; run this without --check to make it",
            path.display()
        )));
    }
    std::fs::create_dir_all(path)
        .map_err(|error| CliError::failed(format!("the directory {} cannot be made: {error}", path.display())))?;
    Ok(InitReport { bucket: path.display().to_string(), created: !existed, ..InitReport::default() })
}

/// What in a bucket would lose records or cost money.
fn warnings(settings: &BucketReport, left_over: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(rules) = settings.expiring_rules.as_deref().filter(|rules| !rules.is_empty()) {
        warnings.push(format!(
            "lifecycle rules expire objects and would lose committed records: remove {}",
            rules.join(", ")
        ));
    }
    if settings.versioning == Some(true) {
        warnings.push(
            "versioning keeps deleted objects, which go on costing: switch it off or expire old versions".to_owned(),
        );
    }
    if settings.object_lock == Some(true) {
        warnings.push("object lock keeps objects from being deleted: retention cannot free the bucket".to_owned());
    }
    if left_over > 0 {
        warnings.push(format!(
            "{left_over} multipart uploads of other programs are left over and cost: abort them with --abort-uploads"
        ));
    }
    warnings
}

#[derive(Debug, Serialize)]
struct UploadLine {
    key: String,
    upload_id: String,
    initiated: Option<String>,
}

impl UploadLine {
    fn new(upload: &LeftOverUpload) -> Self {
        Self {
            key: upload.key.clone(),
            upload_id: upload.upload_id.clone(),
            initiated: upload.initiated.map(|time| datetime::format(time.0)),
        }
    }
}

/// How the bucket stands after the run.
#[derive(Debug, Default, Serialize)]
pub(super) struct InitReport {
    url: String,
    bucket: String,
    created: bool,
    /// `None`: the store does not tell.
    versioning: Option<bool>,
    object_lock: Option<bool>,
    expiring_rules: Option<Vec<String>>,
    warnings: Vec<String>,
    aborted_uploads: usize,
    left_over_uploads: Vec<UploadLine>,
}

const fn on_off(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}

impl Report for InitReport {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let state = if self.created { "was created" } else { "was there" };
        writeln!(to, "bucket            {} {state}", self.bucket)?;
        if let Some(versioning) = self.versioning {
            writeln!(to, "versioning        {}", on_off(versioning))?;
        }
        if let Some(object_lock) = self.object_lock {
            writeln!(to, "object lock       {}", on_off(object_lock))?;
        }
        if let Some(rules) = self.expiring_rules.as_deref() {
            writeln!(to, "expiring rules    {}", output::list(rules))?;
        }
        writeln!(to, "left-over uploads {}", self.left_over_uploads.len())?;
        if self.aborted_uploads > 0 {
            writeln!(to, "aborted uploads   {}", self.aborted_uploads)?;
        }
        for upload in self.left_over_uploads.iter().take(UPLOADS_SHOWN_MAX) {
            writeln!(to, "  {} since {}", upload.key, upload.initiated.as_deref().unwrap_or("-"))?;
        }
        for warning in &self.warnings {
            writeln!(to, "warning: {warning}")?;
        }
        writeln!(to, "use it with strata.tier.url={}", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::both_forms;

    fn arguments(tier: Option<String>) -> TierInitArguments {
        TierInitArguments {
            config: None,
            tier,
            endpoint: None,
            region: None,
            path_style: false,
            check: false,
            abort_uploads: false,
        }
    }

    #[test]
    fn what_loses_records_or_costs_is_warned_of() {
        let fine = BucketReport { versioning: Some(false), expiring_rules: Some(vec![]), object_lock: None };
        assert!(warnings(&fine, 0).is_empty());
        let bad =
            BucketReport { versioning: Some(true), expiring_rules: Some(vec!["old".into()]), object_lock: Some(true) };
        let warned = warnings(&bad, 2);
        for (warning, word) in warned.iter().zip(["old", "versioning", "object lock", "2 multipart"]) {
            assert!(warning.contains(word), "{warning}");
        }
        assert_eq!(warned.len(), 4);
    }

    #[tokio::test]
    async fn a_directory_is_made_once() {
        let root = tempfile::tempdir().unwrap();
        let url = format!("file://{}/bucket", root.path().display());
        let check = TierInitArguments { check: true, ..arguments(Some(url.clone())) };
        assert_eq!(init(&check).await.unwrap_err().exit_code(), 1);
        for created in [true, false] {
            let report = init(&arguments(Some(url.clone()))).await.unwrap();
            let (text, json) = both_forms(&report);
            assert_eq!(json["created"], created);
            assert!(text.contains(&format!("strata.tier.url={url}")), "{text}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_set_up_is_refused_with_the_reason() {
        for (url, exit_code, word) in
            [("ftp://x", 2, "s3://"), ("memory://", 2, "process"), ("gs://b/p", 1, "provider"), ("nonsense", 2, "URL")]
        {
            let error = init(&arguments(Some(url.to_owned()))).await.unwrap_err();
            assert_eq!(error.exit_code(), exit_code, "{url}");
            assert!(error.line().contains(word), "{url}: {}", error.line());
        }
    }

    #[test]
    fn the_bucket_may_stand_in_a_file() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("server.properties");
        std::fs::write(&file, "strata.tier.url=s3://b/p\nstrata.tier.s3.path-style=true\n").unwrap();
        let with_file = TierInitArguments { config: Some(file.clone()), ..arguments(None) };
        let (url, s3) = target(&with_file).unwrap();
        assert_eq!((url.as_str(), s3.path_style), ("s3://b/p", true));
        std::fs::write(&file, "node.id=1\n").unwrap();
        assert!(target(&with_file).unwrap_err().line().contains("strata.tier.url"));
    }
}
