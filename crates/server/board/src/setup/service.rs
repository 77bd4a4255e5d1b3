use spanloom::Monitored as _;

let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?;
let client = async_openai::Client::new().monitored(&monitor);
