//! The candidate names of a model: gateways, clouds and clients prefix publishers, regions and deployments, and append
//! versions.

/// Regions before the name of a model at Bedrock.
const REGIONS: [&str; 8] = ["us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"];

/// Takes a model's name in lower case and returns it, then shorter and shorter forms of it:
/// `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `anthropic.claude-sonnet-4-5-20250929-v1:0`, then
/// `anthropic.claude-sonnet-4-5-20250929`, then `claude-sonnet-4-5-20250929`.
pub(super) fn spellings(model: &str) -> impl Iterator<Item = &str> {
    let mut last = None;
    // `successors` would look for the second spelling before the first is asked for, and usually the full name has a price.
    std::iter::from_fn(move || {
        last = match last {
            None => Some(model),
            Some(name) => Some(shortened_once(name)?),
        };
        last
    })
}

fn shortened_once(name: &str) -> Option<&str> {
    without_path(name)
        .or_else(|| without_region(name))
        .or_else(|| without_version(name))
        .or_else(|| without_publisher(name))
        .filter(|shorter| !shorter.is_empty())
}

/// `models/x`, `publishers/google/models/x`, `bedrock/us-east-1/x`, an ARN: removes the first segment of the path.
fn without_path(name: &str) -> Option<&str> {
    name.split_once('/').map(|(_, rest)| rest)
}

fn without_region(name: &str) -> Option<&str> {
    let (region, rest) = name.split_once('.')?;
    REGIONS.contains(&region).then_some(rest)
}

/// Bedrock's `-v1:0`, Vertex' `@default`, and a variant such as `:latest`.
fn without_version(name: &str) -> Option<&str> {
    if let Some((head, tail)) = name.rsplit_once("-v")
        && tail
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':')
        && tail.contains(':')
    {
        return Some(head);
    }
    name.strip_suffix("@default")
        .or_else(|| name.strip_suffix(":latest"))
}

/// Bedrock's `anthropic.x`. A dot between digits is part of a version.
fn without_publisher(name: &str) -> Option<&str> {
    let (publisher, rest) = name.split_once('.')?;
    let is_word = publisher.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_from_both_ends() {
        let all = |model| spellings(model).skip(1).collect::<Vec<_>>();
        assert_eq!(
            all("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            [
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                "anthropic.claude-sonnet-4-5-20250929",
                "claude-sonnet-4-5-20250929"
            ]
        );
        assert_eq!(
            all("publishers/google/models/gemini-2.5-flash").last(),
            Some(&"gemini-2.5-flash")
        );
        assert_eq!(all("azure/gpt-4o"), ["gpt-4o"]);
        assert_eq!(all("gpt-4.1-mini"), [] as [&str; 0]);
        assert_eq!(all("llama3.2:latest"), ["llama3.2"]);
        assert_eq!(all("/"), [] as [&str; 0]);
    }
}
