//! The cases: each is one pass over all bytes, in the form that tokio-util's documentation shows.

use std::arch::asm;
use std::fmt::Debug;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio_util::codec::{
    AnyDelimiterCodec, Decoder, Encoder, FramedRead, LengthDelimitedCodec, LinesCodec,
};

use crate::reader::Reader;
use crate::request::Request;

/// Room for one read, as a server has it that reads 64 KiB at once.
const CAPACITY: usize = 64 * 1024;
const PREFIX: usize = 4;

#[derive(Default)]
pub struct Tally {
    pub frames: usize,
    pub bytes: usize,
    pub nanoseconds: u128,
}

impl Tally {
    fn add(&mut self, frame: &[u8]) {
        keep(frame);
        self.frames += 1;
        self.bytes += frame.len();
    }
}

pub fn run(request: &Request, wire: &[u8]) -> Tally {
    let (codec, how) = request.case.split_once(", ").unwrap_or((&request.case, ""));
    match codec {
        "AnyDelimiterCodec" => match how {
            "encode" => encode_text(delimiter(), request.frame, wire),
            _ => decode(delimiter(), how, request.chunk, wire),
        },
        "LinesCodec" => decode(LinesCodec::new(), how, request.chunk, wire),
        "LengthDelimitedCodec" => match how {
            "encode" => encode_bytes(LengthDelimitedCodec::new(), request.frame, wire),
            _ => decode(LengthDelimitedCodec::new(), how, request.chunk, wire),
        },
        _ => panic!("no case {}", request.case),
    }
}

fn delimiter() -> AnyDelimiterCodec {
    AnyDelimiterCodec::new(b"\n".to_vec(), b"\n".to_vec())
}

fn decode<D>(decoder: D, how: &str, chunk: usize, wire: &[u8]) -> Tally
where
    D: Decoder,
    D::Item: AsRef<[u8]>,
    D::Error: Debug,
{
    match how {
        "bare" => decode_bare(decoder, chunk, wire),
        "FramedRead" => decode_framed(decoder, chunk, wire),
        _ => panic!("no way to decode {how}"),
    }
}

/// The decoder's own loop. Each chunk is copied into the buffer, as a read from a socket does it.
fn decode_bare<D>(mut decoder: D, chunk: usize, wire: &[u8]) -> Tally
where
    D: Decoder,
    D::Item: AsRef<[u8]>,
    D::Error: Debug,
{
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut buffer = BytesMut::with_capacity(CAPACITY);
    for piece in wire.chunks(chunk) {
        buffer.extend_from_slice(piece);
        while let Some(frame) = decoder.decode(&mut buffer).unwrap() {
            tally.add(frame.as_ref());
        }
    }
    while let Some(frame) = decoder.decode_eof(&mut buffer).unwrap() {
        tally.add(frame.as_ref());
    }
    tally.nanoseconds = start.elapsed().as_nanos();
    tally
}

/// The natural form: a stream of frames over a reader.
fn decode_framed<D>(decoder: D, chunk: usize, wire: &[u8]) -> Tally
where
    D: Decoder,
    D::Item: AsRef<[u8]>,
    D::Error: Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut tally = Tally::default();
        let start = Instant::now();
        let mut frames = FramedRead::with_capacity(Reader::new(wire, chunk), decoder, CAPACITY);
        while let Some(frame) = frames.next().await {
            tally.add(frame.unwrap().as_ref());
        }
        tally.nanoseconds = start.elapsed().as_nanos();
        tally
    })
}

/// All payloads into one buffer.
fn encode_bytes(mut encoder: LengthDelimitedCodec, frame: usize, wire: &[u8]) -> Tally {
    let payloads: Vec<Bytes> = wire
        .chunks(frame)
        .map(|frame| Bytes::copy_from_slice(&frame[PREFIX..]))
        .collect();
    encode(&payloads, |payload, buffer| {
        encoder.encode(payload.clone(), buffer).unwrap()
    })
}

/// The same from text.
fn encode_text(mut encoder: AnyDelimiterCodec, frame: usize, wire: &[u8]) -> Tally {
    let payloads: Vec<String> = wire
        .chunks(frame)
        .map(|frame| String::from_utf8(frame[..frame.len() - 1].to_vec()).unwrap())
        .collect();
    encode(&payloads, |payload, buffer| {
        encoder.encode(payload, buffer).unwrap()
    })
}

fn encode<P>(payloads: &[P], mut put: impl FnMut(&P, &mut BytesMut)) -> Tally {
    let start = Instant::now();
    let mut buffer = BytesMut::with_capacity(CAPACITY);
    for payload in payloads {
        put(payload, &mut buffer);
    }
    keep(&buffer);
    Tally {
        nanoseconds: start.elapsed().as_nanos(),
        frames: payloads.len(),
        bytes: buffer.len(),
    }
}

/// A frame that nobody looks at might not be made at all: to the compiler this looks at its bytes. It costs no instruction.
/// (`std::hint::black_box` is younger than Debian 12's compiler.)
fn keep(frame: &[u8]) {
    unsafe { asm!("/* {0} */", in(reg) frame.as_ptr(), options(nostack, preserves_flags)) }
}
