//! Prompts with a template, conversations, and work in tasks: attributes of a call that are not in its request.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use serde_json::json;
use spanloom::{Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _, prompt};
use spanloom_testkit::{ModelServer, Sink};

fn request(text: &str) -> Result<CreateChatCompletionRequest, serde_json::Error> {
    let message = json!({"role": "user", "content": text});
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": [message]}))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // Stands in for a server, so that the example can show what arrived.
    let server = Sink::start().await?;
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .with_attributes(json!({"service": "tutor"}))
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);

    // Checked by the compiler: a missing or unused variable is an error here.
    let prompt = prompt!(
        name = "solver",
        version = "3",
        "solve {equation} for {audience}",
        equation = "15 * (2 - 6) / 4",
        audience = "a new student"
    );
    let chat = client.chat();
    let answer = chat.create(request(prompt.text())?);
    answer.monitor_attributes(&prompt).await?;

    // Every call inside belongs to one conversation, including calls in a spawned task.
    let attributes = MonitorAttributes::default()
        .conversation("c-42")
        .user("u-7");
    let turn = async {
        let client = client.clone();
        let question = request("and for a teacher?")?;
        let work = async move { client.chat().create(question).await };
        tokio::spawn(work.in_current_scope()).await??;
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    turn.monitor_attributes(attributes).await?;

    let receipt = monitor.shutdown(Duration::from_secs(5)).await;
    println!("{receipt}");
    for sent in server.requests() {
        for record in sent.json()?["batch"].as_array().into_iter().flatten() {
            println!(
                "thread {} user {} {}",
                record["thread_id"], record["wb_user_id"], record["attributes"]
            );
        }
    }
    Ok(())
}
