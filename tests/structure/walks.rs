//! The walks of `ARCHITECTURE.md` name existing functions.

use std::fs;

/// Returns each file's path as in the document, without `crates` and `src`, and the functions named in it.
fn stops(walks: &str) -> Vec<(String, Vec<String>)> {
    let mut stops: Vec<(String, Vec<String>)> = Vec::new();
    for name in walks.split('`').skip(1).step_by(2) {
        match (name.ends_with(".rs"), stops.last_mut()) {
            (true, _) => stops.push((name.to_owned(), Vec::new())),
            (false, Some((_, functions))) => functions.push(name.to_owned()),
            (false, None) => {}
        }
    }
    stops
}

#[test]
fn every_stop_of_the_walks_exists() {
    let root = super::root();
    let document = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let walks = document.split("## Five walks").nth(1).unwrap();
    let walks = walks.split("\n## ").next().unwrap();
    let walks: Vec<&str> = walks.split("\n- ").skip(1).collect();
    assert_eq!(walks.len(), 5);
    for walk in walks {
        let stops = stops(walk);
        assert!(stops.len() > 3, "{walk}");
        for (file, functions) in stops {
            let (folder, rest) = file.split_once('/').unwrap();
            let path = root.join("crates").join(folder).join("src").join(rest);
            let code = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(!functions.is_empty(), "{file} without a function");
            for function in functions {
                let is_there = [format!("fn {function}("), format!("fn {function}<")];
                assert!(
                    is_there.iter().any(|name| code.contains(name)),
                    "{file}: no fn {function}"
                );
            }
        }
    }
}
