//! The log of a container, and answers of the engine, straight from its socket, where it has one on this machine.
//!
//! `docker` does the same in a process of 33 MB, and gives the two streams of a log on two pipes, where their order is
//! lost. Everywhere else (another machine, a context of its own) it is `docker` all the same.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::binary::Tools;
use crate::event::Stream;

/// The engine's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket(PathBuf);

/// The log of a container as it comes.
#[derive(Debug)]
pub struct LogStream {
    body: BufReader<UnixStream>,
    /// What is left of the frame that is being read, and its stream.
    frame: (Stream, usize),
}

/// What says that the body is made of frames, each with its stream. Without a terminal it always is; with one there is a
/// single stream without frames.
const FRAMES: &str = "application/vnd.docker.multiplexed-stream";

/// How long the head of a frame is.
const HEAD: usize = 8;

/// How much is taken from the connection at once. The engine sends a frame for each line.
const RECEIVED: usize = 64 * 1024;

/// How long the engine gets to answer a simple question.
const ANSWER: Duration = Duration::from_secs(10);

impl Socket {
    /// The socket that docker itself would use, unless a context says where the engine is.
    #[must_use]
    pub fn find(tools: &Tools, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<Self> {
        let own = |name: &str| {
            tools
                .env
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let value = |name: &str| own(name).or_else(|| variable(name)).filter(|value| !value.is_empty());
        if let Some(host) = value("DOCKER_HOST") {
            let path = host.to_str()?.strip_prefix("unix://")?;
            return Some(Self(path.into()));
        }
        let home = || variable("HOME").map(|home| Path::new(&home).join(".docker"));
        let config = value("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(home)?
            .join("config.json");
        let has_context = value("DOCKER_CONTEXT").is_some()
            || std::fs::read_to_string(config).is_ok_and(|config| config.contains("\"currentContext\""));
        (!has_context).then(|| Self("/var/run/docker.sock".into()))
    }

    /// Follows the log of a container from its beginning, or from a time on, in seconds since 1970.
    ///
    /// # Errors
    /// When the engine does not answer, or gives a log without frames.
    pub fn logs(&self, container: &str, since: Option<&str>) -> io::Result<LogStream> {
        let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
        let question = format!("containers/{container}/logs?follow=1&stdout=1&stderr=1{since}");
        let (status, headers, body) = self.get(&question, None)?;
        let has_frames = headers
            .iter()
            .any(|header| header.to_ascii_lowercase().starts_with("content-type:") && header.contains(FRAMES));
        if status != "200" || !has_frames {
            return Err(io::Error::other(format!(
                "the engine gives no log with frames: {status}"
            )));
        }
        Ok(LogStream {
            body,
            frame: (Stream::Stdout, 0),
        })
    }

    /// Asks for something that the engine answers in JSON. `None` where there is nothing of that name.
    ///
    /// # Errors
    /// When the engine does not answer within this time, or with something else.
    pub fn json(&self, question: &str, time: Duration) -> io::Result<Option<Value>> {
        let (status, _, body) = self.get(question, Some(time))?;
        match status.as_str() {
            "200" => Ok(Some(serde_json::from_reader(body)?)),
            "404" => Ok(None),
            status => Err(io::Error::other(format!("the engine answered with status {status}"))),
        }
    }

    /// Makes sure that the container is still there. The log of one that is removed meanwhile ends as if it were whole.
    ///
    /// # Errors
    /// When the container was removed, or the engine does not answer.
    pub fn holds(&self, container: &str) -> io::Result<()> {
        let gone = || io::Error::other("the container was removed while its log was being read");
        self.json(&format!("containers/{container}/json"), ANSWER)?
            .map(drop)
            .ok_or_else(gone)
    }

    /// Asks the engine something: the status and the headers of its answer, and the connection that the rest comes on.
    fn get(&self, question: &str, time: Option<Duration>) -> io::Result<(String, Vec<String>, BufReader<UnixStream>)> {
        let mut connection = UnixStream::connect(&self.0)?;
        connection.set_read_timeout(time)?;
        // With HTTP/1.0 the body has no encoding of its own and ends with the connection.
        connection.write_all(format!("GET /{question} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes())?;
        let mut body = BufReader::with_capacity(RECEIVED, connection);
        let mut status = String::new();
        body.read_line(&mut status)?;
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            body.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            headers.push(header);
        }
        let status = status.split_whitespace().nth(1).unwrap_or_default().to_owned();
        Ok((status, headers, body))
    }
}

impl LogStream {
    /// Reads what comes next, of one stream, which can be nothing; `None` at the end of the log.
    ///
    /// # Errors
    /// When the connection breaks within a frame, or the engine reports an error of its own in one.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<(Stream, usize)>> {
        if self.frame.1 == 0 {
            match self.next_frame()? {
                Some(frame) => self.frame = frame,
                None => return Ok(None),
            }
        }
        let (stream, left) = self.frame;
        if left == 0 {
            return Ok(Some((stream, 0)));
        }
        let most = left.min(buffer.len());
        let count = self.body.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.frame.1 -= count;
        Ok(Some((stream, count)))
    }

    /// Whether the next read has to wait for the engine.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let needed = if self.frame.1 == 0 { HEAD } else { 0 };
        self.body.buffer().len() <= needed
    }

    /// The head of a frame: its stream in the first byte, its length in the last four.
    fn next_frame(&mut self) -> io::Result<Option<(Stream, usize)>> {
        if self.body.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.body.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let length = usize::try_from(length).map_err(io::Error::other)?;
        match head[0] {
            0 | 1 => Ok(Some((Stream::Stdout, length))),
            2 => Ok(Some((Stream::Stderr, length))),
            _ => {
                let mut message = String::new();
                self.body.by_ref().take(head[7].into()).read_to_string(&mut message)?;
                Err(io::Error::other(message))
            }
        }
    }
}

impl AsFd for LogStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.body.get_ref().as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// An engine that gives this answer to whatever it is asked.
    fn answer(text: &[u8]) -> (tempfile::TempDir, Socket) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let text = text.to_vec();
        std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = connection.read(&mut request).unwrap();
            connection.write_all(&text).unwrap();
        });
        (directory, Socket(path))
    }

    const ANSWERED: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n\r\n";

    fn read_all(stream: &mut LogStream) -> io::Result<Vec<(Stream, String)>> {
        let mut buffer = [0; 4];
        let mut all = Vec::new();
        while let Some((stream, count)) = stream.read(&mut buffer)? {
            all.push((stream, String::from_utf8_lossy(&buffer[..count]).into_owned()));
        }
        Ok(all)
    }

    #[test]
    fn frames_tell_the_streams_apart_and_keep_their_order() {
        let (_directory, socket) = answer(&[ANSWERED, b"\x01\0\0\0\0\0\0\x03one\x02\0\0\0\0\0\0\x05three"].concat());
        let read = read_all(&mut socket.logs("c", None).unwrap()).unwrap();
        let expected = [(Stream::Stdout, "one"), (Stream::Stderr, "thre"), (Stream::Stderr, "e")];
        assert_eq!(read, expected.map(|(stream, text)| (stream, text.to_owned())));
    }

    #[test]
    fn a_frame_that_breaks_off_is_no_end() {
        let (_directory, socket) = answer(&[ANSWERED, b"\x01\0\0\0\0\0\0\x09one"].concat());
        assert!(read_all(&mut socket.logs("c", None).unwrap()).is_err());
    }

    #[test]
    fn a_log_without_frames_is_left_to_docker() {
        for head in [
            "HTTP/1.0 404 Not Found\r\n\r\n",
            "HTTP/1.0 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
        ] {
            let (_directory, socket) = answer(head.as_bytes());
            assert!(socket.logs("c", None).is_err());
        }
    }

    #[test]
    fn a_container_that_is_gone_is_an_error() {
        for (head, holds) in [
            ("HTTP/1.0 200 OK\r\n\r\n{}", true),
            ("HTTP/1.0 404 Not Found\r\n\r\n{}", false),
            ("", false),
        ] {
            let (_directory, socket) = answer(head.as_bytes());
            assert_eq!(socket.holds("c").is_ok(), holds, "{head}");
        }
    }

    #[test]
    fn the_socket_is_dockers_own_unless_a_context_says_otherwise() {
        let tools = |env: &[(&str, &str)]| Tools {
            docker: PathBuf::new(),
            compose: Vec::new(),
            env: env.iter().map(|(key, value)| (key.into(), value.into())).collect(),
        };
        let find = |env: &[(&str, &str)]| Socket::find(&tools(env), &|_| Some("/nowhere".into()).filter(|_| false));
        assert_eq!(
            find(&[("DOCKER_HOST", "unix:///x.sock")]),
            Some(Socket("/x.sock".into()))
        );
        assert_eq!(find(&[("DOCKER_HOST", "tcp://x:1")]), None);
        assert_eq!(
            find(&[("DOCKER_CONFIG", "/nowhere")]),
            Some(Socket("/var/run/docker.sock".into()))
        );
        assert_eq!(find(&[("DOCKER_CONFIG", "/nowhere"), ("DOCKER_CONTEXT", "x")]), None);
    }
}
