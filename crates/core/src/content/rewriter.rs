//! The traversal of a JSON text: structure stays, content goes through the policy.
//!
//! Inside messages, every text is content with a role and a kind, unless its field is known to be structure. Everywhere
//! else (monitor attributes, tool arguments, the other fields of a body), only paths are known.

use std::borrow::Cow;

use super::part::{Context, Part, Place, contains_parts, entry, is_structure};
use super::policy::{Action, ContentPolicy};
use super::rule::ContentPath;
use crate::json::{Document, Edits, Member, Node};

/// The deepest JSON that is read, because the traversal recurses.
const DEEPEST: usize = 128;
/// The most texts of JSON inside each other that are read, each as deep as [`DEEPEST`]; what is deeper is withheld.
const MOST_TEXTS: usize = 4;

pub(super) struct Rewriter<'p> {
    policy: &'p ContentPolicy,
    place: Place,
    /// Keys from the outermost to the innermost, joined by dots.
    path: String,
    edits: Edits,
    /// The texts of JSON around what is read.
    texts: usize,
    withheld: u64,
}

impl<'p> Rewriter<'p> {
    pub(super) fn new(policy: &'p ContentPolicy, place: Place) -> Self {
        Self {
            policy,
            place,
            path: String::new(),
            edits: Edits::default(),
            texts: 0,
            withheld: 0,
        }
    }

    /// Returns the JSON under the policy and the number of withheld texts; `None` when the JSON cannot be read.
    pub(super) fn over(mut self, json: &str) -> Option<(Cow<'_, str>, u64)> {
        let document = readable(json)?;
        let (root, context) = (document.root(), Context::default());
        match self.place {
            Place::InputMessages => self.message(root, context),
            Place::OutputMessages => self.message(root, context.role("assistant")),
            Place::SystemInstructions => self.message(root, context.role("system")),
            Place::ToolDefinitions => self.message(root, context.part(Part::ToolDefinition)),
            Place::ToolCallArguments => {
                self.content(root, context.role("assistant").part(Part::ToolCall));
            }
            Place::ToolCallResult => {
                self.content(root, context.role("tool").part(Part::ToolResult))
            }
            Place::RetrievalQuery => self.content(root, context.role("user").part(Part::Text)),
            Place::RetrievalDocuments => {
                self.content(root, context.role("tool").part(Part::ToolResult));
            }
            Place::Request | Place::Response => self.body(root),
            Place::Attributes => self.fields(root, context),
        }
        Some((self.edits.apply(json), self.withheld))
    }

    fn at<'a>(&'a self, context: Context<'a>) -> ContentPath<'a> {
        ContentPath {
            place: self.place,
            role: context.role,
            part: context.part,
            path: &self.path,
        }
    }

    /// Rewrites a provider's body: some fields hold messages, the rest are parameters.
    fn body(&mut self, body: Node<'_>) {
        if !body.is_object() {
            return self.fields(body, Context::default());
        }
        self.members(body, |rewriter, name, value| match entry(name) {
            Some(context) => {
                rewriter.message(value, context);
                true
            }
            None => rewriter.field(name, value, Context::default()),
        });
    }

    /// Removes the members of an object for which `stays` returns `false`.
    fn members(
        &mut self,
        object: Node<'_>,
        mut stays: impl FnMut(&mut Self, &str, Node<'_>) -> bool,
    ) {
        let members = object.member_ranges();
        let members = members.map(|(range, name, value)| Member {
            range,
            stays: stays(self, &name, value),
        });
        let members: Vec<_> = members.collect();
        self.edits.remove(&members);
    }

    /// Rewrites messages, their parts, and the contents of the parts.
    fn message(&mut self, node: Node<'_>, context: Context<'_>) {
        if node.is_list() {
            return node.items().for_each(|item| self.message(item, context));
        }
        if !node.is_object() {
            return self.content(node, context);
        }
        let [role, kind, refusal] = node.pick(["role", "type", "refusal"]);
        let [role, kind] = [role, kind].map(|word| word.and_then(Node::text));
        let mut context = context;
        if let Some(role) = &role {
            context = context.role(role);
        }
        if let Some(kind) = &kind {
            context = context.of_type(kind);
        }
        if refusal.is_some_and(is_flag) {
            context = context.part(Part::Refusal);
        }
        for (name, value) in node.members() {
            self.member(&name, value, context);
        }
    }

    /// Rewrites one field of a message or a part.
    fn member(&mut self, name: &str, value: Node<'_>, context: Context<'_>) {
        let is_scalar = !value.is_list() && !value.is_object();
        let is_refusal = name == "refusal" && is_flag(value);
        if is_structure(name) && is_scalar || is_refusal {
            return;
        }
        let context = context.of_key(name);
        match contains_parts(name) {
            true => self.message(value, context),
            false => self.content(value, context),
        }
    }

    /// Rewrites a value that is content as a whole.
    fn content(&mut self, node: Node<'_>, context: Context<'_>) {
        if node.is_null() {
            return;
        }
        let context = context.part(context.kind());
        let action = self.policy.action(&self.at(context));
        if action == Action::Keep {
            let path = std::mem::take(&mut self.path);
            self.kept(node, context);
            self.path = path;
        } else {
            self.replace(node, action);
        }
    }

    /// Rewrites content that the rules for roles and kinds keep: rules for paths may still match inside it.
    fn kept(&mut self, node: Node<'_>, context: Context<'_>) {
        if node.text().is_none() {
            return self.fields(node, context);
        }
        // Arguments are sent as JSON in a text, and so are many results: the leaves are texts of their own.
        match self.inside(node, context) {
            Some(Cow::Owned(edited)) => self.edits.replace_by_text(node, &edited),
            Some(Cow::Borrowed(_)) => {}
            None => self.text(node, context),
        }
    }

    /// Rewrites a text inside JSON: the JSON that the text itself may be, by paths, and then the text as a whole.
    fn leaf(&mut self, node: Node<'_>, context: Context<'_>) {
        let Some(Cow::Owned(edited)) = self.inside(node, context) else {
            return self.text(node, context);
        };
        let is_limited = self.policy.redacts() || edited.len() > self.policy.limit();
        let kept = is_limited.then(|| self.policy.kept(&self.at(context), &edited));
        let (edited, withheld) = kept.flatten().unwrap_or((edited, false));
        self.withheld = self.withheld.saturating_add(u64::from(withheld));
        self.edits.replace_by_text(node, &edited);
    }

    /// Returns the JSON in a text of a tool as its rules for paths leave it; `None` for any other text. Paths begin anew there.
    fn inside<'n>(&mut self, node: Node<'n>, context: Context<'_>) -> Option<Cow<'n, str>> {
        let structured = matches!(context.part, Some(Part::ToolCall | Part::ToolResult));
        let text = node
            .text()
            .filter(|_| structured && self.policy.has_paths())?;
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        if self.texts == MOST_TEXTS {
            return Some(Cow::Owned(ContentPolicy::UNREAD.to_owned()));
        }
        let document = readable(&text)?;
        let outside = (
            std::mem::take(&mut self.edits),
            std::mem::take(&mut self.path),
        );
        self.texts += 1;
        self.fields(document.root(), context);
        let inside = std::mem::replace(&mut self.edits, outside.0);
        self.path = outside.1;
        self.texts -= 1;
        let edited = match inside.apply(&text) {
            Cow::Owned(edited) => Some(edited),
            Cow::Borrowed(_) => None,
        };
        drop(document);
        Some(edited.map_or(text, Cow::Owned))
    }

    /// Rewrites the user's own JSON, in which only paths are known.
    fn fields(&mut self, node: Node<'_>, context: Context<'_>) {
        if node.is_object() {
            self.members(node, |rewriter, name, value| {
                rewriter.field(name, value, context)
            });
        } else if node.is_list() {
            node.items().for_each(|item| self.fields(item, context));
        } else {
            self.leaf(node, context);
        }
    }

    /// Rewrites one field by its path; returns `false` when the field is dropped.
    fn field(&mut self, name: &str, value: Node<'_>, context: Context<'_>) -> bool {
        let outside = self.path.len();
        if outside > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let action = self.policy.action(&self.at(context));
        match action {
            Action::Keep => self.fields(value, context),
            Action::Drop => {}
            Action::Hash | Action::Mask => self.replace(value, action),
        }
        self.path.truncate(outside);
        action != Action::Drop
    }

    /// Replaces a value of any type with the placeholder of an action.
    fn replace(&mut self, node: Node<'_>, action: Action) {
        let instead = match node.text() {
            Some(text) => self.policy.instead(action, &text),
            None => self.policy.instead(action, &node.to_json_string()),
        };
        if let Some(instead) = instead {
            self.edits.replace_by_text(node, &instead);
        }
    }

    /// Rewrites a kept text, subject to the redactor and the value limit.
    fn text(&mut self, node: Node<'_>, context: Context<'_>) {
        // The escaped text is never shorter than the decoded text.
        if !self.policy.redacts() && node.len() <= self.policy.limit() {
            return;
        }
        let Some(text) = node.text() else { return };
        if let Some((kept, withheld)) = self.policy.kept(&self.at(context), &text) {
            self.withheld = self.withheld.saturating_add(u64::from(withheld));
            self.edits.replace_by_text(node, &kept);
        }
    }
}

/// Reads JSON for the traversal; `None` for a text that is not JSON or is too deep.
fn readable(json: &str) -> Option<Document<'_>> {
    let document = Document::read(json.as_bytes());
    let is_readable = document.is_whole() && document.root().depth() <= DEEPEST;
    is_readable.then_some(document)
}

/// Returns whether a member marks the adjacent text as a refusal, as in our own messages.
fn is_flag(refusal: Node<'_>) -> bool {
    refusal.bool() == Some(true)
}
