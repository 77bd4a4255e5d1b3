//! Boards that refresh while calls come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::process::Process;

const BOARDS: usize = 4;
/// The time between two refreshes of a board.
const REFRESH: Duration = Duration::from_secs(5);
/// The time for which boards refresh alone.
const ALONE: Duration = Duration::from_secs(10);

/// What a board asks when it refreshes.
const QUESTIONS: [&str; 3] = [
    "/api/streams",
    "/api/summary?entity=acme&project=bench&stream=calls",
    "/api/calls?entity=acme&project=bench&stream=calls",
];

/// Runs `work` while boards refresh.
pub(crate) fn beside(work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let boards: Vec<_> = (0..BOARDS as u32)
            .map(|board| {
                let done = &done;
                let board = move || {
                    let mut http = Connection::open("127.0.0.1:17440");
                    std::thread::park_timeout(REFRESH / BOARDS as u32 * board);
                    while !done.load(Ordering::Relaxed) {
                        let next = Instant::now() + REFRESH;
                        for question in QUESTIONS {
                            http.get(question);
                        }
                        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
                    }
                };
                scope.spawn(board)
            })
            .collect();
        work();
        done.store(true, Ordering::Relaxed);
        for board in &boards {
            board.thread().unpark();
        }
    });
}

/// Prints what boards cost that refresh while nothing else happens.
pub(crate) fn alone(server: &Process) {
    let before = server.cpu();
    let mut took = Duration::ZERO;
    beside(|| {
        let begun = Instant::now();
        std::thread::park_timeout(ALONE);
        took = begun.elapsed();
    });
    let share = (server.cpu() - before).as_secs_f64() / took.as_secs_f64();
    println!("{BOARDS} boards, each refreshed every {REFRESH:?}: {share:.2} cores");
}
