//! Installs every part, starts it, and prints what there is: `parts`. With a file of test results, as `cargo test`
//! prints them, the checks that passed against each part are counted in: `parts RESULTS`.

use std::{env, fs, process::ExitCode};

use comfy_table::{Table, presets};
use spanloom_tests::parts::{
    Installed, Result, aimock, chromium, collector, jaeger, llama, rotel, weave,
};

/// A part, and the tests that run against it.
struct Part {
    name: &'static str,
    version: fn() -> Result<String>,
    install: fn() -> Result<Installed>,
    tests: &'static [&'static str],
}

const PARTS: [Part; 9] = [
    Part {
        name: "OpenTelemetry Collector",
        version: || Ok(collector::VERSION.to_owned()),
        install: collector::install,
        tests: &["service::", "beside::", "deploy::"],
    },
    Part {
        name: "Jaeger",
        version: || Ok(jaeger::VERSION.to_owned()),
        install: jaeger::install,
        tests: &["service::", "beside::", "deploy::"],
    },
    Part {
        name: "Rotel",
        version: || Ok(rotel::VERSION.to_owned()),
        install: rotel::install,
        tests: &["rotel::"],
    },
    Part {
        name: "aimock",
        version: || Ok(aimock::VERSION.to_owned()),
        install: aimock::install,
        tests: &["aimock::"],
    },
    Part {
        name: "llama.cpp server",
        version: || Ok(llama::VERSION.to_owned()),
        install: llama::install,
        tests: &["llama::"],
    },
    Part {
        name: "W&B client",
        version: || Ok(weave::CLIENT.to_owned()),
        install: || weave::install(weave::CLIENT),
        tests: &["weave::client::"],
    },
    Part {
        name: "W&B request models",
        version: || Ok(weave::MODELS.to_owned()),
        install: || weave::install(weave::MODELS),
        tests: &["weave::models::"],
    },
    Part {
        name: "W&B OTLP mapping",
        version: || Ok(weave::MAPPER.to_owned()),
        install: || weave::install(weave::MAPPER),
        tests: &["weave::mapper::"],
    },
    Part {
        name: "Chromium",
        version: chromium::version,
        install: chromium::install,
        tests: &["board::"],
    },
];

fn main() -> ExitCode {
    let results = env::args_os().nth(1).map(fs::read_to_string).transpose();
    let printed = results
        .map_err(Into::into)
        .and_then(|results| print(results.as_deref()));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(results: Option<&str>) -> Result<()> {
    let mut table = Table::new();
    let last = if results.is_some() {
        "checks passed"
    } else {
        "installed"
    };
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["part", "version", last]);
    for part in &PARTS {
        let installed = (part.install)()?;
        let last = match results {
            Some(results) => passed(part, results)?.to_string(),
            None => installed.took.map_or_else(
                || "was there".to_owned(),
                |took| format!("in {} s", took.as_secs()),
            ),
        };
        table.add_row([part.name.to_owned(), (part.version)()?, last]);
    }
    println!("{table}");
    Ok(())
}

/// How many tests of a part passed. None is an error: a part nothing runs against proves nothing.
fn passed(part: &Part, results: &str) -> Result<usize> {
    let is_of = |line: &&str| {
        line.strip_prefix("test ")
            .is_some_and(|test| part.tests.iter().any(|name| test.starts_with(name)))
    };
    let passed = results
        .lines()
        .filter(is_of)
        .filter(|line| line.ends_with("... ok"))
        .count();
    if passed == 0 {
        return Err(format!("no check ran against {}", part.name).into());
    }
    Ok(passed)
}
