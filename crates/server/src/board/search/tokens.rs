//! A search's text as pieces: fields, values, words.

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    /// Whether it was in quotation marks: nothing in it has a meaning of its own.
    pub(super) is_quoted: bool,
}

impl Written {
    /// Returns whether nothing is written, not even quotation marks.
    pub(super) fn is_missing(&self) -> bool {
        self.text.is_empty() && !self.is_quoted
    }
}

/// A piece between spaces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) is_excluded: bool,
    /// `None` for words.
    pub(super) field: Option<String>,
    /// One value, or those of a list.
    pub(super) values: Vec<Written>,
}

/// Splits a text into pieces.
///
/// # Errors
/// A sentence about what is not closed or missing.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut rest = text.trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let after = rest.strip_prefix('-').filter(|after| {
            let next = after.chars().next();
            next.is_some_and(|next| !next.is_whitespace())
        });
        let is_excluded = after.is_some();
        let (mut first, mut after) = written(after.unwrap_or(rest), |end| end == ':')?;
        // `attr:` is a prefix of a field's name, as in the group of a question.
        if first.text == "attr"
            && !first.is_quoted
            && let Some(path) = after.strip_prefix(':')
        {
            (first, after) = written(path, |end| end == ':')?;
            first.text.insert_str(0, "attr:");
        }
        let (field, values, after) = match after.strip_prefix(':') {
            Some(after) if !first.text.is_empty() => {
                let (values, after) = values(&first.text, after)?;
                (Some(first.text), values, after)
            }
            Some(_) => return Err("a field is missing before the colon".to_owned()),
            None => (None, vec![first], after),
        };
        found.push(Piece {
            is_excluded,
            field,
            values,
        });
        rest = after.trim_start();
    }
    Ok(found)
}

/// Reads one value, or a list in parentheses.
fn values<'a>(field: &str, text: &'a str) -> Result<(Vec<Written>, &'a str), String> {
    let Some(mut rest) = text.strip_prefix('(') else {
        let (value, rest) = written(text, |_| false)?;
        return Ok((vec![value], rest));
    };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            if found.is_empty() {
                return Err(format!("{field}: the list is empty"));
            }
            return Ok((found, after));
        }
        if rest.is_empty() {
            return Err(format!("{field}: the parenthesis is not closed"));
        }
        let (value, after) = written(rest, |end| end == ')')?;
        if value.is_quoted || value.text != "OR" {
            found.push(value);
        }
        rest = after;
    }
}

/// Reads a text in quotation marks, or up to a space or an end.
fn written(text: &str, is_end: impl Fn(char) -> bool) -> Result<(Written, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|next: char| next.is_whitespace() || is_end(next));
        let (value, rest) = text.split_at(end.unwrap_or(text.len()));
        let value = Written {
            text: value.to_owned(),
            is_quoted: false,
        };
        return Ok((value, rest));
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, next) in quoted.char_indices() {
        match next {
            '"' if !is_escaped => {
                let rest = quoted.get(at + 1..).unwrap_or_default();
                let value = Written {
                    text: value,
                    is_quoted: true,
                };
                return Ok((value, rest));
            }
            '\\' if !is_escaped => is_escaped = true,
            next => {
                // A backslash stands for itself before anything but a quotation mark or another.
                if is_escaped && next != '"' && next != '\\' {
                    value.push('\\');
                }
                value.push(next);
                is_escaped = false;
            }
        }
    }
    Err(format!("the quotation mark before {quoted} is not closed"))
}
