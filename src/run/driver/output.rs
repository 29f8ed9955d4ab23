//! The containers' output: from the engine into the run's log files, and on to the reporters.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Container, Driver, LOG_GRACE, Message, send};
use crate::event::Fact;
use crate::run::classify;
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
        if log.active || log.given_up || log.is_none {
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
        let waiting = container.log.waiting.clone();
        waiting.begin();
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
            let read = || {
                let stream = socket
                    .as_ref()
                    .and_then(|socket| Some((socket, socket.logs(&container, since.as_deref()).ok()?)));
                match stream {
                    Some((socket, stream)) => {
                        let (progress, result) = logs::follow(Source::Socket(stream), &file, before, &waiting, tell);
                        (progress, result.and_then(|()| Ok(socket.holds(&container)?)))
                    }
                    None => logs::follow(Source::Command(&spawner, &invocation), &file, before, &waiting, tell),
                }
            };
            // Nobody would ever hear of the end of a reader that panics.
            let read = catch_unwind(AssertUnwindSafe(read));
            let (progress, result) = read.unwrap_or_else(|_| (before, Err(anyhow::anyhow!("the reader panicked"))));
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
        } else {
            self.give_up_log(id, &format!("may be incomplete: {}", classify::clean(&error)));
        }
    }

    /// Stops waiting for the rest of the logs that are still being read, of the containers that are meant.
    pub(super) fn give_up_logs(&mut self, is_meant: impl Fn(&Container) -> bool) {
        let open = |c: &Container| c.log.active && is_meant(c);
        let open = self.containers.iter().filter(|(_, container)| open(container));
        let open: Vec<(String, bool)> = open.map(|(id, c)| (id.clone(), c.awaits_log())).collect();
        for (id, goes_on) in open {
            if goes_on {
                self.give_up_log(&id, "is incomplete: the run ended before it was read to its end");
            } else {
                let why = format!(
                    "may be incomplete: the engine sent nothing for {} s",
                    LOG_GRACE.as_secs()
                );
                self.give_up_log(&id, &why);
            }
        }
    }

    /// Nobody can say how much is missing: the engine has no word for how long a log is.
    fn give_up_log(&mut self, id: &str, how: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        if std::mem::replace(&mut container.log.given_up, true) {
            return;
        }
        let stage = Some(self.plan.stages[container.stage].name.clone());
        let message = format!("its log {how}; {} bytes of it were read", container.log.told);
        self.emit(Fact::Warned { stage, message });
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
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        container.log.told = piece.offset + piece.text.len() as u64;
        let fact = Fact::Output {
            stage: self.plan.stages[container.stage].name.clone(),
            instance: container.instance,
            stream: piece.stream,
            offset: piece.offset,
            bytes: piece.text.len() as u64,
            lines: line_ends(&piece.text),
            text: piece.text,
        };
        self.emit(fact);
    }
}

fn line_ends(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The name of a log file: the stage's, with the container's number from the second on. `@` is in no service's name.
pub(super) fn log_name(stage: &str, instance: u32) -> String {
    match instance {
        // That would be the name of what the build of another stage wrote.
        1 if stage.ends_with(".build") => format!("{stage}@1.log"),
        1 => format!("{stage}.log"),
        _ => format!("{stage}@{instance}.log"),
    }
}

/// A time as the engine takes it: seconds since 1970, with nanoseconds.
fn seconds(time: jiff::Timestamp) -> String {
    format!("{}.{:09}", time.as_second(), time.subsec_nanosecond())
}
