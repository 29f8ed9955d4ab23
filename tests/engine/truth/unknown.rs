//! Cases in which nothing says whether a stage ends, or only its image, its name or the command line does: how it ends × what
//! stands beside it. The stage is called `thing`.

use super::cases::{Case, Right, case};

use Right::{Fails, Passes};

/// How the stage can end, and in what it does not say by itself that it is a job or a server.
#[derive(Clone, Copy)]
struct End {
    /// As the table says it.
    what: &'static str,
    /// Its command.
    command: &'static str,
    /// The right verdict where it is a job.
    as_job: Right,
    /// The right verdict where it is a service beside a test of a second.
    as_service: Right,
}

const FAILED: Right = Fails("stage=thing outcome=failed code=3");
const ENDED: Right = Fails("stage=thing outcome=ended code=78");
const REFUSED: Right = Fails("outcome=refused code=65");

const WELL: End = End {
    what: "ends 0",
    command: "echo thing >>/ran/log",
    as_job: Passes,
    as_service: Passes,
};

const SOON: End = End {
    what: "fails at once",
    command: "exit 3",
    as_job: FAILED,
    as_service: ENDED,
};

const LATE: End = End {
    what: "fails after a while",
    command: "touch /ran/started; sleep 6; exit 3",
    as_job: FAILED,
    // It was up for as long as a service has to be.
    as_service: Passes,
};

const NEVER: End = End {
    what: "never ends",
    command: "touch /ran/started; sleep 600",
    as_job: Fails("stage=thing outcome=timed_out code=124"),
    as_service: Passes,
};

const ENDS: [End; 4] = [WELL, SOON, LATE, NEVER];

/// A deploy that nothing depends on and that depends on nothing.
const DEPLOY: &str = "  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}\n";

const TEST: &str = "  test: {<<: *box, command: ['sleep 1; echo test >>/ran/log']}\n";

/// The file: `thing` with this command and these other keys, and what stands beside it.
fn file(command: &str, more: &str, beside: &str) -> String {
    format!("  thing: {{<<: *box, command: ['{command}']{more}}}\n{beside}")
}

/// A text that lives as long as the table: a case borrows what it is called.
fn named(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for end in ENDS {
        cases.extend(nothing_says(end));
        cases.extend(somebody_says(end));
        cases.extend(its_image_says(end));
    }
    cases.extend(its_name_says());
    cases.extend(not_run());
    cases
}

fn nothing_says(end: End) -> Vec<Case> {
    let what = |beside: &str| named(format!("nothing says what `thing` is; it {}; {beside}", end.what));
    let as_target = match end.as_job {
        Fails(verdict) if verdict.contains("124") => ("ci --timeout 4s thing", end.as_job),
        right => ("ci thing", right),
    };
    vec![
        case(what("a deploy"), file(end.command, "", DEPLOY))
            .row("ci", REFUSED)
            .row("up --exit-code-from deploy", REFUSED)
            .never("thing deploy"),
        case(what("a test"), file(end.command, "", TEST))
            .row("ci", end.as_service)
            .row("up --exit-code-from test", end.as_service),
        case(
            what("a test, and what is not known is not to pass"),
            file(end.command, "", TEST),
        )
        .row("ci --strict", REFUSED)
        .never("thing test"),
        case(what("nothing else"), file(end.command, "", ""))
            .row("ci", REFUSED)
            .never("thing"),
        case(what("it is what the run is for"), file(end.command, "", "")).row(as_target.0, as_target.1),
    ]
}

fn somebody_says(end: End) -> Vec<Case> {
    let what = |who: &str| named(format!("{who}; it {}; a deploy", end.what));
    let as_job = |flags: &str| match end.as_job {
        Fails(verdict) if verdict.contains("124") => format!("ci --timeout 4s {flags}"),
        _ => format!("ci {flags}"),
    };
    let is_green = matches!(end.as_job, Passes);
    let gated = |case: Case| match is_green {
        true => case.ran("thing deploy"),
        false => case.never("deploy"),
    };
    vec![
        gated(
            case(
                what("the line says that `thing` is a job"),
                file(end.command, "", DEPLOY),
            )
            .row(as_job("--kind thing=job"), end.as_job),
        ),
        gated(
            case(
                what("the file says that `thing` is a job"),
                file(end.command, ", x-towline: {kind: job}", DEPLOY),
            )
            .row(as_job(""), end.as_job),
        ),
        case(
            what("the line says that `thing` is a service"),
            file(end.command, "", DEPLOY),
        )
        .row("ci --kind thi*=service", end.as_service),
    ]
}

/// The file leaves it to the image, whose command is a test runner's, or which listens on a port.
fn its_image_says(end: End) -> Vec<Case> {
    let what = |how: &str| {
        named(format!(
            "its image says that `thing` is {how}; it {}; a deploy",
            end.what
        ))
    };
    let dockerfile = |last: &str| {
        let script = end.command.replace('$', "\\$");
        let build = format!(
            "FROM busybox\\nRUN printf '%s\\\\n' '#!/bin/sh' '{script}' >/bin/pytest && cp /bin/pytest /bin/run-it && chmod +x /bin/pytest /bin/run-it\\n{last}\\n"
        );
        format!("  thing: {{init: true, volumes: ['./ran:/ran'], build: {{dockerfile_inline: \"{build}\"}}}}\n{DEPLOY}")
    };
    let line = match end.as_job {
        Fails(verdict) if verdict.contains("124") => "ci --timeout 5s",
        _ => "ci",
    };
    let job = case(what("a test"), dockerfile("CMD [\\\"pytest\\\"]")).row(line, end.as_job);
    let job = match end.as_job {
        Passes => job.ran("thing deploy"),
        _ => job.never("deploy"),
    };
    let server = case(what("a server"), dockerfile("EXPOSE 80\\nCMD [\\\"run-it\\\"]")).row("ci", end.as_service);
    let open = case(what("nothing"), dockerfile("CMD [\\\"run-it\\\"]"))
        .row("ci", REFUSED)
        .never("thing deploy");
    vec![job, server, open]
}

fn its_name_says() -> Vec<Case> {
    vec![
        case(
            "a server called `integration` that a test depends on",
            "  integration: {<<: *box, command: ['touch /ran/started; sleep 600']}
  tests: {<<: *box, depends_on: [integration], command: ['echo test >>/ran/log']}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from tests", Passes)
        .ran("test"),
        case(
            "servers called `push` and `audit`",
            "  push: {<<: *box, command: ['touch /ran/started; sleep 600']}
  audit: {<<: *box, command: ['sleep 600']}
",
        )
        .row("up --wait", Passes),
        case(
            "a server called `audit` that nothing waits for",
            "  audit: {<<: *box, command: ['touch /ran/started; sleep 600']}
  tests: {<<: *box, command: ['sleep 1; echo test >>/ran/log']}
",
        )
        .row("up --exit-code-from tests", Passes)
        .ran("test"),
        case(
            "a test that has the health check of what it tests, and fails later",
            "  app: &app {<<: *box, healthcheck: {test: 'true', interval: 1s}, command: ['touch /ran/started; sleep 600']}
  test: {<<: *app, command: ['sleep 6; exit 3']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", REFUSED)
        .row("up --exit-code-from deploy", REFUSED)
        .row("ci --kind test=job", Fails("stage=test outcome=failed code=3"))
        .never("deploy"),
        case(
            "tests with the port of what they test, which end 3, and nothing else",
            "  tests: {<<: *box, ports: ['80'], command: ['sleep 4; exit 3']}\n",
        )
        .row("ci", REFUSED)
        .row("up --exit-code-from tests", Fails("stage=tests outcome=failed code=3")),
        case(
            "tests in an image that exposes a port, with an exposed port of their own",
            "  tests: {volumes: ['./ran:/ran'], expose: ['80'], build: {dockerfile_inline: \"FROM busybox\\nEXPOSE 80\\nCMD [\\\"sh\\\", \\\"-c\\\", \\\"sleep 6; exit 3\\\"]\\n\"}}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", REFUSED)
        .never("deploy"),
        case(
            "a test that is started again whenever it ends",
            "  test: {<<: *box, restart: always, command: ['exit 3']}\n",
        )
        .row("ci", Fails("stage=test outcome=failed code=3"))
        .row("up --exit-code-from test", Fails("stage=test outcome=failed code=3")),
        case(
            "a test in three containers, one of which fails",
            "  tests: {<<: *box, scale: 3, command: ['mkdir /ran/1 && exit 0; mkdir /ran/2 && exit 4; exit 0']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", Fails("stage=tests outcome=failed code=4"))
        .row("up --exit-code-from deploy", Fails("stage=tests outcome=failed code=4"))
        .never("deploy"),
        case(
            "a test behind a wrapper",
            "  checks: {image: busybox, volumes: ['./ran:/ran'], command: [timeout, '60', sh, -c, 'make test || exit 5']}
  deploy: {<<: *box, command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", Fails("stage=checks outcome=failed code=5"))
        .never("deploy"),
    ]
}

/// Stages that a run cannot run, or has no reason to wait for.
fn not_run() -> Vec<Case> {
    vec![
        case(
            "a test without replicas",
            "  test: {<<: *box, scale: 0, command: ['exit 0']}
  other-tests: {<<: *box, command: ['echo other >>/ran/log']}
",
        )
        .row("ci", Right::Refuses(65))
        .never("other"),
        case(
            "what ends the run has no replicas",
            "  target: {<<: *box, scale: 0, command: ['exit 0']}
  tests: {<<: *box, command: ['echo other >>/ran/log']}
",
        )
        .row("up --exit-code-from target", Right::Refuses(65))
        .never("other"),
        case(
            "the only test stands behind a profile",
            "  test: {<<: *box, profiles: [ci], command: ['exit 3']}
  app: {<<: *box, ports: ['80'], command: ['sleep 600']}
",
        )
        .row("ci", Right::Refuses(65))
        .row("ci --profile ci", Fails("stage=test outcome=failed code=3")),
        case(
            "only services",
            "  app: {<<: *box, expose: ['80'], command: ['touch /ran/started; sleep 600']}\n",
        )
        .row("ci", Passes)
        .row("ci --strict", Right::Refuses(65)),
        case(
            "a need for health, and the check is turned off",
            "  db: {<<: *box, healthcheck: {disable: true}, command: ['sleep 600']}
  test: {<<: *box, depends_on: {db: *healthy}, command: ['echo test >>/ran/log']}
",
        )
        .row("ci", Right::Refuses(65))
        .row("up --exit-code-from test", Right::Refuses(65))
        .row("up --wait", Right::Refuses(65))
        .never("test"),
        case(
            "a service that starts last and crashes at once",
            "  migrate: {<<: *box, command: ['exit 0']}
  app: {<<: *box, x-towline: {kind: service}, command: ['exit 3'], depends_on: {migrate: *succeeded}}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .row("up --exit-code-from migrate", Fails("stage=app outcome=ended code=78")),
        case(
            "a service that crashes while a deploy waits for it",
            "  app: {<<: *box, x-towline: {kind: service}, command: ['sleep 1; exit 3']}
  deploy: {<<: *box, depends_on: [app], command: ['echo deploy >>/ran/log']}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .row("up --exit-code-from deploy", Fails("stage=app outcome=ended code=78"))
        .never("deploy"),
        case(
            "a service crashes again and again while a test runs",
            "  app: {<<: *box, restart: always, command: ['sleep 0.2; exit 3']}
  test: {<<: *box, command: ['sleep 5; echo test >>/ran/log']}
",
        )
        .row("ci", Fails("stage=app outcome=ended code=78"))
        .ran("test"),
    ]
}
