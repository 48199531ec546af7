//! A store that fails as stores do, the same way for the same seed. For tests of this crate and of others.
//!
//! Owns: which fault strikes which request. Does not own: what is kept, which is the inner store's. Faults come from a
//! script, one per request, or from rates and a seed; the switch [`FaultyStore::set_unreachable`] overrides both.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parking_lot::Mutex;
use tokio::sync::watch;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// 500, nothing done.
    InternalError,
    /// 503, nothing done.
    SlowDown,
    /// A write is done, but the answer is an error. For a read: an error.
    LostSuccess,
    /// A create is done, but the answer is that the object exists, as after a retry by the client itself.
    ExistsByOwnRetry,
    /// A body ends before its end, with an error.
    CutBody,
    /// A body has a bit flipped.
    FlippedBit,
    /// The answer takes this long.
    Slow(Duration),
    /// The object is not found, though it is there.
    NotFound,
}

/// How often what goes wrong, per mille of the requests that it can strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// Of all requests: 500 and 503.
    pub errors: u64,
    /// Of writes: done, but answered with an error.
    pub lost_successes: u64,
    /// Of creates: done, but answered with "exists".
    pub exists_by_own_retry: u64,
    /// Of reads: a body that ends early.
    pub cut_bodies: u64,
    /// Of all requests: slow answers.
    pub slow: u64,
    /// How slow.
    pub slow_for: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Put { is_create: bool },
    Get,
    Other,
}

/// A store that fails.
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    rates: FaultRates,
    random: Mutex<u64>,
    puts: Mutex<VecDeque<Fault>>,
    gets: Mutex<VecDeque<Fault>>,
    unreachable: AtomicBool,
    hangs: watch::Sender<bool>,
    requests: AtomicU64,
    injected: AtomicU64,
}

impl FaultyStore {
    /// Strikes requests to `inner` by `rates`, in an order that follows from `seed`.
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, seed: u64, rates: FaultRates) -> Self {
        let plan = Plan {
            rates,
            random: Mutex::new(seed),
            puts: Mutex::default(),
            gets: Mutex::default(),
            unreachable: AtomicBool::new(false),
            hangs: watch::Sender::new(false),
            requests: AtomicU64::new(0),
            injected: AtomicU64::new(0),
        };
        Self { inner, plan: Arc::new(plan) }
    }

    /// The next PUTs meet these, one each, before any rate applies.
    pub fn script_puts(&self, faults: impl IntoIterator<Item = Fault>) {
        self.plan.puts.lock().extend(faults);
    }

    /// The next GETs and HEADs meet these, one each, before any rate applies.
    pub fn script_gets(&self, faults: impl IntoIterator<Item = Fault>) {
        self.plan.gets.lock().extend(faults);
    }

    /// From now on every request fails without being done, or none does for this reason.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.plan.unreachable.store(unreachable, Ordering::SeqCst);
    }

    /// From now on no request is answered until this is taken back; then those that wait are done.
    pub fn set_hanging(&self, hanging: bool) {
        self.plan.hangs.send_replace(hanging);
    }

    /// Requests seen.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.plan.requests.load(Ordering::SeqCst)
    }

    /// Faults that struck.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.plan.injected.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn draw(&self) -> u64 {
        let mut state = self.random.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn strikes(&self, rate: u64) -> bool {
        rate > 0 && self.draw() % 1000 < rate
    }

    fn by_rates(&self, operation: Operation) -> Fault {
        let rates = &self.rates;
        if self.strikes(rates.errors) {
            return if self.draw().is_multiple_of(2) { Fault::InternalError } else { Fault::SlowDown };
        }
        if self.strikes(rates.slow) {
            return Fault::Slow(rates.slow_for);
        }
        match operation {
            Operation::Put { .. } if self.strikes(rates.lost_successes) => Fault::LostSuccess,
            Operation::Put { is_create: true } if self.strikes(rates.exists_by_own_retry) => Fault::ExistsByOwnRetry,
            Operation::Get if self.strikes(rates.cut_bodies) => Fault::CutBody,
            Operation::Put { .. } | Operation::Get | Operation::Other => Fault::None,
        }
    }

    /// The fault of this request, already served if it is one that fails or slows any request.
    async fn meet(&self, operation: Operation) -> Result<Fault> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        // The sender is part of the plan, so that waiting ends only when the store answers again.
        if self.hangs.subscribe().wait_for(|hangs| !hangs).await.is_err() {
            return Err(failure("the store is gone"));
        }
        if self.unreachable.load(Ordering::SeqCst) {
            return Err(failure("the store cannot be reached"));
        }
        let scripted = match operation {
            Operation::Put { .. } => self.puts.lock().pop_front(),
            Operation::Get => self.gets.lock().pop_front(),
            Operation::Other => None,
        };
        let fault = scripted.unwrap_or_else(|| self.by_rates(operation));
        if fault != Fault::None {
            self.injected.fetch_add(1, Ordering::SeqCst);
        }
        match fault {
            Fault::InternalError => Err(failure("500 Internal Server Error")),
            Fault::SlowDown => Err(failure("503 Slow Down")),
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(Fault::None)
            }
            other => Ok(other),
        }
    }
}

fn failure(message: &str) -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: message.into() }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "faulty {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let is_create = options.mode == PutMode::Create;
        let fault = self.plan.meet(Operation::Put { is_create }).await?;
        let answer = self.inner.put_opts(location, payload, options).await?;
        match fault {
            Fault::LostSuccess | Fault::CutBody | Fault::FlippedBit => Err(failure("the answer was lost")),
            Fault::ExistsByOwnRetry => Err(object_store::Error::AlreadyExists {
                path: location.to_string(),
                source: "412 Precondition Failed".into(),
            }),
            _ => Ok(answer),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.plan.meet(Operation::Other).await?;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.plan.meet(Operation::Get).await?;
        match fault {
            Fault::NotFound => {
                return Err(object_store::Error::NotFound { path: location.to_string(), source: "404".into() });
            }
            Fault::LostSuccess => return Err(failure("the answer was lost")),
            _ => {}
        }
        let head = options.head;
        let mut answer = self.inner.get_opts(location, options).await?;
        if head || !matches!(fault, Fault::CutBody | Fault::FlippedBit) {
            return Ok(answer);
        }
        let (meta, range, attributes) = (answer.meta.clone(), answer.range.clone(), answer.attributes.clone());
        let extensions = std::mem::take(&mut answer.extensions);
        let mut body = answer.bytes().await?.to_vec();
        let parts: Vec<Result<bytes::Bytes>> = if fault == Fault::CutBody {
            body.truncate(body.len() / 2);
            vec![Ok(body.into()), Err(failure("the connection was reset"))]
        } else {
            let middle = body.len() / 2;
            if let Some(byte) = body.get_mut(middle) {
                *byte ^= 0x10;
            }
            vec![Ok(body.into())]
        };
        let payload = GetResultPayload::Stream(stream::iter(parts).boxed());
        Ok(GetResult { payload, meta, range, attributes, extensions })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, plan) = (Arc::clone(&self.inner), Arc::clone(&self.plan));
        locations
            .then(move |location| {
                let (inner, plan) = (Arc::clone(&inner), Arc::clone(&plan));
                async move {
                    let location = location?;
                    plan.meet(Operation::Other).await?;
                    inner.delete(&location).await?;
                    Ok(location)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (listed, plan) = (self.inner.list(prefix), Arc::clone(&self.plan));
        let met = async move { plan.meet(Operation::Other).await.map(|_| listed) };
        stream::once(met).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.plan.meet(Operation::Other).await?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.plan.meet(Operation::Other).await?;
        self.inner.copy_opts(from, to, options).await
    }
}
