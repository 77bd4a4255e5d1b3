//! A server in a process of its own, and what it uses.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::Connection;

pub(crate) struct Process(Child);

impl Process {
    /// Starts a program; returns it with the time until it answers requests.
    pub(crate) fn start(program: &str, arguments: &[&str], address: &str) -> (Self, Duration) {
        let begun = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut process = Self(child);
        while TcpStream::connect(address).is_err() {
            assert!(
                process.0.try_wait().unwrap().is_none(),
                "{program} has ended"
            );
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Connection::open(address).ask("/");
        (process, begun.elapsed())
    }

    /// Returns the time that the process has spent on all processors.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.read("stat");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        // User and system time, in hundredths of a second.
        let ticks: u64 = [11, 12]
            .iter()
            .map(|field| fields[*field].parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(10 * ticks)
    }

    /// Returns the memory in use, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = self.read("status");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap()
    }

    /// Stops the program as Ctrl-C does.
    pub(crate) fn stop(mut self) {
        let pid = self.0.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        self.0.wait().unwrap();
    }
}
