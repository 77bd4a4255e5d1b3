//! An agent with tools, in a conversation of two turns: one tree of calls for each turn.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use serde_json::{Value, json};
use spanloom::{
    Destination, Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _,
};
use spanloom_testkit::{ModelServer, Sink};

type Error = Box<dyn std::error::Error>;

fn request(text: &str) -> Result<CreateChatCompletionRequest, serde_json::Error> {
    let message = json!({"role": "user", "content": text});
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": [message]}))
}

/// A tool of the service: it may be called by an agent or by anything else.
async fn forecast(city: &str) -> Result<Value, std::io::Error> {
    Ok(json!({"city": city, "sky": "rain"}))
}

async fn turn(client: &Client<OpenAIConfig>, question: &str) -> Result<(), Error> {
    let planner = spanloom::agent("planner").description("answers questions about the weather");
    let work = async {
        client.chat().create(request(question)?).await?;
        let arguments = json!({"city": "Bonn"});
        let tool = spanloom::tool("forecast")
            .call_id("call_1")
            .arguments(&arguments);
        let weather = tool.run(forecast("Bonn")).await?;
        client.chat().create(request(&weather.to_string())?).await?;
        Ok::<_, Error>(())
    };
    planner.run(work).await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = ModelServer::builder().start().await?;
    // Stands in for a server, so that the example can show what arrived.
    let server = Sink::start().await?;
    let lines = std::env::temp_dir().join(format!("spanloom-agents-{}.jsonl", std::process::id()));
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_destination(Destination::spanloom(&server.url())?)
        .with_destination(Destination::json_lines(&lines))
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);

    let conversation = MonitorAttributes::default()
        .conversation("c-42")
        .conversation_name("Umbrellas")
        .user("u-7");
    for question in ["do I need an umbrella?", "and tomorrow?"] {
        let turn = turn(&client, question);
        turn.monitor_attributes(conversation.clone()).await?;
    }

    let receipt = monitor.shutdown(Duration::from_secs(5)).await;
    println!("{receipt}");
    println!(
        "{} lines in a file",
        std::fs::read_to_string(&lines)?.lines().count()
    );
    std::fs::remove_file(&lines)?;
    for sent in server.requests() {
        for record in sent.json()?["batch"].as_array().into_iter().flatten() {
            println!(
                "{} in {} of {}: {} {}",
                record["display_name"],
                record["parent_id"],
                record["thread_id"],
                record["inputs"],
                record["output"]
            );
        }
    }
    Ok(())
}
