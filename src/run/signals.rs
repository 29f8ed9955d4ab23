//! towline's own signals into the run's inbox. They never interrupt what is being done: the scheduler decides.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::scheduler::Signal;

/// The signals that end a run.
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// Tells each signal that comes, until the handle is closed. One that was ignored when towline was started, as `nohup` does
/// with SIGHUP, stays ignored.
///
/// # Errors
/// When the handlers cannot be installed.
pub(super) fn listen(tell: impl Fn(Signal) + Send + 'static) -> anyhow::Result<Handle> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut signals = Signals::new(heeded(ignored(&status)))?;
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

/// Returns the signals that are not ignored. A shell without job control ignores SIGINT and SIGQUIT for whatever it starts
/// in the background, without anybody having asked for it: scripts send a SIGINT to such a run and expect it to end.
fn heeded(ignored: u64) -> Vec<i32> {
    let is_ignored = |signal: i32| ignored & (1 << (signal - 1)) != 0;
    let is_in_background = is_ignored(SIGINT) && is_ignored(SIGQUIT);
    let is_heeded = |signal: &i32| !is_ignored(*signal) || (*signal == SIGINT && is_in_background);
    SIGNALS.into_iter().filter(is_heeded).collect()
}

/// Reads the set of ignored signals from `/proc/PID/status`: bit n - 1 stands for signal n.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

/// Docker does not pass signals on to a plugin where no terminal does: it closes the socket whose name it gave the plugin.
/// The name of an abstract socket begins with `@`.
///
/// # Errors
/// When there is no such socket.
pub(super) fn listen_to_docker(name: &OsStr, tell: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    let mut docker = UnixStream::connect_addr(&address)?;
    std::thread::spawn(move || {
        // Docker says nothing on it; an error is an end like any other.
        let _ = docker.read_to_end(&mut Vec::new());
        tell(Signal::Terminate);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        assert_eq!(ignored("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\tff\n"), 0x1001);
        assert_eq!(ignored("Name:\tx\n"), 0);
    }

    #[test]
    fn a_signal_that_was_ignored_at_the_start_is_not_heeded() {
        let bit = |signal: i32| 1 << (signal - 1);
        assert_eq!(heeded(0), [SIGINT, SIGTERM, SIGHUP]);
        assert_eq!(heeded(bit(SIGHUP)), [SIGINT, SIGTERM], "nohup");
        assert_eq!(heeded(bit(SIGINT)), [SIGTERM, SIGHUP], "trap '' INT");
        assert_eq!(
            heeded(bit(SIGINT) | bit(SIGQUIT)),
            [SIGINT, SIGTERM, SIGHUP],
            "towline ci &"
        );
    }

    #[test]
    fn a_socket_that_docker_closes_is_a_signal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("docker");
        let listener = UnixListener::bind(&path).unwrap();
        let (sender, told) = mpsc::channel();
        listen_to_docker(path.as_os_str(), move |signal| sender.send(signal).unwrap()).unwrap();
        let (connection, _) = listener.accept().unwrap();
        assert!(told.try_recv().is_err());
        drop(connection);
        assert_eq!(told.recv().unwrap(), Signal::Terminate);
    }

    #[test]
    fn without_a_socket_there_is_nothing_to_listen_to() {
        assert!(listen_to_docker(OsStr::new("@towline-nowhere"), |_| {}).is_err());
    }
}
