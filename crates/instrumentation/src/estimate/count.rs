//! Token counts of text in bounded time, whatever the text.

use std::borrow::Cow;

use spanloom_core::UsageSource;
use tiktoken_rs::{CoreBPE, bpe_for_model, o200k_base_singleton};

/// Maximum bytes tokenised for one side of a call. Longer texts are tokenised at the head, the middle and the tail, and
/// the rest is counted in proportion: tokenising takes time, and the recorder has other calls to read.
pub(super) const BUDGET: usize = 48 << 10;
/// The longest run of only whitespace, or of none, that reaches the tokenizer in one piece. The time of a merge grows
/// faster than the run, and one million equal letters are one run.
const RUN: usize = 128;

/// Returns the model's tokenizer, or `OpenAI`'s newest if the model's is unknown. It is loaded on first use, which is
/// on the recorder's thread.
pub(super) fn tokenizer(model: Option<&str>) -> (&'static CoreBPE, UsageSource) {
    let own = model.and_then(|model| bpe_for_model(model).ok());
    match own {
        Some(bpe) => (bpe, UsageSource::Estimated),
        None => (o200k_base_singleton(), UsageSource::Rough),
    }
}

/// Counts the tokens of all texts together.
pub(super) fn count(bpe: &CoreBPE, texts: &[Cow<'_, str>]) -> u64 {
    let (mut tokens, mut counted) = (0, 0);
    for piece in sample(texts) {
        tokens += bpe.encode_ordinary(piece).len() as u128;
        counted += piece.len() as u128;
    }
    let whole = texts.iter().map(|text| text.len() as u128).sum::<u128>();
    if counted == 0 {
        return 0;
    }
    u64::try_from(tokens * whole / counted).unwrap_or(u64::MAX)
}

/// Returns the pieces to tokenise: all texts if they fit the budget, else three windows of their concatenation.
fn sample<'a>(texts: &'a [Cow<'_, str>]) -> Vec<&'a str> {
    let whole = texts.iter().map(|text| text.len()).sum::<usize>();
    let third = BUDGET / 3;
    let windows = if whole <= BUDGET {
        vec![(0, whole)]
    } else {
        let middle = whole / 2 - third / 2;
        vec![(0, third), (middle, middle + third), (whole - third, whole)]
    };
    let (mut found, mut start) = (Vec::new(), 0);
    for text in texts {
        for &(from, to) in &windows {
            let part = clip(text, from.saturating_sub(start), to.saturating_sub(start));
            pieces(part, &mut found);
        }
        start += text.len();
    }
    found
}

/// Returns the part of a text between two offsets, each moved down to a character boundary.
fn clip(text: &str, from: usize, to: usize) -> &str {
    let border = |at: usize| {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    text.get(border(from)..border(to)).unwrap_or_default()
}

/// Cuts a text so that no piece has a long run. Ordinary text is not cut, so it is counted exactly.
fn pieces<'a>(mut text: &'a str, found: &mut Vec<&'a str>) {
    while !text.is_empty() {
        let (piece, rest) = text.split_at(end_of_piece(text));
        found.push(piece);
        text = rest;
    }
}

fn end_of_piece(text: &str) -> usize {
    let (mut run, mut in_space) = (0, false);
    for (at, char) in text.char_indices() {
        if char.is_whitespace() != in_space {
            in_space = !in_space;
            run = at;
        } else if at - run >= RUN {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(text: &str) -> (usize, usize) {
        let texts = [Cow::Borrowed(text)];
        let pieces = sample(&texts);
        let longest = |in_space: bool| {
            pieces
                .iter()
                .flat_map(|piece| piece.split(move |char: char| char.is_whitespace() != in_space))
                .map(str::len)
                .max()
                .unwrap_or(0)
        };
        let bytes = pieces.iter().map(|piece| piece.len()).sum();
        (bytes, longest(true).max(longest(false)))
    }

    /// Bounds the work, not the time, which a busy machine stretches; `benches/estimate.rs` measures the time.
    #[test]
    fn work_is_bounded_on_hostile_text() {
        const LENGTH: usize = 4 << 20;
        let long = |unit: &str| unit.repeat(LENGTH / unit.len());
        for unit in [
            "a",
            " ",
            "\n",
            "🦀",
            "QUJD/+",
            "7",
            "Donaudampf",
            "ab ",
            "漢字",
            "\u{301}",
        ] {
            let (bytes, run) = work(&long(unit));
            assert!(bytes <= BUDGET, "{unit:?}: {bytes} bytes");
            assert!(run <= RUN + 4, "{unit:?}: a run of {run}");
        }
        let crowd = vec![Cow::Borrowed("ab"); LENGTH / 2];
        let bytes = sample(&crowd)
            .iter()
            .map(|piece| piece.len())
            .sum::<usize>();
        assert!(bytes <= BUDGET, "many small texts: {bytes} bytes");
    }

    #[test]
    fn a_text_that_fits_is_counted_whole() {
        let (bpe, _) = tokenizer(None);
        let text = "The quick brown fox jumps over the lazy dog, 42 times.\n\n  fn main() { println!(\"ß\") }\n"
            .repeat(400);
        assert!(text.len() < BUDGET);
        let exact = bpe.encode_ordinary(&text).len() as u64;
        assert_eq!(count(bpe, &[Cow::Borrowed(text.as_str())]), exact);
    }

    #[test]
    fn a_longer_text_is_counted_in_proportion() {
        let (bpe, _) = tokenizer(None);
        let text = "words of equal kind ".repeat(20_000);
        let exact = bpe.encode_ordinary(&text).len() as u64;
        let counted = count(bpe, &[Cow::Borrowed(text.as_str())]);
        assert!(
            counted.abs_diff(exact) * 100 < exact,
            "{counted} for {exact}"
        );
    }

    #[test]
    fn nothing_is_no_token() {
        assert_eq!(count(tokenizer(None).0, &[]), 0);
        assert_eq!(
            count(tokenizer(Some("no-such-model")).0, &[Cow::Borrowed("")]),
            0
        );
    }
}
