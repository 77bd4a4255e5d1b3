//! Scopes inside scopes: a list from the innermost outwards, its tail shared by all scopes that are inside the same one.

use std::sync::Arc;

use super::Said;

/// Scopes a list may have; longer ones are put together into one. So the list can be walked and dropped in no time and
/// takes no memory of its own, however deep a service nests.
const SCOPES: usize = 128;

/// One scope, inside others.
#[derive(Debug, Default)]
pub(super) struct Scope {
    said: Arc<Said>,
    outer: Option<Arc<Scope>>,
    /// How many scopes are around this one.
    depth: usize,
}

impl Scope {
    /// `inner` with all scopes of its own, inside `outer`.
    pub(super) fn over(inner: &Arc<Self>, outer: &Arc<Self>) -> Arc<Self> {
        // What was taken out of a scope may be entered in it again.
        if inner.outwards().any(|scope| std::ptr::eq(scope, &**outer)) {
            return Arc::clone(inner);
        }
        let own: Vec<_> = inner.outwards().map(|scope| &scope.said).collect();
        let inside = |outer, said: &Arc<Said>| Self::inside(Arc::clone(said), outer);
        own.into_iter().rev().fold(Arc::clone(outer), inside)
    }

    fn inside(said: Arc<Said>, outer: Arc<Self>) -> Arc<Self> {
        let depth = outer.depth + 1;
        let scope = Self {
            said,
            outer: Some(outer),
            depth,
        };
        Arc::new(match depth < SCOPES {
            true => scope,
            false => scope.together(),
        })
    }

    /// All scopes as one that says the same.
    fn together(&self) -> Self {
        let mut scopes: Vec<_> = self.outwards().map(|scope| &*scope.said).collect();
        scopes.reverse();
        let mut said = Said::default();
        scopes.into_iter().for_each(|scope| said.take_over(scope));
        Self {
            said: Arc::new(said),
            ..Self::default()
        }
    }

    /// Says more: in place while nobody else knows the scope, else in a scope of its own inside.
    pub(super) fn say(mut scope: Arc<Self>, change: impl FnOnce(&mut Said)) -> Arc<Self> {
        let own = Arc::get_mut(&mut scope).and_then(|scope| Arc::get_mut(&mut scope.said));
        if let Some(said) = own {
            change(said);
            return scope;
        }
        let mut said = Said::default();
        change(&mut said);
        Self::inside(Arc::new(said), scope)
    }

    /// This scope and those around it.
    fn outwards(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.outer.as_deref())
    }

    /// What each scope says, the innermost first.
    pub(super) fn says(&self) -> impl Iterator<Item = &Said> {
        self.outwards().map(|scope| &*scope.said)
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
        let said = (0..100_000).fold(outermost, |outer, n| {
            MonitorAttributes::new(json!({"n": n, (n % 7).to_string(): n})).over(&outer)
        });
        assert!(scopes(&said) <= SCOPES);
        assert_eq!(said.merged().user().map(|user| &**user), Some("u"));
        let merged = merged(&said);
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
        let own = MonitorAttributes::new(json!({"params": "own"})).over(&inner);
        for said in [outer, inner, own] {
            let together = said.scope.as_deref().map(Scope::together);
            let together = MonitorAttributes {
                scope: together.map(Arc::new),
            };
            assert_eq!(scopes(&together), 1);
            assert_eq!(merged(&together), merged(&said));
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
