//! The end of a run: logs are read to their end, what runs is ended, what the run made is removed.

use std::time::{Duration, Instant};

use super::{Driver, LOG_GRACE, Message, millis, send};
use crate::event::{Fact, Verdict};
use crate::run::cleanup::{self, Closer};

impl Driver<'_> {
    /// Stops or removes what the run made. Logs are read to their end first: what is removed cannot be read any more.
    pub(super) fn close(&mut self) -> Verdict {
        let verdict = self.scheduler.verdict();
        if self.scheduler.gave_up() && !cleanup::engine_answers(&self.spawner, &self.commands) {
            self.leave();
            return verdict;
        }
        self.drain(LOG_GRACE, |driver| {
            driver.endings.iter().any(|ending| !driver.is_complete(ending))
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
        self.drain(Duration::from_secs(2), |driver| {
            driver.containers.values().any(|c| c.log.active)
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

    /// Takes messages as long as `goes_on` and the time is not over.
    fn drain(&mut self, time: Duration, goes_on: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + time;
        while goes_on(self) && Instant::now() < deadline {
            self.listen_briefly();
        }
    }

    fn listen_briefly(&mut self) {
        if let Ok(message) = self.inbox.recv_timeout(Duration::from_millis(20)) {
            self.take(message);
        }
        // A stage that has just ended may wait for what the engine has on record of it.
        self.look_if_due();
        let _ = self.reporter.tick(Instant::now());
    }

    fn report_endings(&mut self) {
        for ending in &mut self.endings {
            ending.deadline = Instant::now();
        }
        self.finish_endings();
    }
}
