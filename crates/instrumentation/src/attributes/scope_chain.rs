//! Nested scopes: a list from the innermost outwards, whose tail is shared by all scopes inside the same outer scope.

use std::sync::Arc;

use super::ScopeAttributes;

/// The maximum number of scopes in a list; a longer list is collapsed into one scope. So a list is quick to walk and
/// drop and takes little memory, however deep a service nests.
const SCOPES: usize = 128;

/// A scope inside other scopes.
#[derive(Debug, Default)]
pub(super) struct Scope {
    own: Arc<ScopeAttributes>,
    outer: Option<Arc<Scope>>,
    /// The number of scopes around this one.
    depth: usize,
}

impl Scope {
    /// Nests `inner`, with all its scopes, inside `outer`.
    pub(super) fn over(inner: &Arc<Self>, outer: &Arc<Self>) -> Arc<Self> {
        // Attributes taken from a scope may be entered in that scope again.
        if inner.ancestors().any(|scope| std::ptr::eq(scope, &**outer)) {
            return Arc::clone(inner);
        }
        let own: Vec<_> = inner.ancestors().map(|scope| &scope.own).collect();
        let inside = |outer, own: &Arc<ScopeAttributes>| Self::inside(Arc::clone(own), outer);
        own.into_iter().rev().fold(Arc::clone(outer), inside)
    }

    fn inside(own: Arc<ScopeAttributes>, outer: Arc<Self>) -> Arc<Self> {
        let depth = outer.depth + 1;
        let scope = Self {
            own,
            outer: Some(outer),
            depth,
        };
        Arc::new(match depth < SCOPES {
            true => scope,
            false => scope.collapse(),
        })
    }

    /// Merges all scopes into one with the same attributes.
    fn collapse(&self) -> Self {
        let mut scopes: Vec<_> = self.ancestors().map(|scope| &*scope.own).collect();
        scopes.reverse();
        let mut own = ScopeAttributes::default();
        scopes.into_iter().for_each(|scope| own.take_over(scope));
        Self {
            own: Arc::new(own),
            ..Self::default()
        }
    }

    /// Changes attributes in place if the scope is not shared, else in a new scope inside it.
    pub(super) fn update(
        mut scope: Arc<Self>,
        change: impl FnOnce(&mut ScopeAttributes),
    ) -> Arc<Self> {
        let own = Arc::get_mut(&mut scope).and_then(|scope| Arc::get_mut(&mut scope.own));
        if let Some(own) = own {
            change(own);
            return scope;
        }
        let mut own = ScopeAttributes::default();
        change(&mut own);
        Self::inside(Arc::new(own), scope)
    }

    /// Returns this scope and the scopes around it.
    fn ancestors(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.outer.as_deref())
    }

    /// Returns the attributes of each scope, innermost first.
    pub(super) fn layers(&self) -> impl Iterator<Item = &ScopeAttributes> {
        self.ancestors().map(|scope| &*scope.own)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::MonitorAttributes;

    fn scopes(attributes: &MonitorAttributes) -> usize {
        attributes.scopes().count()
    }

    fn merged(attributes: &MonitorAttributes) -> Value {
        serde_json::from_str(&attributes.merged().to_json(true).unwrap()).unwrap()
    }

    #[test]
    fn what_was_taken_out_of_a_scope_is_not_doubled_in_it() {
        let _outer = MonitorAttributes::new(json!({"a": 1})).enter();
        let _inner = MonitorAttributes::new(json!({"b": 2})).enter();
        let guards: Vec<_> = (0..40)
            .map(|_| MonitorAttributes::current().enter())
            .collect();
        assert_eq!(scopes(&MonitorAttributes::current()), 2);
        let more = MonitorAttributes::current().user("u");
        let _more = more.enter();
        assert_eq!(scopes(&MonitorAttributes::current()), 3);
        assert_eq!(
            merged(&MonitorAttributes::current()),
            json!({"a": 1, "b": 2})
        );
        guards.into_iter().rev().for_each(drop);
    }

    #[test]
    fn a_list_of_any_length_stays_short_and_says_the_same() {
        let outermost = MonitorAttributes::new(json!({"first": true, "n": "outer"})).user("u");
        let deepest = (0..100_000).fold(outermost, |outer, n| {
            MonitorAttributes::new(json!({"n": n, (n % 7).to_string(): n})).over(&outer)
        });
        assert!(scopes(&deepest) <= SCOPES);
        assert_eq!(deepest.merged().user().map(|user| &**user), Some("u"));
        let merged = merged(&deepest);
        assert_eq!(
            (&merged["first"], &merged["n"]),
            (&json!(true), &json!(99_999))
        );
        assert_eq!(merged["0"], 99_995);
    }

    #[test]
    fn put_together_a_prompt_keeps_its_place() {
        let outer = MonitorAttributes::new(json!({"params": "outer", "prompt_template": "outer"}));
        let prompt = crate::prompt!("solve {x}", x = 1);
        let inner = MonitorAttributes::from(&prompt).over(&outer);
        let innermost = MonitorAttributes::new(json!({"params": "own"})).over(&inner);
        for attributes in [outer, inner, innermost] {
            let collapsed = attributes.scope.as_deref().map(Scope::collapse);
            let collapsed = MonitorAttributes {
                scope: collapsed.map(Arc::new),
            };
            assert_eq!(scopes(&collapsed), 1);
            assert_eq!(merged(&collapsed), merged(&attributes));
        }
    }

    #[test]
    fn what_others_know_is_not_changed() {
        let one = MonitorAttributes::new(json!({"a": 1})).user("one");
        let two = one.clone().user("two").session("s");
        assert_eq!(one.merged().user().map(|user| &**user), Some("one"));
        assert_eq!(two.merged().user().map(|user| &**user), Some("two"));
        assert!(one.merged().session().is_none());
        assert_eq!(merged(&two), json!({"a": 1}));
    }
}
