//! Names are the field's nouns and verbs.

use std::collections::BTreeMap;
use std::fs;

use super::length::sources;

/// Words that stand for a noun that the reader has to guess.
const BANNED: [&str; 12] = [
    "said", "told", "tell", "tells", "say", "says", "beside", "nobody", "somebody", "untold",
    "retold", "anybody",
];
/// A name with more words is the sentence of a test.
const SENTENCE: usize = 5;

/// A text of several lines is not code.
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

#[test]
fn no_name_leaves_its_noun_to_the_reader() {
    let mut files = Vec::new();
    for crates in fs::read_dir(super::root().join("crates")).unwrap() {
        sources(&crates.unwrap().path().join("src"), &mut files);
    }
    assert!(
        files.len() > 50,
        "the sources are where they were looked for"
    );
    let found: BTreeMap<_, _> = files
        .iter()
        .filter(|path| !path.ends_with(STORY))
        .map(|path| (path, banned(&fs::read_to_string(path).unwrap())))
        .filter(|(_, names)| !names.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
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
}
