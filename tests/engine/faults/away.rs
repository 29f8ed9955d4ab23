//! An engine that goes away and comes back: what the run could not remove is removed behind it.

use std::time::Duration;

use rustix::process::Signal;

use super::private_engine::PrivateEngine;
use crate::common::Project;
use crate::processes;

const SERVICES: &str = "  app: {<<: *box, volumes: ['./ran:/ran', 'data:/data'], command: ['sleep infinity']}
  test: {<<: *box, depends_on: [app], command: ['touch /ran/started; sleep 600']}
volumes: {data: {}}
";

#[test]
fn what_a_run_left_on_an_engine_that_was_away_is_removed_when_it_is_back() {
    let Some(mut private) = PrivateEngine::start() else {
        return;
    };
    for away in [Signal::STOP, Signal::KILL] {
        let project = Project::with_services(private.engine(), "away", SERVICES);
        let running = project.towline("ci").limit(Duration::from_secs(180)).start();
        running.until("the test runs", || project.has("started"));
        private.signal(away);
        if away == Signal::STOP {
            // A second signal says that the run is not to wait.
            running.signal(Signal::TERM);
            std::thread::sleep(Duration::from_secs(1));
            running.signal(Signal::TERM);
        }
        let finished = running.wait();
        assert!(matches!(finished.code, Some(69 | 143)), "{finished}");
        finished.says("could not remove everything").says("towline gc");
        if away == Signal::STOP {
            private.signal(Signal::CONT);
        } else {
            private.start_again();
        }
        processes::gone_soon(&project, &format!("the engine was away by {away:?}"));
    }
}
