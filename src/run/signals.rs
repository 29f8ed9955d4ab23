//! towline's own signals into the run's inbox. They never interrupt what is being done: the scheduler decides.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};

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
