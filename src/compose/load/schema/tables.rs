//! The keys of a Compose file and what each may hold, after the Compose specification, section by section.

use super::Type::{Any, Bool, Fits, Integer, List, Names, Null, Number, OneOf, Range, Text, Unique, Words};
use super::{Keys, Type};

type Entries = &'static [(&'static str, Type)];

const fn closed(groups: &'static [Entries]) -> Keys {
    Keys {
        groups,
        required: &[],
        open: false,
        not_empty: false,
    }
}

const fn with(groups: &'static [Entries], required: &'static [&'static str]) -> Keys {
    Keys {
        groups,
        required,
        open: false,
        not_empty: false,
    }
}

const TEXTS: Type = Unique(&Text);
const TEXT_LIST: Type = List(&Text);
const TEXT_OR_LIST: Type = OneOf(&[Text, TEXTS]);
const BOOL_TEXT: Type = OneOf(&[Bool, Text]);
const NUMBER_TEXT: Type = OneOf(&[Number, Text]);
const INTEGER_TEXT: Type = OneOf(&[Integer, Text]);
const SCALAR: Type = OneOf(&[Text, Number, Bool]);
/// Names with values, as a mapping or as a list of `NAME=VALUE`.
const KV: Type = OneOf(&[Names(not_empty, &OneOf(&[Text, Number, Bool, Null])), TEXTS]);
const COMMAND: Type = OneOf(&[Null, Text, TEXT_LIST]);
const OPTIONS: Type = Names(any_name, &OneOf(&[Text, Number]));
const HOSTS: Type = OneOf(&[Names(not_empty, &OneOf(&[Text, TEXT_LIST])), TEXTS]);
const ULIMITS: Type = Type::Matching(is_lower_case, &OneOf(&[INTEGER_TEXT, Type::Keys(&ULIMIT)]));

fn any_name(_: &str) -> bool {
    true
}

fn is_lower_case(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// `.+`, in which the point stands for anything but a line break.
fn not_empty(name: &str) -> bool {
    name.bytes().any(|byte| byte != b'\n')
}

/// `^[a-zA-Z0-9._-]+$`
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Two neighbouring characters of which the first is a letter or a digit and the second one that a name may have: what
/// the published pattern comes down to, since it is not anchored.
fn is_container_name(name: &str) -> bool {
    let pairs = name.as_bytes().windows(2);
    pairs
        .into_iter()
        .any(|pair| pair[0].is_ascii_alphanumeric() && (pair[1].is_ascii_alphanumeric() || b"_.-".contains(&pair[1])))
}

fn is_pull_policy(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        "always",
        "never",
        "build",
        "if_not_present",
        "missing",
        "refresh",
        "daily",
    ];
    WORDS.contains(&text) || text == "weekly" || text.strip_prefix("every_").is_some_and(is_interval)
}

/// One or more of digits and a unit.
fn is_interval(text: &str) -> bool {
    let mut digits = 0;
    let fits = text.bytes().all(|byte| match byte {
        b'0'..=b'9' => {
            digits += 1;
            true
        }
        b'w' | b'd' | b'h' | b'm' | b's' => std::mem::take(&mut digits) > 0,
        _ => false,
    });
    fits && digits == 0 && !text.is_empty()
}

pub(super) static ROOT: Type = Type::Keys(&ROOT_KEYS);

pub(super) static ROOT_KEYS: Keys = Keys {
    groups: &[&[
        ("version", Text),
        ("name", Text),
        ("include", Any),
        ("services", Names(is_name, &Type::Keys(&SERVICE))),
        ("models", Names(is_name, &Type::Keys(&MODEL))),
        ("networks", Names(is_name, &OneOf(&[Null, Type::Keys(&NETWORK)]))),
        ("volumes", Names(is_name, &OneOf(&[Null, Type::Keys(&VOLUME)]))),
        ("secrets", Names(is_name, &Type::Keys(&SECRET))),
        ("configs", Names(is_name, &Type::Keys(&CONFIG))),
        ("jobs", Names(is_name, &Type::Keys(&JOB))),
    ]],
    required: &[],
    open: false,
    not_empty: false,
};

pub(super) static SERVICE: Keys = closed(&[CONTAINER, WORKLOAD, SERVICE_ONLY]);
static JOB: Keys = with(&[CONTAINER, WORKLOAD, JOB_ONLY], &["triggers"]);
static PRE_START: Keys = closed(&[CONTAINER, &[("per_replica", BOOL_TEXT)]]);

/// What a service, a job and a hook that runs in a container of its own have in common.
pub(super) const CONTAINER: Entries = &[
    ("annotations", KV),
    ("blkio_config", Type::Keys(&BLKIO)),
    ("cap_add", TEXTS),
    ("cap_drop", TEXTS),
    ("cgroup", Words(&["host", "private"])),
    ("cgroup_parent", Text),
    ("command", COMMAND),
    ("configs", List(&OneOf(&[Text, Type::Keys(&FILE_REFERENCE)]))),
    ("cpu_count", OneOf(&[Text, Range(0.0, f64::INFINITY)])),
    ("cpu_percent", OneOf(&[Text, Range(0.0, 100.0)])),
    ("cpu_period", NUMBER_TEXT),
    ("cpu_quota", NUMBER_TEXT),
    ("cpu_rt_period", NUMBER_TEXT),
    ("cpu_rt_runtime", NUMBER_TEXT),
    ("cpu_shares", NUMBER_TEXT),
    ("cpus", NUMBER_TEXT),
    ("cpuset", Text),
    (
        "credential_spec",
        Type::Keys(&closed(&[&[("config", Text), ("file", Text), ("registry", Text)]])),
    ),
    ("device_cgroup_rules", TEXTS),
    (
        "devices",
        List(&OneOf(&[
            Text,
            Type::Keys(&with(
                &[&[("source", Text), ("target", Text), ("permissions", Text)]],
                &["source"],
            )),
        ])),
    ),
    ("dns", TEXT_OR_LIST),
    ("dns_opt", TEXTS),
    ("dns_search", TEXT_OR_LIST),
    ("domainname", Text),
    ("entrypoint", COMMAND),
    ("env_file", OneOf(&[Text, List(&OneOf(&[Text, Type::Keys(&ENV_FILE)]))])),
    ("environment", KV),
    ("extra_hosts", HOSTS),
    (
        "gpus",
        OneOf(&[Words(&["all"]), List(&Type::Keys(&OPEN_DEVICE_REQUEST))]),
    ),
    ("group_add", Unique(&OneOf(&[Text, Number]))),
    ("hostname", Text),
    ("image", Text),
    ("init", BOOL_TEXT),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", OneOf(&[Text, TEXT_LIST])),
    ("labels", KV),
    (
        "logging",
        Type::Keys(&closed(&[&[
            ("driver", Text),
            ("options", Names(any_name, &OneOf(&[Text, Number, Null]))),
        ]])),
    ),
    ("mac_address", Text),
    ("mem_limit", NUMBER_TEXT),
    ("mem_reservation", INTEGER_TEXT),
    ("mem_swappiness", INTEGER_TEXT),
    ("memswap_limit", NUMBER_TEXT),
    (
        "models",
        OneOf(&[
            TEXTS,
            Names(
                is_name,
                &OneOf(&[
                    Null,
                    Type::Keys(&closed(&[&[("endpoint_var", Text), ("model_var", Text)]])),
                ]),
            ),
        ]),
    ),
    ("network_mode", Text),
    (
        "networks",
        OneOf(&[TEXTS, Names(is_name, &OneOf(&[Null, Type::Keys(&ATTACHMENT)]))]),
    ),
    ("oom_kill_disable", BOOL_TEXT),
    ("oom_score_adj", OneOf(&[Text, Range(-1000.0, 1000.0)])),
    ("pid", OneOf(&[Text, Null])),
    ("pids_limit", NUMBER_TEXT),
    ("platform", Text),
    ("privileged", BOOL_TEXT),
    (
        "pull_policy",
        Fits(
            is_pull_policy,
            "one of always, never, build, missing, refresh, daily, weekly or every_ and a time such as 12h",
        ),
    ),
    ("pull_refresh_after", Text),
    ("read_only", BOOL_TEXT),
    ("runtime", Text),
    ("secrets", List(&OneOf(&[Text, Type::Keys(&FILE_REFERENCE)]))),
    ("security_opt", TEXTS),
    ("shm_size", NUMBER_TEXT),
    ("stop_grace_period", Text),
    ("stop_signal", Text),
    ("storage_opt", Names(any_name, &Any)),
    ("sysctls", KV),
    ("tmpfs", TEXT_OR_LIST),
    ("ulimits", ULIMITS),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", Unique(&OneOf(&[Text, Type::Keys(&MOUNT)]))),
    ("volumes_from", TEXTS),
    ("working_dir", Text),
];

/// What a service and a job have in common beyond their container.
const WORKLOAD: Entries = &[
    ("build", OneOf(&[Text, Type::Keys(&BUILD)])),
    ("depends_on", OneOf(&[TEXTS, Names(is_name, &Type::Keys(&DEPENDENCY))])),
    ("expose", Unique(&OneOf(&[Text, Number]))),
    ("healthcheck", Type::Keys(&HEALTHCHECK)),
    ("ports", Unique(&OneOf(&[Number, Text, Type::Keys(&PORT)]))),
    ("stdin_open", BOOL_TEXT),
    ("tty", BOOL_TEXT),
];

const SERVICE_ONLY: Entries = &[
    ("attach", BOOL_TEXT),
    (
        "container_name",
        Fits(is_container_name, "a container name of at least two characters"),
    ),
    ("deploy", OneOf(&[Null, Type::Keys(&DEPLOY)])),
    ("develop", OneOf(&[Null, Type::Keys(&DEVELOP)])),
    (
        "extends",
        OneOf(&[
            Text,
            Type::Keys(&with(&[&[("service", Text), ("file", Text)]], &["service"])),
        ]),
    ),
    ("external_links", TEXTS),
    ("links", TEXTS),
    ("post_start", List(&Type::Keys(&HOOK))),
    ("pre_start", List(&Type::Keys(&PRE_START))),
    ("pre_stop", List(&Type::Keys(&HOOK))),
    ("profiles", TEXTS),
    (
        "provider",
        Type::Keys(&with(
            &[&[
                ("type", Text),
                ("options", Names(any_name, &OneOf(&[SCALAR, List(&SCALAR)]))),
            ]],
            &["type"],
        )),
    ),
    ("restart", Text),
    ("scale", INTEGER_TEXT),
];

const JOB_ONLY: Entries = &[
    ("profiles", TEXTS),
    (
        "triggers",
        Type::Keys(&Keys {
            groups: &[&[
                ("manual", BOOL_TEXT),
                ("schedule", List(&OneOf(&[Text, Type::Keys(&SCHEDULE)]))),
            ]],
            required: &[],
            open: false,
            not_empty: true,
        }),
    ),
];

static SCHEDULE: Keys = with(
    &[&[
        ("cron", Text),
        ("timezone", Text),
        ("concurrency", Words(&["forbid", "queue"])),
        ("missed_fires", Words(&["one", "skip"])),
    ]],
    &["cron"],
);

const WEIGHTS: Type = List(&Type::Keys(&closed(&[&[("path", Text), ("weight", INTEGER_TEXT)]])));
const RATES: Type = List(&Type::Keys(&closed(&[&[("path", Text), ("rate", INTEGER_TEXT)]])));

static BLKIO: Keys = closed(&[&[
    ("weight", INTEGER_TEXT),
    ("weight_device", WEIGHTS),
    ("device_read_bps", RATES),
    ("device_read_iops", RATES),
    ("device_write_bps", RATES),
    ("device_write_iops", RATES),
]]);

/// An entry of a service's `configs` or `secrets`.
static FILE_REFERENCE: Keys = closed(&[&[
    ("source", Text),
    ("target", Text),
    ("uid", Text),
    ("gid", Text),
    ("mode", NUMBER_TEXT),
]]);

static ENV_FILE: Keys = with(
    &[&[("path", Text), ("format", Text), ("required", BOOL_TEXT)]],
    &["path"],
);

static ULIMIT: Keys = with(&[&[("soft", INTEGER_TEXT), ("hard", INTEGER_TEXT)]], &["soft", "hard"]);

const DEVICE_REQUEST: Entries = &[
    ("capabilities", TEXTS),
    ("count", OneOf(&[Text, Integer])),
    ("device_ids", TEXTS),
    ("driver", Text),
    ("options", KV),
];

static OPEN_DEVICE_REQUEST: Keys = Keys {
    groups: &[DEVICE_REQUEST],
    required: &[],
    open: true,
    not_empty: false,
};

static ATTACHMENT: Keys = closed(&[&[
    ("aliases", TEXTS),
    ("driver_opts", OPTIONS),
    ("gw_priority", Number),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", TEXTS),
    ("mac_address", Text),
    ("priority", Number),
]]);

static MOUNT: Keys = with(
    &[&[
        ("type", Words(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
        ("source", Text),
        ("target", Text),
        ("consistency", Text),
        ("read_only", BOOL_TEXT),
        (
            "bind",
            Type::Keys(&closed(&[&[
                ("propagation", Text),
                ("create_host_path", BOOL_TEXT),
                ("recursive", Words(&["enabled", "disabled", "writable", "readonly"])),
                ("selinux", Words(&["z", "Z"])),
            ]])),
        ),
        (
            "volume",
            Type::Keys(&closed(&[&[("labels", KV), ("nocopy", BOOL_TEXT), ("subpath", Text)]])),
        ),
        (
            "tmpfs",
            Type::Keys(&closed(&[&[
                ("size", OneOf(&[Range(0.0, f64::INFINITY), Text])),
                ("mode", NUMBER_TEXT),
            ]])),
        ),
        ("image", Type::Keys(&closed(&[&[("subpath", Text)]]))),
    ]],
    &["type"],
);

static BUILD: Keys = closed(&[&[
    ("additional_contexts", OneOf(&[Names(not_empty, &Text), TEXTS])),
    ("args", KV),
    ("cache_from", TEXT_LIST),
    ("cache_to", TEXT_LIST),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", TEXT_LIST),
    ("extra_hosts", HOSTS),
    ("isolation", Text),
    ("labels", KV),
    ("network", Text),
    ("no_cache", BOOL_TEXT),
    ("no_cache_filter", TEXT_OR_LIST),
    ("platforms", TEXT_LIST),
    ("privileged", BOOL_TEXT),
    ("provenance", OneOf(&[Text, Bool])),
    ("pull", BOOL_TEXT),
    ("sbom", OneOf(&[Text, Bool])),
    ("secrets", List(&OneOf(&[Text, Type::Keys(&FILE_REFERENCE)]))),
    ("shm_size", INTEGER_TEXT),
    ("ssh", KV),
    ("tags", TEXT_LIST),
    ("target", Text),
    ("ulimits", ULIMITS),
]]);

static DEPENDENCY: Keys = with(
    &[&[
        (
            "condition",
            Words(&["service_started", "service_healthy", "service_completed_successfully"]),
        ),
        ("restart", BOOL_TEXT),
        ("required", Bool),
    ]],
    &["condition"],
);

static HEALTHCHECK: Keys = closed(&[&[
    ("disable", BOOL_TEXT),
    ("interval", Text),
    ("retries", NUMBER_TEXT),
    ("start_interval", Text),
    ("start_period", Text),
    ("test", OneOf(&[Text, TEXT_LIST])),
    ("timeout", Text),
]]);

static PORT: Keys = closed(&[&[
    ("app_protocol", Text),
    ("host_ip", Text),
    ("mode", Text),
    ("name", Text),
    ("protocol", Text),
    ("published", OneOf(&[Text, Integer])),
    ("target", INTEGER_TEXT),
]]);

const UPDATE: Type = Type::Keys(&closed(&[&[
    ("delay", Text),
    ("failure_action", Text),
    ("max_failure_ratio", NUMBER_TEXT),
    ("monitor", Text),
    ("order", Words(&["start-first", "stop-first"])),
    ("parallelism", INTEGER_TEXT),
]]));

static DEPLOY: Keys = closed(&[&[
    ("endpoint_mode", Text),
    ("labels", KV),
    ("mode", Text),
    (
        "placement",
        Type::Keys(&closed(&[&[
            ("constraints", TEXT_LIST),
            ("max_replicas_per_node", INTEGER_TEXT),
            ("preferences", List(&Type::Keys(&closed(&[&[("spread", Text)]])))),
        ]])),
    ),
    ("replicas", INTEGER_TEXT),
    (
        "resources",
        Type::Keys(&closed(&[&[
            (
                "limits",
                Type::Keys(&closed(&[&[
                    ("cpus", NUMBER_TEXT),
                    ("memory", Text),
                    ("pids", INTEGER_TEXT),
                ]])),
            ),
            ("reservations", Type::Keys(&RESERVATIONS)),
        ]])),
    ),
    (
        "restart_policy",
        Type::Keys(&closed(&[&[
            ("condition", Text),
            ("delay", Text),
            ("max_attempts", INTEGER_TEXT),
            ("window", Text),
        ]])),
    ),
    ("rollback_config", UPDATE),
    ("update_config", UPDATE),
]]);

static RESERVATIONS: Keys = closed(&[&[
    ("cpus", NUMBER_TEXT),
    (
        "devices",
        List(&Type::Keys(&with(&[DEVICE_REQUEST], &["capabilities"]))),
    ),
    (
        "generic_resources",
        List(&Type::Keys(&closed(&[&[(
            "discrete_resource_spec",
            Type::Keys(&closed(&[&[("kind", Text), ("value", NUMBER_TEXT)]])),
        )]]))),
    ),
    ("memory", Text),
]]);

static DEVELOP: Keys = closed(&[&[(
    "watch",
    List(&Type::Keys(&with(
        &[&[
            (
                "action",
                Words(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
            ),
            ("exec", Type::Keys(&HOOK)),
            ("ignore", TEXT_OR_LIST),
            ("include", TEXT_OR_LIST),
            ("initial_sync", Bool),
            ("path", Text),
            ("target", Text),
        ]],
        &["path", "action"],
    ))),
)]]);

static HOOK: Keys = with(
    &[&[
        ("command", COMMAND),
        ("environment", KV),
        ("privileged", BOOL_TEXT),
        ("user", Text),
        ("working_dir", Text),
    ]],
    &["command"],
);

const EXTERNAL: Type = OneOf(&[Bool, Text, Type::Keys(&closed(&[&[("name", Text)]]))]);
const EXTERNAL_FILE: Type = OneOf(&[
    Bool,
    Text,
    Type::Keys(&Keys {
        groups: &[&[("name", Text)]],
        required: &[],
        open: true,
        not_empty: false,
    }),
]);

static NETWORK: Keys = closed(&[&[
    ("attachable", BOOL_TEXT),
    ("driver", Text),
    ("driver_opts", OPTIONS),
    ("enable_ipv4", BOOL_TEXT),
    ("enable_ipv6", BOOL_TEXT),
    ("external", EXTERNAL),
    ("internal", BOOL_TEXT),
    (
        "ipam",
        Type::Keys(&closed(&[&[
            (
                "config",
                List(&Type::Keys(&closed(&[&[
                    ("aux_addresses", Names(any_name, &Text)),
                    ("gateway", Text),
                    ("ip_range", Text),
                    ("subnet", Text),
                ]]))),
            ),
            ("driver", Text),
            ("options", Names(any_name, &Text)),
        ]])),
    ),
    ("labels", KV),
    ("name", Text),
]]);

static VOLUME: Keys = closed(&[&[
    ("driver", Text),
    ("driver_opts", OPTIONS),
    ("external", EXTERNAL),
    ("labels", KV),
    ("name", Text),
]]);

/// What secrets and configs have in common.
const FILE_OBJECT: Entries = &[
    ("environment", Text),
    ("external", EXTERNAL_FILE),
    ("file", Text),
    ("labels", KV),
    ("name", Text),
    ("template_driver", Text),
];

static SECRET: Keys = closed(&[&[("driver", Text), ("driver_opts", OPTIONS)], FILE_OBJECT]);

static CONFIG: Keys = closed(&[&[("content", Text)], FILE_OBJECT]);

static MODEL: Keys = with(
    &[&[
        ("context_size", Integer),
        ("model", Text),
        ("name", Text),
        ("runtime_flags", TEXT_LIST),
    ]],
    &["model"],
);
