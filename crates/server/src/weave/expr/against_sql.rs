//! Random expressions over numbers that may be missing have the truth that they have in SQL.

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::matches;

const FIELDS: [&str; 3] = ["a", "b", "c"];

/// An expression, as a query and as SQL.
#[derive(Clone, Debug)]
struct Both {
    query: Value,
    sql: String,
}

fn operand() -> impl Strategy<Value = Both> {
    let field = (0..FIELDS.len()).prop_map(|field| Both {
        query: json!({"$getField": FIELDS[field]}),
        sql: FIELDS[field].to_owned(),
    });
    let literal = (0..4_i64).prop_map(|number| Both {
        query: json!({"$literal": number}),
        sql: number.to_string(),
    });
    prop_oneof![2 => field, 1 => literal]
}

fn comparison() -> impl Strategy<Value = Both> {
    const OPERATORS: [(&str, &str); 5] = [
        ("$eq", "="),
        ("$gt", ">"),
        ("$gte", ">="),
        ("$lt", "<"),
        ("$lte", "<="),
    ];
    let compared = (0..OPERATORS.len(), operand(), operand()).prop_map(|(which, left, right)| {
        let (name, sign) = OPERATORS[which];
        Both {
            query: json!({name: [left.query, right.query]}),
            sql: format!("({} {sign} {})", left.sql, right.sql),
        }
    });
    let is_null = (0..FIELDS.len()).prop_map(|field| Both {
        query: json!({"$eq": [{"$getField": FIELDS[field]}, {"$literal": null}]}),
        sql: format!("({} IS NULL)", FIELDS[field]),
    });
    let list = prop::collection::vec(0..4_i64, 1..4);
    let contained = (operand(), list).prop_map(|(left, list)| {
        let literals: Vec<Value> = list
            .iter()
            .map(|number| json!({"$literal": number}))
            .collect();
        let numbers: Vec<String> = list.iter().map(i64::to_string).collect();
        Both {
            query: json!({"$in": [left.query, literals]}),
            sql: format!("({} IN ({}))", left.sql, numbers.join(", ")),
        }
    });
    prop_oneof![4 => compared, 1 => is_null, 1 => contained]
}

fn expression() -> impl Strategy<Value = Both> {
    comparison().prop_recursive(5, 40, 4, |inner| {
        let parts = prop::collection::vec(inner.clone(), 1..4);
        let joined = (any::<bool>(), parts).prop_map(|(is_and, parts)| {
            let (name, word) = if is_and {
                ("$and", " AND ")
            } else {
                ("$or", " OR ")
            };
            let queries: Vec<Value> = parts.iter().map(|part| part.query.clone()).collect();
            let sqls: Vec<String> = parts.into_iter().map(|part| part.sql).collect();
            Both {
                query: json!({name: queries}),
                sql: format!("({})", sqls.join(word)),
            }
        });
        let negated = inner.prop_map(|inner| Both {
            query: json!({"$not": [inner.query]}),
            sql: format!("(NOT {})", inner.sql),
        });
        prop_oneof![joined, negated]
    })
}

proptest! {
    #[test]
    fn truth_is_that_of_sql(
        expression in expression(),
        values in prop::array::uniform3(prop::option::weighted(0.7, 0..4_i64)),
    ) {
        let mut call = json!({});
        for (name, value) in FIELDS.into_iter().zip(values) {
            // A field that is null is missing as well.
            if value.is_some() || name == "a" {
                call[name] = json!(value);
            }
        }
        let found = matches(&json!({"$expr": expression.query}), &call).unwrap();
        let sql = Connection::open_in_memory().unwrap();
        let select = format!("SELECT {} FROM (SELECT ?1 AS a, ?2 AS b, ?3 AS c)", expression.sql);
        let truth: Option<bool> = sql.query_row(&select, values, |row| row.get(0)).unwrap();
        prop_assert_eq!(found, truth == Some(true), "{} over {:?}", expression.sql, values);
    }
}
