//! The way through a JSON text: what is structure stays, what is content goes through the policy.
//!
//! Two ways of walking. Inside messages every text is content, with a role and a kind, unless its field is known to be
//! structure. Everywhere else (monitor attributes, arguments of a tool, a body's other fields) only paths are known.

use super::part::{Known, Part, Place, contains_parts, entry, is_structure};
use super::policy::{Action, ContentPolicy};
use super::rule::ContentPath;
use super::tree::Node;
use crate::json::{Document, decode};

pub(super) struct Walk<'p> {
    policy: &'p ContentPolicy,
    place: Place,
    /// Keys from the outside in, joined by dots.
    path: String,
    withheld: u64,
}

impl<'p> Walk<'p> {
    pub(super) fn new(policy: &'p ContentPolicy, place: Place) -> Self {
        Self {
            policy,
            place,
            path: String::new(),
            withheld: 0,
        }
    }

    /// The JSON written anew, and the number of texts withheld; `None` when it cannot be read.
    pub(super) fn over(mut self, json: &str) -> Option<(String, u64)> {
        let document = Document::read(json.as_bytes());
        let mut node = Node::of(&document)?;
        let known = Known::default();
        match self.place {
            Place::InputMessages => self.message(&mut node, known),
            Place::OutputMessages => self.message(&mut node, known.role("assistant")),
            Place::SystemInstructions => self.message(&mut node, known.role("system")),
            Place::ToolDefinitions => self.message(&mut node, known.part(Part::ToolDefinition)),
            Place::Request | Place::Response => self.body(&mut node),
            Place::Attributes => self.fields(&mut node, known),
        }
        let mut written = String::with_capacity(json.len());
        node.write(&mut written);
        Some((written, self.withheld))
    }

    fn at<'a>(&'a self, known: Known<'a>) -> ContentPath<'a> {
        ContentPath {
            place: self.place,
            role: known.role,
            part: known.part,
            path: &self.path,
        }
    }

    /// A provider's body: some fields hold messages, the others are parameters.
    fn body<'a>(&mut self, node: &mut Node<'a>) {
        let Node::Object(fields) = node else {
            return self.fields(node, Known::default());
        };
        fields.retain_mut(|(key, value)| match entry(key) {
            Some(known) => {
                self.message(value, known);
                true
            }
            None => self.field(key, value, Known::default()),
        });
    }

    /// Messages, their parts, and what is inside those.
    fn message<'a>(&mut self, node: &mut Node<'a>, known: Known<'a>) {
        match node {
            Node::Array(items) => {
                for item in items {
                    self.message(item, known);
                }
            }
            Node::Object(fields) => {
                let mut known = known;
                if let Some(role) = Node::word(fields, "role") {
                    known = known.role(role);
                }
                if let Some(kind) = Node::word(fields, "type") {
                    known = known.of_type(kind);
                }
                if fields.iter().any(|(key, value)| is_refusal(key, value)) {
                    known = known.part(Part::Refusal);
                }
                for (key, value) in fields {
                    self.member(key, value, known);
                }
            }
            Node::Text(_) | Node::Bare(_) | Node::New(_) => self.content(node, known),
        }
    }

    /// One field of a message or a part.
    fn member<'a>(&mut self, key: &str, value: &mut Node<'a>, known: Known<'a>) {
        let scalar = matches!(value, Node::Text(_) | Node::Bare(_));
        if is_structure(key) && scalar || is_refusal(key, value) {
            return;
        }
        let known = known.of_key(key);
        if contains_parts(key) {
            self.message(value, known);
        } else {
            self.content(value, known);
        }
    }

    /// A value that is content as a whole.
    fn content<'a>(&mut self, node: &mut Node<'a>, known: Known<'a>) {
        if matches!(node, Node::Bare("null")) {
            return;
        }
        let known = known.part(known.kind());
        let action = self.policy.action(&self.at(known));
        if action == Action::Keep {
            let path = std::mem::take(&mut self.path);
            self.kept(node, known);
            self.path = path;
        } else {
            self.replace(node, action);
        }
    }

    /// Content that no rule about roles and kinds takes: paths inside it may still be meant.
    fn kept<'a>(&mut self, node: &mut Node<'a>, known: Known<'a>) {
        let Node::Text(text) = node else {
            return self.fields(node, known);
        };
        let structured = matches!(known.part, Some(Part::ToolCall | Part::ToolResult));
        if structured && self.policy.has_paths() {
            // Arguments travel as JSON in a text, and so do many results.
            let inner = decode(text);
            if inner.starts_with(['{', '[']) {
                let document = Document::read(inner.as_bytes());
                if let Some(mut tree) = Node::of(&document) {
                    self.fields(&mut tree, known);
                    let mut written = String::with_capacity(inner.len());
                    tree.write(&mut written);
                    *node = Node::New(written);
                    return;
                }
            }
        }
        self.text(node, known);
    }

    /// JSON of the user's own, of which only paths are known.
    fn fields<'a>(&mut self, node: &mut Node<'a>, known: Known<'_>) {
        match node {
            Node::Array(items) => {
                for item in items {
                    self.fields(item, known);
                }
            }
            Node::Object(fields) => {
                fields.retain_mut(|(key, value)| self.field(key, value, known));
            }
            Node::Text(_) => self.text(node, known),
            Node::Bare(_) | Node::New(_) => {}
        }
    }

    /// One field of those; `false` when it goes.
    fn field<'a>(&mut self, key: &str, value: &mut Node<'a>, known: Known<'_>) -> bool {
        let outside = self.path.len();
        if outside > 0 {
            self.path.push('.');
        }
        self.path.push_str(&decode(key));
        let action = self.policy.action(&self.at(known));
        match action {
            Action::Keep => self.fields(value, known),
            Action::Drop => {}
            Action::Hash | Action::Mask => self.replace(value, action),
        }
        self.path.truncate(outside);
        action != Action::Drop
    }

    /// Puts what stands for it in the place of a value, whatever that was.
    fn replace(&self, node: &mut Node<'_>, action: Action) {
        let instead = match node {
            Node::Text(text) => self.policy.instead(action, &decode(text)),
            _ => {
                let mut json = String::new();
                node.write(&mut json);
                self.policy.instead(action, &json)
            }
        };
        if let Some(instead) = instead {
            *node = Node::New(instead);
        }
    }

    /// A text that stays, as far as redactor and limit allow.
    fn text(&mut self, node: &mut Node<'_>, known: Known<'_>) {
        let Node::Text(text) = node else { return };
        // With its escapes it is no shorter than without.
        if !self.policy.redacts() && text.len() <= self.policy.limit() {
            return;
        }
        if let Some((kept, withheld)) = self.policy.kept(&self.at(known), &decode(text)) {
            self.withheld = self.withheld.saturating_add(u64::from(withheld));
            *node = Node::New(kept);
        }
    }
}

/// Whether a member says that the text beside it is a refusal, as our own messages do.
fn is_refusal(key: &str, value: &Node<'_>) -> bool {
    key == "refusal" && matches!(value, Node::Bare("true"))
}
