//! W&B's own client does random acts, and what it reads is what a plain model of them says: `tests/parts/weave/acts.py`.
//! `SPANLOOM_ACTS` sets the number of programs (default 2).

use serde_json::json;
use spanloom_tests::parts::weave::{CLIENT, run};

use crate::program::Server;

/// The acts of a program.
const ACTS: &str = "60";

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_those_of_a_plain_model() {
    let programs = std::env::var("SPANLOOM_ACTS");
    let programs: u32 = programs.map_or(2, |programs| programs.parse().unwrap());
    let server = Server::start().await;
    for seed in 1..=programs {
        let (url, seed) = (server.url.clone(), seed.to_string());
        let project = format!("me/acts-{seed}");
        let lines = move || run(CLIENT, "acts.py", &[&seed, ACTS, &project], &url, b"").unwrap();
        let done = tokio::task::spawn_blocking(lines).await.unwrap().remove(0);
        assert_eq!(
            (&done["differences"], &done["problems"], &done["end"]),
            (&json!([]), &json!([]), &json!("finished")),
            "seed {}",
            done["seed"]
        );
    }
}
