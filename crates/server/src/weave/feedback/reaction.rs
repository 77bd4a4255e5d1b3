//! The names of an emoji, which W&B's server adds to a reaction: its own, and that of the emoji without skin tones.

use emojis::{Emoji, SkinTone};
use serde_json::{Map, Value};

use crate::reply::Problem;

/// The bytes of the longest emoji.
const LONGEST: usize = 64;

/// Adds the names to a payload, whose `emoji` must have exactly one.
pub(super) fn complete(payload: &mut Map<String, Value>) -> Result<(), Problem> {
    let text = payload.get("emoji").and_then(Value::as_str);
    let (before, emoji, after) = text.and_then(only).ok_or_else(|| {
        Problem::bad_request("Value of emoji key in payload must be exactly one emoji")
    })?;
    let plain = without_tones(emoji);
    let [alias, detoned, detoned_alias] = [name(emoji), plain.as_str().to_owned(), name(plain)]
        .map(|middle| format!("{before}{middle}{after}"));
    payload.insert("alias".to_owned(), alias.into());
    payload.insert("detoned".to_owned(), detoned.into());
    payload.insert("detoned_alias".to_owned(), detoned_alias.into());
    Ok(())
}

/// Returns the only emoji of a text, with what is before and after it.
fn only(text: &str) -> Option<(&str, &'static Emoji, &str)> {
    let mut found = None;
    let mut at = 0;
    while at < text.len() {
        let ends = (at + 1..=text.len().min(at + LONGEST)).rev();
        let longest = ends.filter_map(|end| Some((end, emojis::get(text.get(at..end)?)?)));
        match longest.into_iter().next() {
            Some(_) if found.is_some() => return None,
            Some((end, emoji)) => {
                found = Some((text.get(..at)?, emoji, text.get(end..)?));
                at = end;
            }
            None => at += text.get(at..)?.chars().next()?.len_utf8(),
        }
    }
    found
}

fn without_tones(emoji: &'static Emoji) -> &'static Emoji {
    emoji.with_skin_tone(SkinTone::Default).unwrap_or(emoji)
}

/// Returns an emoji's name as Python's package `emoji` writes it: `thumbs up: dark skin tone` is `:thumbs_up_dark_skin_tone:`.
fn name(emoji: &Emoji) -> String {
    let name = emoji.name();
    let name = name.strip_prefix("flag: ").unwrap_or(name);
    let kept = name
        .chars()
        .filter(|letter| !matches!(letter, ':' | ',' | '“' | '”'));
    let name: String = kept
        .map(|letter| if letter == ' ' { '_' } else { letter })
        .collect();
    format!(":{name}:")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What W&B's server answers, in its client 0.51.59.
    #[test]
    fn names_are_those_of_weaves_server() {
        for (emoji, alias, detoned, detoned_alias) in [
            ("👍", ":thumbs_up:", "👍", ":thumbs_up:"),
            ("👍🏽", ":thumbs_up_medium_skin_tone:", "👍", ":thumbs_up:"),
            (
                "👩🏽‍🚀",
                ":woman_astronaut_medium_skin_tone:",
                "👩‍🚀",
                ":woman_astronaut:",
            ),
            ("❤", ":red_heart:", "❤️", ":red_heart:"),
            ("🇫🇷", ":France:", "🇫🇷", ":France:"),
            ("1️⃣", ":keycap_1:", "1️⃣", ":keycap_1:"),
            ("a👍", "a:thumbs_up:", "a👍", "a:thumbs_up:"),
            (
                "🫱🏻‍🫲🏿",
                ":handshake_light_skin_tone_dark_skin_tone:",
                "🤝",
                ":handshake:",
            ),
        ] {
            let Value::Object(mut payload) = json!({"emoji": emoji}) else {
                panic!("an object");
            };
            complete(&mut payload).unwrap();
            let expected = json!({"emoji": emoji, "alias": alias, "detoned": detoned, "detoned_alias": detoned_alias});
            assert_eq!(Value::Object(payload), expected);
        }
        for none in ["👍👍", "ab", "", ":thumbs_up:"] {
            assert!(only(none).is_none(), "{none}");
        }
    }
}
