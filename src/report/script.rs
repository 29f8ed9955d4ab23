//! Recorded runs for tests: the events of a run, the logs that its containers left and the report that sums it up.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Logs, Reporter};
use crate::event::{
    CancelReason, Condition, Event, Fact, Kind, NeedInfo, Outcome, Probe, Report, RunInfo, SCHEMA, StageInfo,
    StageReport, Stream, Verdict,
};

/// A recorded run.
pub(super) struct Script {
    pub events: Vec<Event>,
    pub report: Report,
    logs: BTreeMap<String, Vec<u8>>,
    streams: BTreeMap<String, u64>,
}

impl Script {
    /// A run of these stages, which needs nothing but their names, kinds and needs.
    pub(super) fn new(stages: Vec<StageInfo>) -> Self {
        let info = RunInfo {
            schema: SCHEMA,
            run: "r1".into(),
            command: "ci".into(),
            project: "shop-ci-r1".into(),
            files: vec!["compose.yaml".into()],
            directory: ".towline/runs/r1".into(),
            towline: "0.1.0".into(),
            compose: "5.6.1".into(),
            engine: "28.5.2".into(),
            stages,
        };
        let mut script = Self {
            events: Vec::new(),
            report: Report {
                info: info.clone(),
                started_at: "2026-11-23T10:00:00.000Z".into(),
                took_ms: 0,
                results: Vec::new(),
                warnings: Vec::new(),
                assumed: Vec::new(),
                refusal: None,
                verdict: Verdict {
                    passed: true,
                    code: 0,
                    stage: None,
                    outcome: Outcome::Passed,
                },
            },
            logs: BTreeMap::new(),
            streams: BTreeMap::new(),
        };
        script.at(0, Fact::RunStarted(info));
        script
    }

    pub(super) fn at(&mut self, elapsed_ms: u64, fact: Fact) -> &mut Self {
        if let Fact::Warned { stage, message } = &fact {
            let stage = stage.as_ref().map(|stage| format!("{stage}: "));
            let warning = stage.unwrap_or_default() + message;
            self.report.warnings.push(warning);
        }
        self.events.push(Event {
            at: format!("2026-11-23T10:00:{:02}.{:03}Z", elapsed_ms / 1000, elapsed_ms % 1000),
            elapsed_ms,
            fact,
        });
        self
    }

    pub(super) fn waits(&mut self, at: u64, stage: &str) -> &mut Self {
        let on = self.info(stage).needs.clone();
        self.at(
            at,
            Fact::StageWaited {
                stage: stage.into(),
                on,
            },
        )
    }

    pub(super) fn starts(&mut self, at: u64, stage: &str) -> &mut Self {
        self.streams.insert(stage.into(), at + 300);
        self.at(at, Fact::StageStarting { stage: stage.into() }).at(
            at + 300,
            Fact::InstanceStarted {
                stage: stage.into(),
                instance: 1,
                container: format!("{stage}0123456789ab"),
            },
        )
    }

    pub(super) fn prints(&mut self, at: u64, stage: &str, text: &str) -> &mut Self {
        self.writes(at, stage, Stream::Stdout, text.as_bytes())
    }

    pub(super) fn writes(&mut self, at: u64, stage: &str, stream: Stream, text: &[u8]) -> &mut Self {
        let log = self.logs.entry(stage.into()).or_default();
        let offset = log.len() as u64;
        log.extend_from_slice(text);
        self.at(
            at,
            Fact::Output {
                stage: stage.into(),
                instance: 1,
                stream,
                offset,
                bytes: text.len() as u64,
                lines: text.iter().filter(|byte| **byte == b'\n').count() as u64,
                text: text.to_vec(),
            },
        )
    }

    pub(super) fn probe_fails(&mut self, at: u64, stage: &str, streak: u32) -> &mut Self {
        self.at(
            at,
            Fact::ProbeFailed {
                stage: stage.into(),
                probe: probe(streak),
            },
        )
    }

    /// The stage ends; `change` says what is different from a stage that just ended like that.
    pub(super) fn ends(
        &mut self,
        at: u64,
        stage: &str,
        outcome: Outcome,
        change: impl FnOnce(&mut StageReport),
    ) -> &mut Self {
        let info = self.info(stage).clone();
        let mut report = StageReport {
            stage: stage.into(),
            kind: info.kind,
            outcome,
            code: (outcome == Outcome::Passed && info.kind != Kind::Service).then_some(0),
            cause: None,
            because_of: None,
            command: info.command,
            needs: info.needs,
            started_ms: self.streams.get(stage).copied(),
            finished_ms: at,
            restarts: 0,
            probe: None,
            log: self.logs.contains_key(stage).then(|| format!("logs/{stage}.log")),
        };
        change(&mut report);
        self.report.results.push(report.clone());
        self.at(at, Fact::StageFinished(report))
    }

    pub(super) fn cleans_up(&mut self, at: u64) -> &mut Self {
        self.at(at, Fact::CleanUpStarted).at(
            at + 900,
            Fact::CleanUpFinished {
                took_ms: 900,
                removed: true,
                left: Vec::new(),
            },
        )
    }

    /// The run is over.
    pub(super) fn closes(mut self, at: u64, code: u8, stage: Option<&str>, outcome: Outcome) -> Self {
        self.report.verdict = Verdict {
            passed: code == 0,
            code,
            stage: stage.map(Into::into),
            outcome,
        };
        self.report.took_ms = at;
        let order = |name: &str| self.report.info.stages.iter().position(|stage| stage.stage == name);
        let mut results = self.report.results.clone();
        results.sort_by_key(|result| order(&result.stage));
        self.report.results = results;
        let verdict = self.report.verdict.clone();
        self.at(at, Fact::RunFinished { verdict, took_ms: at });
        self
    }

    /// Writes the logs into a run's directory.
    pub(super) fn leave_logs(&self, directory: &Path) -> Logs {
        fs::create_dir_all(directory.join("logs")).unwrap();
        for (stage, text) in &self.logs {
            fs::write(directory.join(format!("logs/{stage}.log")), text).unwrap();
        }
        let mut logs = Logs::new(directory);
        logs.show_as(&self.report.info.directory);
        logs
    }

    /// Plays the whole run to a reporter.
    pub(super) fn play(&self, reporter: &mut dyn Reporter) {
        for event in &self.events {
            reporter.event(event).unwrap();
        }
        reporter.finish(&self.report).unwrap();
    }

    fn info(&self, stage: &str) -> &StageInfo {
        self.report.info.stages.iter().find(|info| info.stage == stage).unwrap()
    }
}

/// Text that a view owns and a test reads.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn stage(name: &str, kind: Kind, needs: &[(&str, Condition)]) -> StageInfo {
    StageInfo {
        stage: name.into(),
        kind,
        reason: "the file says so".into(),
        needs: needs
            .iter()
            .map(|(stage, condition)| NeedInfo {
                stage: (*stage).into(),
                condition: *condition,
            })
            .collect(),
        replicas: 1,
        builds: false,
        image: None,
        command: None,
    }
}

pub(super) fn probe(streak: u32) -> Probe {
    Probe {
        code: 2,
        output: "db:5432 - accepting connections\nrole \"app\" does not exist\n".into(),
        streak,
    }
}

fn shop() -> Vec<StageInfo> {
    let mut db = stage("db", Kind::Service, &[]);
    db.image = Some("postgres:16".into());
    let mut tests = stage("unit_tests", Kind::Job, &[("db", Condition::Healthy)]);
    tests.command = Some("pytest -q".into());
    tests.builds = true;
    let deploy = stage("deploy", Kind::Deploy, &[("unit_tests", Condition::Succeeded)]);
    vec![db, tests, deploy]
}

/// The first seconds of a run of db, `unit_tests` and deploy.
fn begin() -> Script {
    let mut script = Script::new(shop());
    script
        .at(
            10,
            Fact::BuildStarted {
                stages: vec!["unit_tests".into()],
            },
        )
        .at(
            20,
            Fact::PullStarted {
                image: "postgres:16".into(),
            },
        )
        .at(
            1500,
            Fact::PullFinished {
                image: "postgres:16".into(),
            },
        )
        .at(
            2000,
            Fact::BuildStepFinished {
                stage: Some("unit_tests".into()),
                step: "[unit_tests 2/3] RUN pip install pytest".into(),
                cached: true,
                took_ms: 0,
            },
        )
        .at(
            4200,
            Fact::BuildStepFinished {
                stage: Some("unit_tests".into()),
                step: "[unit_tests 3/3] COPY . .".into(),
                cached: false,
                took_ms: 40,
            },
        )
        .at(4210, Fact::BuildFinished { took_ms: 4200 })
        .at(4500, Fact::Created { took_ms: 290 })
        .starts(4600, "db")
        .waits(4600, "unit_tests")
        .waits(4600, "deploy");
    script
}

/// db gets healthy, the tests pass, the deployment happens.
pub(super) fn green() -> Script {
    let mut script = begin();
    script
        .prints(5200, "db", "database system is ready\n")
        .at(6100, Fact::StageHealthy { stage: "db".into() })
        .starts(6100, "unit_tests")
        .prints(8000, "unit_tests", "collected 42 items\n\n")
        .prints(9000, "unit_tests", "42 passed in 1.02s\n")
        .ends(9400, "unit_tests", Outcome::Passed, |_| {})
        .starts(9400, "deploy")
        .prints(9900, "deploy", "deployed\n")
        .ends(11_000, "deploy", Outcome::Passed, |_| {})
        .ends(11_000, "db", Outcome::Passed, |_| {})
        .cleans_up(11_000);
    script.closes(11_950, 0, None, Outcome::Passed)
}

/// A unit test fails; the deployment that needs it is skipped.
pub(super) fn failed() -> Script {
    let mut script = begin();
    script
        .prints(5200, "db", "database system is ready\n")
        .at(6100, Fact::StageHealthy { stage: "db".into() })
        .starts(6100, "unit_tests")
        .prints(8000, "unit_tests", "collected 42 items\n\n")
        .writes(
            9000,
            "unit_tests",
            Stream::Stderr,
            b"\x1b[31mE  assert 500 == 200\x1b[0m\n::error::no command of ours\n##[error]nor this\n",
        )
        .prints(9100, "unit_tests", "1 failed, 41 passed in 1.02s\n")
        .at(
            9390,
            Fact::Cancelled {
                reason: CancelReason::StageFailed {
                    stage: "unit_tests".into(),
                },
                stops: true,
            },
        )
        .ends(9400, "unit_tests", Outcome::Failed, |report| {
            report.code = Some(1);
            report.cause = Some("it ended with code 1".into());
        })
        .ends(9400, "deploy", Outcome::Skipped, |report| {
            report.because_of = Some("unit_tests".into());
        })
        .ends(9800, "db", Outcome::Passed, |_| {})
        .cleans_up(9800);
    script.closes(10_800, 1, Some("unit_tests"), Outcome::Failed)
}

/// db never gets healthy; nothing that needs it runs.
pub(super) fn unhealthy() -> Script {
    let mut script = begin();
    script
        .prints(5200, "db", "database system is ready\n")
        .prints(5900, "db", "FATAL:  role \"app\" does not exist\n")
        .probe_fails(6000, "db", 1)
        .probe_fails(7000, "db", 2)
        .at(
            7500,
            Fact::InstanceRestarted {
                stage: "db".into(),
                instance: 1,
                code: 1,
                restarts: 1,
            },
        )
        .at(
            7500,
            Fact::Warned {
                stage: Some("db".into()),
                message: "ended with code 1, and its policy restarts it".into(),
            },
        )
        .probe_fails(8000, "db", 3)
        .ends(8100, "db", Outcome::Unhealthy, |report| {
            report.probe = Some(probe(3));
            report.cause = Some("its health check failed as often as it may".into());
            report.restarts = 1;
        })
        .at(
            8100,
            Fact::Cancelled {
                reason: CancelReason::StageFailed { stage: "db".into() },
                stops: true,
            },
        )
        .ends(8100, "unit_tests", Outcome::Skipped, |report| {
            report.because_of = Some("db".into());
        })
        .ends(8100, "deploy", Outcome::Skipped, |report| {
            report.because_of = Some("db".into());
        })
        .cleans_up(8100);
    script.closes(9000, 78, Some("db"), Outcome::Unhealthy)
}

/// SIGTERM comes while the tests run; a network cannot be removed.
pub(super) fn cancelled() -> Script {
    let mut script = begin();
    script
        .at(6100, Fact::StageHealthy { stage: "db".into() })
        .starts(6100, "unit_tests")
        .prints(8000, "unit_tests", "collected 42 items\n")
        .at(
            8500,
            Fact::Cancelled {
                reason: CancelReason::Signal { name: "SIGTERM".into() },
                stops: true,
            },
        )
        .ends(8900, "unit_tests", Outcome::Cancelled, |report| {
            report.code = Some(143);
        })
        .ends(8900, "deploy", Outcome::Cancelled, |_| {})
        .ends(8900, "db", Outcome::Cancelled, |_| {})
        .at(8900, Fact::CleanUpStarted)
        .at(
            9800,
            Fact::CleanUpFinished {
                took_ms: 900,
                removed: true,
                left: vec!["network shop-ci-r1_default".into()],
            },
        );
    script.closes(9850, 143, None, Outcome::Cancelled)
}
