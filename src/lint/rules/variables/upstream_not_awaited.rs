//! An nginx that can start before the hosts it leads to are known.

use std::collections::HashMap;

use crate::compose::Restart;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::nginx::{Upstream, upstreams};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "upstream-not-awaited",
    summary: "nginx leads to a service that it does not depend on",
    why: "nginx looks up the hosts of `proxy_pass` and `upstream` as it starts, and a service is known by its name only once its \
          container runs. Without a dependency both start at the same time, and nginx exits with \"host not found in upstream\" \
          where it is first.",
    level: Severity::Warning,
    category: Category::Pipeline,
    preset: Preset::Default,
    bad: "\
services:
  app:
    image: app:1
  web:
    image: nginx:1.29
    volumes:
      - «./web.conf:/etc/nginx/conf.d/default.conf:ro»
== web.conf ==
upstream php { server app:9000; }
server { listen 80; location / { fastcgi_pass php; } }
",
    good: "\
services:
  app:
    image: app:1
  web:
    image: nginx:1.29
    depends_on: [app]
    volumes:
      - ./web.conf:/etc/nginx/conf.d/default.conf:ro
== web.conf ==
upstream php { server app:9000; }
server { listen 80; location / { fastcgi_pass php; } }
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    // One that is started again finds them in the end.
    let services = project
        .services()
        .iter()
        .filter(|service| service.is_active && service.restart() == Restart::No);
    for service in services {
        let mut at_place: HashMap<Span, Vec<Upstream>> = HashMap::new();
        for upstream in upstreams(project, service) {
            if is_not_awaited(project, service, &upstream.host) {
                at_place.entry(upstream.span).or_default().push(upstream);
            }
        }
        let mut places: Vec<_> = at_place.into_iter().collect();
        places.sort_by_key(|(span, _)| span.start);
        found.extend_once(
            places
                .iter()
                .filter_map(|(span, upstreams)| finding(project, service, *span, upstreams)),
        );
    }
}

fn is_not_awaited(project: &Project<'_>, service: &Service<'_>, host: &str) -> bool {
    let name = service.name();
    let other = project
        .service(host)
        .filter(|other| other.is_active && other.name() != name);
    other.is_some_and(|other| !project.is_behind(name, other.name()) && !project.is_behind(other.name(), name))
}

fn finding(project: &Project<'_>, service: &Service<'_>, span: Span, upstreams: &[Upstream]) -> Option<Diagnostic> {
    let first = upstreams.first()?;
    let (name, host, path) = (service.name(), &first.host, project.shown(&first.path));
    let message = format!(
        "nginx of `{name}` exits where `{host}` is not started yet, which {path}:{} leads to",
        first.line
    );
    let mut hosts: Vec<&str> = upstreams.iter().map(|upstream| upstream.host.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let other = project.service(host)?;
    let help = format!("write `depends_on: [{}]`", hosts.join(", "));
    Some(at(span, message).label(other.key.span, "may start later").help(help))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(web: &str, app: &str) -> usize {
        let text = format!(
            "services:\n  app: {{image: i{app}}}\n  other: {{image: i}}\n  web:\n    image: nginx:1.29\n    \
             volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n{web}== a.conf ==\nserver {{ proxy_pass http://app:80; }}\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn a_dependency_or_a_restart_is_fine() {
        assert_eq!(of("", ""), 1);
        assert_eq!(of("    depends_on: [other]\n", ""), 1);
        for web in [
            "    depends_on: [app]\n",
            "    restart: unless-stopped\n",
            "    restart: on-failure\n",
        ] {
            assert_eq!(of(web, ""), 0, "{web}");
        }
        assert_eq!(of("", ", depends_on: [web]"), 0);
        assert_eq!(of("", ", profiles: [p]"), 0);
    }
}
