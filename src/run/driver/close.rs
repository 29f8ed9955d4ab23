//! The end of a run: logs are read to their end, what runs is ended, what the run made is removed.

use std::time::{Duration, Instant};

use super::{Driver, LOG_GRACE, Message, millis, send};
use crate::event::{Fact, Outcome, Verdict};
use crate::run::cleanup::{self, Closer};
use crate::run::query::engine_answers;

/// How long the logs of containers that were told to end, and of whose end nothing is known yet, are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Driver<'_> {
    /// Stops or removes what the run made. Logs are read to their end first: what is removed cannot be read any more.
    pub(super) fn close(&mut self) -> Verdict {
        let verdict = self.scheduler.verdict();
        if self.scheduler.gave_up() && !engine_answers(&self.spawner, &self.commands) {
            self.leave();
            return verdict;
        }
        // Whoever sends a signal goes on to kill soon: containers are removed before that.
        let by_signal = verdict.outcome == Outcome::Cancelled && verdict.stage.is_none();
        self.drain(by_signal.then_some(LOG_GRACE), |driver| {
            driver.endings.iter().any(|ending| !driver.is_due(ending))
        });
        if !self.closer.closes() {
            self.report_endings();
            return verdict;
        }
        let begun = Instant::now();
        self.emit(Fact::CleanUpStarted);
        let running = self.containers.iter().filter(|(_, container)| container.running);
        let (running, stages): (Vec<String>, Vec<usize>) =
            running.map(|(id, container)| (id.clone(), container.stage)).unzip();
        self.wait_for(move |closer| closer.end_running(&running, &stages));
        let stopped = Instant::now();
        self.drain(by_signal.then_some(LAST_WORDS), |driver| {
            let goes_on = stopped.elapsed() < LAST_WORDS;
            driver.containers.values().any(|c| match c.running {
                true => c.log.active && goes_on,
                false => c.awaits_log(),
            })
        });
        self.report_endings();
        let made = self.made;
        let left = self.wait_for(move |closer| closer.remove(made));
        // Nobody knows what is left when the work broke down.
        let left = left.unwrap_or_else(|| vec![cleanup::everything(&self.commands)]);
        self.hand_over(left.is_empty());
        self.emit(Fact::CleanUpFinished {
            took_ms: millis(begun.elapsed()),
            removed: self.closer.removes(),
            left,
        });
        verdict
    }

    /// Releases the lock and the guard; where something is left, the guard goes on trying to remove it.
    fn hand_over(&mut self, is_clean: bool) {
        let guard = self.guard.take();
        if is_clean {
            self.lock = None;
            if let Some(guard) = guard {
                guard.release(self.made);
            }
        } else if guard.is_some() {
            if let Some(lock) = self.lock.take() {
                lock.leave();
            }
            self.emit(Fact::Warned {
                stage: None,
                message: "what could not be removed is tried again for 10 minutes in the background; after that, \
                          `towline gc` removes it"
                    .to_owned(),
            });
        }
    }

    /// Has the closer do something, which may take long, while messages are taken and the views move. Nothing comes back
    /// from work that panicked.
    fn wait_for<T: Send + 'static>(&mut self, work: impl FnOnce(&Closer) -> T + Send + 'static) -> Option<T> {
        let closer = self.closer.clone();
        let inbox = self.sender.clone();
        let thread = std::thread::spawn(move || {
            let done = work(&closer);
            // The loop below need not wait for its time to pass.
            send(&inbox, Message::Closed);
            done
        });
        while !thread.is_finished() {
            self.listen_briefly();
        }
        thread.join().ok()
    }

    /// Ends a run whose engine does not answer: there is nothing that could be read or removed.
    fn leave(&mut self) {
        self.report_endings();
        if self.closer.closes() {
            self.emit(Fact::CleanUpStarted);
            self.hand_over(false);
            self.emit(Fact::CleanUpFinished {
                took_ms: 0,
                removed: self.closer.removes(),
                left: vec![cleanup::everything(&self.commands)],
            });
        }
    }

    /// Takes messages as long as `goes_on`, and no signal comes, and the time is not over.
    fn drain(&mut self, time: Option<Duration>, goes_on: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        let is_over = || time.is_some_and(|time| begun.elapsed() >= time);
        while goes_on(self) && !is_over() {
            if self.listen_briefly() {
                break;
            }
        }
    }

    /// Takes a message if one comes soon: whether it is a signal.
    fn listen_briefly(&mut self) -> bool {
        let message = self.inbox.recv_timeout(Duration::from_millis(20)).ok();
        let is_signal = matches!(message, Some(Message::Signal(_)));
        if let Some(message) = message {
            self.take(message);
        }
        // A stage that has just ended may wait for what the engine has on record of it.
        self.look_if_due();
        let _ = self.reporter.tick(Instant::now());
        is_signal
    }

    /// Reports all that has ended, whatever is still to come of it.
    fn report_endings(&mut self) {
        let closes = self.closer.closes();
        self.give_up_logs(|container| closes || !container.running);
        for ending in &mut self.endings {
            ending.deadline = Instant::now();
        }
        self.finish_endings();
    }
}
