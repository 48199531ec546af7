//! Counts requests, bytes, errors and latencies per class and operation. Owns: the figures. Does not own: any decision.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::store::StoreClass;

type Labels = [(&'static str, &'static str); 2];

/// Figures of all classes.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    requests: Family<Labels, Counter>,
    errors: Family<Labels, Counter>,
    bytes: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    classes: [ClassMetrics; 3],
}

/// Handles of one class.
#[derive(Clone, Debug)]
pub struct ClassMetrics {
    /// PUTs.
    pub put: OperationMetrics,
    /// GETs and HEADs.
    pub get: OperationMetrics,
    /// DELETEs.
    pub delete: OperationMetrics,
    /// Lists.
    pub list: OperationMetrics,
}

/// Handles of one operation.
#[derive(Clone, Debug)]
pub struct OperationMetrics {
    /// Requests made.
    pub requests: Counter,
    /// Requests that failed; a 404 counts.
    pub errors: Counter,
    /// Bytes of bodies.
    pub bytes: Counter,
    /// Time to the answer, in seconds; for a GET to the first byte of its body.
    pub seconds: Histogram,
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Default for StoreMetrics {
    fn default() -> Self {
        let requests = Family::default();
        let errors = Family::default();
        let bytes = Family::default();
        let seconds = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        let operation = |class: StoreClass, operation: &'static str| {
            let labels = [("class", class.name()), ("operation", operation)];
            OperationMetrics {
                requests: Family::<Labels, Counter>::get_or_create(&requests, &labels).clone(),
                errors: Family::<Labels, Counter>::get_or_create(&errors, &labels).clone(),
                bytes: Family::<Labels, Counter>::get_or_create(&bytes, &labels).clone(),
                seconds: seconds.get_or_create(&labels).clone(),
            }
        };
        let classes = StoreClass::ALL.map(|class| ClassMetrics {
            put: operation(class, "put"),
            get: operation(class, "get"),
            delete: operation(class, "delete"),
            list: operation(class, "list"),
        });
        Self { requests, errors, bytes, seconds, classes }
    }
}

impl StoreMetrics {
    /// Figures that are registered under `strata_store_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let scope = registry.sub_registry_with_prefix("strata_store");
        scope.register("requests", "Requests to the object store", metrics.requests.clone());
        scope.register("errors", "Failed requests to the object store", metrics.errors.clone());
        scope.register("bytes", "Bytes of bodies to and from the object store", metrics.bytes.clone());
        scope.register("request_seconds", "Time to the store's answer", metrics.seconds.clone());
        metrics
    }

    /// Handles of a class.
    #[must_use]
    pub fn class(&self, class: StoreClass) -> ClassMetrics {
        let [upload, cold_read, admin] = &self.classes;
        match class {
            StoreClass::Upload => upload.clone(),
            StoreClass::ColdRead => cold_read.clone(),
            StoreClass::Admin => admin.clone(),
        }
    }
}

impl OperationMetrics {
    async fn measure<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.requests.inc();
        let started = Instant::now();
        let outcome = work.await;
        self.seconds.observe(started.elapsed().as_secs_f64());
        if outcome.is_err() {
            self.errors.inc();
        }
        outcome
    }
}

/// A store whose requests are counted.
#[derive(Debug)]
pub struct InstrumentedStore {
    inner: Arc<dyn ObjectStore>,
    metrics: ClassMetrics,
}

impl InstrumentedStore {
    /// Counts the requests of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, metrics: ClassMetrics) -> Self {
        Self { inner, metrics }
    }
}

impl fmt::Display for InstrumentedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for InstrumentedStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let bytes = u64::try_from(payload.content_length()).unwrap_or(u64::MAX);
        let answer = self.metrics.put.measure(self.inner.put_opts(location, payload, options)).await?;
        self.metrics.put.bytes.inc_by(bytes);
        Ok(answer)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.metrics.put.measure(self.inner.put_multipart_opts(location, options)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        let mut answer = self.metrics.get.measure(self.inner.get_opts(location, options)).await?;
        if head {
            return Ok(answer);
        }
        match answer.payload {
            GetResultPayload::Stream(body) => {
                let metrics = self.metrics.get.clone();
                let counted = body.inspect(move |part| match part {
                    Ok(part) => drop(metrics.bytes.inc_by(u64::try_from(part.len()).unwrap_or(u64::MAX))),
                    Err(_) => drop(metrics.errors.inc()),
                });
                answer.payload = GetResultPayload::Stream(counted.boxed());
            }
            file => {
                self.metrics.get.bytes.inc_by(answer.range.end.saturating_sub(answer.range.start));
                answer.payload = file;
            }
        }
        Ok(answer)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let metrics = self.metrics.delete.clone();
        let counted = move |outcome: &Result<Path>| {
            metrics.requests.inc();
            if outcome.is_err() {
                metrics.errors.inc();
            }
        };
        self.inner.delete_stream(locations).inspect(counted).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.metrics.list.requests.inc();
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.metrics.list.requests.inc();
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.metrics.list.measure(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.metrics.put.measure(self.inner.copy_opts(from, to, options)).await
    }
}
