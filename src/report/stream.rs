//! What containers write, passed on line by line as compose does it: for people and scripts that know `up`.
//!
//! Into a pipe go the containers' bytes behind their prefix and nothing else. On a terminal, escape sequences that do
//! more than colour are taken out.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style};

use super::Reporter;
use crate::event::{Event, Fact, Kind, Report, RunInfo, StageInfo, Stream};
use crate::term::{Terminal, sanitise, sanitise_but_colour};

/// A line that is longer is passed on in pieces, so that a container cannot fill the memory with one.
const LINE_BUDGET: usize = 1024 * 1024;

/// The colours of the prefixes, one after the other.
const COLOURS: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightYellow,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// What is passed on, and how: flags of `up`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the container's name stands in front of each line (`--no-log-prefix`).
    pub prefix: bool,
    /// Whether prefixes are coloured on a terminal (`--no-color`).
    pub colour: bool,
    /// Whether each line begins with its time (`--timestamps`).
    pub timestamps: bool,
    /// The only stages to pass on (`--attach`); where it is empty, all.
    pub attach: Vec<String>,
    /// Stages not to pass on (`--no-attach`).
    pub no_attach: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: true,
            colour: true,
            timestamps: false,
            attach: Vec::new(),
            no_attach: Vec::new(),
        }
    }
}

impl Options {
    fn passes_on(&self, stage: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == stage);
        (self.attach.is_empty() || named(&self.attach)) && !named(&self.no_attach)
    }
}

/// Passes on one of the two streams: standard output of the containers to standard output, errors to errors.
pub struct Streamed<W> {
    out: W,
    stream: Stream,
    terminal: Terminal,
    options: Options,
    width: usize,
    sources: HashMap<String, Source>,
    /// Lines that are made but not written yet.
    ready: Vec<u8>,
}

/// A stage whose lines are passed on.
struct Source {
    colour: AnsiColor,
    /// The unfinished line of each of its containers.
    unfinished: HashMap<u32, Vec<u8>>,
}

impl<W: Write + Send> Streamed<W> {
    /// Passes what containers write on `stream` on to `out`, which is this terminal or none.
    pub fn new(out: W, stream: Stream, terminal: Terminal, options: Options) -> Self {
        Self {
            out,
            stream,
            terminal,
            options,
            width: 0,
            sources: HashMap::new(),
            ready: Vec::new(),
        }
    }

    fn begin(&mut self, info: &RunInfo) {
        let stages: Vec<&StageInfo> = info
            .stages
            .iter()
            .filter(|stage| stage.kind != Kind::Build && self.options.passes_on(&stage.stage))
            .collect();
        self.width = stages
            .iter()
            .map(|stage| name(&stage.stage, stage.replicas).len())
            .max()
            .unwrap_or_default();
        self.sources = stages
            .iter()
            .zip(COLOURS.iter().cycle())
            .map(|(stage, colour)| (stage.stage.clone(), Source::new(*colour)))
            .collect();
    }

    fn output(&mut self, stage: &str, instance: u32, text: &[u8], at: &str) {
        let Some(source) = self.sources.get_mut(stage) else {
            return;
        };
        let mut unfinished = source.unfinished.remove(&instance).unwrap_or_default();
        let prefix = self.prefix(stage, instance) + &self.time(at);
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            let ends = piece.ends_with(b"\n");
            if ends && unfinished.is_empty() {
                self.line(&prefix, piece);
                continue;
            }
            unfinished.extend_from_slice(piece);
            if ends || unfinished.len() >= LINE_BUDGET {
                self.line(&prefix, &unfinished);
                unfinished.clear();
            }
        }
        if !unfinished.is_empty()
            && let Some(source) = self.sources.get_mut(stage)
        {
            source.unfinished.insert(instance, unfinished);
        }
    }

    /// Passes on what the stage's containers left without a line end.
    fn end(&mut self, stage: &str, at: &str) {
        let Some(source) = self.sources.get_mut(stage) else {
            return;
        };
        let mut left: Vec<(u32, Vec<u8>)> = source.unfinished.drain().collect();
        left.sort_unstable_by_key(|(instance, _)| *instance);
        for (instance, text) in left {
            let prefix = self.prefix(stage, instance) + &self.time(at);
            self.line(&prefix, &text);
        }
    }

    fn line(&mut self, prefix: &str, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.ready.extend_from_slice(prefix.as_bytes());
        if !self.terminal.tty {
            self.ready.extend_from_slice(line);
        } else if self.terminal.colour {
            self.ready.extend_from_slice(sanitise_but_colour(line).as_bytes());
        } else {
            self.ready.extend_from_slice(sanitise(line).as_bytes());
        }
        self.ready.push(b'\n');
    }

    /// What stands in front of each line of a container.
    fn prefix(&self, stage: &str, instance: u32) -> String {
        if !self.options.prefix {
            return String::new();
        }
        let text = format!("{:width$}  | ", name(stage, instance), width = self.width);
        let colour = self.sources.get(stage).map(|source| source.colour);
        match colour.filter(|_| self.options.colour) {
            Some(colour) => {
                let style = Style::new().fg_color(Some(Color::Ansi(colour)));
                self.terminal.paint(style, text)
            }
            None => text,
        }
    }

    /// The time in front of each line, in compose's form: of the zone of this machine, with nine digits.
    fn time(&self, at: &str) -> String {
        if !self.options.timestamps {
            return String::new();
        }
        let Ok(at) = at.parse::<jiff::Timestamp>() else {
            return String::new();
        };
        let at = at.to_zoned(jiff::tz::TimeZone::system());
        let zone = if at.offset().is_zero() {
            "Z".to_owned()
        } else {
            at.strftime("%:z").to_string()
        };
        format!("{}{zone} ", at.strftime("%Y-%m-%dT%H:%M:%S%.9f"))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.ready.is_empty() {
            return Ok(());
        }
        let ready = std::mem::take(&mut self.ready);
        self.out.write_all(&ready)?;
        self.out.flush()
    }
}

impl Source {
    fn new(colour: AnsiColor) -> Self {
        Self {
            colour,
            unfinished: HashMap::new(),
        }
    }
}

/// A container as compose names it in its output.
fn name(stage: &str, instance: u32) -> String {
    format!("{stage}-{instance}")
}

impl<W: Write + Send> Reporter for Streamed<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.fact {
            Fact::RunStarted(info) => self.begin(info),
            Fact::Output {
                stage,
                instance,
                stream,
                text,
                ..
            } if *stream == self.stream => self.output(stage, *instance, text, &event.at),
            Fact::StageFinished(report) => self.end(&report.stage, &event.at),
            _ => {}
        }
        self.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let ended = report.started_at.parse::<jiff::Timestamp>().ok();
        let took = std::time::Duration::from_millis(report.took_ms);
        let ended = ended.and_then(|at| at.checked_add(took).ok()).map(|at| at.to_string());
        let mut stages: Vec<String> = self.sources.keys().cloned().collect();
        stages.sort_unstable();
        for stage in stages {
            self.end(&stage, ended.as_deref().unwrap_or_default());
        }
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::report::script::{self, Script};

    fn two() -> Script {
        let mut script = Script::new(vec![
            script::stage("db", Kind::Service, &[]),
            script::stage("unit_tests", Kind::Job, &[]),
        ]);
        script
            .starts(100, "db")
            .starts(100, "unit_tests")
            .prints(500, "db", "ready \x1b[1mnow\x1b[0m\x1b[K\npart")
            .prints(600, "unit_tests", "collecting\r\n\n")
            .writes(650, "unit_tests", Stream::Stderr, b"caf\xe9 on stderr\n")
            .prints(700, "db", "ial\nno end")
            .ends(800, "unit_tests", Outcome::Passed, |_| {})
            .ends(900, "db", Outcome::Passed, |_| {});
        script.closes(1000, 0, None, Outcome::Passed)
    }

    fn passed_on(script: &Script, stream: Stream, terminal: Terminal, options: Options) -> Vec<u8> {
        let mut out = Vec::new();
        script.play(&mut Streamed::new(&mut out, stream, terminal, options));
        out
    }

    #[test]
    fn into_a_pipe_go_whole_lines_with_their_bytes_unchanged() {
        let out = passed_on(&two(), Stream::Stdout, Terminal::plain(), Options::default());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "db-1          | ready \u{1b}[1mnow\u{1b}[0m\u{1b}[K\n\
             unit_tests-1  | collecting\r\n\
             unit_tests-1  | \n\
             db-1          | partial\n\
             db-1          | no end\n"
        );
        let errors = passed_on(&two(), Stream::Stderr, Terminal::plain(), Options::default());
        assert_eq!(errors, b"unit_tests-1  | caf\xe9 on stderr\n");
    }

    #[test]
    fn a_terminal_gets_colours_and_obeys_nothing_else() {
        let terminal = Terminal {
            tty: true,
            colour: true,
            ..Terminal::plain()
        };
        let out = passed_on(&two(), Stream::Stdout, terminal, Options::default());
        let out = String::from_utf8(out).unwrap();
        assert_eq!(
            out.lines().next(),
            Some("\u{1b}[36mdb-1          | \u{1b}[0mready \u{1b}[1mnow\u{1b}[0m\u{1b}[0m")
        );
        let bare = Options {
            colour: false,
            ..Options::default()
        };
        let out = passed_on(&two(), Stream::Stdout, terminal, bare);
        assert!(out.starts_with(b"db-1          | ready"));
    }

    #[test]
    fn stages_are_chosen_and_prefixes_left_out_as_asked() {
        let only = Options {
            attach: vec!["unit_tests".into()],
            prefix: false,
            ..Options::default()
        };
        let out = passed_on(&two(), Stream::Stdout, Terminal::plain(), only);
        assert_eq!(out, b"collecting\r\n\n");
        let but = Options {
            no_attach: vec!["unit_tests".into()],
            ..Options::default()
        };
        let out = passed_on(&two(), Stream::Stdout, Terminal::plain(), but);
        assert!(
            out.starts_with(b"db-1  | ready"),
            "the prefix is as wide as the longest name that is shown"
        );
    }

    #[test]
    fn each_line_begins_with_its_time_where_that_is_asked_for() {
        let timed = Options {
            timestamps: true,
            ..Options::default()
        };
        let out = passed_on(&two(), Stream::Stdout, Terminal::plain(), timed);
        let out = String::from_utf8(out).unwrap();
        for line in out.lines() {
            let (_, line) = line.split_once("  | ").unwrap();
            let (time, _) = line.split_once(' ').unwrap();
            let form: String = time
                .chars()
                .map(|char| if char.is_ascii_digit() { '0' } else { char })
                .collect();
            assert!(form.starts_with("0000-00-00T00:00:00.000000000"), "{line}");
            let at: jiff::Timestamp = time.parse().unwrap();
            assert_eq!(
                at.as_second(),
                "2026-11-23T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second()
            );
        }
        assert_eq!(out.lines().count(), 5);
    }

    #[test]
    fn an_endless_line_is_passed_on_in_pieces() {
        let mut script = Script::new(vec![script::stage("db", Kind::Service, &[])]);
        for at in 0..3 {
            script.prints(at, "db", &"x".repeat(LINE_BUDGET / 2));
        }
        let script = script.closes(10, 0, None, Outcome::Passed);
        let out = passed_on(
            &script,
            Stream::Stdout,
            Terminal::plain(),
            Options {
                prefix: false,
                ..Options::default()
            },
        );
        let lines: Vec<usize> = out.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len).collect();
        assert_eq!(lines, [LINE_BUDGET + 1, LINE_BUDGET / 2 + 1]);
    }
}
