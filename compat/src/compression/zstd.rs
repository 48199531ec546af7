//! zstd (RFC 8878), with contexts that are used again: creating one costs more than a small batch.
//!
//! Invariants: a frame's window is at most 128 MiB, which is what level 22 of Kafka's own clients asks for (the memory
//! is only reserved until bytes come out); a context that has grown large is not kept.

use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use zstd::zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

const WINDOW_LOG_MAX: u32 = 27;
const LEVEL_DEFAULT: i32 = 3;
/// Contexts kept for the next batch, of each direction.
const POOL_MAX: usize = 16;
const POOLED_BYTES_MAX: usize = 4 * 1024 * 1024;

static DECOMPRESSORS: Mutex<Vec<DCtx<'static>>> = Mutex::new(Vec::new());
static COMPRESSORS: Mutex<Vec<CCtx<'static>>> = Mutex::new(Vec::new());

/// The stream of one body.
pub(super) struct Reader {
    /// `None` only while being dropped.
    context: Option<DCtx<'static>>,
    body: Bytes,
    position: usize,
    /// Whether the last frame has ended, so that the end of the body is no truncation.
    between_frames: bool,
}

impl Reader {
    pub(super) fn new(body: Bytes) -> io::Result<Self> {
        let pooled = DECOMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let context = match pooled {
            Some(context) => context,
            None => {
                let mut context = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
                context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX)).map_err(zstd_error)?;
                context
            }
        };
        Ok(Self { context: Some(context), body, position: 0, between_frames: true })
    }

    pub(super) fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(context) = self.context.as_mut() else {
            return Ok(0);
        };
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let at_end = self.position == self.body.len();
            if at_end && self.between_frames {
                return Ok(0);
            }
            let mut input = InBuffer { src: &self.body, pos: self.position };
            let mut output = OutBuffer::around(&mut *out);
            let hint = context.decompress_stream(&mut output, &mut input).map_err(zstd_error)?;
            let written = output.pos();
            let consumed = input.pos() - self.position;
            self.position += consumed;
            self.between_frames = hint == 0;
            if written > 0 {
                return Ok(written);
            }
            if consumed == 0 && !self.between_frames {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(mut context) = self.context.take() else {
            return;
        };
        if context.sizeof() > POOLED_BYTES_MAX || context.reset(ResetDirective::SessionOnly).is_err() {
            return;
        }
        let mut pool = DECOMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < POOL_MAX {
            pool.push(context);
        }
    }
}

pub(super) fn compress(level: Option<i32>, body: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let pooled = COMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut context = match pooled {
        Some(context) => context,
        None => CCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?,
    };
    context.set_parameter(CParameter::CompressionLevel(level.unwrap_or(LEVEL_DEFAULT))).map_err(zstd_error)?;
    let start = out.len();
    out.resize(start + zstd::zstd_safe::compress_bound(body.len()), 0);
    let written = context.compress2(&mut out[start..], body).map_err(zstd_error)?;
    out.truncate(start + written);
    if context.sizeof() <= POOLED_BYTES_MAX {
        let mut pool = COMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < POOL_MAX {
            pool.push(context);
        }
    }
    Ok(())
}

fn zstd_error(code: usize) -> io::Error {
    io::Error::other(get_error_name(code))
}
