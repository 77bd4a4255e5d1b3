//! What the three days are made of.

pub(super) const QUESTIONS: [(&str, &str); 6] = [
    (
        "Do I need an umbrella in Bonn tomorrow?",
        "Yes. Rain is likely from noon on.",
    ),
    (
        "Which restaurants near the office are open on Sunday?",
        "Two of them: Ada's Kitchen and the Blue Door.",
    ),
    (
        "Summarise the meeting of this morning.",
        "The release moves to Thursday; Kim tests the upgrade.",
    ),
    ("When is my next free hour?", "Today from three to four."),
    (
        "Translate the invitation into French.",
        "Vous êtes invités à notre fête de printemps.",
    ),
    (
        "How do I reset the router?",
        "Hold the button for ten seconds, then wait for the green light.",
    ),
];
pub(super) const TOOLS: [(&str, &str, &str); 3] = [
    (
        "forecast",
        r#"{"city":"Bonn"}"#,
        r#"{"sky":"rain","mm":[1,2,3]}"#,
    ),
    (
        "search_documents",
        r#"{"query":"restaurants"}"#,
        r#"{"found":["Ada's Kitchen","Blue Door"]}"#,
    ),
    (
        "calendar",
        r#"{"day":"today"}"#,
        r#"{"free":["15:00-16:00"]}"#,
    ),
];
pub(super) const PROMPTS: [(&str, f64); 2] = [("answer briefly", 1.0), ("think step by step", 2.4)];
/// Of OpenAI's reasons why a cached prompt was not used, three.
pub(super) const MISS_REASONS: [&str; 3] =
    ["tools_changed", "input_changed", "prompt_cache_key_changed"];
pub(super) const AUDIENCES: [&str; 3] = ["children", "students", "experts"];

/// A deploy: what changed with it.
pub(super) struct Deploy {
    pub(super) version: &'static str,
    pub(super) model: &'static str,
    /// Of a hundred prompts, those that a cache knows.
    pub(super) cached: u64,
    /// Of a hundred searches, those that fail.
    pub(super) failing: u64,
    /// What a million tokens cost less if they come from the cache, in US dollars.
    pub(super) saved_by_cache: f64,
}

pub(super) const DEPLOYS: [Deploy; 2] = [
    Deploy {
        version: "1.4.0",
        model: "gpt-4.1-2025-04-14",
        cached: 20,
        failing: 4,
        saved_by_cache: 1.5,
    },
    // Cheaper and faster; its search fails more often.
    Deploy {
        version: "1.5.0",
        model: "gpt-4.1-mini-2025-04-14",
        cached: 65,
        failing: 22,
        saved_by_cache: 0.3,
    },
];
