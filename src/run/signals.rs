//! towline's own signals into the run's inbox. They never interrupt what is being done: the scheduler decides.

use std::sync::mpsc::SyncSender;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::driver::Message;
use super::scheduler::Signal;

/// Sends each signal that comes to the inbox, until the handle is closed.
///
/// # Errors
/// When the handlers cannot be installed.
pub(super) fn listen(inbox: SyncSender<Message>) -> anyhow::Result<Handle> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let handle = signals.handle();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let signal = match signal {
                SIGINT => Signal::Interrupt,
                SIGHUP => Signal::HangUp,
                _ => Signal::Terminate,
            };
            if inbox.send(Message::Signal(signal)).is_err() {
                break;
            }
        }
    });
    Ok(handle)
}
