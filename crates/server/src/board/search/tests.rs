//! Searches as they are read.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn terms_are_read() {
    let is = |text: &str| Glob::Is(text.to_owned());
    let model = Field::Property(Dimension::Model);
    let team = |name: &str| Field::Attribute(name.to_owned());
    for (text, excluded, what) in [
        (
            "model:gpt-4o",
            false,
            What::Values(model.clone(), vec![is("gpt-4o")]),
        ),
        (
            "-model:gpt-4o",
            true,
            What::Values(model.clone(), vec![is("gpt-4o")]),
        ),
        (
            r#"model:"""#,
            false,
            What::Values(model.clone(), vec![is("")]),
        ),
        (
            r#"model:"a * b""#,
            false,
            What::Values(model.clone(), vec![is("a * b")]),
        ),
        (
            "model:a*",
            false,
            What::Values(model.clone(), vec![Glob::of("a*")]),
        ),
        (
            "model:(a OR b)",
            false,
            What::Values(model.clone(), vec![is("a"), is("b")]),
        ),
        (
            "model:(a \"b c\" )",
            false,
            What::Values(model, vec![is("a"), is("b c")]),
        ),
        (
            "team:search",
            false,
            What::Values(team("team"), vec![is("search")]),
        ),
        (
            r#""team name":x"#,
            false,
            What::Values(team("team name"), vec![is("x")]),
        ),
        (
            "params.audience:kids",
            false,
            What::Values(team("params.audience"), vec![is("kids")]),
        ),
        (
            "url:https://a.b/c",
            false,
            What::Values(team("url"), vec![is("https://a.b/c")]),
        ),
        (
            "attr:latency:5",
            false,
            What::Values(team("latency"), vec![is("5")]),
        ),
        (
            "conversation:c-1",
            false,
            What::Values(Field::Property(Dimension::Thread), vec![is("c-1")]),
        ),
        (
            "has:user",
            false,
            What::Has(Field::Property(Dimension::User)),
        ),
        ("-has:cost", true, What::Known(Number::Cost)),
        ("umbrella", false, What::Words("umbrella".to_owned())),
        (
            r#"-"an umbrella""#,
            true,
            What::Words("an umbrella".to_owned()),
        ),
        (
            r#""read \"this\" C:\dir""#,
            false,
            What::Words(r#"read "this" C:\dir"#.to_owned()),
        ),
        ("-", false, What::Words("-".to_owned())),
    ] {
        let search = Search::read(text).unwrap();
        let expected = Term {
            is_excluded: excluded,
            what,
        };
        assert_eq!(search.terms, [expected], "{text}");
    }
    let search = Search::read("  latency:>2 an  umbrella cost:<1 ").unwrap();
    assert_eq!(search.terms.len(), 4);
    assert_eq!(search.words(), [("an", false), ("umbrella", false)]);
}

#[test]
fn what_is_wrong_is_stated() {
    for (text, reason) in [
        (
            "model:",
            r#"model: a value is missing; model:"" finds calls without one"#,
        ),
        (
            "latency:",
            "latency: is no number; write latency:>2, <500ms or 1..3",
        ),
        ("has:", "has: a field is missing; write has:user"),
        ("has:(user model)", "has: a term has one field, not a list"),
        (":x", "a field is missing before the colon"),
        (
            "\"an umbrella",
            "the quotation mark before an umbrella is not closed",
        ),
        ("model:(a OR b", "model: the parenthesis is not closed"),
        ("model:()", "model: the list is empty"),
        ("\"\"", "there is no text between the quotation marks"),
        (
            "latency:>fast",
            "latency:>fast is no number; write latency:>2, <500ms or 1..3",
        ),
        ("cost:(1 OR 2)", "cost: a number has one range, not a list"),
        (
            "model:>2",
            "model:>2 compares, and only latency, first_chunk, cost, input, output, tokens are numbers",
        ),
        (
            "status:ok",
            "status:ok is not known; it is one of success, error, running",
        ),
    ] {
        assert_eq!(Search::read(text).unwrap_err(), reason);
    }
    assert!(Search::read(&"x ".repeat(65)).is_err());
    assert!(Search::read(&"x".repeat(5_000)).is_err());
}
