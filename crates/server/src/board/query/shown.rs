//! The answer to a view.

use serde_json::{Value, json};

use super::asked::Asked;
use crate::board::stats::{Measure, Stats, ms};
use crate::board::views::{Seen, View};
use crate::store::Memory;
use crate::store::question::Measures;

/// Returns the answer to a view, of whose search no call has some fields.
pub(super) fn shown(
    asked: &Asked,
    view: &View,
    seen: &Seen,
    unknown_fields: &[String],
    memory: &Memory,
) -> Value {
    let Seen { found, .. } = seen;
    let has_bins = view.bins.is_some();
    let stats = |measures| json!(Stats::only(&asked.measures, measures));
    let series = |bins: &[Measures]| match has_bins {
        true => columns(&asked.measures, bins),
        false => Value::Null,
    };
    let groups = found.groups.iter().zip(&seen.spreads);
    let groups = groups.map(|((key, of_group), spreads)| {
        let keys = view.names(key, memory);
        json!({
            "keys": keys.get(..asked.depth()).unwrap_or_default(),
            "stats": stats(&of_group.all),
            "series": series(&of_group.bins),
            "numbers": view.quantities.shown(spreads),
        })
    });
    let range = has_bins.then(|| {
        json!({
            "from": ms(found.bins.first),
            "to": ms(found.bins.last()),
            "bin_ms": ms(found.bins.width),
        })
    });
    json!({
        "name": asked.name,
        "range": range,
        "bins": has_bins.then(|| found.bins.edges().map(ms).collect::<Vec<_>>()),
        "totals": stats(&found.all.all),
        "series": series(&found.all.bins),
        "groups": groups.collect::<Vec<_>>(),
        "total": seen.total,
        "measured": seen.measured,
        "unknown_fields": unknown_fields,
    })
}

/// Returns the values of each measure, one for each time bucket.
fn columns(shown: &[Measure], bins: &[Measures]) -> Value {
    let column = |measure: &Measure| {
        let values: Vec<Value> = bins.iter().map(measure.of).collect();
        (measure.name.to_owned(), Value::Array(values))
    };
    Value::Object(shown.iter().map(column).collect())
}
