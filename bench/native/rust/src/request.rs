//! A request: an object of JSON whose values are numbers and strings without escapes.

pub struct Request {
    pub case: String,
    pub wire: String,
    /// Bytes of one frame on the wire.
    pub frame: usize,
    /// Bytes that one read gives.
    pub chunk: usize,
}

impl Request {
    pub fn parse(line: &str) -> Request {
        let text = |name| value(line, name).trim_matches('"').to_owned();
        let number = |name| {
            let digits = value(line, name);
            digits
                .parse()
                .unwrap_or_else(|_| panic!("{name} is no number in {line}"))
        };
        assert!(!line.contains('\\'), "no escapes are known here: {line}");
        Request {
            case: text("case"),
            wire: text("wire"),
            frame: number("frame"),
            chunk: number("chunk"),
        }
    }
}

/// What stands behind `"name":`, with its quotes if it has some.
fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":");
    let start = line
        .find(&key)
        .unwrap_or_else(|| panic!("no {name} in {line}"))
        + key.len();
    let rest = &line[start..];
    let end = match rest.strip_prefix('"') {
        Some(text) => text.find('"').map(|quote| quote + 2),
        None => rest.find([',', '}']),
    };
    &rest[..end.unwrap_or_else(|| panic!("{name} does not end in {line}"))]
}
