//! Tests of `connection.rs`.

use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicUsize, Ordering};

use strata_compat::wire::{FileRange, Segment};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout_at;

use super::answer_queue::Pending;
use super::*;
use crate::file_range;
use crate::net::limits::HEAD_BYTES;
use crate::request::context::Principal;

const ANSWER_BYTES: usize = 512 * 1024;
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a frame begins.
type Script = Box<dyn Fn(Bytes) -> Begun + Send + Sync>;

/// Answers as its script says.
struct Scripted {
    begun: AtomicUsize,
    script: Script,
    answers_little: bool,
}

impl Scripted {
    fn new(answers_little: bool, script: impl Fn(Bytes) -> Begun + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { begun: AtomicUsize::new(0), script: Box::new(script), answers_little })
    }

    /// Answers each frame with half a mebibyte; one that begins with a 1 after a second, one with a 3 when it is let go.
    fn echo(let_go: Arc<Notify>) -> Arc<Self> {
        Self::new(false, move |frame| {
            let rope = rope_of(Bytes::from(vec![0; ANSWER_BYTES]));
            if frame.first() == Some(&3) {
                let let_go = Arc::clone(&let_go);
                return Begun::Waits(Box::pin(async move {
                    let_go.notified().await;
                    Answer::Frame(rope)
                }));
            }
            let pause = match frame.first() {
                Some(1) => Duration::from_secs(1),
                Some(2) => Duration::ZERO,
                _ => return Begun::Now(Answer::Frame(rope)),
            };
            Begun::Later(Box::pin(async move {
                tokio::time::sleep(pause).await;
                Answer::Frame(rope)
            }))
        })
    }

    /// Answers each frame with itself; every third one a moment later.
    fn mirror() -> Arc<Self> {
        let count = AtomicUsize::new(0);
        Self::new(true, move |frame| {
            let rope = rope_of(frame);
            if !count.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
                return Begun::Now(Answer::Frame(rope));
            }
            Begun::Later(Box::pin(async move {
                tokio::task::yield_now().await;
                Answer::Frame(rope)
            }))
        })
    }

    /// Answers nothing.
    fn mute() -> Arc<Self> {
        Self::new(true, |_| Begun::Now(Answer::Nothing))
    }
}

impl Dispatch for Scripted {
    async fn begin(&self, frame: Bytes, _: &Arc<ConnectionInfo>) -> Begun {
        self.begun.fetch_add(1, Ordering::SeqCst);
        (self.script)(frame)
    }

    fn answers_little(&self, _: &Bytes) -> bool {
        self.answers_little
    }

    fn opened(&self) {}

    fn refused(&self) {}

    fn closed(&self, _: &Arc<ConnectionInfo>) {}
}

fn rope_of(segment: impl Into<Segment>) -> Rope {
    let mut rope = Rope::default();
    rope.push(segment);
    rope
}

struct Served {
    echo: Arc<Scripted>,
    let_go: Arc<Notify>,
    listener: TcpListener,
    settings: Arc<ConnectionSettings>,
    budgets: Budgets,
    stop: watch::Sender<bool>,
}

impl Served {
    async fn new(idle: Duration) -> Self {
        let settings = ConnectionSettings {
            request_bytes_max: 1 << 20,
            idle,
            stall: Duration::from_secs(20),
            drain: Duration::from_secs(1),
        };
        let let_go = Arc::<Notify>::default();
        Self {
            echo: Scripted::echo(Arc::clone(&let_go)),
            let_go,
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            settings: Arc::new(settings),
            budgets: Budgets {
                requests: RequestMemory::new(1 << 20),
                answers: AnswerMemory::new(2 * ANSWER_BYTES),
                cold_answers: AnswerMemory::new(ANSWER_BYTES),
                loans: Arc::new(Semaphore::new(1)),
                disk_reads: Arc::new(Semaphore::new(1)),
            },
            stop: watch::channel(false).0,
        }
    }

    async fn connect(&self) -> TcpStream {
        self.connect_to(&self.echo).await
    }

    async fn connect_to(&self, dispatch: &Arc<Scripted>) -> TcpStream {
        let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = self.listener.accept().await.unwrap();
        let info = ConnectionInfo { id: 1, listener: "TEST".into(), peer, principal: Principal::anonymous() };
        tokio::spawn(serve(
            stream,
            Arc::new(info),
            Arc::clone(dispatch),
            Arc::clone(&self.settings),
            self.budgets.clone(),
            self.stop.subscribe(),
        ));
        client
    }
}

async fn send_in_pieces(mut half: OwnedWriteHalf, bytes: Vec<u8>, piece: usize) -> OwnedWriteHalf {
    for part in bytes.chunks(piece) {
        half.write_all(part).await.unwrap();
        tokio::task::yield_now().await;
    }
    half
}

/// A frame of so many bytes, or the beginning of it.
fn frame(first: u8, size: u32, sent: usize) -> Vec<u8> {
    let mut bytes = size.to_be_bytes().to_vec();
    bytes.resize(4 + sent, 0);
    bytes[4] = first;
    bytes
}

/// The next whole answer, which comes within a time that no machine needs.
async fn answer(client: &mut TcpStream) -> io::Result<usize> {
    let mut bytes = vec![0; ANSWER_BYTES];
    timeout_at(Instant::now() + PATIENCE, client.read_exact(&mut bytes)).await.expect("an answer comes")
}

/// What is read where the connection is about to end.
async fn end(client: &mut TcpStream) -> io::Result<usize> {
    let mut byte = [0; 1];
    timeout_at(Instant::now() + PATIENCE, client.read(&mut byte)).await.expect("the connection ends")
}

/// Waits until `holds`, and says what did not come to be.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn frames_are_whole_and_in_order_however_they_come() {
    let served = Served::new(Duration::from_secs(60)).await;
    let head = u32::try_from(HEAD_BYTES).unwrap();
    let sizes = [1, 10, head - 5, head - 4, head, head + 1, 3 * head, 70_000, 2, 1, 1, 100, 300_000, 7];
    let mut sent = Vec::new();
    for (at, size) in (0_u8..).zip(sizes.repeat(8)) {
        sent.extend_from_slice(&size.to_be_bytes());
        sent.extend((0..size).map(|byte| at.wrapping_add(byte.to_le_bytes()[0])));
    }
    let answers: usize = sizes.iter().map(|size| *size as usize * 8).sum();
    for piece in [1 << 20, 4096, 4095, 700] {
        let client = served.connect_to(&Scripted::mirror()).await;
        let (mut read_half, write_half) = client.into_split();
        let sending = tokio::spawn(send_in_pieces(write_half, sent.clone(), piece));
        let mut answered = vec![0; answers];
        timeout(PATIENCE, read_half.read_exact(&mut answered)).await.expect("all is answered").unwrap();
        let (mut expected, mut answered) = (sent.as_slice(), answered.as_slice());
        for size in sizes.repeat(8) {
            let (frame, answer);
            (frame, expected) = expected.split_at(4 + size as usize);
            (answer, answered) = answered.split_at(size as usize);
            assert!(answer == &frame[4..], "a frame of {size} bytes in pieces of {piece}");
        }
        drop(sending.await.unwrap());
    }
}

#[tokio::test]
async fn who_sends_slowly_makes_room_when_others_want_it() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut slow = served.connect().await;
    slow.write_all(&frame(0, 1 << 20, 100_000)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut other = served.connect().await;
    other.write_all(&frame(0, 200_000, 200_000)).await.unwrap();
    let began = Instant::now();
    assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // It ends with a reset, for bytes of it were not read, or with an end.
    assert!(!matches!(end(&mut slow).await, Ok(1..)));
}

#[tokio::test]
async fn a_client_that_sends_without_a_pause_does_not_keep_the_broker_from_stopping() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut client = served.connect_to(&Scripted::mute()).await;
    let sent = frame(0, 2996, 2996).repeat(100);
    let stop = served.stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send(true)
    });
    let deadline = Instant::now() + PATIENCE;
    while client.write_all(&sent).await.is_ok() {
        assert!(Instant::now() < deadline, "it is read from for ever");
    }
}

#[tokio::test]
async fn answers_that_nobody_takes_stop_the_requests_behind_them() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut client = served.connect().await;
    for _ in 0..100 {
        client.write_all(&frame(0, 10, 10)).await.unwrap();
    }
    // The socket's own buffers hold some; they are below 16 MiB.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = served.echo.begun.load(Ordering::SeqCst);
    assert!(begun < 50, "{begun} requests were begun");
    assert!(served.budgets.answers.bytes_in_use() <= 4 * ANSWER_BYTES);
}

#[tokio::test]
async fn requests_that_wait_for_others_keep_no_memory_from_them() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut waiting = Vec::new();
    // Small requests have 128 KiB in all.
    for _ in 0..100 {
        let mut one = served.connect().await;
        one.write_all(&frame(3, 4000, 4000)).await.unwrap();
        waiting.push(one);
    }
    eventually("all requests are begun", || served.echo.begun.load(Ordering::SeqCst) == 100).await;
    assert_eq!(served.budgets.requests.bytes_in_use(), 0);
    let mut other = served.connect().await;
    other.write_all(&frame(0, 10, 10)).await.unwrap();
    assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
}

#[tokio::test]
async fn nothing_is_begun_behind_a_request_that_waits() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut client = served.connect().await;
    for first in [3, 0, 3, 0] {
        client.write_all(&frame(first, 10, 10)).await.unwrap();
    }
    for begun in [1, 3] {
        let mut other = served.connect().await;
        other.write_all(&frame(0, 10, 10)).await.unwrap();
        assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
        let others = begun / 2 + 1;
        eventually("those before are begun", || served.echo.begun.load(Ordering::SeqCst) >= begun + others).await;
        assert_eq!(served.echo.begun.load(Ordering::SeqCst), begun + others);
        served.let_go.notify_one();
        assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
        assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
    }
}

#[tokio::test]
async fn who_waits_for_an_answer_is_not_idle() {
    let served = Served::new(Duration::from_millis(300)).await;
    let mut client = served.connect().await;
    client.write_all(&frame(1, 10, 10)).await.unwrap();
    assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
    assert_eq!(end(&mut client).await.unwrap(), 0, "idle at last");
}

#[tokio::test]
async fn idleness_begins_with_the_end_of_the_last_answer() {
    let served = Served::new(Duration::from_millis(700)).await;
    let mut client = served.connect().await;
    // Its answer comes after a second, between two looks of the idle timer.
    client.write_all(&frame(1, 10, 10)).await.unwrap();
    assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
    let answered = Instant::now();
    assert_eq!(end(&mut client).await.unwrap(), 0, "idle at last");
    assert!(answered.elapsed() >= Duration::from_millis(650), "{:?}", answered.elapsed());
}

#[tokio::test]
async fn an_answer_that_comes_later_is_counted_while_nobody_takes_it() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut client = served.connect().await;
    for _ in 0..100 {
        client.write_all(&frame(1, 10, 10)).await.unwrap();
    }
    // The socket's own buffers take the first ones; the one that is being written is counted.
    eventually("the answer is counted", || served.budgets.answers.bytes_in_use() >= ANSWER_BYTES / 2).await;
}

#[tokio::test]
async fn who_does_not_read_makes_room_for_requests_that_its_own_keep_out() {
    let served = Served::new(Duration::from_secs(60)).await;
    let mut slow = served.connect().await;
    // More than sockets take, and behind it a request that holds all memory of its class until it is answered.
    for _ in 0..60 {
        slow.write_all(&frame(2, 10, 10)).await.unwrap();
    }
    slow.write_all(&frame(2, 1 << 20, 1 << 20)).await.unwrap();
    eventually("all requests are begun", || served.echo.begun.load(Ordering::SeqCst) == 61).await;
    let mut other = served.connect().await;
    other.write_all(&frame(0, 200_000, 200_000)).await.unwrap();
    let began = Instant::now();
    assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

/// A file with a pattern that no shift of it repeats.
fn file_of(bytes: u32) -> (std::fs::File, Vec<u8>) {
    let content: Vec<u8> = (0..bytes / 4).flat_map(u32::to_le_bytes).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&content).unwrap();
    (file, content)
}

#[tokio::test]
async fn answers_out_of_files_come_whole_and_between_the_others() {
    let served = Served::new(Duration::from_secs(60)).await;
    let (file, content) = file_of(3 << 20);
    let (whole, mut part) = (file_range::whole(file.try_clone().unwrap()), file_range::whole(file));
    part.advance(1_000_001);
    let mut expected = b"head".to_vec();
    expected.extend_from_slice(&content);
    expected.extend_from_slice(b"between");
    expected.extend_from_slice(&content[1_000_001..]);
    let dispatch = Scripted::new(false, move |_| {
        let mut rope = rope_of(Bytes::from_static(b"head"));
        rope.push(whole.clone());
        rope.push(Bytes::from_static(b"between"));
        rope.push(part.clone());
        Begun::Now(Answer::Frame(rope))
    });
    let mut client = served.connect_to(&dispatch).await;
    for _ in 0..8 {
        client.write_all(&frame(0, 10, 10)).await.unwrap();
    }
    for turn in 0..8 {
        let mut answered = vec![0; expected.len()];
        timeout(PATIENCE, client.read_exact(&mut answered)).await.expect("the answer comes").unwrap();
        assert!(answered == expected, "answer {turn}");
    }
}

#[tokio::test]
async fn what_has_left_the_page_cache_is_read_again_and_sent() {
    let served = Served::new(Duration::from_secs(60)).await;
    let (file, content) = file_of(3 << 20);
    file_range::evict(&file);
    let range = file_range::whole(file);
    let dispatch = Scripted::new(false, move |_| Begun::Now(Answer::Frame(rope_of(range.clone()))));
    let mut client = served.connect_to(&dispatch).await;
    client.write_all(&frame(0, 10, 10)).await.unwrap();
    let mut answered = vec![0; content.len()];
    timeout(PATIENCE, client.read_exact(&mut answered)).await.expect("the answer comes").unwrap();
    assert!(answered == content);
}

#[tokio::test]
async fn a_file_that_became_shorter_ends_the_connection() {
    let served = Served::new(Duration::from_secs(60)).await;
    let (file, _) = file_of(1 << 20);
    let range = file_range::whole(file.try_clone().unwrap());
    file.set_len(1000).unwrap();
    let dispatch = Scripted::new(false, move |_| Begun::Now(Answer::Frame(rope_of(range.clone()))));
    let mut client = served.connect_to(&dispatch).await;
    client.write_all(&frame(0, 10, 10)).await.unwrap();
    let mut answered = Vec::new();
    timeout(PATIENCE, client.read_to_end(&mut answered)).await.expect("the connection ends").unwrap();
    assert!(answered.is_empty(), "{} bytes", answered.len());
}

/// More than sockets take, lent out of a file; the second is told once the answer is gone.
fn long_loan() -> (Begun, oneshot::Receiver<()>) {
    struct Told(std::fs::File, #[expect(dead_code, reason = "its end is what tells")] oneshot::Sender<()>);
    impl AsFd for Told {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }
    let file = tempfile::tempfile().unwrap();
    file.set_len(64 << 20).unwrap();
    let (tell, told) = oneshot::channel();
    let range = FileRange { file: Arc::new(Told(file, tell)), position: 0, len: 64 << 20 };
    let mut rope = rope_of(range);
    rope.lent = rope.len;
    (Begun::Later(Box::pin(std::future::ready(Answer::Frame(rope)))), told)
}

/// A client that gets this first and takes none of it, and [`ANSWER_BYTES`] for each further request. It may take its time.
async fn client_that_takes_nothing(served: &mut Served, loan: Begun) -> TcpStream {
    let settings = ConnectionSettings { stall: Duration::from_secs(600), ..(*served.settings).clone() };
    served.settings = Arc::new(settings);
    let first = parking_lot::Mutex::new(Some(loan));
    let dispatch = Scripted::new(true, move |_| {
        let behind = || Begun::Now(Answer::Frame(rope_of(Bytes::from(vec![0; ANSWER_BYTES]))));
        first.lock().take().unwrap_or_else(behind)
    });
    let mut client = served.connect_to(&dispatch).await;
    client.write_all(&frame(0, 10, 10)).await.unwrap();
    client
}

#[tokio::test]
async fn who_does_not_take_a_file_makes_room_for_answers_that_those_behind_it_keep_out() {
    let mut served = Served::new(Duration::from_secs(600)).await;
    let (loan, gone) = long_loan();
    let mut client = client_that_takes_nothing(&mut served, loan).await;
    for _ in 0..3 {
        client.write_all(&frame(0, 10, 10)).await.unwrap();
    }
    eventually("those behind take all memory", || served.budgets.answers.is_full()).await;
    timeout(PATIENCE, gone).await.expect("it is closed").unwrap_err();
    eventually("the memory is given back", || served.budgets.answers.bytes_in_use() == 0).await;
}

#[tokio::test]
async fn who_does_not_take_a_file_makes_room_for_others_that_might_be_lent_one() {
    let mut served = Served::new(Duration::from_secs(600)).await;
    let (loan, gone) = long_loan();
    let client = client_that_takes_nothing(&mut served, loan).await;
    let taken = Arc::clone(&served.budgets.loans).try_acquire_owned().unwrap();
    timeout(PATIENCE, gone).await.expect("it is closed").unwrap_err();
    drop((client, taken));
}

#[tokio::test]
async fn who_takes_nothing_makes_room_for_others_that_might_be_lent_the_file_behind_it() {
    let mut served = Served::new(Duration::from_secs(600)).await;
    let settings = ConnectionSettings { stall: Duration::from_secs(600), ..(*served.settings).clone() };
    served.settings = Arc::new(settings);
    let (loan, gone) = long_loan();
    let (loan, asked) = (Arc::new(parking_lot::Mutex::new(Some(loan))), AtomicUsize::new(0));
    let (answers, kept) = (served.budgets.answers.clone(), Arc::clone(&loan));
    let made = Arc::<AtomicUsize>::default();
    let told = Arc::clone(&made);
    let dispatch = Scripted::new(true, move |_| {
        if asked.fetch_add(1, Ordering::Relaxed) % 2 == 0 {
            let before = rope_of(Bytes::from(vec![0; 60 << 10]));
            return Begun::Later(Box::pin(std::future::ready(Answer::Frame(before))));
        }
        // Made while the one before is being sent: a loan, once sockets take no more.
        let (answers, loan, told) = (answers.clone(), Arc::clone(&loan), Arc::clone(&told));
        Begun::Later(Box::pin(async move {
            let sent = timeout(Duration::from_secs(1), eventually("it is sent", || answers.bytes_in_use() == 0)).await;
            let lent = loan.lock().take_if(|_| sent.is_err());
            told.fetch_add(1, Ordering::Relaxed);
            match lent {
                Some(Begun::Later(loan)) => loan.await,
                _ => Answer::Frame(rope_of(Bytes::from_static(b"small"))),
            }
        }))
    });
    let mut client = served.connect_to(&dispatch).await;
    let taken = Arc::clone(&served.budgets.loans).try_acquire_owned().unwrap();
    // Two requests at a time: more of them would take memory that others want, too.
    for pairs in 1.. {
        client.write_all(&frame(0, 10, 10).repeat(2)).await.unwrap();
        eventually("both answers are made", || made.load(Ordering::Relaxed) == pairs).await;
        if kept.lock().is_none() {
            break;
        }
    }
    timeout(PATIENCE, gone).await.expect("it is closed").unwrap_err();
    drop((client, taken));
}

#[test]
fn a_slow_client_is_borne_unless_others_want_what_its_answers_hold() {
    for (is_memory_full, are_loans_gone, memory, files, is_wanted) in [
        (false, false, true, true, false),
        (true, false, true, false, true),
        (true, false, false, true, false),
        (false, true, false, true, true),
        (false, true, true, false, false),
        (true, true, false, false, false),
    ] {
        let budgets = Budgets {
            requests: RequestMemory::new(1),
            answers: AnswerMemory::new(1),
            cold_answers: AnswerMemory::new(1),
            loans: Arc::new(Semaphore::new(1)),
            disk_reads: Arc::new(Semaphore::new(1)),
        };
        let _taken = (
            is_memory_full.then(|| budgets.answers.count(1)),
            are_loans_gone.then(|| Arc::clone(&budgets.loans).try_acquire_owned().unwrap()),
        );
        let case = (is_memory_full, are_loans_gone, memory, files);
        assert_eq!(budgets.is_wanted(Holding { memory, files }), is_wanted, "{case:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_begun_goes_on_while_those_before_it_are_not_taken() {
    let served = Served::new(Duration::from_secs(60)).await;
    let _client = TcpStream::connect(served.listener.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = served.listener.accept().await.unwrap();
    stream.writable().await.unwrap();
    while stream.try_write(&[0; 65536]).is_ok() {}
    let common = Common {
        info: Arc::new(ConnectionInfo { id: 1, listener: "TEST".into(), peer, principal: Principal::anonymous() }),
        settings: Arc::clone(&served.settings),
        budgets: served.budgets.clone(),
        held: HeldRequests::new(served.budgets.requests.clone()),
        activity: Activity::new(),
    };
    let queue = AnswerQueue::default();
    let shared = Arc::new(Semaphore::new(1));
    let push = async |answer| {
        let counted = served.budgets.answers.count(0);
        let queued_bytes = queue.room(0).await;
        queue.push(Pending { answer, request: None, counted, queued_bytes, made: None });
    };
    push(Begun::Now(Answer::Frame(rope_of(Bytes::from_static(b"not taken"))))).await;
    let others_wait_for = Arc::clone(&shared);
    push(Begun::Later(Box::pin(async move {
        let taken = others_wait_for.acquire().await.unwrap();
        tokio::task::yield_now().await;
        drop(taken);
        others_wait_for.close();
        Answer::Nothing
    })))
    .await;
    tokio::select! {
        reason = Writer::new(stream.into_split().1, &common).run(&queue) => panic!("it ended: {reason}"),
        () = eventually("what others wait for is given back", || shared.is_closed()) => {}
    }
}
