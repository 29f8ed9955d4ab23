//! Cases in which somebody else stops, kills or removes a container of the run: its restart policy, and what the engine makes
//! of it, decide whether it comes back.

use super::cases::{Case, Right, case};

use Right::{Fails, Passes};

/// A service that somebody does something to while a test runs, with this restart policy.
fn service(what: &'static str, policy: &str, meddles: &'static str, right: Right) -> Case {
    let file = format!(
        "  app: {{<<: *box, x-towline: {{kind: service}}, restart: '{policy}', command: ['touch /ran/started; sleep 600']}}
  test: {{<<: *box, depends_on: [app], command: ['sleep 4; echo test >>/ran/log']}}
"
    );
    case(what, file)
        .row("ci", right)
        .row("up --exit-code-from test", right)
        .while_somebody(meddles)
}

/// A job that somebody does something to.
fn job(what: &'static str, meddles: &'static str, right: Right) -> Case {
    let file = "  test: {<<: *box, restart: always, command: ['touch /ran/started; sleep 600']}
  deploy: {<<: *box, depends_on: {test: *succeeded}, command: ['echo deploy >>/ran/log']}
";
    case(what, file)
        .row("ci", right)
        .while_somebody(meddles)
        .never("deploy")
}

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    let stopped = Fails("stage=app outcome=ended code=78");
    vec![
        service("somebody stops a service that is never restarted", "no", "stop -t 5 app", stopped),
        service("somebody stops a service that is always restarted", "always", "stop -t 5 app", stopped),
        service("somebody stops a service that is restarted unless stopped", "unless-stopped", "stop -t 5 app", stopped),
        service("somebody stops a service that is restarted on failure", "on-failure", "stop -t 5 app", stopped),
        service("somebody kills a service that is never restarted", "no", "kill app", stopped),
        service("somebody kills a service that is always restarted", "always", "kill app", stopped),
        service("somebody kills a service that is restarted on failure", "on-failure", "kill app", stopped),
        service("somebody removes a service that is never restarted", "no", "rm -f app", stopped),
        service("somebody removes a service that is always restarted", "always", "rm -f app", stopped),
        service("somebody restarts a service that is always restarted", "always", "restart -t 5 app", Passes),
        job("somebody stops a test", "stop -t 5 test", Fails("stage=test outcome=failed code=143")),
        job("somebody kills a test", "kill test", Fails("stage=test outcome=failed code=137")),
        job("somebody removes a test", "rm -f test", Fails("stage=test outcome=failed code=137")),
        case(
            "somebody kills what a service with a restart policy runs",
            "  app: {<<: *box, x-towline: {kind: service}, restart: always, command: ['mkdir /ran/1 && { touch /ran/started; sleep 1; kill -KILL $$$$; }; sleep 600']}
  test: {<<: *box, depends_on: [app], command: ['sleep 4; echo test >>/ran/log']}
",
        )
        .row("ci", Passes)
        .row("up --exit-code-from test", Passes)
        .ran("test"),
    ]
}
