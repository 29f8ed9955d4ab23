//! towline's own signals into the run's inbox. They never interrupt what is being done: the scheduler decides.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::scheduler::Signal;

/// Tells each signal that comes, until the handle is closed.
///
/// # Errors
/// When the handlers cannot be installed.
pub(super) fn listen(tell: impl Fn(Signal) + Send + 'static) -> anyhow::Result<Handle> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let handle = signals.handle();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            tell(match signal {
                SIGINT => Signal::Interrupt,
                SIGHUP => Signal::HangUp,
                _ => Signal::Terminate,
            });
        }
    });
    Ok(handle)
}
