//! VerifyTier (20001, ours): compares the bucket with the quorum.

use std::sync::Arc;
use std::time::Duration;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::verify_tier::{VerifyTierFinding, VerifyTierRequest, VerifyTierResponse};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;
use strata_tiering::scrub::{Finding, VerifyDepth, VerifyReport};
use tokio::sync::Semaphore;

use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

/// One at a time: each lists the whole bucket.
static TURN: Semaphore = Semaphore::const_new(1);

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: VerifyTierRequest,
) -> Outcome<VerifyTierResponse> {
    let Some(depth) = depth(request.depth) else {
        return refused(ErrorCode::InvalidRequest, format!("there is no depth {}: 0 to 2", request.depth)).into();
    };
    Outcome::Later(Box::pin(async move { verify(&broker, &context, depth, request.timeout_ms).await }))
}

const fn depth(number: i8) -> Option<VerifyDepth> {
    match number {
        0 => Some(VerifyDepth::Names),
        1 => Some(VerifyDepth::Indexes),
        2 => Some(VerifyDepth::Whole),
        _ => None,
    }
}

fn refused(code: ErrorCode, message: impl Into<String>) -> VerifyTierResponse {
    VerifyTierResponse {
        error_code: code.code(),
        error_message: Some(KString::from(message.into())),
        ..VerifyTierResponse::default()
    }
}

async fn verify(broker: &Broker, context: &RequestContext, depth: VerifyDepth, timeout_ms: i32) -> VerifyTierResponse {
    let Some(tier) = &broker.tier else {
        return refused(ErrorCode::InvalidRequest, "tiering is off: 'remote.log.storage.system.enable' is not true");
    };
    let Ok(_turn) = TURN.try_acquire() else {
        return refused(ErrorCode::RequestTimedOut, "another verification is under way; try again when it has ended");
    };
    let limit = context.time_left(Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)));
    let manager = Arc::clone(tier.manager());
    // Off the threads that serve clients.
    let mut running = tier.runtime().spawn(async move { manager.verify(depth).await });
    match tokio::time::timeout(limit, &mut running).await {
        Ok(Ok(Ok(report))) => response(&report, &broker.metadata.image()),
        Ok(Ok(Err(error))) => refused(ErrorCode::KafkaStorageError, error.to_string()),
        Ok(Err(error)) => refused(ErrorCode::UnknownServerError, format!("the verification ended: {error}")),
        Err(_) => {
            running.abort();
            refused(ErrorCode::RequestTimedOut, "the verification took too long: give it more time with --timeout")
        }
    }
}

fn saturated(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn response(report: &VerifyReport, image: &Image) -> VerifyTierResponse {
    VerifyTierResponse {
        segments: saturated(report.segments),
        segment_bytes: saturated(report.segment_bytes),
        log_bytes: saturated(report.log_bytes),
        pages: saturated(report.pages),
        unsettled: saturated(report.unsettled),
        unaccounted: saturated(report.unaccounted),
        unaccounted_bytes: saturated(report.unaccounted_bytes),
        missing: saturated(report.missing),
        corrupt: saturated(report.corrupt),
        has_cluster_file: report.has_cluster_file,
        findings: report.findings.iter().map(|found| finding(found, image)).collect(),
        ..VerifyTierResponse::default()
    }
}

/// A topic that is gone has only its id, which is part of the key.
fn finding(found: &Finding, image: &Image) -> VerifyTierFinding {
    let topic = found.partition.and_then(|id| image.topic(id.topic_id));
    VerifyTierFinding {
        topic: topic.map(|topic| topic.name.as_str().into()),
        partition_index: found.partition.map_or(-1, |id| id.partition.0),
        key: found.key.as_str().into(),
        message: found.message.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_numbered() {
        assert_eq!(depth(0), Some(VerifyDepth::Names));
        assert_eq!(depth(2), Some(VerifyDepth::Whole));
        assert_eq!((depth(3), depth(-1)), (None, None));
    }

    #[test]
    fn a_report_is_told_in_full() {
        let found = Finding { partition: None, key: "k".into(), message: "is missing".into() };
        let report = VerifyReport {
            segments: 4,
            unaccounted: u64::MAX,
            missing: 1,
            has_cluster_file: true,
            findings: vec![found],
            ..VerifyReport::default()
        };
        let told = response(&report, &Image::default());
        assert_eq!((told.segments, told.unaccounted, told.missing), (4, i64::MAX, 1));
        assert_eq!((told.findings[0].partition_index, told.findings[0].key.as_str()), (-1, "k"));
        assert!(told.findings[0].topic.is_none());
    }
}
