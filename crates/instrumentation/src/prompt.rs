//! Prompt templates: checked at compile time, rendered once, and recorded with their variables.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A rendered prompt with its template and variables, created by [`prompt!`](crate::prompt!). Cloning is cheap.
///
/// A prompt is text wherever async-openai expects text ([`Prompt::text`], `Into<String>`, `Display`). A call with the
/// prompt in its [`monitor_attributes`](crate::MonitorAttributesExt::monitor_attributes) carries
///
/// | name | value |
/// |---|---|
/// | `gen_ai.prompt.name`, `gen_ai.prompt.version` | as given |
/// | `gen_ai.prompt.variable.<name>` | the variable as text; only where content is recorded |
/// | `spanloom.prompt.hash` | [`Prompt::hash`], 16 hexadecimal digits |
/// | monitor attribute `prompt_template` | the template |
/// | monitor attribute `params` | the variables as an object; only where content is recorded |
///
/// Source: GenAI semantic conventions, `gen_ai.prompt.*`; the monitor attributes are those of `OpenAI`'s cookbook page on
/// monitoring with Weave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    text: String,
    template: &'static str,
    hash: u64,
    name: Option<Cow<'static, str>>,
    version: Option<Cow<'static, str>>,
    variables: Vec<(&'static str, String)>,
}

impl Prompt {
    /// For [`prompt!`](crate::prompt!) only.
    #[doc(hidden)]
    #[must_use]
    pub fn __new(
        text: String,
        template: &'static str,
        hash: u64,
        variables: &[(&'static str, &dyn fmt::Display)],
    ) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect();
        Self(Arc::new(Parts {
            text,
            template,
            hash,
            name: None,
            version: None,
            variables,
        }))
    }

    /// Sets the prompt's name; [`prompt!`](crate::prompt!) does so with `name = …`.
    #[must_use]
    pub fn with_name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let mut parts = self.parts();
        parts.name = Some(name.into());
        Self(Arc::new(parts))
    }

    /// Sets the version of a named prompt; [`prompt!`](crate::prompt!) does so with `version = …`. Without a name the
    /// version is not recorded: the convention has a version for named prompts only.
    #[must_use]
    pub fn with_version(self, version: impl Into<Cow<'static, str>>) -> Self {
        let mut parts = self.parts();
        parts.version = Some(version.into());
        Self(Arc::new(parts))
    }

    fn parts(self) -> Parts {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| Parts {
            text: shared.text.clone(),
            template: shared.template,
            hash: shared.hash,
            name: shared.name.clone(),
            version: shared.version.clone(),
            variables: shared.variables.clone(),
        })
    }

    /// Returns the rendered text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the template as it is written in the program.
    #[must_use]
    pub fn template(&self) -> &'static str {
        self.0.template
    }

    /// Returns a hash of the template: FNV-1a of its bytes, 64 bits, the same in every build and on every platform.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.0.hash
    }

    /// Returns the name, if one was set.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Returns the version, if one was set.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Returns the names of the variables and their values as `Display` shows them, in the given order.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl AsRef<str> for Prompt {
    fn as_ref(&self) -> &str {
        self.text()
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.parts().text
    }
}

impl From<&Prompt> for String {
    fn from(prompt: &Prompt) -> Self {
        prompt.text().to_owned()
    }
}

/// Computes FNV-1a, 64 bits. For [`prompt!`](crate::prompt!), which evaluates it at compile time.
#[doc(hidden)]
#[must_use]
pub const fn __hash(template: &str) -> u64 {
    let bytes = template.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "below the length, and a constant function has no iterators"
        )]
        let byte = bytes[at];
        let byte = byte as u64;
        hash = (hash ^ byte).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Renders a prompt template into a [`Prompt`], which keeps the template and its variables.
///
/// The template is a [`format!`] literal; each variable is given by name, evaluated once, and implements
/// [`Display`](std::fmt::Display). A missing variable, an unused variable and a variable captured implicitly from the
/// surrounding code do not compile.
///
/// ```
/// use spanloom_instrumentation::prompt;
///
/// let prompt = prompt!("solve {equation} for {audience}", equation = "x^2 = 4", audience = "a new student");
/// assert_eq!(prompt.text(), "solve x^2 = 4 for a new student");
/// assert_eq!(prompt.template(), "solve {equation} for {audience}");
///
/// let named = prompt!(name = "solver", version = "3", "round {x:.1}", x = 2.04);
/// assert_eq!((named.name(), named.version(), named.text()), (Some("solver"), Some("3"), "round 2.0"));
/// assert_eq!(named.variables().collect::<Vec<_>>(), [("x", "2.04")]);
/// ```
///
/// A missing variable does not compile, even if a variable of that name is in scope:
///
/// ```compile_fail
/// let equation = "x^2 = 4";
/// spanloom_instrumentation::prompt!("solve {equation}");
/// ```
///
/// An unused variable does not compile:
///
/// ```compile_fail
/// spanloom_instrumentation::prompt!("solve", equation = "x^2 = 4");
/// ```
#[macro_export]
macro_rules! prompt {
    (name = $name:expr, version = $version:expr, $template:literal $($rest:tt)*) => {
        $crate::prompt!($template $($rest)*).with_name($name).with_version($version)
    };
    (name = $name:expr, $template:literal $($rest:tt)*) => {
        $crate::prompt!($template $($rest)*).with_name($name)
    };
    ($template:literal $(, $variable:ident = $value:expr)* $(,)?) => {
        {
            // The name ensures that no borrow for the variables outlives this block, least of all in `async` code.
            let prompt = match ($(&$value,)*) {
                ($($variable,)*) => $crate::Prompt::__new(
                    // `concat!` prevents captures from the surrounding code.
                    ::std::format!(concat!($template), $($variable = $variable),*),
                    concat!($template),
                    const { $crate::__hash(concat!($template)) },
                    &[$((stringify!($variable), $variable as &dyn ::std::fmt::Display)),*],
                ),
            };
            prompt
        }
    };
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    #[test]
    fn a_variable_is_evaluated_once() {
        let evaluated = Cell::new(0);
        let count = || {
            evaluated.set(evaluated.get() + 1);
            evaluated.get()
        };
        let prompt = prompt!("{n} and {n} again, {m}", n = count(), m = String::from("m"));
        assert_eq!(prompt.text(), "1 and 1 again, m");
        assert_eq!(evaluated.get(), 1);
    }

    #[test]
    fn nothing_borrowed_outlives_the_macro() {
        let lock = std::sync::Mutex::new(7);
        let both = |prompt: super::Prompt, free: bool| (prompt.text().to_owned(), free);
        // The guard would live to the end of the statement.
        let rendered = both(
            prompt!("{x}", x = lock.lock().unwrap()),
            lock.try_lock().is_ok(),
        );
        assert_eq!(rendered, ("7".to_owned(), true));
        let sent = async { std::future::ready(prompt!("{x}", x = std::rc::Rc::new(1))).await };
        let is_send = |_: &(dyn Send + '_)| true;
        assert!(is_send(&sent));
    }

    #[test]
    fn formats_and_names_of_any_kind() {
        let width = prompt!("{x:>5.1}|{x:?}", x = 2.04);
        assert_eq!(width.text(), "  2.0|2.04");
        let upper = prompt!(
            "{hash} {prompt} {name}",
            hash = 'h',
            prompt = "p",
            name = "n",
        );
        assert_eq!(upper.text(), "h p n");
        assert_eq!(upper.name(), None);
    }

    #[test]
    fn braces_escapes_and_no_variables() {
        let prompt = prompt!("answer as {{\"x\": …}}\n");
        assert_eq!(prompt.text(), "answer as {\"x\": …}\n");
        assert_eq!(prompt.variables().count(), 0);
        assert_eq!(String::from(prompt.clone()), String::from(&prompt));
    }

    #[test]
    fn the_hash_is_of_the_template_alone_and_the_same_for_ever() {
        let hash = |x: u8| prompt!("solve {x}", x = x).hash();
        assert_eq!(hash(1), hash(2));
        assert_ne!(hash(1), prompt!("solve {y}", y = 1).hash());
        // The published vectors of FNV-1a, 64 bits.
        assert_eq!(super::__hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(super::__hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(super::__hash("foobar"), 0x8594_4171_f739_67e8);
    }
}
