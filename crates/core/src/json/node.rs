//! A value, as seen by a reader.

use std::borrow::Cow;
use std::ops::Range;

use super::document::Document;
use super::tape::{Entry, Kind};
use super::text::{decode, halves};

/// A value of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) at: u32,
}

impl Document<'_> {
    /// Returns the root value; `null` when the bytes do not begin as JSON.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            at: 0,
        }
    }
}

impl<'d> Node<'d> {
    #[inline]
    fn entry(self) -> Option<&'d Entry> {
        self.document.tape.get(usize::try_from(self.at).ok()?)
    }

    #[inline]
    fn kind(self) -> Kind {
        self.entry().map_or(Kind::Null, |entry| entry.kind)
    }

    /// Returns the characters between the quotes of a text or a key; of any other value, all of it.
    #[inline]
    pub(crate) fn inside(self) -> &'d str {
        let Some(entry) = self.entry() else {
            return "";
        };
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let range = place(entry.start)..place(entry.end);
        self.document.text.get(range).unwrap_or_default()
    }

    /// Returns the range of the value in the bytes, including the quotes of a text.
    pub(crate) fn range(self) -> Range<usize> {
        let quotes = u32::from(self.is_text());
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        self.entry().map_or(0..0, |entry| {
            place(entry.start.saturating_sub(quotes))..place(entry.end.saturating_add(quotes))
        })
    }

    /// Returns the length of the value in bytes, without the quotes of a text.
    pub(crate) fn len(self) -> usize {
        self.inside().len()
    }

    /// Returns the index of the entry after this value.
    #[inline]
    fn behind(self) -> u32 {
        match self.entry() {
            Some(entry) if entry.kind.holds() => entry.next,
            _ => self.at + 1,
        }
    }

    /// Returns whether the value is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        matches!(self.kind(), Kind::Object | Kind::CutObject)
    }

    /// Returns whether the value is a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self.kind(), Kind::List | Kind::CutList)
    }

    /// Returns whether the value is an empty list or object.
    pub(crate) fn is_empty(self) -> bool {
        self.kind().holds() && self.behind() == self.at + 1
    }

    /// Returns whether the value is a list or an object without an end.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(self.kind(), Kind::CutList | Kind::CutObject)
    }

    /// Returns whether the value is a text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.kind(), Kind::Text | Kind::Escaped | Kind::Broken)
    }

    /// Returns whether the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Returns the last member of an object with this name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        let [found] = self.pick([name]);
        found
    }

    /// Returns the last member of an object for each of these names, in one pass over its members.
    #[must_use]
    pub fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Self>; N] {
        let mut found = [None; N];
        let text = self.document.text.as_bytes();
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let Some(entry) = self.entry().filter(|_| self.is_object()) else {
            return found;
        };
        let (mut at, end) = (place(self.at) + 1, place(entry.next));
        while let Some([key, value, ..]) = self.document.tape.get(at..end) {
            let written = text
                .get(place(key.start)..place(key.end))
                .unwrap_or_default();
            let escaped;
            let name = match key.kind {
                Kind::Text => written,
                _ => {
                    escaped = decode(std::str::from_utf8(written).unwrap_or_default());
                    escaped.as_bytes()
                }
            };
            for (wanted, found) in names.iter().zip(&mut found) {
                if wanted.as_bytes() == name {
                    let at = u32::try_from(at + 1).unwrap_or(u32::MAX);
                    *found = Some(Self { at, ..self });
                }
            }
            at = match value.kind.holds() {
                true => place(value.next),
                false => at + 2,
            };
        }
        found
    }

    /// Returns the last member of an object with this name, unless it is `null`.
    #[must_use]
    pub fn given(self, name: &str) -> Option<Self> {
        self.get(name).filter(|value| !value.is_null())
    }

    /// Returns the members of an object, in order.
    pub fn members(self) -> impl Iterator<Item = (Cow<'d, str>, Self)> {
        self.keys().map(|key| (key.decoded(), key.value()))
    }

    /// Returns the members of an object, in order, each with its range.
    pub(crate) fn member_ranges(self) -> impl Iterator<Item = (Range<usize>, Cow<'d, str>, Self)> {
        self.keys().map(|key| {
            let value = key.value();
            (key.range().start..value.range().end, key.decoded(), value)
        })
    }

    #[inline]
    fn keys(self) -> impl Iterator<Item = Self> {
        let entry = self.entry().filter(|_| self.is_object());
        let (mut at, end) = entry.map_or((0, 0), |entry| (self.at + 1, entry.next));
        std::iter::from_fn(move || {
            let key = (at < end).then_some(Self { at, ..self })?;
            at = key.value().behind();
            Some(key)
        })
    }

    /// Returns the value of a key.
    fn value(self) -> Self {
        Self {
            at: self.at + 1,
            ..self
        }
    }

    /// Returns the elements of a list, in order; consecutive numbers are one element.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let (mut at, end) = match self.is_list() {
            true => (self.at + 1, self.behind()),
            false => (0, 0),
        };
        std::iter::from_fn(move || {
            let item = (at < end).then_some(Self { at, ..self })?;
            at = item.behind();
            Some(item)
        })
    }

    /// Returns the count of numbers in the value: 1, or all consecutive numbers in a list; 0 if it is not a number.
    #[must_use]
    pub fn numbers(self) -> usize {
        match self.entry() {
            Some(Entry {
                kind: Kind::Numbers,
                next,
                ..
            }) => usize::try_from(*next).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Returns the decoded text; `None` for any other value.
    #[must_use]
    pub fn text(self) -> Option<Cow<'d, str>> {
        self.is_text().then(|| self.decoded())
    }

    /// Returns the decoded text or key.
    #[inline]
    fn decoded(self) -> Cow<'d, str> {
        match self.kind() {
            Kind::Text => Cow::Borrowed(self.inside()),
            _ => decode(self.inside()),
        }
    }

    /// Returns the halves of surrogate pairs at the start and the end of a text: a stream may cut a character.
    pub(crate) fn halves(self) -> [Option<u32>; 2] {
        match self.kind() {
            Kind::Broken => halves(self.inside()),
            _ => [None, None],
        }
    }

    /// Returns the decoded member of this name, if it is a text.
    #[must_use]
    pub fn string(self, name: &str) -> Option<String> {
        Some(self.get(name)?.text()?.into_owned())
    }

    /// Returns whether the value is this text.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        match self.kind() {
            Kind::Text => self.inside() == text,
            Kind::Escaped | Kind::Broken => decode(self.inside()) == text,
            _ => false,
        }
    }

    /// Returns the value as a whole number from 0.
    #[must_use]
    pub fn u64(self) -> Option<u64> {
        (self.numbers() == 1).then(|| self.inside().parse().ok())?
    }

    /// Returns the value as a whole number.
    #[must_use]
    pub fn i64(self) -> Option<i64> {
        (self.numbers() == 1).then(|| self.inside().parse().ok())?
    }

    /// Returns the value as a finite number.
    #[must_use]
    pub fn f64(self) -> Option<f64> {
        let number: Option<f64> = (self.numbers() == 1).then(|| self.inside().parse().ok())?;
        number.filter(|number| number.is_finite())
    }

    /// Returns the value as a boolean.
    #[must_use]
    pub fn bool(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// Returns the value's own bytes, if they can be copied into other JSON: nothing in the value was cut, and no text
    /// in it contains half of a surrogate pair.
    #[must_use]
    pub fn raw(self) -> Option<&'d str> {
        let tape = &self.document.tape;
        let end = usize::try_from(self.behind()).ok()?;
        let entries = tape.get(usize::try_from(self.at).ok()?..end)?;
        let whole = entries
            .iter()
            .all(|entry| !matches!(entry.kind, Kind::Broken | Kind::CutList | Kind::CutObject));
        whole.then(|| self.document.text.get(self.range()))?
    }

    /// Returns the nesting depth of lists and objects, including the value itself.
    #[must_use]
    pub fn depth(self) -> usize {
        let (mut deepest, mut open) = (0, Vec::new());
        for at in self.at..self.behind() {
            while open.last().is_some_and(|end| *end <= at) {
                open.pop();
            }
            let node = Self { at, ..self };
            if node.is_list() || node.is_object() {
                open.push(node.behind());
                deepest = deepest.max(open.len());
            }
        }
        deepest
    }

    /// Appends the value as JSON: its own bytes, if they can be copied into other JSON.
    pub fn write(self, json: &mut String) {
        if let Some(raw) = self.raw() {
            return json.push_str(raw);
        }
        // Instead of recursion: the end of each open list and object.
        let mut open: Vec<(u32, char)> = Vec::new();
        let (mut at, end) = (self.at, self.behind());
        let mut first = true;
        while at < end {
            while let Some((_, bracket)) = open.last().filter(|(end, _)| *end <= at) {
                json.push(*bracket);
                open.pop();
                first = false;
            }
            if !first {
                json.push(',');
            }
            let mut node = Self { at, ..self };
            if matches!(open.last(), Some((_, '}'))) {
                quote(json, &decode(node.inside()));
                json.push(':');
                node = node.value();
            }
            at = node.at + 1;
            first = node.is_list() || node.is_object();
            match node.kind() {
                Kind::List | Kind::CutList => {
                    json.push('[');
                    open.push((node.behind(), ']'));
                }
                Kind::Object | Kind::CutObject => {
                    json.push('{');
                    open.push((node.behind(), '}'));
                }
                Kind::Text | Kind::Escaped | Kind::Broken => quote(json, &decode(node.inside())),
                Kind::Numbers | Kind::True | Kind::False => json.push_str(node.inside()),
                Kind::Null => json.push_str("null"),
            }
        }
        while let Some((_, bracket)) = open.pop() {
            json.push(bracket);
        }
    }
}

/// Appends a text with quotes and escapes.
pub(crate) fn quote(json: &mut String, text: &str) {
    let needs_escape = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    // Most texts need no escapes; without an early exit, many bytes are checked at a time.
    let bytes = text.as_bytes();
    if !bytes
        .iter()
        .fold(false, |any, byte| any | needs_escape(byte))
    {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else if let Ok(quoted) = serde_json::to_string(text) {
        json.push_str(&quoted);
    }
}
