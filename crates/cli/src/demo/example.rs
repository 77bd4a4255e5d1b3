//! The examples of the cookbook page, in the page's order and with its texts.

use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use spanloom::MonitorAttributesExt as _;

use super::session::Session;
use crate::error::Error;

/// The number of calls of the experiment that run at once.
const AT_ONCE: usize = 3;

pub(super) async fn all(session: &Session) -> Result<(), Error> {
    session.expect(17);
    session.heading("First calls");
    for prompt in ["hello world!", "what is 2+2?"] {
        let answer = ask(session, &[("user", prompt)], Value::Null).await?;
        session.answered(prompt, &answer);
    }
    prompt_and_completion(session).await?;
    parameters_as_attributes(session).await?;
    a_stream(session).await?;
    an_experiment(session).await
}

/// Example 0: log a prompt and its completion.
async fn prompt_and_completion(session: &Session) -> Result<(), Error> {
    session.heading("Example 0: a prompt and its completion");
    let prompt = "What is the meaning of life, the universe, and everything?";
    session.show("prompt", prompt);
    let answer = ask(session, &[("user", prompt)], Value::Null).await?;
    session.answered("completion", &answer);
    Ok(())
}

/// Example 1: track relevant parameters as attributes.
async fn parameters_as_attributes(session: &Session) -> Result<(), Error> {
    session.heading("Example 1: parameters as attributes");
    let system_prompt = "you always write in bullet points";
    let template = "solve the following equation step by step: {equation}";
    let equation = "4 * (3 - 1)";
    let prompt = template.replace("{equation}", equation);
    let attributes = json!({"system_prompt": system_prompt, "prompt_template": template, "params": {"equation": equation}});
    let answer = ask(
        session,
        &[("system", system_prompt), ("user", &prompt)],
        attributes,
    )
    .await?;
    session.answered(equation, &answer);
    Ok(())
}

/// Example 2: log an ongoing stream of messages as one record.
async fn a_stream(session: &Session) -> Result<(), Error> {
    session.heading("Example 2: a stream, one record");
    let messages = [
        (
            "system",
            "You are a robot and only speak in robot, like beep bloop bop.",
        ),
        ("user", "Tell me a 50-word story."),
    ];
    let mut request = request(&session.model, &messages)?;
    request.stream = Some(true);
    request.stream_options = serde_json::from_value(json!({"include_usage": true})).ok();
    let story = streamed(session, request, usize::MAX)
        .await
        .map_err(|error| failed(&error))?;
    session.answered("story", &story);
    Ok(())
}

/// Example 3: structure prompt engineering experiments.
async fn an_experiment(session: &Session) -> Result<(), Error> {
    session.heading("Example 3: an experiment, 3 system prompts x 2 equations x 2 audiences");
    let system_prompts = [
        "you're extremely flowery and poetic",
        "you're very direct and precise",
        "balance brevity with insight",
    ];
    let equations = ["x^2 + 4x + 9 = 0", "15 * (2 - 6) / 4"];
    let audiences = ["new student", "math genius"];
    let combinations = system_prompts.into_iter().flat_map(|system_prompt| {
        equations.into_iter().flat_map(move |equation| {
            audiences
                .into_iter()
                .map(move |audience| (system_prompt, equation, audience))
        })
    });
    stream::iter(combinations)
        .map(|(system_prompt, equation, audience)| {
            explain_math(session, system_prompt, equation, audience)
        })
        .buffered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn explain_math(
    session: &Session,
    system_prompt: &str,
    equation: &str,
    audience: &str,
) -> Result<(), Error> {
    let template = "explain the solution of the following to a {audience}: {equation}";
    let prompt = template
        .replace("{audience}", audience)
        .replace("{equation}", equation);
    let attributes = json!({
        "system_prompt": system_prompt,
        "prompt_template": template,
        "params": {"equation": equation, "audience": audience},
    });
    let answer = ask(
        session,
        &[("system", system_prompt), ("user", &prompt)],
        attributes,
    )
    .await?;
    session.answered(equation, &answer);
    Ok(())
}

/// Makes one call, with attributes on its record, and returns the text of the answer.
async fn ask(
    session: &Session,
    messages: &[(&str, &str)],
    attributes: Value,
) -> Result<String, Error> {
    let request = request(&session.model, messages)?;
    let answer = session
        .client
        .chat()
        .create(request)
        .monitor_attributes(attributes)
        .await;
    let choice = answer
        .map_err(|error| failed(&error))?
        .choices
        .into_iter()
        .next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}

/// Returns the text of a streamed answer, which is dropped after `chunks` chunks.
pub(super) async fn streamed(
    session: &Session,
    request: CreateChatCompletionRequest,
    chunks: usize,
) -> Result<String, OpenAIError> {
    let stream = session.client.chat().create_stream(request).await?;
    let pieces = stream.take(chunks).map_ok(|chunk| {
        chunk
            .choices
            .into_iter()
            .filter_map(|choice| choice.delta.content)
            .collect::<String>()
    });
    pieces.try_collect().await
}

pub(super) fn request(
    model: &str,
    messages: &[(&str, &str)],
) -> Result<CreateChatCompletionRequest, Error> {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect();
    serde_json::from_value(json!({"model": model, "messages": messages}))
        .map_err(|error| Error::failed(format!("cannot build a request: {error}")))
}

fn failed(error: &OpenAIError) -> Error {
    Error::failed(format!(
        "the model server refused a call: {error}; check --upstream, --model and OPENAI_API_KEY"
    ))
}
