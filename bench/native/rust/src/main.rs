//! What tokio-util's codecs do on the benchmark's bytes.
//!
//! A line on standard input asks (`rule frame chunk total`), a line on standard output answers (`frames bytes nanoseconds`): one pass
//! over bytes that were there before the clock started. It ends when its input does.

use bytes::{BufMut, BytesMut};
use std::io::{BufRead, Write};
use std::time::Instant;
use tokio_util::codec::{AnyDelimiterCodec, Decoder, LengthDelimitedCodec, LinesCodec};

/// Frames of `frame` bytes on the wire, whole ones, cut into chunks.
fn chunks(rule: &str, frame: usize, chunk: usize, total: usize) -> Vec<Vec<u8>> {
    let mut one = vec![b'a'; frame];
    if rule == "length" {
        one[..4].copy_from_slice(&((frame - 4) as u32).to_be_bytes());
    } else {
        one[frame - 1] = b'\n';
    }
    let all: Vec<u8> = one.iter().copied().cycle().take(total / frame * frame).collect();
    all.chunks(chunk).map(<[u8]>::to_vec).collect()
}

/// A read of a socket copies into the buffer; so does this.
fn run<D: Decoder>(mut decoder: D, chunks: &[Vec<u8>], length: impl Fn(&D::Item) -> usize) -> (usize, usize)
where
    D::Error: std::fmt::Debug,
{
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    let (mut frames, mut bytes) = (0, 0);
    for chunk in chunks {
        buffer.reserve(chunk.len());
        buffer.put_slice(chunk);
        while let Some(frame) = decoder.decode(&mut buffer).expect("the bytes are good") {
            frames += 1;
            bytes += length(&frame);
        }
    }
    (frames, bytes)
}

fn main() {
    let limit = 16 * 1024 * 1024;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a request");
        let words: Vec<&str> = line.split(' ').collect();
        let number = |i: usize| words[i].parse::<usize>().expect("a number");
        let input = chunks(words[0], number(1), number(2), number(3));
        let start = Instant::now();
        let (frames, bytes) = match words[0] {
            "delimiter" => run(
                AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), limit),
                &input,
                |frame| frame.len(),
            ),
            "lines" => run(LinesCodec::new_with_max_length(limit), &input, |line| line.len()),
            "length" => run(
                LengthDelimitedCodec::builder().max_frame_length(limit).new_codec(),
                &input,
                |frame| frame.len(),
            ),
            other => panic!("no rule {other}"),
        };
        let nanoseconds = start.elapsed().as_nanos();
        println!("{frames} {bytes} {nanoseconds}");
        std::io::stdout().flush().expect("somebody listens");
    }
}
