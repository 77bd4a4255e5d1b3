//! Payloads without texts that are stored once, and whole again.
//!
//! Such a payload begins with a zero byte, which no other does. The rest of its first line names the texts: the bytes
//! since the text before, the text's number and its bytes, as in `12:7:300,940:8:512`. What follows is all other bytes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::units::LONGEST;

const MARK: char = '\0';
/// What stands for a string that cannot be read, and for a list. Spaces follow: lengths in the payload stay right.
const LOST_STRING: &str = "(lost)";
const LOST_LIST: &str = "[]";

/// Returns a payload without the texts at these places, which are in order and do not overlap.
pub(super) fn cut<'a>(payload: &'a str, cuts: &[(Range<usize>, i64)]) -> Cow<'a, str> {
    if cuts.is_empty() {
        return Cow::Borrowed(payload);
    }
    let mut line = String::from(MARK);
    let mut left = String::with_capacity(payload.len());
    let mut end = 0;
    for (unit, number) in cuts {
        let comma = if end > 0 { "," } else { "" };
        let before = payload.get(end..unit.start).unwrap_or_default();
        // Writing into a string does not fail.
        let _ = write!(line, "{comma}{}:{number}:{}", before.len(), unit.len());
        left.push_str(before);
        end = unit.end;
    }
    left.push_str(payload.get(end..).unwrap_or_default());
    line.push('\n');
    Cow::Owned(line + &left)
}

/// Returns the whole payload, and whether all its texts could be read. Returns `None` for a payload that is damaged
/// itself.
pub(in crate::store) fn whole(
    payload: &str,
    mut text: impl FnMut(i64) -> Option<String>,
) -> Option<(Cow<'_, str>, bool)> {
    let Some(marked) = payload.strip_prefix(MARK) else {
        return Some((Cow::Borrowed(payload), true));
    };
    let (cuts, mut rest) = marked.split_once('\n')?;
    let (mut whole, mut is_whole) = (String::new(), true);
    for cut in cuts.split(',') {
        let mut numbers = cut.splitn(3, ':');
        let (before, after) = rest.split_at_checked(numbers.next()?.parse().ok()?)?;
        whole.push_str(before);
        rest = after;
        let number = numbers.next()?.parse().ok()?;
        let length = numbers.next()?.parse().ok();
        let length = length.filter(|length| *length <= LONGEST)?;
        match text(number).filter(|text| text.len() == length) {
            Some(text) => whole.push_str(&text),
            None => {
                is_whole = false;
                let is_string = before.ends_with('"');
                let remains = if is_string { LOST_STRING } else { LOST_LIST };
                let _ = write!(whole, "{remains:length$}");
            }
        }
    }
    whole.push_str(rest);
    Some((Cow::Owned(whole), is_whole))
}

/// Returns the numbers of the texts that a payload is without.
pub(in crate::store) fn numbers(payload: &str) -> impl Iterator<Item = i64> + '_ {
    let marked = payload.strip_prefix(MARK);
    let line = marked.and_then(|marked| marked.split_once('\n'));
    let cuts = line.map_or("", |(cuts, _)| cuts).split(',');
    cuts.filter_map(|cut| cut.split(':').nth(1)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_comes_back() {
        let payload = r#"{"a":"one more","b":["two"],"c":"three"}"#;
        let texts = ["one more", r#"["two"]"#, "three"];
        let place = |text: &str| {
            let start = payload.find(text).unwrap();
            start..start + text.len()
        };
        let cuts = [
            (place(texts[0]), 0),
            (place(texts[1]), 1),
            (place(texts[2]), 2),
        ];
        let left = cut(payload, &cuts);
        assert_eq!(
            left,
            "\0".to_owned() + "6:0:8,6:1:7,6:2:5\n{\"a\":\"\",\"b\":,\"c\":\"\"}"
        );
        assert_eq!(numbers(&left).collect::<Vec<_>>(), [0, 1, 2]);
        let read = |number: i64| Some(texts[usize::try_from(number).unwrap()].to_owned());
        assert_eq!(whole(&left, read), Some((payload.into(), true)));
        // Each text that is lost costs itself only.
        let some = |number| read(number).filter(|_| number == 2);
        let remains = r#"{"a":"(lost)  ","b":[]     ,"c":"three"}"#;
        assert_eq!(whole(&left, some), Some((remains.into(), false)));
    }

    #[test]
    fn a_payload_without_cuts_is_as_it_was_and_a_damaged_one_is_none() {
        for payload in ["", "{}", "{}\u{1}name 1\n\0"] {
            assert_eq!(cut(payload, &[]), payload);
            assert_eq!(numbers(payload).count(), 0);
            assert_eq!(whole(payload, |_| None), Some((payload.into(), true)));
        }
        for damaged in [
            "\0",
            "\0\n",
            "\u{0}1:\n{}",
            "\u{0}1:1:99999999999\n{}",
            "\0:1\n{}",
            "\u{0}3:1:1\n{}",
            "\u{0}1:1:1,\n{}",
        ] {
            assert_eq!(whole(damaged, |_| Some(String::new())), None, "{damaged:?}");
        }
    }
}
