//! The containers' output: from the engine into the run's log files, and on to the reporters.

use super::{Driver, Message, send};
use crate::event::Fact;
use crate::run::logs::{self, Piece, Progress, Source};

/// How often reading a log may fail before it is given up.
const FAILURES: u32 = 4;

impl Driver<'_> {
    pub(super) fn follow(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let planned = &self.plan.stages[container.stage];
        let log = &mut container.log;
        if log.active || log.failures == FAILURES || log.is_none {
            return;
        }
        if planned.log_driver.as_deref() == Some("none") {
            log.is_none = true;
            let message = "has 'logging: driver: none': there is no output to show or keep".to_owned();
            let stage = Some(planned.name.clone());
            self.emit(Fact::Warned { stage, message });
            return;
        }
        container.log.active = true;
        container.log.followed = container.log.starts;
        let file = self
            .directory
            .join("logs")
            .join(log_name(&planned.name, container.instance));
        let before = container.log.progress;
        let since = container.is_older.then(|| seconds(self.started_at));
        let invocation = self.commands.logs(id, since.as_deref());
        let socket = self.commands.socket.clone();
        let spawner = self.spawner.clone();
        let container = id.to_owned();
        self.spawn(move |inbox| {
            let tell = |piece| {
                send(
                    inbox,
                    Message::Output {
                        container: container.clone(),
                        piece,
                    },
                )
            };
            let stream = socket.and_then(|socket| socket.logs(&container, since.as_deref()).ok());
            let source = stream.map_or_else(|| Source::Command(&spawner, &invocation), Source::Socket);
            let (progress, result) = logs::follow(source, &file, before, tell);
            let error = result.err().map(|error| format!("{error:#}"));
            send(
                inbox,
                Message::LogEnded {
                    container: container.clone(),
                    progress,
                    error,
                },
            );
        });
    }

    pub(super) fn log_ended(&mut self, id: &str, progress: Progress, error: Option<String>) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let log = &mut container.log;
        log.active = false;
        log.progress = progress;
        let was_restarted = log.starts > log.followed;
        let Some(error) = error else {
            if was_restarted {
                self.follow(id);
            } else {
                self.look_again(id);
            }
            return;
        };
        log.failures += 1;
        if log.failures < FAILURES {
            self.follow(id);
            return;
        }
        let stage = self.plan.stages[container.stage].name.clone();
        self.emit(Fact::Warned {
            stage: Some(stage),
            message: format!("its log is not complete: {error}"),
        });
    }

    /// Reads the log of a container that has ended to its end once more, where it came over a network: there `docker logs`
    /// ends with 0 when the connection is cut.
    pub(super) fn look_again(&mut self, id: &str) {
        if self.commands.socket.is_some() {
            return;
        }
        if let Some(container) = self.containers.get_mut(id)
            && !container.running
            && !container.log.active
            && container.log.looked_again < container.log.starts
        {
            container.log.looked_again = container.log.starts;
            self.follow(id);
        }
    }

    pub(super) fn output(&mut self, id: &str, piece: Piece) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let fact = Fact::Output {
            stage: self.plan.stages[container.stage].name.clone(),
            instance: container.instance,
            stream: piece.stream,
            offset: piece.offset,
            bytes: piece.text.len() as u64,
            lines: piece.text.iter().filter(|byte| **byte == b'\n').count() as u64,
            text: piece.text,
        };
        self.emit(fact);
    }
}

/// The name of a log file: the stage's, with the container's number from the second on. `@` is in no service's name.
pub(super) fn log_name(stage: &str, instance: u32) -> String {
    match instance {
        1 => format!("{stage}.log"),
        _ => format!("{stage}@{instance}.log"),
    }
}

/// A time as the engine takes it: seconds since 1970, with nanoseconds.
fn seconds(time: jiff::Timestamp) -> String {
    format!("{}.{:09}", time.as_second(), time.subsec_nanosecond())
}
