//! The providers, by their names in the convention, and the words that others use for them.

/// Hosts (or the ends of hosts) and the provider at each.
const HOSTS: &[(&str, &str)] = &[
    ("openai.azure.com", "azure.ai.openai"),
    ("services.ai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("api.groq.com", "groq"),
    ("api.deepseek.com", "deepseek"),
    ("api.mistral.ai", "mistral_ai"),
    ("codestral.mistral.ai", "mistral_ai"),
    ("api.x.ai", "x_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.cohere.ai", "cohere"),
    ("api.cohere.com", "cohere"),
    ("ml.cloud.ibm.com", "ibm.watsonx.ai"),
    ("amazonaws.com", "aws.bedrock"),
    // The convention has no name for these.
    ("openrouter.ai", "openrouter"),
    ("api.together.xyz", "together"),
    ("api.together.ai", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("api.cerebras.ai", "cerebras"),
    ("api.sambanova.ai", "sambanova"),
    ("api.deepinfra.com", "deepinfra"),
    ("api.novita.ai", "novita"),
    ("api.studio.nebius.ai", "nebius"),
    ("api.studio.nebius.com", "nebius"),
    ("api.tokenfactory.nebius.com", "nebius"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("dashscope.aliyuncs.com", "alibaba"),
    ("dashscope-intl.aliyuncs.com", "alibaba"),
    ("dashscope-us.aliyuncs.com", "alibaba"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax"),
    ("api.z.ai", "zai"),
    ("open.bigmodel.cn", "zhipuai"),
    ("api.siliconflow.cn", "siliconflow"),
    ("api.siliconflow.com", "siliconflow"),
    ("volces.com", "volcengine"),
    ("router.huggingface.co", "huggingface"),
    ("api.ai21.com", "ai21"),
    ("api.upstage.ai", "upstage"),
    ("api.stepfun.com", "stepfun"),
    ("api.cloudflare.com", "cloudflare"),
    ("inference.baseten.co", "baseten"),
    ("models.github.ai", "github"),
    ("ai-gateway.vercel.sh", "vercel"),
    ("api.voyageai.com", "voyageai"),
];

/// Words for providers, in lower case with `_` in place of blanks and hyphens, and the name of each.
///
/// Sources: the convention's present and former names; Vercel AI SDK 4 to 7, OpenInference, OpenLLMetry 0.33 to 0.62,
/// `LiteLLM`, pydantic-ai, Semantic Kernel, Spring AI, `LangChain`, genai-prices; collected in `usage/providers.md`.
const WORDS: &[(&str, &str)] = &[
    ("openai", "openai"),
    ("text_completion_openai", "openai"),
    ("chatgpt", "openai"),
    ("azure", "azure.ai.openai"),
    ("azure_openai", "azure.ai.openai"),
    ("azureopenai", "azure.ai.openai"),
    ("azure_text", "azure.ai.openai"),
    ("az.ai.openai", "azure.ai.openai"),
    ("azure.ai.openai", "azure.ai.openai"),
    ("az.ai.inference", "azure.ai.inference"),
    ("azure.ai.inference", "azure.ai.inference"),
    ("azure_ai", "azure.ai.inference"),
    ("azure_ai_inference", "azure.ai.inference"),
    ("azure.deepseek", "azure.ai.inference"),
    ("anthropic", "anthropic"),
    ("anthropic_text", "anthropic"),
    ("anthropic_aws", "anthropic"),
    ("claude", "anthropic"),
    ("aws.bedrock", "aws.bedrock"),
    ("aws", "aws.bedrock"),
    ("amazon", "aws.bedrock"),
    ("bedrock", "aws.bedrock"),
    ("bedrock_converse", "aws.bedrock"),
    ("bedrock_mantle", "aws.bedrock"),
    ("amazon_bedrock", "aws.bedrock"),
    ("aws_bedrock", "aws.bedrock"),
    ("gcp.gemini", "gcp.gemini"),
    // The convention's name for either API of Google, where it is not known which.
    ("gcp.gen_ai", "gcp.gemini"),
    ("gemini", "gcp.gemini"),
    ("google", "gcp.gemini"),
    ("googleai", "gcp.gemini"),
    ("google_ai", "gcp.gemini"),
    ("google_genai", "gcp.gemini"),
    ("google_generativeai", "gcp.gemini"),
    ("google.generative_ai", "gcp.gemini"),
    ("google_generative_ai", "gcp.gemini"),
    ("google_gla", "gcp.gemini"),
    ("gcp.vertex_ai", "gcp.vertex_ai"),
    ("vertex_ai", "gcp.vertex_ai"),
    ("vertex_ai_beta", "gcp.vertex_ai"),
    ("vertexai", "gcp.vertex_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("google_vertexai", "gcp.vertex_ai"),
    ("google_vertex", "gcp.vertex_ai"),
    ("google_anthropic_vertex", "gcp.vertex_ai"),
    ("google.vertex", "gcp.vertex_ai"),
    ("googlevertex", "gcp.vertex_ai"),
    ("google_cloud", "gcp.vertex_ai"),
    ("mistral_ai", "mistral_ai"),
    ("mistral", "mistral_ai"),
    ("mistralai", "mistral_ai"),
    ("codestral", "mistral_ai"),
    ("text_completion_codestral", "mistral_ai"),
    ("cohere", "cohere"),
    ("cohere_chat", "cohere"),
    ("ibm.watsonx.ai", "ibm.watsonx.ai"),
    ("watsonx", "ibm.watsonx.ai"),
    ("watsonx_text", "ibm.watsonx.ai"),
    ("perplexity", "perplexity"),
    ("x_ai", "x_ai"),
    ("xai", "x_ai"),
    ("grok", "x_ai"),
    ("deepseek", "deepseek"),
    ("groq", "groq"),
    ("moonshot_ai", "moonshot_ai"),
    ("moonshot", "moonshot_ai"),
    ("moonshotai", "moonshot_ai"),
    ("kimi", "moonshot_ai"),
    ("together", "together"),
    ("together_ai", "together"),
    ("togetherai", "together"),
    ("fireworks", "fireworks"),
    ("fireworks_ai", "fireworks"),
    ("fireworksai", "fireworks"),
    ("ollama", "ollama"),
    ("ollama_chat", "ollama"),
    ("huggingface", "huggingface"),
    ("hugging_face", "huggingface"),
    ("alibaba", "alibaba"),
    ("dashscope", "alibaba"),
    ("qwen", "alibaba"),
    ("zai", "zai"),
    ("z_ai", "zai"),
    ("zhipuai", "zhipuai"),
    ("zhipu", "zhipuai"),
    ("openrouter", "openrouter"),
    ("nvidia", "nvidia"),
    ("nvidia_nim", "nvidia"),
    ("vllm", "vllm"),
    ("hosted_vllm", "vllm"),
    ("deepinfra", "deepinfra"),
    ("novita", "novita"),
    ("novita_ai", "novita"),
    ("github", "github"),
    ("github_models", "github"),
    ("voyageai", "voyageai"),
    ("voyage", "voyageai"),
];

/// Words that name a framework, a gateway or a wire format, behind which any provider may be.
const FRAMEWORKS: &[&str] = &[
    "gcp.vertex.agent",
    "strands_agents",
    "langchain",
    "langgraph",
    "llamaindex",
    "llama_index",
    "crewai",
    "agno",
    "autogen",
    "haystack",
    "litellm",
    "litellm_proxy",
    "transformers",
    "spring_ai",
    "mcp",
    "gateway",
    "auto_router",
    "custom",
    "custom_openai",
    "openai_like",
    "unknown",
    "none",
    "_other",
];

/// The beginnings of the names of models that one provider makes, for spans that name no provider.
const MODELS: &[(&str, &str)] = &[
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "gcp.gemini"),
    ("mistral-", "mistral_ai"),
    ("codestral-", "mistral_ai"),
    ("magistral-", "mistral_ai"),
    ("command-", "cohere"),
    ("grok-", "x_ai"),
    ("deepseek-", "deepseek"),
    ("sonar", "perplexity"),
    ("kimi-", "moonshot_ai"),
];

/// Publishers in the ids of models at Bedrock, as in `us.anthropic.claude-…`.
const BEDROCK_PUBLISHERS: [&str; 8] = [
    "amazon",
    "anthropic",
    "ai21",
    "cohere",
    "deepseek",
    "meta",
    "mistral",
    "openai",
];

/// Returns the `gen_ai.provider.name` of the provider at `host`; `openai` for an unknown host, since OpenAI's API is in
/// use there.
#[must_use]
pub fn provider_at(host: &str) -> &'static str {
    let of_host = |(end, _): &&(&str, &str)| {
        host.strip_suffix(*end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    HOSTS
        .iter()
        .find(of_host)
        .map_or("openai", |(_, provider)| provider)
}

/// Returns the `gen_ai.provider.name` for a word that an instrumentation, a client or a gateway uses for a provider, in
/// any capitals: `openai.chat`, `azure`, `Google`, `vertex_ai_beta`. `None` for a word that is not known.
#[must_use]
pub fn provider_named(word: &str) -> Option<&'static str> {
    let word = normal(word);
    // `google.vertex.chat` names an API of `google.vertex`; `gcp.vertex_ai` is a name as it is.
    prefixes(&word).find_map(|word| {
        let known = WORDS.iter().find(|(known, _)| *known == word);
        known.map(|(_, provider)| *provider)
    })
}

/// Returns the provider of a span that uses this word for its provider, and this model: the convention's name, else the
/// word in lower case without the API that it names. A framework is not a provider: then the model decides, if one
/// provider alone makes it.
pub(crate) fn provider_of(word: Option<&str>, model: Option<&str>) -> Option<String> {
    let normal = word.map(normal).filter(|word| !word.is_empty());
    let is_framework = normal
        .as_deref()
        .is_none_or(|word| FRAMEWORKS.contains(&word));
    match (&normal, is_framework) {
        (Some(word), false) => Some(match provider_named(word) {
            Some(provider) => provider.to_owned(),
            None => without_api(word).to_owned(),
        }),
        _ => model
            .and_then(provider_by_model)
            .map(str::to_owned)
            .or(normal),
    }
}

/// Returns the provider that a model's name implies: `bedrock/anthropic.claude-…`, `gpt-4o`.
fn provider_by_model(model: &str) -> Option<&'static str> {
    if let Some((publisher, _)) = model.split_once('/')
        && let Some(provider) = provider_named(publisher)
    {
        return Some(provider);
    }
    let name = model.rsplit('/').next()?.to_ascii_lowercase();
    // Bedrock's ids have a publisher, and often a region, before the name.
    let parts = || name.split('.').rev().skip(1);
    if parts().any(|part| BEDROCK_PUBLISHERS.contains(&part)) {
        return Some("aws.bedrock");
    }
    let found = MODELS.iter().find(|(start, _)| name.starts_with(start));
    found.map(|(_, provider)| *provider)
}

fn normal(word: &str) -> String {
    word.trim().to_ascii_lowercase().replace(['-', ' '], "_")
}

/// Returns the word, then without its last dotted part, and so on.
fn prefixes(word: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(word), |word| {
        word.rsplit_once('.').map(|(head, _)| head)
    })
}

/// Drops the API from a client's word, such as `cerebras.chat`.
fn without_api(word: &str) -> &str {
    const APIS: &[&str] = &[
        "chat",
        "completion",
        "completions",
        "embedding",
        "embeddings",
        "image",
        "messages",
        "responses",
        "speech",
        "transcription",
    ];
    match word.rsplit_once('.') {
        Some((head, api)) if APIS.contains(&api) => head,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_at_a_dot() {
        assert_eq!(provider_at("api.openai.com"), "openai");
        assert_eq!(provider_at("me.openai.azure.com"), "azure.ai.openai");
        assert_eq!(provider_at("api.groq.com"), "groq");
        assert_eq!(provider_at("openrouter.ai"), "openrouter");
        assert_eq!(provider_at("notapi.groq.com"), "openai");
        assert_eq!(provider_at("127.0.0.1"), "openai");
        assert_eq!(
            provider_at("bedrock-runtime.us-east-1.amazonaws.com"),
            "aws.bedrock"
        );
    }

    #[test]
    fn the_convention_names_itself() {
        for name in [
            "openai",
            "gcp.gemini",
            "gcp.vertex_ai",
            "anthropic",
            "cohere",
            "azure.ai.inference",
            "azure.ai.openai",
            "ibm.watsonx.ai",
            "aws.bedrock",
            "perplexity",
            "x_ai",
            "deepseek",
            "groq",
            "mistral_ai",
            "moonshot_ai",
        ] {
            assert_eq!(provider_named(name), Some(name));
        }
        for (_, provider) in WORDS.iter().chain(MODELS) {
            assert_eq!(provider_named(provider), Some(*provider), "{provider}");
        }
    }

    #[test]
    fn words_of_clients_and_instrumentations() {
        for (word, provider) in [
            ("openai.responses", "openai"),
            ("azure-openai.chat", "azure.ai.openai"),
            ("azure.chat", "azure.ai.openai"),
            ("bedrock.anthropic.messages", "aws.bedrock"),
            ("bedrock-mantle.responses", "aws.bedrock"),
            ("google.generative-ai", "gcp.gemini"),
            ("google.vertex.chat", "gcp.vertex_ai"),
            ("googleVertex.anthropic.messages", "gcp.vertex_ai"),
            ("Google", "gcp.gemini"),
            ("MistralAI", "mistral_ai"),
            ("xai.chat", "x_ai"),
            ("TogetherAI", "together"),
            ("Watsonx", "ibm.watsonx.ai"),
        ] {
            assert_eq!(provider_named(word), Some(provider), "{word}");
        }
        assert_eq!(provider_named("acme"), None);
    }

    #[test]
    fn a_framework_leaves_the_provider_to_the_model() {
        let of = |word, model| provider_of(word, model);
        let gemini = of(Some("gcp.vertex.agent"), Some("gemini-2.5-flash"));
        assert_eq!(gemini.as_deref(), Some("gcp.gemini"));
        let claude = of(Some("strands-agents"), Some("anthropic/claude-sonnet-4"));
        assert_eq!(claude.as_deref(), Some("anthropic"));
        let nova = of(Some("strands-agents"), Some("us.amazon.nova-pro-v1:0"));
        assert_eq!(nova.as_deref(), Some("aws.bedrock"));
        assert_eq!(of(None, Some("gpt-4o")).as_deref(), Some("openai"));
        assert_eq!(of(None, Some("our-own")), None);
        let unknown = of(Some("langchain"), Some("our-own"));
        assert_eq!(unknown.as_deref(), Some("langchain"));
        assert_eq!(of(Some("Acme.chat"), None).as_deref(), Some("acme"));
    }
}
