//! The list of headers: `name=value`, separated by commas, values percent-encoded as in W3C Baggage.

use spanloom_exporter::Destination;

use super::Variable;
use crate::error::{ErrorKind, Fault, Faults};

/// Adds the headers of the list. A fault names a member only by its position, as any part of a malformed member may be
/// a key.
pub(super) fn apply(
    list: &Variable,
    mut destination: Destination,
    faults: &mut Faults,
) -> Option<Destination> {
    let mut is_whole = true;
    for (index, member) in list.text().split(',').map(str::trim).enumerate() {
        if member.is_empty() {
            continue;
        }
        match header(member).and_then(|(name, value)| {
            let with = destination.clone().with_header(name, &value);
            with.map_err(|_| "it is not a valid header name or value")
        }) {
            Ok(with) => destination = with,
            Err(why) => {
                is_whole = false;
                faults.add(fault(list, index + 1, why));
            }
        }
    }
    is_whole.then_some(destination)
}

fn fault(list: &Variable, place: usize, why: &str) -> Fault {
    let why = format!("invalid header {place} of the list: {why}");
    list.fault(ErrorKind::Destination, why)
        .with_remedy("write name=value,name=value, with values percent-encoded")
}

fn header(member: &str) -> Result<(&str, String), &'static str> {
    let (name, value) = member.split_once('=').ok_or("it has no '='")?;
    Ok((name.trim(), decoded(value.trim())))
}

/// Returns a percent-decoded value. A value that is not percent-encoded is returned as is, as in the stock exporters:
/// keys may contain a `%`.
fn decoded(value: &str) -> String {
    percent_decoded(value.as_bytes())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| value.to_owned())
}

fn percent_decoded(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let digit = |place: usize| char::from(*digits.get(place)?).to_digit(16);
            bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_percent_decoded() {
        for (value, expected) in [
            ("abc", "abc"),
            ("Bearer%20a%2Cb", "Bearer a,b"),
            ("%C3%A9", "é"),
            ("a=b==", "a=b=="),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("%C3", "%C3"),
            ("%2", "%2"),
            ("+", "+"),
        ] {
            assert_eq!(decoded(value), expected, "{value}");
        }
    }
}
