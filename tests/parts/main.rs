//! Installs every part, starts it, and reports the time: `parts`. With a file of test results, as `cargo test` prints
//! them, it counts the passed checks of each part: `parts RESULTS`.

use std::ffi::OsStr;
use std::future::Future;
use std::pin::Pin;
use std::{env, fs, process::ExitCode};

use comfy_table::{Table, presets};
use spanloom_tests::parts::aimock::{self, Aimock};
use spanloom_tests::parts::axe;
use spanloom_tests::parts::chromium::{self, Browser};
use spanloom_tests::parts::collector::{self, Collector};
use spanloom_tests::parts::duckdb;
use spanloom_tests::parts::jaeger::{self, Jaeger};
use spanloom_tests::parts::llama::{self, Llama};
use spanloom_tests::parts::rotel::{self, Rotel};
use spanloom_tests::parts::weave_server::{self, WeaveServer};
use spanloom_tests::parts::{Installed, Result, instrumentations, node, weave};

type Answer = Pin<Box<dyn Future<Output = Result<()>>>>;

/// A part, and the tests that run against it.
struct Part {
    name: &'static str,
    version: fn() -> Result<String>,
    install: fn() -> Result<Installed>,
    /// Starts the part, and fails unless it answers.
    answers: fn() -> Answer,
    tests: &'static [&'static str],
}

const PARTS: [Part; 18] = [
    Part {
        name: "OpenTelemetry Collector",
        version: || Ok(collector::VERSION.to_owned()),
        install: collector::install,
        answers: || {
            Box::pin(async {
                Collector::start("127.0.0.1:1", "http://127.0.0.1:1")
                    .await
                    .map(drop)
            })
        },
        tests: &["service::", "beside::", "deploy::"],
    },
    Part {
        name: "Jaeger",
        version: || Ok(jaeger::VERSION.to_owned()),
        install: jaeger::install,
        answers: || Box::pin(async { Jaeger::start().await.map(drop) }),
        tests: &["service::", "beside::", "deploy::"],
    },
    Part {
        name: "Rotel",
        version: || Ok(rotel::VERSION.to_owned()),
        install: rotel::install,
        answers: || Box::pin(async { Rotel::start("http://127.0.0.1:1").await.map(drop) }),
        tests: &["rotel::"],
    },
    Part {
        name: "OpenTelemetry for Node",
        version: || Ok(node::VERSION.to_owned()),
        install: node::install,
        answers: || Box::pin(async { node::answers() }),
        tests: &["node::"],
    },
    Part {
        name: "instrumentations of other projects",
        version: || Ok(instrumentations::versions()),
        install: instrumentations::install,
        answers: || Box::pin(async { instrumentations::answer() }),
        tests: &["instrumentations::"],
    },
    Part {
        name: "aimock",
        version: || Ok(aimock::VERSION.to_owned()),
        install: aimock::install,
        answers: || Box::pin(async { Aimock::start().await.map(drop) }),
        tests: &["aimock::"],
    },
    Part {
        name: "axe-core",
        version: || Ok(axe::VERSION.to_owned()),
        install: axe::install,
        answers: || Box::pin(async { axe::answers() }),
        tests: &["board::axe::"],
    },
    Part {
        name: "DuckDB",
        version: || Ok(duckdb::VERSION.to_owned()),
        install: duckdb::install,
        answers: || Box::pin(async { duckdb::answers() }),
        tests: &["export::"],
    },
    Part {
        name: "llama.cpp server",
        version: || Ok(llama::VERSION.to_owned()),
        install: llama::install,
        answers: || Box::pin(async { Llama::start().await.map(drop) }),
        tests: &["llama::"],
    },
    Part {
        name: "W&B client",
        version: || Ok(weave::CLIENT.to_owned()),
        install: || weave::install(weave::CLIENT),
        answers: || Box::pin(async { weave::answers(weave::CLIENT) }),
        tests: &[
            "weave::client::",
            "weave::record::",
            "weave::scenario::",
            "weave::conversation::",
        ],
    },
    Part {
        name: "W&B client, oldest",
        version: || Ok(weave::OLDEST.to_owned()),
        install: || weave::install(weave::OLDEST),
        answers: || Box::pin(async { weave::answers(weave::OLDEST) }),
        tests: &["weave::record::"],
    },
    Part {
        name: "CoreWeave's SDK",
        version: || Ok(weave::FORGE.to_owned()),
        install: weave::install_forge,
        answers: || Box::pin(async { weave::forge_answers() }),
        tests: &["weave::conversation::"],
    },
    Part {
        name: "W&B client, TypeScript",
        version: || Ok(weave::TYPESCRIPT.to_owned()),
        install: weave::install_typescript,
        answers: || Box::pin(async { weave::typescript_answers() }),
        tests: &["weave::record::"],
    },
    Part {
        name: "W&B request models",
        version: || Ok(weave::MODELS.to_owned()),
        install: || weave::install(weave::MODELS),
        answers: || Box::pin(async { weave::answers(weave::MODELS) }),
        tests: &["weave::models::"],
    },
    Part {
        name: "W&B OTLP mapping",
        version: || Ok(weave::MAPPER.to_owned()),
        install: || weave::install(weave::MAPPER),
        answers: || Box::pin(async { weave::answers(weave::MAPPER) }),
        tests: &["weave::mapper::", "weave::profile::", "weave::storage::"],
    },
    Part {
        name: "ClickHouse's engine (W&B's cost query)",
        version: || Ok(weave::ENGINE.to_owned()),
        install: weave::engine,
        answers: || Box::pin(async { weave::engine_answers() }),
        tests: &[
            "weave::models::wandbs_server_reckons",
            "weave::profile::tokens_are_counted",
            "weave::profile::another_dialects",
        ],
    },
    Part {
        name: "W&B reference server",
        version: || Ok(weave_server::VERSION.to_owned()),
        install: weave_server::install,
        answers: || Box::pin(async { WeaveServer::start().await.map(drop) }),
        tests: &["weave::server::"],
    },
    Part {
        name: "Chromium",
        version: chromium::version,
        install: chromium::install,
        answers: || Box::pin(async { Browser::start(800, 600).await.map(drop) }),
        tests: &["board::"],
    },
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match env::args_os().nth(1) {
        None => install().await,
        Some(results) => count(&results),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Installs every part, checks that it answers, and reports the time of each.
async fn install() -> Result<()> {
    for part in &PARTS {
        let installed = (part.install)()?;
        (part.answers)().await?;
        let took = installed.took.map_or_else(
            || "was there".to_owned(),
            |took| format!("installed in {} s", took.as_secs()),
        );
        println!("{} {}: {took}, answers", part.name, (part.version)()?);
    }
    Ok(())
}

/// Prints how many checks of each part passed.
fn count(results: &OsStr) -> Result<()> {
    let results = fs::read_to_string(results)?;
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["part", "version", "checks passed"]);
    for part in &PARTS {
        let passed = passed(part, &results)?.to_string();
        table.add_row([part.name.to_owned(), (part.version)()?, passed]);
    }
    println!("{table}");
    Ok(())
}

/// Returns how many tests of a part passed. None is an error: an untested part proves nothing.
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
