//! Flush, shutdown and drop of a monitor, from every kind of runtime and from none, fifty times each.

use std::io::Read as _;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{Latency, ModelServer, Sink, SinkAnswer};
use tokio::runtime::{Builder, Runtime};

use crate::child::{say, start, told};

const TIMES: usize = 50;
const DEADLINE: Duration = Duration::from_secs(5);

/// How a service ends its monitoring.
#[derive(Clone, Copy, Debug)]
enum End {
    Flush,
    FlushBlocking,
    Shutdown,
    ShutdownBlocking,
    Drop,
}

/// Where a service ends its monitoring.
#[derive(Clone, Copy, Debug)]
enum Caller {
    CurrentThread,
    OneWorker,
    MultiThread,
    InsideATask,
    InsideBlockOn,
    NoRuntime,
    BeforeExit,
}

const ENDS: [End; 5] = [
    End::Flush,
    End::FlushBlocking,
    End::Shutdown,
    End::ShutdownBlocking,
    End::Drop,
];
const CALLERS: [Caller; 6] = [
    Caller::CurrentThread,
    Caller::OneWorker,
    Caller::MultiThread,
    Caller::InsideATask,
    Caller::InsideBlockOn,
    Caller::NoRuntime,
];

impl End {
    /// Ends the monitoring, and returns how many spans were delivered, if this way counts them.
    async fn of(self, monitor: Monitor) -> Option<u64> {
        let receipt = match self {
            Self::Flush => monitor.flush(DEADLINE).await,
            Self::FlushBlocking => monitor.flush_blocking(DEADLINE),
            Self::Shutdown => monitor.shutdown(DEADLINE).await,
            Self::ShutdownBlocking => monitor.shutdown_blocking(DEADLINE),
            Self::Drop => {
                drop(monitor);
                return None;
            }
        };
        Some(receipt.delivered)
    }

    /// Ends the monitoring without a runtime.
    fn of_no_runtime(self, monitor: Monitor) -> Option<u64> {
        futures_executor::block_on(self.of(monitor))
    }
}

impl Caller {
    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::OneWorker => Builder::new_multi_thread(),
            Self::MultiThread | Self::InsideATask => Builder::new_multi_thread(),
            Self::CurrentThread | Self::InsideBlockOn | Self::NoRuntime | Self::BeforeExit => {
                Builder::new_current_thread()
            }
        };
        if matches!(self, Self::OneWorker) {
            builder.worker_threads(1);
        }
        builder.enable_all().build().unwrap()
    }

    /// Makes one call, and ends the monitoring.
    fn call_and_end(self, model: &str, server: &str, end: End) -> Option<u64> {
        let runtime = self.runtime();
        let (monitor, client) = monitored(model, server);
        match self {
            // In the future that the runtime drives, while the connection to the model is still open.
            Self::CurrentThread | Self::OneWorker | Self::MultiThread => runtime.block_on(async {
                call(&client).await;
                end.of(monitor).await
            }),
            // On a worker of the runtime.
            Self::InsideATask => {
                let task = runtime.spawn(async move {
                    call(&client).await;
                    end.of(monitor).await
                });
                runtime.block_on(task).unwrap()
            }
            // The service blocks on its own runtime, on a thread of another runtime.
            Self::InsideBlockOn => {
                let outer = Self::MultiThread.runtime();
                let work = move || {
                    runtime.block_on(call(&client));
                    runtime.block_on(end.of(monitor))
                };
                outer.block_on(async { tokio::task::spawn_blocking(work).await.unwrap() })
            }
            // The runtime has ended.
            Self::NoRuntime | Self::BeforeExit => {
                runtime.block_on(call(&client));
                drop(runtime);
                end.of_no_runtime(monitor)
            }
        }
    }
}

fn monitored(model: &str, server: &str) -> (Monitor, Client<OpenAIConfig>) {
    let monitor = Monitor::builder("acme/chatbot/logs")
        .with_server(server)
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model)
        .with_api_key("sk-test");
    // The system's certificates, which are slow to load, are not needed.
    let http = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap();
    let client = Client::with_config(config).monitored_with(&monitor, http);
    (monitor, client)
}

async fn call(client: &Client<OpenAIConfig>) {
    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]});
    let request = serde_json::from_value(request).unwrap();
    client.chat().create(request).await.unwrap();
}

fn received(sink: &Sink) -> usize {
    let batches = sink.requests();
    let count = |body: serde_json::Value| body.get("batch").unwrap().as_array().unwrap().len();
    batches
        .iter()
        .map(|request| count(request.json().unwrap()))
        .sum()
}

#[test]
fn every_runtime_gets_its_spans_out_in_time() {
    let model = ModelServer::builder().with_latency(Latency::None);
    let model = model.start_on_thread().unwrap();
    for caller in CALLERS {
        for end in ENDS {
            let sink = Sink::start_on_thread().unwrap();
            let mut made = 0;
            for time in 0..TIMES {
                let delivered = caller.call_and_end(&model.base_url(), &sink.url(), end);
                made += 1;
                let what = format!("{caller:?}, {end:?}, time {time}: {delivered:?}");
                assert!(delivered.is_none_or(|delivered| delivered == 1), "{what}");
                assert_eq!(received(&sink), made, "{what}");
            }
        }
    }
}

/// Not a test: a process that exits at once.
#[test]
fn a_call_and_then_exit() {
    let Some(told) = told() else {
        return;
    };
    let [model, server, end] = told.as_slice() else {
        panic!("told {told:?}");
    };
    let end = ENDS
        .into_iter()
        .find(|it| format!("{it:?}") == *end)
        .unwrap();
    Caller::BeforeExit.call_and_end(model, server, end);
    say("done");
    #[expect(
        clippy::exit,
        clippy::disallowed_methods,
        reason = "it is what is tested"
    )]
    std::process::exit(0);
}

#[test]
fn a_process_that_exits_has_its_spans_out() {
    let model = ModelServer::builder().with_latency(Latency::None);
    let model = model.start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let mut made = 0;
    for end in ENDS {
        for time in 0..TIMES {
            let told = [&*model.base_url(), &*sink.url(), &*format!("{end:?}")];
            let mut child = start("runtimes::a_call_and_then_exit", &told);
            let mut said = String::new();
            child
                .stdout
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            assert!(
                child.wait().unwrap().success() && said.contains("done"),
                "{said}"
            );
            made += 1;
            assert_eq!(received(&sink), made, "{end:?}, time {time}");
        }
    }
}

#[test]
fn a_destination_that_hangs_holds_no_runtime_up() {
    let model = ModelServer::builder().with_latency(Latency::None);
    let model = model.start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    sink.answer_always(SinkAnswer::hang());
    // Each way returns although no answer ever arrives.
    for (caller, end) in CALLERS.into_iter().zip(
        [End::Drop, End::Shutdown, End::ShutdownBlocking]
            .into_iter()
            .cycle(),
    ) {
        let delivered = caller.call_and_end(&model.base_url(), &sink.url(), end);
        assert_eq!(delivered.unwrap_or(0), 0, "{caller:?}, {end:?}");
    }
}

#[test]
fn a_panic_has_its_spans_out() {
    let model = ModelServer::builder().with_latency(Latency::None);
    let model = model.start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let (model, server) = (model.base_url(), sink.url());
    let service = std::thread::spawn(move || {
        Caller::CurrentThread.runtime().block_on(async {
            let (_monitor, client) = monitored(&model, &server);
            call(&client).await;
            panic!("of the service");
        })
    });
    assert!(service.join().is_err());
    assert_eq!(received(&sink), 1);
}
