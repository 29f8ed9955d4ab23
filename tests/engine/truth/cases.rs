//! The cases of the truth table and what is right in each, written by hand.
//!
//! The services stand on [`PRELUDE`](crate::common::PRELUDE): `*box` is a shell; `*started`, `*healthy`, `*succeeded` are
//! conditions; `*probe` is a health check that succeeds once `/tmp/ok` is there, `*strict` one that does not wait for it long.
//! `echo deploy >>/ran/log` is how a stage proves that it ran.

/// A compose file and the commands that run it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// What is the case, as the table says it.
    pub(super) what: &'static str,
    /// The services, as YAML below `services:`.
    pub(super) file: String,
    /// The first line of compose that can read the file.
    pub(super) since: u32,
    /// The commands.
    pub(super) rows: Vec<Row>,
}

/// A command and what is right for it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What stands behind `towline`, or `docker compose`.
    pub(super) line: String,
    /// The right verdict.
    pub(super) right: Right,
    /// What must have run, in this order.
    pub(super) ran: &'static str,
    /// What must not have run.
    pub(super) never: &'static str,
    /// What somebody else does once `/ran/started` is there: a command of docker's and the stage whose container it is for.
    pub(super) meddles: &'static str,
}

/// The right verdict.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    /// Code 0.
    Passes,
    /// What the last line says: `stage=test outcome=failed code=42`.
    Fails(&'static str),
    /// Nothing runs, and this is the code.
    Refuses(i32),
}

impl Right {
    /// The exit code.
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Passes => 0,
            Self::Refuses(code) => code,
            Self::Fails(verdict) => {
                let code = verdict.rsplit_once("code=").map(|(_, code)| code.parse());
                code.expect("a verdict has a code").expect("a code is a number")
            }
        }
    }
}

impl Row {
    /// Whether compose has this command.
    pub(super) fn is_composes(&self) -> bool {
        self.line.split(' ').any(|word| word == "up")
    }

    /// Whether the command takes away all it made.
    pub(super) fn is_cis(&self) -> bool {
        !self.is_composes()
    }
}

pub(super) fn case(what: &'static str, file: impl Into<String>) -> Case {
    Case {
        what,
        file: file.into(),
        since: 0,
        rows: Vec::new(),
    }
}

impl Case {
    /// Compose of this line is the first that can read the file.
    pub(super) fn since(mut self, line: u32) -> Self {
        self.since = line;
        self
    }

    /// A command and what is right for it.
    pub(super) fn row(mut self, line: impl Into<String>, right: Right) -> Self {
        self.rows.push(Row {
            line: line.into(),
            right,
            ran: "",
            never: "",
            meddles: "",
        });
        self
    }

    /// What must have run in the rows so far, in this order.
    pub(super) fn ran(mut self, ran: &'static str) -> Self {
        self.rows.iter_mut().for_each(|row| row.ran = ran);
        self
    }

    /// What somebody else does meanwhile in the rows so far.
    pub(super) fn while_somebody(mut self, meddles: &'static str) -> Self {
        self.rows.iter_mut().for_each(|row| row.meddles = meddles);
        self
    }

    /// What must not have run in the rows so far.
    pub(super) fn never(mut self, never: &'static str) -> Self {
        self.rows.iter_mut().for_each(|row| row.never = never);
        self
    }
}

use Right::{Fails, Passes, Refuses};

/// All cases.
pub(super) fn all() -> Vec<Case> {
    let mut cases = gates();
    cases.extend(ends());
    cases.extend(orders());
    cases.extend(kinds());
    cases.extend(absent_gates());
    cases.extend(helpers());
    cases.extend(services());
    cases.extend(restarts());
    cases.extend(waits());
    cases.extend(super::outside::cases());
    cases.extend(super::unknown::cases());
    cases
}

/// How a test can end, in front of a deploy.
const ENDS: [(&str, &str, Right); 5] = [
    ("ends 0", "command: ['exit 0']", Passes),
    (
        "ends 42",
        "command: ['exit 42']",
        Fails("stage=test outcome=failed code=42"),
    ),
    (
        "is killed",
        "command: ['kill -KILL $$$$']",
        Fails("stage=test outcome=failed code=137"),
    ),
    (
        // The engine hears only of what happens once it watches the container, and probes it only then.
        "runs out of memory",
        "x-towline: {kind: job}, healthcheck: {test: [CMD, touch, /watched], interval: 100ms}, \
         mem_limit: 16m, memswap_limit: 16m, command: ['until test -e /watched; do sleep 0.1; done; tail /dev/zero']",
        Fails("stage=test outcome=out_of_memory code=137"),
    ),
    (
        "has no such command",
        "init: false, entrypoint: [nosuch]",
        Fails("stage=test outcome=command_not_found code=77"),
    ),
];

/// How a deploy can stand behind a test.
const ORDERS: [(&str, &str); 6] = [
    (
        "deploy needs its success",
        "deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: *succeeded}}",
    ),
    (
        "deploy depends on it in the short form",
        "deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: [test]}",
    ),
    (
        "deploy is loose",
        "deploy: {<<: *box, command: ['echo deploy >>/ran/log']}",
    ),
    (
        "deploy needs its success, required: false",
        "deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: {<<: *succeeded, required: false}}}",
    ),
    (
        "deploy is two steps behind",
        "package: {<<: *box, command: ['exit 0'], depends_on: {test: *succeeded}}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {package: *succeeded}}",
    ),
    (
        "deploy needs it and a slower lint",
        "lint: {<<: *box, command: ['sleep 1']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: *succeeded, lint: *succeeded}}",
    ),
];

/// Each end in each order.
fn gates() -> Vec<Case> {
    let pairs = ORDERS.iter().flat_map(|order| ENDS.iter().map(move |end| (order, end)));
    pairs
        .map(|((order, deploy), (end, test, right))| {
            // The table is made once a process.
            let what: &'static str = Box::leak(format!("test {end}; {order}").into_boxed_str());
            let file = format!("  test: {{<<: *box, {test}}}\n  {deploy}\n");
            let case = case(what, file)
                .row("ci", *right)
                .row("up --exit-code-from deploy", *right);
            if matches!(right, Passes) {
                case.ran("deploy")
            } else {
                case.never("deploy")
            }
        })
        .collect()
}

/// Further ends of a job that stands alone.
fn ends() -> Vec<Case> {
    let alone = |what, test: &str, right| {
        case(what, format!("  test: {{<<: *box, {test}}}\n"))
            .row("ci", right)
            .row("up --exit-code-from test", right)
    };
    vec![
        alone(
            "a test ends 1",
            "command: ['exit 1']",
            Fails("stage=test outcome=failed code=1"),
        ),
        alone(
            "a test ends 255",
            "command: ['exit 255']",
            Fails("stage=test outcome=failed code=255"),
        ),
        alone(
            "a test ends with one of towline's codes",
            "command: ['exit 65']",
            Fails("stage=test outcome=failed code=65"),
        ),
        alone(
            "a test says that it was killed",
            "command: ['exit 137']",
            Fails("stage=test outcome=failed code=137"),
        ),
        alone(
            "a test ends by SIGTERM",
            "command: ['kill -TERM $$$$']",
            Fails("stage=test outcome=failed code=143"),
        ),
        alone(
            "a test ends by SIGSEGV",
            "command: ['kill -SEGV $$$$']",
            Fails("stage=test outcome=failed code=139"),
        ),
        alone(
            "a test's command cannot be executed",
            "init: false, entrypoint: [/etc/passwd]",
            Fails("stage=test outcome=command_not_found code=77"),
        ),
        alone(
            "a test is slow and passes",
            "command: ['sleep 3; echo test >>/ran/log']",
            Passes,
        )
        .ran("test"),
        alone(
            "a test is slow and fails",
            "command: ['sleep 3; exit 6']",
            Fails("stage=test outcome=failed code=6"),
        ),
        case(
            "a test takes longer than it may",
            "  test: {<<: *box, command: ['sleep 60']}\n",
        )
        .row("ci --timeout 2s", Fails("stage=test outcome=timed_out code=124")),
    ]
}

/// Which stage runs before which, and whose failure counts.
fn orders() -> Vec<Case> {
    let two = "  alpha_test: {<<: *box, command: ['sleep 2; exit 3']}
  beta_test: {<<: *box, command: ['exit 4']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
";
    vec![
        case(
            "deploy itself fails",
            "  test: {<<: *box, command: ['echo test >>/ran/log']}
  deploy: {<<: *box, command: ['exit 7'], depends_on: {test: *succeeded}}
",
        )
        .row("ci", Fails("stage=deploy outcome=failed code=7"))
        .row(
            "up --exit-code-from deploy",
            Fails("stage=deploy outcome=failed code=7"),
        )
        .ran("test"),
        case("two tests fail, the first of them later", two)
            .row("ci", Fails("stage=beta_test outcome=failed code=4"))
            .row("ci --keep-going", Fails("stage=alpha_test outcome=failed code=3"))
            .row(
                "up --exit-code-from deploy",
                Fails("stage=beta_test outcome=failed code=4"),
            )
            .never("deploy"),
        case(
            "one test passes at once, the other fails late; deploy is loose",
            "  lint: {<<: *box, command: ['exit 0']}
  test: {<<: *box, command: ['sleep 2; exit 5']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", Fails("stage=test outcome=failed code=5"))
        .row("up --exit-code-from deploy", Fails("stage=test outcome=failed code=5"))
        .row(
            "up --abort-on-container-failure",
            Fails("stage=test outcome=failed code=5"),
        )
        .never("deploy"),
        case(
            "a slow test passes; deploy is loose",
            "  test: {<<: *box, command: ['sleep 2; echo test >>/ran/log']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from deploy", Passes)
        .ran("test deploy"),
        case(
            "deploy is loose and let through by hand",
            "  test: {<<: *box, command: ['sleep 2; exit 1']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci --no-gate", Fails("stage=test outcome=failed code=1"))
        .ran("deploy"),
        case(
            "a smoke test stands behind the deploy and passes",
            "  test: {<<: *box, command: ['echo test >>/ran/log']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
  smoke_test: {<<: *box, command: ['echo smoke >>/ran/log'], depends_on: {deploy: *succeeded}}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from smoke_test", Passes)
        .ran("test deploy smoke"),
        case(
            "a smoke test stands behind the deploy and fails",
            "  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
  smoke_test: {<<: *box, command: ['exit 9'], depends_on: {deploy: *succeeded}}
",
        )
        .row("ci", Fails("stage=smoke_test outcome=failed code=9"))
        .row(
            "up --exit-code-from smoke_test",
            Fails("stage=smoke_test outcome=failed code=9"),
        )
        .ran("deploy"),
        case(
            "the chain breaks in its middle",
            "  lint: {<<: *box, command: ['echo lint >>/ran/log']}
  test: {<<: *box, command: ['exit 8'], depends_on: {lint: *succeeded}}
  package: {<<: *box, command: ['echo package >>/ran/log'], depends_on: {test: *succeeded}}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {package: *succeeded}}
",
        )
        .row("ci", Fails("stage=test outcome=failed code=8"))
        .row("up --exit-code-from deploy", Fails("stage=test outcome=failed code=8"))
        .ran("lint")
        .never("package deploy"),
        case(
            "a test that nothing stands behind fails, with others at work",
            "  alpha_test: {<<: *box, command: ['exit 3']}
  beta_test: {<<: *box, command: ['sleep 2; echo beta >>/ran/log']}
",
        )
        .row("ci --keep-going", Fails("stage=alpha_test outcome=failed code=3"))
        .ran("beta"),
        case(
            "only a target is asked for",
            "  test: {<<: *box, command: ['echo test >>/ran/log']}
  broken: {<<: *box, command: ['exit 3']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: *succeeded}}
",
        )
        .row("ci test", Passes)
        .row("up --exit-code-from test test", Passes)
        .ran("test")
        .never("deploy"),
        case(
            "the target's needs are run with it",
            "  test: {<<: *box, command: ['exit 3']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: *succeeded}}
",
        )
        .row("ci deploy", Fails("stage=test outcome=failed code=3"))
        .row(
            "up --exit-code-from deploy deploy",
            Fails("stage=test outcome=failed code=3"),
        )
        .never("deploy"),
    ]
}

/// Kinds that are said, and kinds that are seen.
fn kinds() -> Vec<Case> {
    vec![
        case(
            "a deploy by x-towline, loose, behind a failing test",
            "  test: {<<: *box, command: ['sleep 1; exit 2']}
  ship: {<<: *box, command: ['echo ship >>/ran/log'], x-towline: {kind: deploy}}
",
        )
        .row("ci", Fails("stage=test outcome=failed code=2"))
        .row("up --exit-code-from ship", Fails("stage=test outcome=failed code=2"))
        .never("ship"),
        case(
            "a job by x-towline that looks like a server",
            "  app: {<<: *box, command: ['exit 3'], expose: ['80'], x-towline: {kind: job}}\n",
        )
        .row("ci", Fails("stage=app outcome=failed code=3")),
        case(
            "a service by x-towline that looks like a test ends 0",
            "  test: {<<: *box, command: ['exit 0'], x-towline: {kind: service}}\n",
        )
        .row("ci", Passes),
        case(
            "a service by x-towline that looks like a test ends 5",
            "  test: {<<: *box, command: ['exit 5'], x-towline: {kind: service}}\n",
        )
        .row("ci", Fails("stage=test outcome=ended code=78")),
        case(
            "a job in two containers, one of which fails",
            "  test: {<<: *box, scale: 2, command: ['if mkdir /ran/first; then sleep 1; else exit 4; fi'], x-towline: {kind: job}}\n",
        )
        .row("ci", Fails("stage=test outcome=failed code=4")),
        case(
            "an entry of jobs: that is run by hand passes",
            "  app: {<<: *box, command: ['sleep infinity']}
jobs:
  seed: {<<: *box, command: ['echo seed >>/ran/log'], triggers: {manual: true}}
",
        )
        .since(5)
        .row("ci", Passes)
        .row("ci seed", Passes)
        .ran("seed"),
        case(
            "an entry of jobs: that is run by hand fails",
            "  app: {<<: *box, command: ['sleep infinity']}
jobs:
  seed: {<<: *box, command: ['exit 4'], triggers: {manual: true}}
",
        )
        .since(5)
        .row("ci", Fails("stage=seed outcome=failed code=4")),
    ]
}

/// Gates that cannot run.
fn absent_gates() -> Vec<Case> {
    let behind_profile = "  test: {<<: *box, command: ['exit 3'], profiles: [full]}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: {<<: *succeeded, required: false}}}
";
    vec![
        case(
            "the deploy's test is behind a profile that is not active",
            behind_profile,
        )
        .row("ci", Refuses(65))
        .row("up --exit-code-from deploy", Refuses(65))
        .never("deploy"),
        case(
            "the deploy's test is behind a profile, let through by hand",
            behind_profile,
        )
        .row("ci --no-gate", Passes)
        .ran("deploy"),
        case("the deploy's test is behind a profile that is active", behind_profile)
            .row("--profile full ci", Fails("stage=test outcome=failed code=3"))
            .row(
                "--profile full up --exit-code-from deploy",
                Fails("stage=test outcome=failed code=3"),
            )
            .never("deploy"),
        case(
            "the deploy's test has no replicas",
            "  test: {<<: *box, command: ['exit 3'], scale: 0}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log'], depends_on: {test: *succeeded}}
",
        )
        .row("ci", Refuses(65))
        .row("up --exit-code-from deploy", Refuses(65))
        .never("deploy"),
        case(
            "a test runs without a seed that it may do without",
            "  seed: {<<: *box, command: ['exit 3'], profiles: [full]}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {seed: {<<: *succeeded, required: false}}}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
    ]
}

/// Commands of people who name the container that counts, beside others.
fn helpers() -> Vec<Case> {
    vec![
        case(
            "a helper ends 0 first, the target passes",
            "  helper: {<<: *box, command: ['exit 0']}
  target: {<<: *box, command: ['sleep 2; echo target >>/ran/log']}
",
        )
        .row("up --exit-code-from target", Passes)
        .ran("target"),
        case(
            "a helper ends 0 first, the target fails",
            "  helper: {<<: *box, command: ['exit 0']}
  target: {<<: *box, command: ['sleep 2; exit 5']}
",
        )
        .row(
            "up --exit-code-from target",
            Fails("stage=target outcome=failed code=5"),
        ),
        case(
            "a helper ends 42 while the target is at work",
            "  helper: {<<: *box, command: ['sleep 1; exit 42']}
  target: {<<: *box, command: ['sleep 5']}
",
        )
        .row(
            "up --exit-code-from target",
            Fails("stage=helper outcome=ended code=78"),
        ),
        case(
            "another test ends 42 while the target is at work",
            "  lint: {<<: *box, command: ['sleep 1; exit 42']}
  target: {<<: *box, command: ['sleep 5']}
",
        )
        .row("up --exit-code-from target", Fails("stage=lint outcome=failed code=42")),
        case(
            "the target passes first, a helper goes on",
            "  helper: {<<: *box, command: ['sleep infinity']}
  target: {<<: *box, command: ['sleep 1']}
",
        )
        .row("up --exit-code-from target", Passes),
        case(
            "the target fails first, a helper goes on",
            "  helper: {<<: *box, command: ['sleep infinity']}
  target: {<<: *box, command: ['sleep 1; exit 3']}
",
        )
        .row(
            "up --exit-code-from target",
            Fails("stage=target outcome=failed code=3"),
        ),
        case(
            "a helper answers the stop at the end with 42",
            "  helper: {<<: *box, command: ['trap \"exit 42\" TERM; touch /ran/trapped; while :; do sleep 0.1; done']}
  target: {<<: *box, x-towline: {kind: job}, command: ['until test -e /ran/trapped; do sleep 0.1; done']}
",
        )
        .row("up --exit-code-from target", Passes)
        .row("ci", Passes),
        case(
            "no job: the first to end ends 0",
            "  one: {<<: *box, command: ['sleep 1']}
  two: {<<: *box, command: ['sleep 4; exit 3']}
",
        )
        .row("up --abort-on-container-exit", Passes),
        case(
            "no job: the first to end ends 3",
            "  one: {<<: *box, command: ['sleep 1; exit 3']}
  two: {<<: *box, command: ['sleep 4']}
",
        )
        .row("up --abort-on-container-exit", Fails("stage=one outcome=failed code=3"))
        .row(
            "up --abort-on-container-failure",
            Fails("stage=one outcome=failed code=3"),
        ),
        case(
            "a helper ends 0 first, then a test fails",
            "  helper: {<<: *box, command: ['exit 0']}
  test: {<<: *box, command: ['sleep 2; exit 3']}
",
        )
        .row(
            "up --abort-on-container-exit",
            Fails("stage=test outcome=failed code=3"),
        )
        .row(
            "up --abort-on-container-failure",
            Fails("stage=test outcome=failed code=3"),
        )
        .row("ci", Fails("stage=test outcome=failed code=3")),
        case(
            "a test passes, a service goes on",
            "  app: {<<: *box, command: ['sleep infinity']}
  test: {<<: *box, command: ['sleep 1']}
",
        )
        .row("up --abort-on-container-exit", Passes)
        .row("ci", Passes),
        case(
            "no job: one ends 0, another ends 3",
            "  one: {<<: *box, command: ['exit 0']}
  two: {<<: *box, command: ['sleep 2; exit 3']}
",
        )
        .row(
            "up --abort-on-container-failure",
            Fails("stage=two outcome=failed code=3"),
        ),
        case(
            "no job: all end 0",
            "  one: {<<: *box, command: ['exit 0']}
  two: {<<: *box, command: ['sleep 1']}
",
        )
        .row("up --abort-on-container-failure", Passes)
        .row("up --abort-on-container-exit", Passes),
    ]
}

/// Services: needed or not, healthy or not, ending or not.
fn services() -> Vec<Case> {
    let test_needs_health = "  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {db: *healthy}}\n";
    let with_db = |what, db: &str| case(what, format!("  db: {{<<: *box, {db}}}\n{test_needs_health}"));
    vec![
        with_db("a database turns healthy", "healthcheck: *probe, command: ['sleep 1; touch /tmp/ok; sleep infinity']")
            .row("ci", Passes)
            .row("up --exit-code-from test", Passes)
            .ran("test"),
        with_db("a database is unhealthy", "healthcheck: *strict, command: ['sleep infinity']")
            .row("ci", Fails("stage=db outcome=unhealthy code=78"))
            .row("up --exit-code-from test", Fails("stage=db outcome=unhealthy code=78"))
            .never("test"),
        with_db(
            "a database never turns healthy",
            "healthcheck: {<<: *probe, start_period: 60s}, command: ['sleep infinity']",
        )
        .row("ci --timeout 3s", Fails("stage=db outcome=timed_out code=124"))
        .never("test"),
        with_db("a database ends 0 before it is healthy", "healthcheck: *probe, command: ['exit 0']")
            .row("ci", Fails("stage=db outcome=unhealthy code=78"))
            .row("up --exit-code-from test", Fails("stage=db outcome=unhealthy code=78"))
            .never("test"),
        with_db("a database ends 3 before it is healthy", "healthcheck: *probe, command: ['exit 3']")
            .row("ci", Fails("stage=db outcome=unhealthy code=78"))
            .row("up --exit-code-from test", Fails("stage=db outcome=unhealthy code=78"))
            .never("test"),
        with_db("a database has no health check, and its health is needed", "command: ['sleep infinity']")
            .row("ci", Fails("stage=db outcome=unhealthy code=78"))
            .row("up --exit-code-from test", Fails("stage=db outcome=unhealthy code=78"))
            .never("test"),
        case(
            "an optional database is unhealthy",
            "  db: {<<: *box, healthcheck: *strict, command: ['sleep infinity']}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {db: {<<: *healthy, required: false}}}
",
        )
        .row("ci", Fails("stage=db outcome=unhealthy code=78"))
        .row("up --exit-code-from test", Fails("stage=db outcome=unhealthy code=78"))
        .never("test"),
        case(
            "a healthy database ends 3 while the test is at work",
            "  db: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; until test -e /ran/go; do sleep 0.1; done; exit 3']}
  test: {<<: *box, command: ['touch /ran/go; sleep 10; echo test >>/ran/log'], depends_on: {db: *healthy}}
",
        )
        .row("ci", Fails("stage=db outcome=ended code=78"))
        .row("up --exit-code-from test", Fails("stage=db outcome=ended code=78"))
        .never("test"),
        case(
            "a healthy database turns unhealthy while the test is at work",
            "  db: {<<: *box, healthcheck: *strict, command: ['touch /tmp/ok; until test -e /ran/go; do sleep 0.1; done; rm /tmp/ok; sleep infinity']}
  test: {<<: *box, command: ['touch /ran/go; sleep 3; echo test >>/ran/log'], depends_on: {db: *healthy}}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "a service is unhealthy where nobody looks",
            "  app: {<<: *box, healthcheck: *strict, command: ['sleep infinity']}
  test: {<<: *box, command: ['sleep 3; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "a service in the short form ends 3 while the test is at work",
            "  app: {<<: *box, command: ['until test -e /ran/go; do sleep 0.1; done; exit 3']}
  test: {<<: *box, command: ['touch /ran/go; sleep 10; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .row("up --exit-code-from test", Fails("stage=app outcome=ended code=78"))
        .never("test"),
        case(
            "a service that is killed while the test is at work",
            "  app: {<<: *box, command: ['until test -e /ran/go; do sleep 0.1; done; kill -KILL $$$$']}
  test: {<<: *box, command: ['touch /ran/go; sleep 10; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .never("test"),
        case(
            "a service runs out of memory while the test is at work",
            "  app: {<<: *box, mem_limit: 16m, memswap_limit: 16m, command: ['until test -e /ran/go; do sleep 0.1; done; tail /dev/zero']}
  test: {<<: *box, command: ['touch /ran/go; sleep 10; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=out_of_memory code=78"))
        .never("test"),
        case(
            "a service ends 0 unasked while the test is at work",
            "  app: {<<: *box, command: ['until test -e /ran/go; do sleep 0.1; done']}
  test: {<<: *box, command: ['touch /ran/go; sleep 2; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "a service that nothing depends on ends 3",
            "  app: {<<: *box, command: ['sleep 1; exit 3']}
  test: {<<: *box, command: ['sleep 5']}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .row("up --exit-code-from test", Fails("stage=app outcome=ended code=78"))
        .row("ci test", Passes),
        case(
            "a service depends on one that ends 3",
            "  db: {<<: *box, command: ['sleep 1; exit 3']}
  app: {<<: *box, command: ['sleep infinity'], depends_on: [db]}
  test: {<<: *box, command: ['sleep 5'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=db outcome=ended code=78"))
        .row("ci test", Fails("stage=db outcome=ended code=78")),
        case(
            "a service has no such command",
            "  app: {<<: *box, init: false, entrypoint: [nosuch]}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=command_not_found code=77"))
        .row("up --exit-code-from test", Fails("stage=app outcome=command_not_found code=77"))
        .never("test"),
        case(
            "one of two replicas ends 3",
            "  app: {<<: *box, scale: 2, command: ['mkdir /ran/first && sleep infinity; sleep 1; exit 3']}
  test: {<<: *box, command: ['sleep 6; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .never("test"),
        case(
            "both of two replicas turn healthy",
            "  app: {<<: *box, scale: 2, healthcheck: *probe, command: ['mkdir /ran/first || sleep 1; touch /tmp/ok; sleep infinity']}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {app: *healthy}}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "one of two replicas is unhealthy",
            "  app: {<<: *box, scale: 2, healthcheck: *strict, command: ['mkdir /ran/first && touch /tmp/ok; sleep infinity']}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {app: *healthy}}
",
        )
        .row("ci", Fails("stage=app outcome=unhealthy code=78"))
        .row("up --exit-code-from test", Fails("stage=app outcome=unhealthy code=78"))
        .never("test"),
        case(
            "a one-shot runs before the app, the app before the test",
            "  migrate: {<<: *box, command: ['echo migrate >>/ran/log']}
  app: {<<: *box, command: ['echo app >>/ran/log; sleep infinity'], depends_on: {migrate: *succeeded}}
  test: {<<: *box, command: ['until grep -q app /ran/log; do sleep 0.1; done; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("migrate app test"),
        case(
            "a one-shot in front of the app fails",
            "  migrate: {<<: *box, command: ['exit 4']}
  app: {<<: *box, command: ['echo app >>/ran/log; sleep infinity'], depends_on: {migrate: *succeeded}}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=migrate outcome=failed code=4"))
        .row("up --exit-code-from test", Fails("stage=migrate outcome=failed code=4"))
        .never("app test"),
        case(
            "no job: services come up",
            "  one: {<<: *box, x-towline: {kind: service}, command: ['sleep infinity']}
  two: {<<: *box, x-towline: {kind: service}, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
",
        )
        .row("ci", Passes),
        case(
            "no job: a service ends 1",
            "  one: {<<: *box, x-towline: {kind: service}, command: ['sleep infinity']}
  two: {<<: *box, x-towline: {kind: service}, command: ['exit 1']}
",
        )
        .row("ci", Fails("stage=two outcome=ended code=78")),
        case(
            "no job: a service is unhealthy",
            "  one: {<<: *box, x-towline: {kind: service}, command: ['sleep infinity']}
  two: {<<: *box, x-towline: {kind: service}, healthcheck: *strict, command: ['sleep infinity']}
",
        )
        .row("ci", Fails("stage=two outcome=unhealthy code=78")),
        case("no job: all there is ends 0", "  one: {<<: *box, x-towline: {kind: service}, command: ['echo one >>/ran/log']}\n").row("ci", Passes).ran("one"),
    ]
}

/// Restart policies.
fn restarts() -> Vec<Case> {
    vec![
        case(
            "a restart policy gives up",
            "  app: {<<: *box, restart: 'on-failure:2', command: ['exit 3']}
  test: {<<: *box, command: ['sleep 10; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .row("up --exit-code-from test", Fails("stage=app outcome=ended code=78"))
        .never("test"),
        case(
            "a restart policy helps, and the service turns healthy",
            "  app: {<<: *box, restart: on-failure, healthcheck: *probe, command: ['mkdir /ran/1 && exit 3; mkdir /ran/2 && exit 3; touch /tmp/ok; sleep infinity']}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {app: *healthy}}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "a restart policy goes on without end",
            "  app: {<<: *box, restart: always, healthcheck: *probe, command: ['exit 3']}
  test: {<<: *box, command: ['echo test >>/ran/log'], depends_on: {app: *healthy}}
",
        )
        .row("ci --timeout 5s", Fails("stage=app outcome=timed_out code=124"))
        .never("test"),
        case(
            "a service that ends 0 is started again and again",
            "  app: {<<: *box, restart: always, command: ['exit 0']}
  test: {<<: *box, command: ['sleep 2; echo test >>/ran/log'], depends_on: [app]}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
        case(
            "a test has a restart policy and fails once",
            "  test: {<<: *box, restart: on-failure, command: ['mkdir /ran/1 && exit 3; exit 0'], x-towline: {kind: job}}\n",
        )
        .row("ci", Fails("stage=test outcome=failed code=3"))
        .row("up --exit-code-from test", Fails("stage=test outcome=failed code=3")),
    ]
}

/// `up --wait`.
fn waits() -> Vec<Case> {
    vec![
        case("a service turns healthy", "  app: {<<: *box, healthcheck: *probe, command: ['sleep 1; touch /tmp/ok; sleep infinity']}\n")
            .row("up --wait", Passes),
        case(
            "a one-shot finishes well, then a service turns healthy",
            "  migrate: {<<: *box, command: ['echo migrate >>/ran/log']}
  app: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity'], depends_on: {migrate: *succeeded}}
",
        )
        .row("up --wait", Passes)
        .ran("migrate"),
        case(
            "a one-shot fails beside a healthy service",
            "  migrate: {<<: *box, command: ['exit 3']}
  app: {<<: *box, healthcheck: *probe, command: ['touch /tmp/ok; sleep infinity']}
",
        )
        .row("up --wait", Fails("stage=migrate outcome=failed code=3")),
        case("a service stays unhealthy", "  app: {<<: *box, healthcheck: *strict, command: ['sleep infinity']}\n")
            .row("up --wait", Fails("stage=app outcome=unhealthy code=78")),
        case("a service ends 1 at once", "  app: {<<: *box, command: ['exit 1']}\n")
            .row("up --wait", Fails("stage=app outcome=ended code=78")),
        case("a service ends 1 a little later", "  app: {<<: *box, command: ['sleep 1; exit 1']}\n")
            .row("up --wait", Fails("stage=app outcome=ended code=78")),
        case("a service without a health check stays", "  app: {<<: *box, command: ['sleep infinity']}\n").row("up --wait", Passes),
        case("a service without a health check ends 0", "  app: {<<: *box, command: ['echo app >>/ran/log']}\n")
            .row("up --wait", Passes)
            .ran("app"),
        case(
            "a service does not turn healthy in time",
            "  app: {<<: *box, healthcheck: {<<: *probe, start_period: 60s}, command: ['sleep infinity']}\n",
        )
        .row("up --wait --wait-timeout 3", Fails("stage=app outcome=timed_out code=124")),
        case(
            "a service comes up at the third start",
            "  app: {<<: *box, restart: on-failure, healthcheck: *probe, command: ['mkdir /ran/1 && exit 3; mkdir /ran/2 && exit 3; touch /tmp/ok; sleep infinity']}\n",
        )
        .row("up --wait", Passes),
    ]
}
