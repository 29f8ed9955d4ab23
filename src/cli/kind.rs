//! `--kind NAME=KIND`: of which kind a service is, said by hand.

use crate::event::Kind;
use crate::plan::{KindRule, RulePlace, read_kind};

/// A kind for the services whose names match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindOf {
    /// A name, or a pattern such as `import-*`.
    pub pattern: String,
    /// The kind.
    pub kind: Kind,
}

/// Reads `NAME=KIND`.
pub(super) fn kind_of(text: &str) -> Result<KindOf, String> {
    let (pattern, word) = text
        .rsplit_once('=')
        .filter(|(pattern, _)| !pattern.is_empty())
        .ok_or_else(|| "expected NAME=KIND, such as tests=job".to_owned())?;
    let kind = read_kind(word).map_err(|hint| format!("unknown kind `{word}`; {hint}"))?;
    KindRule::new(pattern, kind, RulePlace::Flag).map_err(|error| format!("invalid pattern: {}", error.kind()))?;
    Ok(KindOf {
        pattern: pattern.to_owned(),
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_with_its_pattern() {
        for (text, pattern, kind) in [
            ("tests=job", "tests", Kind::Job),
            ("import-*=deploy", "import-*", Kind::Deploy),
            ("a=b=service", "a=b", Kind::Service),
            ("x=build", "x", Kind::Build),
        ] {
            let pattern = pattern.to_owned();
            assert_eq!(kind_of(text), Ok(KindOf { pattern, kind }), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        for (text, message) in [
            ("tests", "expected NAME=KIND, such as tests=job"),
            ("=job", "expected NAME=KIND, such as tests=job"),
            ("tests=jop", "unknown kind `jop`; did you mean `job`?"),
            (
                "tests=",
                "unknown kind ``; the kinds are build, job, service and deploy",
            ),
            (
                "tests=unknown",
                "unknown kind `unknown`; the kinds are build, job, service and deploy",
            ),
            ("a[=job", "invalid pattern: unclosed character class; missing ']'"),
        ] {
            assert_eq!(kind_of(text), Err(message.to_owned()), "{text}");
        }
    }
}
