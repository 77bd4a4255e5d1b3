//! JSON under construction, from pieces as they appear in the events.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::json::{Node, quote};

/// The number of levels of an event that are taken apart; deeper values stay as they are.
pub(super) const DEPTH: usize = 6;

/// A value under construction.
#[derive(Debug)]
pub(super) enum Piece {
    /// A text as it is written, without its quotes. The escapes of consecutive pieces join into those of the whole
    /// text, even where a server cut a character in two.
    Text(String),
    List(Vec<Self>),
    Object(Members),
    /// Anything else, as it was sent; consecutive numbers in a list are one piece.
    Bare(Cow<'static, str>),
}

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<String, Piece>);

impl Piece {
    pub(super) const NULL: Self = Self::Bare(Cow::Borrowed("null"));

    /// Creates one of our own texts, which needs no escapes.
    pub(super) fn word(word: &str) -> Self {
        Self::Text(word.to_owned())
    }

    /// Creates a value that nothing will be added to.
    pub(super) fn whole(node: Node<'_>) -> Self {
        match node.is_text() {
            true => Self::Text(node.inside().to_owned()),
            false => Self::Bare(Cow::Owned(node.to_json_string())),
        }
    }

    /// Creates a value that will be added to.
    pub(super) fn open(node: Node<'_>) -> Self {
        Self::open_to(node, DEPTH)
    }

    fn open_to(node: Node<'_>, depth: usize) -> Self {
        match depth.checked_sub(1) {
            Some(next) if node.is_object() => {
                let members = node.members();
                let members =
                    members.map(|(name, member)| (name.into_owned(), Self::open_to(member, next)));
                Self::Object(Members(members.collect()))
            }
            Some(next) if node.is_list() => {
                Self::List(node.items().map(|item| Self::open_to(item, next)).collect())
            }
            _ => Self::whole(node),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Bare(bare) if bare == "null")
    }

    /// Returns whether a later piece replaces the value: null, 0 and an empty text fill a place that is not known yet.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Bare(bare) => bare == "null" || bare == "0",
            Self::List(_) | Self::Object(_) => false,
        }
    }

    /// Returns the member of this name if it is a whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self {
            Self::Object(members) => match members.get(name)? {
                Self::Bare(bare) => bare.parse().ok(),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn members(&mut self) -> Option<&mut Members> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn write(&self, json: &mut String) {
        match self {
            Self::Text(text) => {
                json.push('"');
                json.push_str(text);
                json.push('"');
            }
            Self::List(items) => {
                json.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    item.write(json);
                }
                json.push(']');
            }
            Self::Object(members) => members.write(json),
            Self::Bare(bare) => json.push_str(bare),
        }
    }
}

impl Members {
    /// Creates the members of an object to which only further members will be added.
    pub(super) fn of(node: Node<'_>) -> Self {
        let members = node.members();
        Self(
            members
                .map(|(name, member)| (name.into_owned(), Piece::whole(member)))
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&Piece> {
        self.0.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Piece> {
        self.0.get_mut(name)
    }

    pub(super) fn set(&mut self, name: &str, piece: Piece) {
        self.0.insert(name.to_owned(), piece);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Returns the member of this name, inserting `fresh` if there is none.
    pub(super) fn or_insert(&mut self, name: &str, fresh: impl FnOnce() -> Piece) -> &mut Piece {
        self.0.entry(name.to_owned()).or_insert_with(fresh)
    }

    pub(super) fn write(&self, json: &mut String) {
        json.push('{');
        for (at, (name, member)) in self.0.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            quote(json, name);
            json.push(':');
            member.write(json);
        }
        json.push('}');
    }
}
