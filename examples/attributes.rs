//! Custom attributes: on one call, and on every call inside a scope.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // Stands in for a server, so that the example can show what arrived.
    let server = Sink::start().await?;
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);

    let system_prompt = "you're very direct and precise";
    let template = "explain the solution of the following to a {audience}: {equation}";
    let work = async {
        for audience in ["new student", "math genius"] {
            let prompt = template
                .replace("{audience}", audience)
                .replace("{equation}", "15 * (2 - 6) / 4");
            let request = json!({"model": "gpt-4o-mini", "messages": [
                {"role": "system", "content": system_prompt}, {"role": "user", "content": prompt}]});
            client
                .chat()
                .create(serde_json::from_value(request)?)
                .monitor_attributes(
                    json!({"prompt_template": template, "params": {"audience": audience}}),
                )
                .await?;
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    work.monitor_attributes(json!({"tenant": "acme", "system_prompt": system_prompt}))
        .await?;

    // Dropping the guard flushes; here it is dropped early, to look at the records.
    let receipt = monitor.shutdown(Duration::from_secs(5)).await;
    println!("{receipt}");
    for request in server.requests() {
        for record in request.json()?["batch"].as_array().into_iter().flatten() {
            println!("{}", record["attributes"]);
        }
    }
    Ok(())
}
