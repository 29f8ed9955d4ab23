"""The cases of scripts/differ: what is written into the fields of a service, into environment files and into whole files.

A family is a function of a random generator that gives the parts of a case: `service`, lines of a service; `top`, what
stands at the top level beside it; `files` by their names; or `whole`, a file that holds this case alone. An `@` in them
becomes the number of the case in its bunch.
"""

import json
from dataclasses import dataclass, field


@dataclass
class Case:
    family: str
    service: str = ""
    top: str = ""
    files: dict = field(default_factory=dict)
    whole: str = None
    joins: bool = True


# Scalars of every type, at the edges of the types, as they are written in YAML.
ODD = """'' "" ~ null true false yes no on off y 0 -0 +0 1 -1 +1 00 007 08 0o17 0x1F 0X1f 0b101 -0x10 1_000 1__0 _1 1_ 1e3 1E3 1e-3
1.5 .5 -.5 1. 0.0 -0.0 80.5 1.0 2.50 1e400 .inf -.inf .nan 18446744073709551615 18446744073709551616 9223372036854775807
-9223372036854775808 -9223372036854775809 2147483648 4294967296 65535 65536 2024-01-02 2024-1-2 2024-01-02T03:04:05Z 22:22
12:30:45 << = - ? "0" '1' "1.5" "-1" "yes" "true" "null" "1e3" "0x10" " 1" "1 " "a b" 'é' "\\n" "\\t" "\\0" a A a-b a_b a.b
a/b a=b a:b ":" "=" ":::" " " $$ ${EMPTY} ${UNSET} ${NUMBER} ${YES} "${SET}" ${NUMBER:-1} ${UNSET:-2} ${UNSET-} ${EMPTY:+x}
[] {} [''] [~] [a] [1] [1.5] [true] [a,a] [[]] [{}] {a: } {a: 1} {a: b} {a: 1.5} {a: true} {'': a} {a: []} {a: {}} !!str 1
!!str !!int "1" !!float 1 !!bool yes !!null a !foo 1 ! 1 !!binary YQ== !<tag:yaml.org,2002:str> 5 &x a""".replace("\n", " ")


def split_values(text):
    """The values of a line: at blanks outside of quotes, braces and brackets, a tag with what is behind it."""
    values, value, quote, depth = [], "", None, 0
    for c in text + " ":
        if c == " " and not quote and not depth and not (value.startswith(("!", "&")) and " " not in value):
            values.append(value)
            value = ""
            continue
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"":
            quote = c
        depth += (c in "[{" and not quote) - (c in "]}" and not quote)
        value += c
    return [value for value in values if value]


ODD = split_values(ODD)

SIZES = """0 1 -1 "0" "1" "-1" "-2" 1b 1k 1kb 1kib 1K 1.5g "1.5 gb" "1  k" 10MB 1m 1t 1p 1e 1e3 1e3k "1e3" 0x10 "0x10" "0b" 0k 0.5
"0.5" ".5k" 1. "1." "+1" "+1k" "-1k" "1 k" " 1k" "1k " 1kk 1_000 "1_000" "1,5g" 9223372036854775807 "9223372036854775808" inf nan
"Inf" 1.9 "1.9" 010 "010" 1Ki 1i 1bk "" "k" 64M""".split(" ")
SIZES = split_values(" ".join(SIZES).replace("\n", " "))
DURATIONS = split_values(
    """0 "0" 1 "1" 1s 1.5s 1m30s 90s 1h 24h 1d 1w 1d12h 100ms 1us 1µs 1ns "1 s" " 1s" "1s " -1s +1s .5s 1.s "." s 1h1 1hs 1S 0s -0s
    "-0" 10m60s 999999h 9999999999h 1e3s 1_0s "" 1ms1s 1y 1mo 0.1ns 1.5 true 1h30m5.5s""".replace("\n", " ")
)
CPUS = split_values("""0 "0" 0.5 "0.5" .5 1 "1" -1 "-0.5" 1e3 "1e3" "0x1p4" "1_0" inf "inf" "nan" "NaN" "" " 1" a "1." 010 "010"
    0.1234567890123 16777217 "1e40" 1.50 "infinity" "+1" """.replace("\n", " "))
DIGITS = ["0", "1", "01", "80", "443", "8080", "65535", "65536", "99999", "+80", "-1", "8_0", "0x50", "a", "", " 80", "1.5", "1e2"]
ADDRESSES = ["127.0.0.1", "0.0.0.0", "::1", "[::1]", "[::]", "1.2.3", "256.1.1.1", "localhost", "", "01.2.3.4", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4 "]
NAMES = ["a", "A", "a-b", "a.b", "a_b", "", " ", "é", "1", "a b", "a:b", "a=b", "-", ".", "..", "~", "$$x", "a,b", "a/b", "host-gateway"]
PATHS = ["/a", "/a/", "/a/../b", "//a", ".", "./a", "../a", "~", "~/a", "~a", "a", "a/b", "C:\\\\a", "C:/a", "c:a", "v", "vv", "\\\\\\\\a", "", " ", "/", "/a b", "é", "//./pipe/x"]


def one(rng, *choices):
    return rng.choice(choices)


def quoted(text):
    """A text in double quotes, where a backslash is what the text has of one."""
    return '"' + text.replace('"', '\\"') + '"'


def written(rng, text):
    """A text as one may write it: mostly in quotes."""
    return text if rng.random() < 0.15 else quoted(text)


def port(rng):
    digits = lambda: one(rng, *DIGITS) if rng.random() < 0.3 else one(rng, "80", "443", "8080", "9000")
    span = lambda: one(rng, digits(), f"{digits()}-{digits()}", "3000-3002", "8000-8002")
    text = span()
    if rng.random() < 0.6:
        text = f"{one(rng, span(), digits(), '')}:{text}"
        if rng.random() < 0.4:
            text = f"{one(rng, *ADDRESSES)}:{text}"
    if rng.random() < 0.4:
        text += one(rng, "/tcp", "/udp", "/sctp", "/TCP", "/", "/x", "/tcp/udp", "/ tcp")
    return one(rng, text, text, text, f" {text}", f"{text} ")


def volume(rng):
    parts = [one(rng, *PATHS) for _ in range(one(rng, 1, 2, 2, 2))]
    if rng.random() < 0.4:
        parts.append(one(rng, "ro", "rw", "z", "Z", "ro,z", "rw,ro", "nocopy", "rshared", "x", "", "ro:rw", "cached", "ro, z", "RO", "volume-nocopy"))
    return ":".join(parts)


def host(rng):
    address = one(rng, *ADDRESSES, "host-gateway", "1.2.3.4,5.6.7.8", "[]", "[a]", "[[::1]]")
    return one(rng, *NAMES) + one(rng, ":", "=", "", " = ", ": ", "==", "::") + address


def device(rng):
    return ":".join(one(rng, "/dev/a", "/dev/b", "a", "", "vendor.com/class=gpu", "rwm", "r", "x") for _ in range(one(rng, 1, 1, 2, 3, 4)))


def shell(rng):
    pieces = ["a", "b c", " ", "  ", "'", "''", "'a b'", '\\"', '\\"a b\\"', "\\\\", "\\\\ ", "\\\\n", "\\n", "$$", "$$(", ")", "(", "`", "`a`", ";", "&&", "|", ">", "2>", "<", "#", "=", "é", "\\t", "~", "*", "{a,b}", "$$(a b)", "$$A"]
    return "".join(one(rng, *pieces) for _ in range(rng.randint(0, 5)))


def template(rng, depth=0):
    word = one(rng, "SET", "EMPTY", "UNSET", "NUMBER", "1A", "A.B", "", "é", "_")
    inner = template(rng, depth + 1) if depth < 2 and rng.random() < 0.4 else one(rng, "", "x", "a b", "}", "{", "{}", "$$", ":", "-", "?", "\\n", "'")
    form = one(rng, "${%s}", "${%s:-%s}", "${%s-%s}", "${%s:+%s}", "${%s+%s}", "${%s:?%s}", "${%s?%s}", "$%s", "$$%s", "${%s", "$ %s", "${ %s }", "${%s:=%s}", "${%s/%s}", "$(%s)")
    text = form % ((word, inner) if form.count("%s") == 2 else word)
    return one(rng, "", "a", "$$", "}", " ") + text + one(rng, "", "b", "$", "$$", "}", "{")


def assignment(rng):
    return one(rng, *NAMES, "K") + one(rng, "", "=", "=", "= ", " =", "==") + one(rng, "", "v", "1", " v", "'v'", "a=b", "$$x", "é")


# Each path with what may stand there: values of a kind, or of a form of its own.
def of(values):
    return lambda rng: one(rng, *values)


def texts(make):
    return lambda rng: written(rng, make(rng))


def lists(make):
    return lambda rng: "[" + ", ".join(one(rng, quoted(make(rng)), quoted(make(rng)), one(rng, *ODD)) for _ in range(rng.randint(0, 3))) + "]"


def maps(make, name=lambda rng: one(rng, *NAMES, "K")):
    return lambda rng: "{" + ", ".join(f"{quoted(str(at or '') + name(rng))}: {make(rng)}" for at in range(rng.randint(0, 3))) + "}"


ANY = of(ODD)
PLAIN_LISTS = lists(lambda rng: one(rng, *NAMES))
PAIRS = lambda rng: one(rng, lists(assignment), maps(ANY))(rng)
FIELDS = {
    "annotations": PAIRS,
    "attach": ANY,
    "blkio_config.weight": ANY,
    "blkio_config.weight_device": lambda rng: f"[{{path: /dev/a, weight: {one(rng, *ODD)}}}]",
    "blkio_config.device_read_bps": lambda rng: f"[{{path: {one(rng, '/dev/a', *ODD[:20])}, rate: {one(rng, *SIZES)}}}]",
    "blkio_config.device_write_iops": lambda rng: f"[{{path: /dev/a, rate: {one(rng, *ODD)}}}]",
    "build": lambda rng: one(rng, quoted(one(rng, *PATHS)), one(rng, *ODD), "{context: %s}" % quoted(one(rng, *PATHS))),
    "build.additional_contexts": lambda rng: one(rng, lists(lambda rng: one(rng, *NAMES) + one(rng, "=", "", "==") + one(rng, *PATHS, "https://x/y", "docker-image://a", "service:nope", "target:x")), maps(texts(lambda rng: one(rng, *PATHS))))(rng),
    "build.args": PAIRS,
    "build.cache_from": PLAIN_LISTS,
    "build.dockerfile": ANY,
    "build.dockerfile_inline": ANY,
    "build.entitlements": PLAIN_LISTS,
    "build.extra_hosts": lambda rng: one(rng, lists(host), maps(texts(lambda rng: one(rng, *ADDRESSES))))(rng),
    "build.isolation": ANY,
    "build.labels": PAIRS,
    "build.network": ANY,
    "build.no_cache": ANY,
    "build.no_cache_filter": lambda rng: one(rng, PLAIN_LISTS, ANY)(rng),
    "build.platforms": PLAIN_LISTS,
    "build.privileged": ANY,
    "build.provenance": ANY,
    "build.pull": ANY,
    "build.sbom": ANY,
    "build.secrets": lambda rng: lists(lambda rng: one(rng, *NAMES))(rng),
    "build.shm_size": of(SIZES),
    "build.ssh": lambda rng: one(rng, lists(lambda rng: one(rng, "default", "a", "a=/b", "=b", "a=", "default=x")), maps(ANY), ANY)(rng),
    "build.tags": PLAIN_LISTS,
    "build.target": ANY,
    "build.ulimits": maps(ANY, lambda rng: "nofile"),
    "cap_add": PLAIN_LISTS,
    "cap_drop": PLAIN_LISTS,
    "cgroup": ANY,
    "cgroup_parent": ANY,
    "command": lambda rng: one(rng, texts(shell), lists(shell), ANY)(rng),
    "configs": lambda rng: one(rng, PLAIN_LISTS(rng), f"[{{source: {one(rng, *ODD)}}}]", f"[{{source: a, mode: {one(rng, *ODD)}}}]", f"[{{target: {one(rng, *ODD)}}}]"),
    "container_name": ANY,
    "cpu_count": ANY,
    "cpu_percent": of(CPUS),
    "cpu_period": lambda rng: one(rng, *ODD, *DURATIONS),
    "cpu_quota": lambda rng: one(rng, *ODD, *DURATIONS),
    "cpu_rt_period": lambda rng: one(rng, *ODD, *DURATIONS),
    "cpu_rt_runtime": lambda rng: one(rng, *ODD, *DURATIONS),
    "cpu_shares": ANY,
    "cpus": of(CPUS),
    "cpuset": ANY,
    "credential_spec": maps(ANY, lambda rng: one(rng, "config", "file", "registry")),
    "depends_on": lambda rng: one(rng, PLAIN_LISTS(rng), ANY(rng), f"{{s@: {one(rng, *ODD)}}}", f"{{b: {{condition: {one(rng, *ODD, 'service_started', 'service_healthy')}, required: false}}}}"),
    "deploy.endpoint_mode": ANY,
    "deploy.labels": PAIRS,
    "deploy.mode": lambda rng: one(rng, *ODD, "global", "replicated", "replicated-job"),
    "deploy.placement.constraints": PLAIN_LISTS,
    "deploy.placement.max_replicas_per_node": ANY,
    "deploy.placement.preferences": lambda rng: f"[{{spread: {one(rng, *ODD)}}}]",
    "deploy.replicas": ANY,
    "deploy.resources.limits.cpus": of(CPUS),
    "deploy.resources.limits.memory": of(SIZES),
    "deploy.resources.limits.pids": ANY,
    "deploy.resources.reservations.cpus": of(CPUS),
    "deploy.resources.reservations.devices": lambda rng: f"[{{capabilities: [gpu], {one(rng, 'count', 'device_ids', 'driver', 'options')}: {one(rng, *ODD, 'all', 'ALL')}}}]",
    "deploy.resources.reservations.generic_resources": lambda rng: f"[{{discrete_resource_spec: {{kind: {one(rng, *ODD)}, value: {one(rng, *ODD)}}}}}]",
    "deploy.resources.reservations.memory": of(SIZES),
    "deploy.restart_policy.condition": ANY,
    "deploy.restart_policy.delay": of(DURATIONS),
    "deploy.restart_policy.max_attempts": ANY,
    "deploy.restart_policy.window": of(DURATIONS),
    "deploy.update_config.delay": of(DURATIONS),
    "deploy.update_config.failure_action": ANY,
    "deploy.update_config.max_failure_ratio": of(CPUS),
    "deploy.update_config.monitor": of(DURATIONS),
    "deploy.update_config.order": lambda rng: one(rng, *ODD, "start-first", "stop-first"),
    "deploy.update_config.parallelism": ANY,
    "develop.watch": lambda rng: f"[{{path: {quoted(one(rng, *PATHS))}, action: {one(rng, 'sync', 'rebuild', 'restart', *ODD)}, target: {one(rng, *ODD)}}}]",
    "device_cgroup_rules": PLAIN_LISTS,
    "devices": lambda rng: one(rng, lists(device)(rng), f"[{{source: {one(rng, *ODD)}, target: {one(rng, *ODD)}}}]"),
    "dns": lambda rng: one(rng, lists(lambda rng: one(rng, *ADDRESSES)), ANY)(rng),
    "dns_opt": PLAIN_LISTS,
    "dns_search": lambda rng: one(rng, PLAIN_LISTS, ANY)(rng),
    "domainname": ANY,
    "entrypoint": lambda rng: one(rng, texts(shell), lists(shell), ANY)(rng),
    "env_file": lambda rng: one(rng, *ODD, "{path: a}", "[{path: a, required: false}]", "[{path: a, required: %s}]" % one(rng, *ODD), "[{path: a, required: false, format: %s}]" % one(rng, *ODD)),
    "environment": PAIRS,
    "expose": lists(port),
    "external_links": lists(lambda rng: one(rng, *NAMES)),
    "extra_hosts": lambda rng: one(rng, lists(host)(rng), maps(texts(lambda rng: one(rng, *ADDRESSES)))(rng), maps(ANY)(rng)),
    "gpus": lambda rng: one(rng, *ODD, "all", f"[{{count: {one(rng, *ODD, 'all')}}}]", f"[{{device_ids: {one(rng, *ODD)}}}]", f"[{{capabilities: {one(rng, *ODD)}}}]", f"[{{options: {one(rng, *ODD)}}}]"),
    "group_add": lists(lambda rng: one(rng, *NAMES, "1000")),
    "healthcheck.disable": ANY,
    "healthcheck.interval": of(DURATIONS),
    "healthcheck.retries": ANY,
    "healthcheck.start_interval": of(DURATIONS),
    "healthcheck.start_period": of(DURATIONS),
    "healthcheck.test": lambda rng: one(rng, texts(shell), lists(lambda rng: one(rng, "CMD", "CMD-SHELL", "NONE", "a")), ANY)(rng),
    "healthcheck.timeout": of(DURATIONS),
    "hostname": ANY,
    "image": ANY,
    "init": ANY,
    "ipc": ANY,
    "isolation": ANY,
    "label_file": of([value for value in ODD if "a" not in value]),
    "labels": PAIRS,
    "links": lists(lambda rng: one(rng, "s@", "s@:a", *NAMES)),
    "logging.driver": ANY,
    "logging.options": maps(ANY),
    "mac_address": ANY,
    "mem_limit": of(SIZES),
    "mem_reservation": of(SIZES),
    "mem_swappiness": lambda rng: one(rng, *SIZES, *ODD),
    "memswap_limit": of(SIZES),
    "network_mode": lambda rng: one(rng, *ODD, "host", "none", "bridge", "service:s@", "service:", "container:", "container:a"),
    "networks": lambda rng: one(rng, *ODD, "[default]", f"{{default: {one(rng, *ODD)}}}", f"{{default: {{ipv4_address: {one(rng, *ODD, *ADDRESSES[:2])}}}}}", f"{{default: {{aliases: {one(rng, *ODD)}}}}}", f"{{default: {{priority: {one(rng, *ODD)}}}}}", f"{{default: {{mac_address: {one(rng, *ODD)}}}}}", f"{{default: {{driver_opts: {one(rng, *ODD)}}}}}"),
    "oom_kill_disable": ANY,
    "oom_score_adj": ANY,
    "pid": ANY,
    "pids_limit": ANY,
    "platform": ANY,
    "ports": lambda rng: one(rng, lists(port)(rng), f"[{one(rng, *ODD)}]", "[{target: %s}]" % one(rng, *ODD), "[{target: 80, published: %s}]" % one(rng, *ODD, "8080-8082"), "[{target: 80, host_ip: %s}]" % quoted(one(rng, *ADDRESSES)), "[{target: 80, protocol: %s}]" % one(rng, *ODD), "[{target: 80, mode: %s}]" % one(rng, *ODD), "[{target: 80, name: %s, app_protocol: %s}]" % (one(rng, *ODD), one(rng, *ODD))),
    "post_start": lambda rng: f"[{{command: {one(rng, texts(shell), lists(shell), ANY)(rng)}, {one(rng, 'user', 'privileged', 'environment', 'working_dir')}: {one(rng, *ODD)}}}]",
    "pre_start": lambda rng: f"[{{image: i, {one(rng, 'command', 'environment', 'per_replica', 'mem_limit', 'ports')}: {one(rng, *ODD)}}}]",
    "privileged": ANY,
    "profiles": PLAIN_LISTS,
    "provider": lambda rng: f"{{type: {one(rng, 'a', *ODD)}, options: {one(rng, *ODD)}}}",
    "pull_policy": lambda rng: one(rng, *ODD, "always", "never", "missing", "if_not_present", "build", "daily", "weekly", "every_1h", "every_1d", "every_x", "every_"),
    "read_only": ANY,
    "restart": lambda rng: one(rng, *ODD, "always", "on-failure", "on-failure:3", "on-failure:x", "unless-stopped", "'no'"),
    "runtime": ANY,
    "scale": ANY,
    "secrets": lambda rng: one(rng, PLAIN_LISTS(rng), "[{}]", f"[{{source: {one(rng, *ODD)}}}]", f"[{{source: s@, mode: {one(rng, *ODD)}}}]", f"[{{target: {one(rng, *ODD)}}}]", f"[{{source: s@, uid: {one(rng, *ODD)}, target: {one(rng, *ODD)}}}]"),
    "security_opt": PLAIN_LISTS,
    "shm_size": of(SIZES),
    "stdin_open": ANY,
    "stop_grace_period": of(DURATIONS),
    "stop_signal": ANY,
    "storage_opt": lambda rng: one(rng, maps(ANY), ANY)(rng),
    "sysctls": PAIRS,
    "tmpfs": lambda rng: one(rng, lists(lambda rng: one(rng, *PATHS)), ANY)(rng),
    "tty": ANY,
    "ulimits": lambda rng: f"{{{one(rng, 'nofile', 'nproc', 'é', 'A')}: {one(rng, *ODD, '{soft: %s, hard: 1}' % one(rng, *ODD), '{soft: 1, hard: %s}' % one(rng, *ODD), '{soft: 1}')}}}",
    "use_api_socket": ANY,
    "user": ANY,
    "userns_mode": ANY,
    "uts": ANY,
    "volumes": lambda rng: one(rng, lists(volume)(rng), f"[{quoted(volume(rng))}]", f"[{{type: {one(rng, 'bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image', *ODD)}, source: {quoted(one(rng, *PATHS))}, target: {quoted(one(rng, *PATHS))}}}]", f"[{{type: tmpfs, target: /a, tmpfs: {{{one(rng, 'size', 'mode')}: {one(rng, *SIZES, *ODD)}}}}}]", f"[{{type: bind, source: /b, target: /a, bind: {{{one(rng, 'create_host_path', 'propagation', 'selinux', 'recursive')}: {one(rng, *ODD)}}}}}]", f"[{{type: volume, target: /a, volume: {{{one(rng, 'nocopy', 'subpath', 'labels')}: {one(rng, *ODD)}}}}}]", f"[{{type: bind, source: /b, target: /a, {one(rng, 'read_only', 'consistency')}: {one(rng, *ODD)}}}]"),
    "volumes_from": lists(lambda rng: one(rng, "s@", "s@:ro", "container:a", *NAMES)),
    "working_dir": ANY,
}
TOPS = {
    "networks": {"name": ANY, "driver": ANY, "external": ANY, "internal": ANY, "attachable": ANY, "enable_ipv4": ANY, "enable_ipv6": ANY, "labels": PAIRS, "driver_opts": maps(ANY), "ipam": lambda rng: f"{{{one(rng, 'driver', 'options', 'config')}: {one(rng, *ODD)}}}", "ipam.config": lambda rng: f"[{{{one(rng, 'subnet', 'gateway', 'ip_range', 'aux_addresses')}: {one(rng, *ODD, '10.0.0.0/8', '10.0.0.1')}}}]"},
    "volumes": {"name": ANY, "driver": ANY, "external": ANY, "labels": PAIRS, "driver_opts": maps(ANY)},
    "secrets": {"name": ANY, "file": texts(lambda rng: one(rng, *PATHS)), "environment": ANY, "external": ANY, "labels": PAIRS, "driver": ANY, "driver_opts": maps(ANY), "template_driver": ANY},
    "configs": {"name": ANY, "file": texts(lambda rng: one(rng, *PATHS)), "environment": ANY, "content": ANY, "external": ANY, "labels": PAIRS, "template_driver": ANY},
    "models": {"model": ANY, "context_size": ANY, "runtime_flags": PLAIN_LISTS, "name": ANY},
}


def nested(path, value):
    """A value in flow mappings below the first name of its path."""
    first, *rest = path.split(".")
    for name in reversed(rest):
        value = f"{{{name}: {value}}}"
    return f"{first}: {value}"


def fields(rng):
    path = one(rng, *FIELDS)
    return {"service": nested(path, FIELDS[path](rng))}


def odd_fields(rng):
    """Any value in any field, where a value of its kind would mostly do no harm."""
    return {"service": nested(one(rng, *FIELDS), one(rng, *ODD))}


def overrides(rng):
    """A field in two files, the second laid over the first."""
    path = one(rng, *FIELDS)
    first, second = (nested(path, FIELDS[path](rng).replace("@", "")) for _ in range(2))
    image = "" if path.startswith("build") else "    image: i\n"
    top = lambda line: f"services:\n  s:\n{image}    {line}\n"
    return {"whole": top(first), "files": {"compose.override.yaml": top(second)}, "joins": False}


SHORT = ["ports", "volumes", "expose", "extra_hosts", "devices", "command", "entrypoint", "healthcheck.test", "environment", "labels", "ulimits", "secrets", "configs", "networks", "env_file", "build", "build.ssh", "build.additional_contexts", "build.args", "dns", "tmpfs", "gpus", "mem_limit", "shm_size", "stop_grace_period", "cpus", "pull_policy", "restart"]


def short_forms(rng):
    path = one(rng, *SHORT)
    return {"service": nested(path, FIELDS[path](rng))}


def heads(rng):
    """What stands above the sections of a file."""
    return one(
        rng,
        f"name: {one(rng, *ODD, *NAMES[:4])}\n",
        f"version: {one(rng, *ODD)}\n",
        f"include: {one(rng, '[]', '[~]', '[{}]', '[1]', '', *ODD)}\n",
        f"jobs: {{j: {{image: i, triggers: {one(rng, '{manual: true}', '{manual: %s}' % one(rng, *ODD), '{schedule: [%s]}' % one(rng, *ODD), *ODD)}}}}}\n",
        f"networks: {one(rng, *ODD)}\n",
        f"{one(rng, 'secrets', 'volumes', 'models', 'configs', 'x-a', 'x-', 'X-a', 'a')}: {one(rng, *ODD)}\n",
    )


def top_level(rng):
    if rng.random() < 0.2:
        return {"whole": heads(rng) + "services: {a: {image: i}}\n", "joins": False}
    section = one(rng, *TOPS)
    path = one(rng, *TOPS[section])
    value = TOPS[section][path](rng)
    more = one(rng, "", "", "external: true, ", "driver: local, ") if section != "models" else "model: a, "
    if section in ("secrets", "configs") and path != "file":
        more = one(rng, "file: /f, ", "environment: E, ", "")
    body = f"{{{more}{nested(path, value)}}}" if rng.random() < 0.9 else one(rng, *ODD)
    return {"whole": f"services: {{a: {{image: i}}}}\n{section}:\n  n: {body}\n", "joins": False}


def templates(rng):
    value = quoted(template(rng).replace('"', ""))
    return {"service": one(rng, f"hostname: {value}", f"labels: [{value}]", f"environment: {{K: {value}}}", f"ports: [{value}]", f"privileged: {value}", f"scale: {value}", f"mem_limit: {value}", f"command: {value}")}


# YAML: values as they may be typed, in the places where a value can be.
PIECES = ["a", "b", "1", "0", ":", ": ", " :", ",", ", ", "[", "]", "{", "}", "#", " #", "&", "&a ", "*", "*a", "!", "!a ", "!!str ", "|", ">", "'", '"', "''", "%", "@", "`", "-", "- ", "?", "? ", ".", "_", "+", "~", "=", "<", "<<", "\t", " ", "\n", "\n  ", "é", "\x7f", "\xa0", "\u2028", "\x85", "\ufeff", "\\", "\r\n", "\r", "...", "---", "--- ", "::", "//", "$$", "x:y", "/a", "0x1", "1e3", ".5", "-0", "null", "true", "2024-01-02"]
NUMBERS = "0123456789_.eExXoObB+-:"
TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!set", "!!omap", "!!seq", "!!map", "!!merge", "!!foo", "!foo", "!", "!!", "!a!b", "!<a>", "!<tag:yaml.org,2002:int>", "!<!foo>", "!<>", "!%41", "!a%", "!a,b", "!é", "&x", "&x.y", "&é", "&", "&a*b", "!foo &y", "&y !!str", "!reset", "!override"]
ESCAPES = ["\\" + c for c in "0abtnvfre \"/\\N_LPxuU'$.1\n\t"] + ["\\x41", "\\xzz", "\\u00e9", "\\ud800", "\\U0001F600", "\\U00110000", "\\u12"]


def plain(rng):
    kind = rng.random()
    if kind < 0.25:
        return "".join(one(rng, *NUMBERS) for _ in range(rng.randint(1, 6)))
    if kind < 0.4:
        return one(rng, *ODD)
    if kind < 0.55:
        return f"{one(rng, *TAGS)} {one(rng, *ODD, '', 'a')}"
    if kind < 0.65:
        pieces = "".join(one(rng, *ESCAPES, "a", " ", "\n   ", "'", "\n\n ") for _ in range(rng.randint(1, 4)))
        return one(rng, f'"{pieces}"', f"'{pieces}'")
    return "".join(one(rng, *PIECES) for _ in range(rng.randint(1, 5)))


def scalars(rng):
    value = plain(rng)
    place = one(rng, "labels: {k: %s}", "labels: {k: %s, l: m}", "labels:\n  k: %s", "labels:\n  k: %s\n  l: m", "command: [%s]", "command: [%s, b]", "command: [a, %s]", "command:\n- %s", "command:\n  - %s\n  - b", "environment: {%s: 1}", "environment:\n  %s: 1", "environment:\n  ? %s\n  : 1", "hostname: %s", "dns: [%s]", "extra_hosts: {h: [%s]}", "labels: {%s}", "command: [a, {%s}]", "labels:\n  %s")
    return {"service": place % value}


def extensions(rng):
    """Values that keep their types in the model."""
    value = plain(rng)
    place = one(rng, "x-@: %s\n", "x-@: [%s]\n", "x-@: [%s, b]\n", "x-@: {k: %s}\n", "x-@: {%s: k}\n", "x-@:\n  k: %s\n", "x-@:\n- %s\n", "x-@:\n  %s\n", "x-@: {%s}\n", "x-@:\n  %s: 1\n")
    return {"top": place % value}


def blocks(rng):
    header = one(rng, "|", ">") + one(rng, "", "", "-", "+", "2", "1", "4", "-2", "2+", "0", "+-", "x", " # c", "\t", "#c")
    line = lambda: " " * rng.randint(0, 6) + one(rng, "a", "a b", "", "", "\t", "# c", "- x", "a: b", " ", "\ta", "...", "é", "---")
    body = "\n".join(line() for _ in range(rng.randint(0, 5)))
    place = one(rng, "x-@: %s\n%s\n", "x-@:\n  k: %s\n%s\n", "x-@:\n- %s\n%s\n", "x-@:\n  - k: %s\n%s\n  - b\n", "x-@: %s\n%s")
    return {"top": place % (header, body), "joins": not place.endswith("%s")}


def structures(rng):
    """Whole files out of lines that may not fit to each other."""
    lines = ["services:", "  a:", "    image: i", "    labels:", "      k: v", "    command:", "    - a", "    - b", "      - c", "  b: {image: i}", "  c:", "    image: &i i", "    <<: *x", "  <<: *x", "    <<: [*x, {image: j}]", "x-a: &x", "  image: k", "x-b: [a,", "  b]", "x-c: {a: 1,", "  b: 2}", "x-d:", "- a", "- - a", "  - b", "- a: b", "  c: d", "---", "...", "--- # c", "# c", "", "\t", "\t# c", "  # c", "%YAML 1.1", "%YAML 1.2", "%TAG ! !a", "? a", ": b", "? x-e", ": - a", "x-f: >", "  text", "x-g: 'a", "  b'", 'x-h: "a\\', '  b"', "name: n", "version: '3'", "x-i: *i", "x-j: !!map", "x-k: !reset {}", "\u00a0", "x-l: a", "  b", "x-m: a #b", "x-n: [? a : b, c: d]", "x-o: {a, b: , : c}", "*i : x", "x-p: &p", "x-q: &q [*q]", "x-r: {a: &r 1, b: *r}"]
    kept = ["services:", "  a:", "    image: i"]
    for _ in range(rng.randint(1, 6)):
        kept.insert(rng.randint(0, len(kept)) if rng.random() < 0.5 else len(kept), one(rng, *lines))
    return {"whole": one(rng, "\n", "\n", "\n", "\r\n", "\n").join(kept) + one(rng, "\n", "\n", ""), "joins": False}


def dotenv_line(rng):
    name = one(rng, "V@", "V@", "export V@", "export\tV@", "V@ ", " V@", "V@.x", "V-@", "é@", "V@ W", "V@+", "1V@", "V\xa0@", "\xa0V@", "\u2003V@", "V@\xa0", "V@[0]", "exportV@", "#V@", "$V@")
    pieces = ["a", "b", " ", "  ", "#", " #", "'", '"', "\\", "\\n", "\\t", "\\$$", '\\"', "\\'", "$SET", "${SET}", "${UNSET:-x}", "${UNSET}", "$$", "$", "${", "}", "=", ":", "\t", "\xa0", "\x85", "\u2003", "\n", "é", "\\\\", "\\0101", "\\x41", "\r", "\v", "\f", "\\a", "\\c", "\\0", "\\0777", "{}", "`", "\ufeff"]
    value = "".join(one(rng, *pieces) for _ in range(rng.randint(0, 5)))
    quote = one(rng, "", "", "'", '"', '"')
    value = f"{quote}{value}{quote}" + one(rng, "", "", "", " # c", " x", "x", "#c", "\xa0", "\t")
    return name + one(rng, "=", "=", "=", " = ", ":", ": ", "", "=\xa0", "==") + value + one(rng, "\n", "\n", "\n", "\r\n", "")


def env_files(rng):
    text = "".join(dotenv_line(rng) for _ in range(rng.randint(1, 3)))
    service = one(rng, "env_file: e@.env", "env_file: e@.env", "label_file: e@.env", "env_file: [{path: e@.env, format: raw}]")
    return {"service": service, "files": {"e@.env": text}}


def dotenv(rng):
    text = "".join(dotenv_line(rng).replace("@", "") for _ in range(rng.randint(1, 3)))
    return {"whole": "services: {a: {image: i, environment: {V: '${V-none}', W: '${W-none}', E: '${export-none}'}}}\n", "files": {".env": text}, "joins": False}


# Each family with its share of the cases.
FAMILIES = {
    "fields": (fields, 5),
    "odd values": (odd_fields, 2),
    "short forms": (short_forms, 3),
    "top level": (top_level, 1),
    "overrides": (overrides, 3),
    "templates": (templates, 1),
    "scalars": (scalars, 2),
    "extensions": (extensions, 2),
    "blocks": (blocks, 1),
    "structures": (structures, 1),
    "env files": (env_files, 1),
    "dotenv": (dotenv, 1),
}
