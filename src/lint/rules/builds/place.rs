//! Places in a `build:` that findings point at.

use crate::lint::project::Service;
use crate::source::Span;

/// Where a build says the first of some things that it says; the key `build` itself where it says none of them.
pub(super) fn of(service: &Service<'_>, keys: &[&str]) -> Option<Span> {
    let build = service.get("build")?;
    let said = |key: &&str| Some(build.get(key)?.span).filter(|span| *span != build.span);
    let own = keys.iter().find_map(said);
    let short = is_short(service).then_some(build.span);
    own.or(short).or_else(|| Some(service.key_of("build")?.span))
}

/// Whether it is written in its short form, `build: ./app`.
fn is_short(service: &Service<'_>) -> bool {
    let Some(build) = service.get("build") else {
        return false;
    };
    let said = |(_, node): (_, &crate::yaml::Node)| node.span == build.span;
    build.entries().all(said)
}
