//! The report of `strata tier verify`.

use std::io::{self, Write};

use serde::Serialize;
use strata_compat::messages::verify_tier::VerifyTierResponse;

use crate::cli::error::CliError;
use crate::cli::output::{self, Report};

#[derive(Debug, Serialize)]
struct Finding {
    topic: Option<String>,
    partition: Option<i32>,
    key: String,
    message: String,
}

/// What the bucket holds, against the quorum.
#[derive(Debug, Serialize)]
pub(super) struct VerifyReport {
    clean: bool,
    deep: bool,
    segments: i64,
    segment_bytes: i64,
    log_bytes: i64,
    pages: i64,
    unsettled: i64,
    unaccounted_objects: i64,
    unaccounted_bytes: i64,
    missing: i64,
    corrupt: i64,
    cluster_file: bool,
    findings: Vec<Finding>,
}

impl VerifyReport {
    pub(super) fn new(response: &VerifyTierResponse, deep: bool) -> Self {
        let findings = response.findings.iter().map(|finding| Finding {
            topic: finding.topic.as_ref().map(ToString::to_string),
            partition: Some(finding.partition_index).filter(|partition| *partition >= 0),
            key: finding.key.to_string(),
            message: finding.message.to_string(),
        });
        let is_clean = response.unaccounted == 0 && response.missing == 0 && response.corrupt == 0;
        Self {
            clean: is_clean && response.has_cluster_file,
            deep,
            segments: response.segments,
            segment_bytes: response.segment_bytes,
            log_bytes: response.log_bytes,
            pages: response.pages,
            unsettled: response.unsettled,
            unaccounted_objects: response.unaccounted,
            unaccounted_bytes: response.unaccounted_bytes,
            missing: response.missing,
            corrupt: response.corrupt,
            cluster_file: response.has_cluster_file,
            findings: findings.collect(),
        }
    }

    /// The exit: a bucket that is not as it should be is a failure.
    pub(super) fn result(&self) -> Result<(), CliError> {
        if self.clean {
            return Ok(());
        }
        let objects = if self.missing + self.corrupt > 0 {
            "; restore the objects that are named from a copy or older versions: until then their records cannot be read"
        } else {
            ""
        };
        let cluster_file = if self.cluster_file {
            ""
        } else {
            ", no cluster.json; restore it from a copy or an older version before the next start"
        };
        Err(CliError::failed(format!(
            "the bucket is not what the quorum says: {} missing, {} corrupt, {} unaccounted{cluster_file}{objects}",
            self.missing, self.corrupt, self.unaccounted_objects,
        )))
    }
}

impl Report for VerifyReport {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let checked = if self.deep { "every byte" } else { "names, sizes and index sections" };
        writeln!(to, "checked             {checked}")?;
        writeln!(
            to,
            "segments            {} ({} of records in {} of objects)",
            self.segments,
            output::bytes(self.log_bytes),
            output::bytes(self.segment_bytes)
        )?;
        writeln!(to, "pages               {}", self.pages)?;
        writeln!(to, "on their way        {} (being written, or to be deleted)", self.unsettled)?;
        writeln!(to, "missing             {}", self.missing)?;
        writeln!(to, "corrupt             {}", self.corrupt)?;
        writeln!(to, "unaccounted objects {}", self.unaccounted_objects)?;
        writeln!(to, "unaccounted bytes   {}", self.unaccounted_bytes)?;
        writeln!(to, "cluster.json        {}", if self.cluster_file { "present" } else { "missing" })?;
        for finding in &self.findings {
            write!(to, "! {}: {}", finding.key, finding.message)?;
            match (&finding.topic, finding.partition) {
                (Some(topic), Some(partition)) => writeln!(to, " ({topic}-{partition})")?,
                _ => writeln!(to)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::messages::verify_tier::VerifyTierFinding;

    use super::*;
    use crate::cli::output::both_forms;

    #[test]
    fn a_clean_bucket_ends_well() {
        let response = VerifyTierResponse { segments: 3, has_cluster_file: true, ..Default::default() };
        let report = VerifyReport::new(&response, false);
        let (text, json) = both_forms(&report);
        assert!(text.contains("unaccounted bytes   0\n"), "{text}");
        assert_eq!(json["clean"], true);
        assert!(report.result().is_ok());
    }

    #[test]
    fn each_difference_ends_badly() {
        let clean = VerifyTierResponse { has_cluster_file: true, ..Default::default() };
        for response in [
            VerifyTierResponse { missing: 1, ..clean.clone() },
            VerifyTierResponse { corrupt: 1, ..clean.clone() },
            VerifyTierResponse { unaccounted: 1, unaccounted_bytes: 5, ..clean.clone() },
            VerifyTierResponse { has_cluster_file: false, ..clean },
        ] {
            let error = VerifyReport::new(&response, true).result().unwrap_err();
            assert_eq!(error.exit_code(), 1);
        }
    }

    #[test]
    fn findings_name_object_and_partition() {
        let finding = VerifyTierFinding {
            topic: Some("t".into()),
            partition_index: 4,
            key: "a/b.seg".into(),
            message: "is missing".into(),
        };
        let response = VerifyTierResponse { missing: 1, findings: vec![finding], ..Default::default() };
        let (text, json) = both_forms(&VerifyReport::new(&response, true));
        assert!(text.ends_with("! a/b.seg: is missing (t-4)\n"), "{text}");
        assert_eq!(json["findings"][0]["partition"], 4);
    }
}
