//! A configuration of nginx that leads to a host which nothing answers for.

use std::collections::HashMap;

use super::hosts::{aliases, extra_hosts};
use super::unknown_host::{is_inside, is_known};
use crate::diagnostic::{Diagnostic, NearNames, Severity};
use crate::lint::nginx::{Upstream, upstreams};
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "upstream-unknown",
    summary: "the configuration of nginx names a host that is no service of the project",
    why: "nginx looks up the hosts of `proxy_pass` and `upstream` as it starts, and exits with \"host not found in upstream\" where \
          one is not found. In the network of a project, names without a dot are those of its services.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  keycloak:
    image: keycloak:26
  web:
    image: nginx:1.29
    depends_on: [keycloak]
    volumes:
      - «./web.conf:/etc/nginx/conf.d/default.conf:ro»
== web.conf ==
server {
  listen 80;
  location / { proxy_pass http://keycloack:8080/; }
}
",
    good: "\
services:
  keycloak:
    image: keycloak:26
  web:
    image: nginx:1.29
    depends_on: [keycloak]
    volumes:
      - ./web.conf:/etc/nginx/conf.d/default.conf:ro
== web.conf ==
server {
  listen 80;
  location / { proxy_pass http://keycloak:8080/; }
}
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let aliases = aliases(project);
    let mut names = NearNames::among(project.services().iter().map(Service::name));
    let mut near_to: HashMap<String, Option<&str>> = HashMap::new();
    for service in project.services().iter().filter(|service| is_inside(project, service)) {
        let extra = extra_hosts(service);
        for upstream in upstreams(project, service)
            .into_iter()
            .filter(|upstream| upstream.is_host)
        {
            if extra.contains(&*upstream.host) || is_known(project, &aliases, &upstream.host) {
                continue;
            }
            let near = near_to
                .entry(upstream.host.clone())
                .or_insert_with(|| names.nearest(&upstream.host));
            found.push_once(finding(project, service, &upstream, *near));
        }
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>, upstream: &Upstream, near: Option<&str>) -> Diagnostic {
    let (name, host, line) = (service.name(), &upstream.host, upstream.line);
    let path = project.shown(&upstream.path);
    let message = format!("nginx of `{name}` exits: {path}:{line} leads to `{host}`, and no service has that name");
    let finding = at(upstream.span, message);
    let finding = match near {
        Some(near) => finding.help(format!("write `{near}` in {path}")),
        None => finding
            .help("name a service there, or give the name to one as an alias")
            .at_most(Severity::Warning),
    };
    // What another file lays over this one may have the service.
    if project.has_other_files() {
        finding.at_most(Severity::Hint)
    } else {
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn of(host: &str, more: &str) -> usize {
        let text = format!(
            "services:\n  app: {{image: i, container_name: shop}}\n  web:\n    image: nginx:1.29\n    \
             volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n{more}== a.conf ==\nserver {{ proxy_pass http://{host}:80; }}\n"
        );
        found(&RULE, &text).len()
    }

    #[test]
    fn a_group_of_a_file_that_is_not_known_may_have_the_name() {
        let of = |pass: &str| {
            let text = format!(
                "services:\n  web:\n    image: nginx:1.29\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n\
                 == a.conf ==\ninclude /etc/nginx/groups.conf;\nserver {{ proxy_pass http://{pass}; }}\n"
            );
            found(&RULE, &text).len()
        };
        assert_eq!(of("other"), 0);
        assert_eq!(of("other:80"), 1);
    }

    #[test]
    fn names_that_are_known_otherwise_are_fine() {
        assert_eq!(of("ap", ""), 1);
        assert_eq!(of("other", ""), 1);
        assert_eq!(of("app", ""), 0);
        assert_eq!(of("shop", ""), 0);
        assert_eq!(of("localhost", ""), 0);
        assert_eq!(of("other", "    extra_hosts: ['other:10.0.0.1']\n"), 0);
        assert_eq!(
            of("other", "    networks: [ext]\nnetworks: {ext: {external: true}}\n"),
            0
        );
    }
}
