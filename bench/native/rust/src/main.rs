//! The compiled reference: tokio-util's codecs, measured inside this process when the benchmark asks.
//!
//! A request is a line of JSON, an answer is one: `{"case":"AnyDelimiterCodec, bare","wire":"wire.bin","frame":64,"chunk":65536}` and
//! `{"frames":262144,"bytes":16515072,"nanoseconds":31415926}`. `wire` is a file with the bytes that all rows of the comparison are given;
//! reading it, and all else that a pass needs, is done before the clock starts. The program ends when its input does.

mod measure;
mod reader;
mod request;

use std::io::{self, BufRead, Write};

use request::Request;

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    let mut wire = Wire::default();
    for line in io::stdin().lock().lines() {
        let request = Request::parse(&line?);
        let tally = measure::run(&request, wire.get(&request.wire)?);
        writeln!(
            out,
            "{{\"frames\":{},\"bytes\":{},\"nanoseconds\":{}}}",
            tally.frames, tally.bytes, tally.nanoseconds
        )?;
        out.flush()?;
    }
    Ok(())
}

/// The file that was asked for last: a comparison asks for the same one many times.
#[derive(Default)]
struct Wire {
    path: String,
    bytes: Vec<u8>,
}

impl Wire {
    fn get(&mut self, path: &str) -> io::Result<&[u8]> {
        if self.path != path {
            self.bytes = std::fs::read(path)?;
            self.path = path.to_owned();
        }
        Ok(&self.bytes)
    }
}
