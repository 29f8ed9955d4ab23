//! A way to the engine over TCP, which the tests can cut, and which is not the engine's own socket.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

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
