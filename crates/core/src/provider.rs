//! The providers, by their names in the convention.

/// Hosts (or the ends of hosts) and the provider at each.
const HOSTS: &[(&str, &str)] = &[
    ("openai.azure.com", "azure.ai.openai"),
    ("services.ai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("api.groq.com", "groq"),
    ("api.deepseek.com", "deepseek"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.x.ai", "x_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("api.cohere.ai", "cohere"),
    // The convention has no name for these.
    ("openrouter.ai", "openrouter"),
    ("api.together.xyz", "together"),
    ("api.together.ai", "together"),
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

#[cfg(test)]
mod tests {
    use super::provider_at;

    #[test]
    fn hosts_are_matched_at_a_dot() {
        assert_eq!(provider_at("api.openai.com"), "openai");
        assert_eq!(provider_at("me.openai.azure.com"), "azure.ai.openai");
        assert_eq!(provider_at("api.groq.com"), "groq");
        assert_eq!(provider_at("openrouter.ai"), "openrouter");
        assert_eq!(provider_at("notapi.groq.com"), "openai");
        assert_eq!(provider_at("127.0.0.1"), "openai");
    }
}
