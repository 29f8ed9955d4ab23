//! Other ways to the engine: one over TCP, which the tests can cut, and a socket through which logs come slowly.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The way, as long as it lives.
pub(crate) struct Proxy {
    address: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Makes a way to the engine's socket.
    pub(crate) fn to(socket: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let open = Arc::new(Mutex::new(Vec::new()));
        let (socket, connections) = (socket.to_owned(), Arc::clone(&open));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Ok(engine) = UnixStream::connect(&socket) {
                    let kept = client.try_clone().expect("a handle of the connection");
                    connections.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
                    join(client, engine);
                }
            }
        });
        Self { address, open }
    }

    /// `DOCKER_HOST` for this way.
    pub(crate) fn host(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// Cuts all that are connected at this moment. New ones get through.
    pub(crate) fn cut(&self) {
        for connection in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // One that has ended by itself is cut already.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Passes on what comes on either side, until that side ends.
fn join(client: TcpStream, engine: UnixStream) {
    let (client_too, engine_too) = (client.try_clone(), engine.try_clone());
    std::thread::spawn(move || {
        pass(client, &engine);
        let _ = engine.shutdown(Shutdown::Write);
    });
    std::thread::spawn(move || {
        if let (Ok(client), Ok(engine)) = (client_too, engine_too) {
            pass(engine, &client);
            let _ = client.shutdown(Shutdown::Write);
        }
    });
}

fn pass(mut from: impl Read, mut to: impl Write) {
    // Whichever side goes away ends it.
    let _ = io::copy(&mut from, &mut to);
}

/// A socket of the engine through which everything comes as it is, and logs come slowly.
pub(crate) struct SlowLogs {
    directory: tempfile::TempDir,
    open: Arc<AtomicBool>,
}

/// How logs come.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// So many bytes at a time, with a pause after each.
    Trickling(usize, Duration),
    /// So many bytes, and the rest once the way is opened.
    Held(usize),
}

impl SlowLogs {
    /// Makes a way to the engine's socket.
    pub(crate) fn to(socket: &str, pace: Pace) -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let listener = UnixListener::bind(directory.path().join("socket")).expect("a socket");
        let open = Arc::new(AtomicBool::new(false));
        let (socket, is_open) = (socket.to_owned(), Arc::clone(&open));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let is_open = Arc::clone(&is_open);
                if let Ok(engine) = UnixStream::connect(&socket) {
                    std::thread::spawn(move || connect(client, engine, pace, &is_open));
                }
            }
        });
        Self { directory, open }
    }

    /// `DOCKER_HOST` for this way.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.directory.path().join("socket").display())
    }

    /// Lets through what was held.
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }
}

fn connect(mut client: UnixStream, mut engine: UnixStream, pace: Pace, is_open: &AtomicBool) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n") && client.read(&mut byte).is_ok_and(|count| count > 0) {
        request.extend(byte);
    }
    // A client that has gone is seen by the reads below.
    let _ = engine.write_all(&request);
    let is_log = String::from_utf8_lossy(&request).contains("/logs?");
    let (Ok(from_client), Ok(to_engine)) = (client.try_clone(), engine.try_clone()) else {
        return;
    };
    std::thread::spawn(move || {
        pass(from_client, &to_engine);
        let _ = to_engine.shutdown(Shutdown::Write);
    });
    if is_log {
        match pace {
            Pace::Trickling(bytes, pause) => {
                while pass_some(&mut engine, &mut client, bytes) > 0 {
                    std::thread::sleep(pause);
                }
            }
            Pace::Held(bytes) => {
                let mut left = bytes;
                while left > 0 {
                    match pass_some(&mut engine, &mut client, left) {
                        0 => break,
                        count => left -= count,
                    }
                }
                while !is_open.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }
    pass(engine, &client);
    let _ = client.shutdown(Shutdown::Write);
}

/// Passes on at most so many bytes: how many it were.
fn pass_some(from: &mut UnixStream, to: &mut UnixStream, most: usize) -> usize {
    let mut buffer = vec![0; most];
    let count = from.read(&mut buffer).unwrap_or_default();
    if to.write_all(&buffer[..count]).is_err() {
        return 0;
    }
    count
}
