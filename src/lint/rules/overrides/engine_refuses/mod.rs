//! Values that `docker compose config` lets through and that the engine refuses by a rule, whatever machine it is on.
//!
//! | file | what it looks at |
//! |---|---|
//! | [`limits`] | memory, processors and other numbers |
//! | [`mounts`] | volumes, mounts and `tmpfs` |
//! | [`network`] | addresses, and what a shared network excludes |
//! | [`options`] | options of drivers, variables, kernel parameters |

mod limits;
mod mounts;
mod network;
mod options;

use super::layers::is_open;
use crate::diagnostic::Severity;
use crate::lint::project::Project;
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::source::Span;

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "engine-refuses",
    summary: "the engine refuses a value that compose accepts",
    why: "`docker compose config` does not check what only the engine knows: names of volumes, ranges of limits, options of \
          drivers, what excludes what. The run fails when the container is created or started.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  tests:
    image: app:1
    command: pytest
    mem_limit: 512m
    mem_reservation: «1g»
",
    good: "\
services:
  tests:
    image: app:1
    command: pytest
    mem_limit: 1g
    mem_reservation: 512m
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    let mut refused = Refused { project, found };
    limits::check(&mut refused);
    mounts::check(&mut refused);
    network::check(&mut refused);
    options::check(&mut refused);
}

/// What is found, as it is found.
struct Refused<'a, 'b> {
    project: &'b Project<'a>,
    found: &'b mut Found,
}

impl Refused<'_, '_> {
    /// Takes note of a value, unless it comes from a variable.
    fn tell(&mut self, span: Span, message: impl Into<String>, help: &str) {
        if !is_open(self.project, span) {
            self.found.push(at(span, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rules::testing::found;

    /// A service and top-level sections that the engine takes.
    const FINE: [(&str, &str); 24] = [
        ("volumes: ['data:/d']", "volumes: {data: {name: shop_data-1.x}}"),
        ("volumes: ['data:/d']", "volumes: {data: {external: true, name: x}}"),
        (
            "volumes: ['data:/d']",
            "volumes: {data: {driver: nfs, driver_opts: {share: x}}}",
        ),
        (
            "volumes: ['data:/d']",
            "volumes: {data: {driver_opts: {type: none, o: bind, device: /x}}}",
        ),
        (
            "volumes: [{type: bind, source: /a, target: /a, bind: {propagation: rslave}}]",
            "",
        ),
        ("volumes: ['C:/data:/d']", ""),
        ("tmpfs: ['/run:size=64m,mode=1777,noexec', '/tmp']", ""),
        ("mem_limit: 20m, mem_reservation: 10m, memswap_limit: 30m", ""),
        ("mem_limit: 20m, memswap_limit: -1", ""),
        ("mem_swappiness: 60", ""),
        ("cpus: 1.5, cpu_shares: 100, cpu_quota: 50000, cpu_period: 100000", ""),
        ("cpus: 0", ""),
        ("hostname: tests.example", ""),
        ("network_mode: host, sysctls: {kernel.shmmax: 1}", ""),
        ("sysctls: {net.core.somaxconn: 1024, fs.mqueue.msg_max: 10}", ""),
        ("ulimits: {nofile: 1024, nproc: 10}", ""),
        ("extra_hosts: ['a:1.2.3.4', 'b:host-gateway', 'c=::1']", ""),
        (
            "security_opt: ['no-new-privileges:true', 'seccomp=unconfined', 'label:disable']",
            "",
        ),
        (
            "logging: {driver: json-file, options: {max-size: 10m, max-file: '3', tag: x}}",
            "",
        ),
        ("logging: {driver: syslog, options: {foo: bar}}", ""),
        ("environment: {A: '', B: c}", ""),
        (
            "networks: {n: {ipv4_address: 10.9.9.9}}",
            "networks: {n: {ipam: {config: [{subnet: 10.9.9.0/24, gateway: 10.9.9.1}]}}}",
        ),
        (
            "networks: {n: {ipv6_address: 'fd00::9'}}",
            "networks: {n: {ipam: {config: [{subnet: 10.9.9.0/24}, {subnet: 'fd00::/64'}]}}}",
        ),
        ("shm_size: 64m", ""),
    ];

    /// The same of what it refuses, and the place that is told.
    const REFUSED: [(&str, &str, &str); 34] = [
        ("volumes: ['s:/s']", "volumes: {s: {}}", "'s:/s'"),
        ("volumes: ['data:/d']", "volumes: {data: {name: x}}", "x"),
        ("volumes: ['data:/d']", "volumes: {data: {name: 'a b'}}", "'a b'"),
        ("volumes: ['data:/d']", "volumes: {data: {name: -ab}}", "-ab"),
        (
            "volumes: ['data:/d']",
            "volumes: {data: {driver_opts: {share: x}}}",
            "share",
        ),
        ("volumes: ['data:/']", "volumes: {data: {}}", "'data:/'"),
        (
            "volumes: [{type: bind, source: /a, target: /a, bind: {propagation: foo}}]",
            "",
            "foo",
        ),
        ("tmpfs: ['/run:foo=1']", "", "'/run:foo=1'"),
        ("tmpfs: ['/run:size=abc']", "", "'/run:size=abc'"),
        ("mem_limit: 20m, mem_reservation: 30m", "", "30m"),
        ("mem_limit: 20m, memswap_limit: 10m", "", "10m"),
        ("memswap_limit: 10m", "", "10m"),
        ("mem_swappiness: 200", "", "200"),
        ("cpus: -1", "", "-1"),
        ("cpu_shares: -5", "", "-5"),
        ("cpu_quota: 100", "", "100"),
        ("cpu_period: 10", "", "10"),
        ("shm_size: -1", "", "-1"),
        ("ulimits: {nofiles: 100}", "", "nofiles"),
        (
            "network_mode: host, sysctls: {net.core.somaxconn: 1024}",
            "",
            "net.core.somaxconn",
        ),
        ("sysctls: {vm.swappiness: 1}", "", "vm.swappiness"),
        ("sysctls: {kernel.foo: 1}", "", "kernel.foo"),
        ("network_mode: 'service:b', ports: ['18080:80']", "", "ports"),
        ("network_mode: 'service:b', hostname: x", "", "hostname"),
        ("network_mode: 'service:b', dns: 8.8.8.8", "", "dns"),
        (
            "network_mode: 'service:b', extra_hosts: ['a:1.2.3.4']",
            "",
            "extra_hosts",
        ),
        ("network_mode: host, links: [b]", "", "links"),
        ("uts: host, hostname: x", "", "hostname"),
        ("extra_hosts: {a: foo}", "", "a"),
        ("security_opt: ['foo:bar']", "", "'foo:bar'"),
        ("logging: {driver: json-file, options: {foo: x}}", "", "foo"),
        ("logging: {driver: local, options: {max-size: abc}}", "", "abc"),
        (
            "networks: {n: {ipv4_address: 10.9.8.9}}",
            "networks: {n: {ipam: {config: [{subnet: 10.9.9.0/24}]}}}",
            "10.9.8.9",
        ),
        (
            "networks: [n]",
            "networks: {n: {ipam: {config: [{subnet: 10.9.9.5/24}]}}}",
            "10.9.9.5/24",
        ),
    ];

    fn file(service: &str, sections: &str) -> String {
        format!("services:\n  b: {{image: i}}\n  a: {{image: i, {service}}}\n{sections}\n")
    }

    #[test]
    fn what_the_engine_takes_is_left_alone() {
        for (service, sections) in FINE {
            let found = found(&RULE, &file(service, sections));
            assert!(found.is_empty(), "{service} {sections}: {found:?}");
        }
    }

    #[test]
    fn what_the_engine_refuses_is_told_where_it_is() {
        for (service, sections, place) in REFUSED {
            assert_eq!(found(&RULE, &file(service, sections)), [place], "{service} {sections}");
        }
    }
}
