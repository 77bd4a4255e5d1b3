//! Names and sentences use the field's nouns and verbs.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::length::sources;

/// Words that leave a noun to the reader to guess. Banned in names and in comments.
const BANNED: [&str; 12] = [
    "said", "told", "tell", "tells", "say", "says", "beside", "nobody", "somebody", "untold",
    "retold", "anybody",
];
/// A name with more words is the sentence of a test.
const SENTENCE: usize = 5;

/// A text of several lines, which is not code.
const STORY: &str = "answer/story.rs";

/// Returns the code of a line, without comments and quoted text.
fn code(line: &str) -> String {
    let mut code = String::new();
    let mut characters = line.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted => drop(characters.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && characters.peek() == Some(&'/') => break,
            _ if !quoted => code.push(character),
            _ => {}
        }
    }
    code
}

/// Returns the words of an identifier, in lower case, for `snake_case`, `SCREAMING_CASE` and `CamelCase`.
fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_lower = false;
    for character in identifier.chars() {
        if character == '_' || character.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character != '_') {
            word.extend(character.to_lowercase());
        }
        was_lower = character.is_lowercase();
    }
    words
}

/// The comment of a line, without code in backticks and without what it quotes.
fn comment(line: &str) -> String {
    let Some((before, comment)) = line.split_once("//") else {
        return String::new();
    };
    if !before.trim().is_empty() && (before.contains('"') || before.ends_with(':')) {
        return String::new();
    }
    let kept = comment.split(['`', '"']).step_by(2);
    kept.collect::<Vec<_>>().join(" ").to_lowercase()
}

fn banned_in_comments(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let comment = comment(line);
        let words = comment.split(|character: char| !character.is_alphanumeric());
        found.extend(
            words
                .filter(|word| BANNED.contains(word))
                .map(|word| (at + 1, word.to_owned())),
        );
    }
    found
}

fn banned(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let code = code(line);
        let identifiers =
            code.split(|character: char| !character.is_alphanumeric() && character != '_');
        for identifier in identifiers {
            let words = words(identifier);
            let is_banned = words.iter().any(|word| BANNED.contains(&word.as_str()));
            if is_banned && words.len() < SENTENCE {
                found.push((at + 1, identifier.to_owned()));
            }
        }
    }
    found
}

/// What `search` finds in the sources of all crates.
fn found(search: fn(&str) -> Vec<(usize, String)>) -> BTreeMap<PathBuf, Vec<(usize, String)>> {
    let mut files = Vec::new();
    for crates in fs::read_dir(super::root().join("crates")).unwrap() {
        sources(&crates.unwrap().path().join("src"), &mut files);
    }
    assert!(files.len() > 50, "{} sources", files.len());
    files.retain(|path| !path.ends_with(STORY));
    let found = files.into_iter().map(|path| {
        let found = search(&fs::read_to_string(&path).unwrap());
        (path, found)
    });
    found.filter(|(_, found)| !found.is_empty()).collect()
}

#[test]
fn no_name_leaves_its_noun_to_the_reader() {
    let names = found(banned);
    assert!(names.is_empty(), "{names:#?}");
}

#[test]
fn no_sentence_leaves_its_noun_to_the_reader() {
    let sentences = found(banned_in_comments);
    assert!(sentences.is_empty(), "{sentences:#?}");
}

#[test]
fn a_banned_word_is_found_in_any_case_and_in_no_text() {
    let names = |text| {
        banned(text)
            .into_iter()
            .map(|(_, name)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("let said = 1; // told"), ["said"]);
    assert_eq!(
        names("fn says_so() {}\nstruct Beside;\nconst NOBODY: u8 = 0;"),
        ["says_so", "Beside", "NOBODY"]
    );
    assert!(names("\"what it \\\" said\"; essays(); a_stream_says_that_it_is_over()").is_empty());
    let comments = |text| banned_in_comments(text).len();
    assert_eq!(comments("//! What it Says."), 1);
    assert_eq!(
        comments("let x = 1; // told\n/// `said` in code, \"say\" quoted"),
        1
    );
    assert_eq!(comments("let url = \"http://said.test\";"), 0);
}
