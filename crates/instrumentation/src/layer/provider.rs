//! Who answers at a host.

/// Host (or the end of one) and the provider's name in the convention.
const PROVIDERS: &[(&str, &str)] = &[
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

/// The provider at `host`; `openai` for any other, since its API is what is being spoken.
pub(super) fn provider(host: &str) -> &'static str {
    let of_host = |(end, _): &&(&str, &str)| {
        host.strip_suffix(*end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    PROVIDERS
        .iter()
        .find(of_host)
        .map_or("openai", |(_, provider)| provider)
}

#[cfg(test)]
mod tests {
    use super::provider;

    #[test]
    fn hosts_are_matched_at_a_dot() {
        assert_eq!(provider("api.openai.com"), "openai");
        assert_eq!(provider("me.openai.azure.com"), "azure.ai.openai");
        assert_eq!(provider("api.groq.com"), "groq");
        assert_eq!(provider("openrouter.ai"), "openrouter");
        assert_eq!(provider("notapi.groq.com"), "openai");
        assert_eq!(provider("127.0.0.1"), "openai");
    }
}
