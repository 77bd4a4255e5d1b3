//! The spans of a trace as a tree, and the sums of the calls below each.

use std::collections::HashMap;

use serde::Serialize;

use crate::store::{Code, Id, Memory, Row};

/// Sums over the calls below a span. A sum of no known values is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Below {
    calls: u64,
    errors: u64,
    /// The calls whose cost is known.
    priced_calls: u64,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    total_tokens: Option<i64>,
    cost_usd: Option<f64>,
    #[serde(skip)]
    cost: Option<i64>,
}

/// A span of a tree.
pub(super) struct Node {
    pub(super) place: usize,
    /// The number of spans above it.
    pub(super) depth: usize,
    /// What is below it; `None` if nothing is.
    pub(super) below: Option<Below>,
}

/// The spans of a trace: each directly before those below it, spans of one parent by their start.
pub(super) struct Tree(pub(super) Vec<Node>);

impl Tree {
    /// Returns the tree of a trace. A span whose parent is not stored is a root, and so is one of spans that are each other's
    /// parents.
    pub(super) fn of(memory: &Memory, project: Code, trace: &Id) -> Self {
        let rows = memory.rows.trace(project, trace);
        let mut spans: Vec<(i64, usize, Option<usize>)> = rows
            .into_iter()
            .filter_map(|place| {
                let row = memory.rows.get(place)?;
                Some((row.started_at, place, memory.parent(&row)))
            })
            .collect();
        spans.sort_unstable();
        let index: HashMap<usize, usize> =
            spans.iter().map(|(_, place, _)| *place).zip(0..).collect();
        let parent = |span: &(i64, usize, Option<usize>)| index.get(&span.2?).copied();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (at, span) in spans.iter().enumerate() {
            match parent(span).and_then(|parent| children.get_mut(parent)) {
                Some(children) => children.push(at),
                None => roots.push(at),
            }
        }
        let mut walk = Walk {
            children,
            is_seen: vec![false; spans.len()],
            order: Vec::with_capacity(spans.len()),
        };
        // Spans of a cycle are below no root: the first of them is taken as one.
        for root in roots.into_iter().chain(0..spans.len()) {
            walk.visit(root);
        }
        let mut tree: Vec<Node> = walk
            .order
            .into_iter()
            .filter_map(|(at, depth)| {
                let (_, place, _) = *spans.get(at)?;
                Some(Node {
                    place,
                    depth,
                    below: None,
                })
            })
            .collect();
        sum(memory, &mut tree);
        Self(tree)
    }

    /// Returns the sums below a span.
    pub(super) fn below(self, place: usize) -> Option<Below> {
        let node = self.0.into_iter().find(|node| node.place == place)?;
        Some(node.below.unwrap_or_default())
    }
}

/// A walk from the roots down, without recursion: a trace may be one long chain.
struct Walk {
    children: Vec<Vec<usize>>,
    is_seen: Vec<bool>,
    /// Spans in order, each with its depth.
    order: Vec<(usize, usize)>,
}

impl Walk {
    fn visit(&mut self, root: usize) {
        let mut next = vec![(root, 0)];
        while let Some((at, depth)) = next.pop() {
            let Some(is_seen) = self.is_seen.get_mut(at) else {
                continue;
            };
            if std::mem::replace(is_seen, true) {
                continue;
            }
            self.order.push((at, depth));
            let children = self.children.get(at).into_iter().flatten();
            next.extend(children.rev().map(|child| (*child, depth + 1)));
        }
    }
}

/// Sums up from the leaves: in the reversed order every span comes after those below it.
fn sum(memory: &Memory, tree: &mut [Node]) {
    // The sums of spans that wait for their parent, by depth.
    let mut waiting: Vec<Option<Below>> = Vec::new();
    for node in tree.iter_mut().rev() {
        waiting.resize(waiting.len().max(node.depth + 2), None);
        node.below = waiting.get_mut(node.depth + 1).and_then(Option::take);
        let mut own = node.below.clone().unwrap_or_default();
        if let Some(row) = memory.rows.get(node.place) {
            own.add(&row);
        }
        if let Some(sum) = waiting.get_mut(node.depth) {
            sum.get_or_insert_default().merge(&own);
        }
    }
}

impl Below {
    /// Adds a span, if it counts.
    fn add(&mut self, row: &Row) {
        if !row.counts() {
            return;
        }
        // Only calls to a model have an operation.
        self.calls += u64::from(row.operation.is_some());
        self.errors += u64::from(row.status == crate::store::Status::Error);
        self.priced_calls += u64::from(row.cost.is_some());
        self.merge_numbers([
            row.input_tokens,
            row.output_tokens,
            row.total_tokens(),
            row.cost,
        ]);
    }

    fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.priced_calls += other.priced_calls;
        let Self {
            input_tokens,
            output_tokens,
            total_tokens,
            cost,
            ..
        } = *other;
        self.merge_numbers([input_tokens, output_tokens, total_tokens, cost]);
    }

    fn merge_numbers(&mut self, numbers: [Option<i64>; 4]) {
        let own = [
            &mut self.input_tokens,
            &mut self.output_tokens,
            &mut self.total_tokens,
            &mut self.cost,
        ];
        for (sum, number) in own.into_iter().zip(numbers) {
            if let Some(number) = number {
                *sum = Some(sum.unwrap_or(0).saturating_add(number));
            }
        }
        self.cost_usd = self.cost.map(|nanos| nanos as f64 / 1e9);
    }
}
