//! As much of HTTP/1.1 as a store's proxy and a reader of ranges need: heads, and how long the body after them is.

use anyhow::{Context as _, Result, bail, ensure};

/// A head may have as many bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 64 << 10;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Sized(u64),
    Chunked,
    UntilClose,
}

/// A request's or response's first lines.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// As it came, up to and with the empty line.
    pub(crate) bytes: Vec<u8>,
    pub(crate) first_line: String,
    fields: Vec<(String, String)>,
}

/// Where the body begins, if the whole head is there.
pub(crate) fn head_end(bytes: &[u8]) -> Result<Option<usize>> {
    let found = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    ensure!(found.is_some() || bytes.len() < HEAD_BYTES_MAX, "a head of more than {HEAD_BYTES_MAX} bytes");
    Ok(found)
}

impl Head {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).context("a head that is no text")?;
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let first_line = lines.next().unwrap_or_default().to_owned();
        let mut fields = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':').with_context(|| format!("no field: {line}"))?;
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Self { bytes: bytes.to_vec(), first_line, fields })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str, word: &str) -> bool {
        self.field(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    }

    pub(crate) fn method(&self) -> &str {
        self.first_line.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn target(&self) -> &str {
        self.first_line.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Result<u16> {
        self.first_line.split(' ').nth(1).context("a response without a status")?.parse().context("a status")
    }

    pub(crate) fn closes(&self) -> bool {
        self.has("connection", "close")
    }

    pub(crate) fn waits_for_continue(&self) -> bool {
        self.has("expect", "100-continue")
    }

    /// The body of a request.
    pub(crate) fn request_body(&self) -> Result<Body> {
        if self.has("transfer-encoding", "chunked") {
            return Ok(Body::Chunked);
        }
        let length = self.field("content-length").map_or(Ok(0), str::parse).context("a content length")?;
        Ok(Body::Sized(length))
    }

    /// The body of the response to `method`.
    pub(crate) fn response_body(&self, method: &str) -> Result<Body> {
        let status = self.status()?;
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            return Ok(Body::Sized(0));
        }
        if self.has("transfer-encoding", "chunked") {
            return Ok(Body::Chunked);
        }
        match self.field("content-length") {
            Some(length) => Ok(Body::Sized(length.parse().context("a content length")?)),
            None => Ok(Body::UntilClose),
        }
    }
}

/// Finds the end of a chunked body that passes by.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChunkEnd {
    /// Bytes of the present chunk, with its end of line, that are still to come.
    left: u64,
    line: Vec<u8>,
    is_last: bool,
}

impl ChunkEnd {
    /// How many of these bytes belong to the body, and whether it ends with them.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool)> {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let step = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.left -= step as u64;
                at += step;
                continue;
            }
            self.line.push(bytes[at]);
            at += 1;
            if !self.line.ends_with(b"\r\n") {
                ensure!(self.line.len() < 8192, "a chunk's head without an end");
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let text = std::str::from_utf8(&line)?.trim_end();
            if self.is_last && text.is_empty() {
                return Ok((at, true));
            }
            if !self.is_last {
                self.begin_chunk(text)?;
            }
        }
        Ok((at, false))
    }

    fn begin_chunk(&mut self, text: &str) -> Result<()> {
        let size = text.split(';').next().unwrap_or_default().trim();
        let Ok(size) = u64::from_str_radix(size, 16) else {
            bail!("a chunk of size '{size}'");
        };
        self.is_last = size == 0;
        self.left = if size == 0 { 0 } else { size.checked_add(2).context("a chunk that is too large")? };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, ChunkEnd, Head, head_end};

    #[test]
    fn heads_tell_how_their_bodies_end() {
        let head = |text: &str| Head::parse(text.as_bytes()).unwrap();
        let get = head("GET /a/b?c HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!((get.method(), get.target(), get.request_body().unwrap()), ("GET", "/a/b?c", Body::Sized(0)));
        let put = head("PUT /a HTTP/1.1\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n");
        assert_eq!(put.request_body().unwrap(), Body::Sized(12));
        assert!(put.waits_for_continue());
        let answer = head("HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\nConnection: close\r\n\r\n");
        assert_eq!(answer.response_body("GET").unwrap(), Body::Sized(5));
        assert_eq!(answer.response_body("HEAD").unwrap(), Body::Sized(0));
        assert!(answer.closes());
        let chunked = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(chunked.response_body("GET").unwrap(), Body::Chunked);
        assert_eq!(head("HTTP/1.1 200 OK\r\n\r\n").response_body("GET").unwrap(), Body::UntilClose);
        assert_eq!(head_end(b"GET / HTTP/1.1\r\n\r\nrest").unwrap(), Some(18));
        assert_eq!(head_end(b"GET / HTTP/1.1\r\n").unwrap(), None);
    }

    #[test]
    fn a_chunked_body_is_followed_in_pieces_of_any_size() {
        let body = b"5\r\nhello\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nTrailer: 1\r\n\r\n";
        let bytes = [&body[..], b"HTTP/1.1 next"].concat();
        for step in 1..bytes.len() {
            let (mut end, mut at, mut is_over) = (ChunkEnd::default(), 0, false);
            while !is_over {
                let piece = &bytes[at..(at + step).min(bytes.len())];
                let (taken, over) = end.pass(piece).unwrap();
                at += taken;
                is_over = over;
            }
            assert_eq!(at, body.len(), "in pieces of {step}");
        }
        assert!(ChunkEnd::default().pass(b"zz\r\n").is_err());
    }
}
