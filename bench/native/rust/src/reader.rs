//! A connection in memory: each read gives a chunk, or as much of it as there is room for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

pub struct Reader<'a> {
    wire: &'a [u8],
    chunk: usize,
    /// What is left of the chunk.
    left: usize,
}

impl<'a> Reader<'a> {
    pub fn new(wire: &'a [u8], chunk: usize) -> Self {
        Reader {
            wire,
            chunk,
            left: 0,
        }
    }
}

impl AsyncRead for Reader<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            self.left = self.chunk.min(self.wire.len());
        }
        let count = self.left.min(into.remaining());
        let (read, rest) = self.wire.split_at(count);
        into.put_slice(read);
        self.wire = rest;
        self.left -= count;
        Poll::Ready(Ok(()))
    }
}
