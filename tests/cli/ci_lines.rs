//! Command lines as they stand in CI files: `towline` in the place of `docker compose`, and `docker-compose` as a link.
//!
//! Each goes through as it is, or, where it is an `up` that asks for a verdict, is understood.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use towline::cli::{Split, Up, read_up, split};

use crate::common::{Sandbox, finish};

/// Lines of the kinds that people write. What stands behind the bar is expected: passed on, or a verdict.
const TYPICAL: [(&str, Fate); 75] = [
    ("up", Fate::Passed),
    ("up -d", Fate::Passed),
    ("up --detach", Fate::Passed),
    ("up -d --build", Fate::Passed),
    ("up --build -d db cache", Fate::Passed),
    ("up -d --no-build", Fate::Passed),
    ("up -d --force-recreate --remove-orphans", Fate::Passed),
    ("up -d --scale worker=3", Fate::Passed),
    ("up -d --pull always --quiet-pull", Fate::Passed),
    ("up -dV", Fate::Passed),
    ("up -d -t 30 web", Fate::Passed),
    ("up --no-start", Fate::Passed),
    ("up --no-deps --no-recreate -d api", Fate::Passed),
    ("up --dry-run", Fate::Passed),
    ("up -w", Fate::Passed),
    ("-f docker-compose.yml -f docker-compose.ci.yml up -d", Fate::Passed),
    ("-f ci/compose.yaml --env-file ci/.env up -d --wait=false", Fate::Passed),
    ("--profile test up -d", Fate::Passed),
    ("-p build_17 up -d", Fate::Passed),
    ("up --exit-code-from tests", Fate::Verdict),
    ("up --exit-code-from=tests", Fate::Verdict),
    ("up --exit-code-from tests tests", Fate::Verdict),
    ("up --build --exit-code-from tests", Fate::Verdict),
    ("up --build --abort-on-container-exit", Fate::Verdict),
    ("up --abort-on-container-exit --exit-code-from tests", Fate::Verdict),
    (
        "up --build --force-recreate --abort-on-container-exit --exit-code-from sut sut",
        Fate::Verdict,
    ),
    ("up --abort-on-container-failure", Fate::Verdict),
    ("up --exit-code-from e2e --abort-on-container-failure", Fate::Verdict),
    ("up --quiet-pull --no-color --exit-code-from e2e", Fate::Verdict),
    ("up --no-log-prefix --attach e2e --exit-code-from e2e", Fate::Verdict),
    (
        "up --renew-anon-volumes --abort-on-container-exit --timeout 5",
        Fate::Verdict,
    ),
    ("up --scale node=4 --exit-code-from e2e", Fate::Verdict),
    ("up --wait", Fate::Verdict),
    ("up -d --wait", Fate::Verdict),
    ("up --wait --wait-timeout 120", Fate::Verdict),
    ("up -d --wait --wait-timeout=60 db", Fate::Verdict),
    ("up db --wait", Fate::Verdict),
    ("up -d --build --wait", Fate::Verdict),
    ("up -d --quiet-pull --wait", Fate::Verdict),
    ("-f compose.test.yaml up --exit-code-from tests", Fate::Verdict),
    (
        "-f compose.yaml -f compose.test.yaml -p job42 up --build --abort-on-container-exit",
        Fate::Verdict,
    ),
    (
        "--profile e2e --env-file .env.ci up --exit-code-from e2e",
        Fate::Verdict,
    ),
    ("--progress plain --ansi never up --exit-code-from tests", Fate::Verdict),
    ("--project-directory . -f ci/compose.yaml up --wait", Fate::Verdict),
    ("down", Fate::Passed),
    ("down -v", Fate::Passed),
    ("down --volumes --remove-orphans", Fate::Passed),
    ("down -v --rmi local -t 0", Fate::Passed),
    ("-f compose.test.yaml down --rmi all", Fate::Passed),
    ("build", Fate::Passed),
    ("build --pull --no-cache", Fate::Passed),
    ("build --build-arg VERSION=1.2 --parallel api", Fate::Passed),
    ("--progress=plain build --quiet", Fate::Passed),
    ("pull", Fate::Passed),
    ("pull --quiet --ignore-buildable --ignore-pull-failures", Fate::Passed),
    ("push api", Fate::Passed),
    ("run --rm tests", Fate::Passed),
    ("run --rm -T tests pytest -x --wait --exit-code-from", Fate::Passed),
    ("run --rm --no-deps --entrypoint sh api -c true", Fate::Passed),
    ("run --rm -e CI=1 -v ./out:/out -p 80:80 --name t tests", Fate::Passed),
    ("run --rm --service-ports --use-aliases web up", Fate::Passed),
    (
        "-f ci.yaml run --build --rm -u 1000:1000 -w /src api make test",
        Fate::Passed,
    ),
    ("exec -T db psql -U postgres -c select", Fate::Passed),
    ("exec -it web bash", Fate::Passed),
    ("exec --index=2 --user root --privileged web sh -c id", Fate::Passed),
    ("logs", Fate::Passed),
    ("logs --no-color --tail=100 -t web", Fate::Passed),
    ("logs -f --since 5m", Fate::Passed),
    ("ps -a --format json", Fate::Passed),
    ("ps -q --filter status=exited", Fate::Passed),
    ("config --quiet", Fate::Passed),
    ("config --services", Fate::Passed),
    ("cp tests:/out/report.xml .", Fate::Passed),
    ("wait tests", Fate::Passed),
    ("kill -s SIGINT web", Fate::Passed),
];

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Compose gets it as it is.
    Passed,
    /// towline gives the verdict.
    Verdict,
}

#[test]
fn typical_lines_go_where_they_belong() {
    let sandbox = Sandbox::new();
    for (line, fate) in TYPICAL {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        assert_eq!(follow(&sandbox, &args), fate, "{line}");
    }
}

/// Lines taken from public projects, where they have been put beside the checkout.
#[test]
fn lines_of_public_projects_go_where_they_belong() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut lines = Vec::new();
    collect(&corpus, &mut lines);
    lines.sort();
    lines.dedup();
    let calls: Vec<Vec<OsString>> = lines.iter().flat_map(|line| calls_in(line)).collect();
    let sandbox = Sandbox::new();
    let mut counts: BTreeMap<(String, Fate), u32> = BTreeMap::new();
    for args in &calls {
        let fate = follow(&sandbox, args);
        let command = match split(args) {
            Split::Command { word, .. } => word.to_string_lossy().into_owned(),
            _ => "(none)".to_owned(),
        };
        *counts.entry((command, fate)).or_default() += 1;
    }
    show(lines.len(), calls.len(), &counts);
    assert!(!corpus.exists() || calls.len() > 100, "only {} calls", calls.len());
}

/// Sends a line through towline under both names, and says what became of it.
fn follow(sandbox: &Sandbox, args: &[OsString]) -> Fate {
    if let Split::Command { flags, word, rest } = split(args)
        && word == "up"
        && let (_, Up::Verdict(_)) = read_up(flags, rest).unwrap_or_else(|failure| panic!("{args:?}: {failure}"))
    {
        return Fate::Verdict;
    }
    let expected: Vec<_> = ["docker", "compose"]
        .map(OsString::from)
        .into_iter()
        .chain(args.iter().cloned())
        .collect();
    sandbox.run(args);
    assert_eq!(sandbox.calls(), [expected.as_slice()]);
    finish(&mut sandbox.program(sandbox.link("docker-compose"), args));
    assert_eq!(sandbox.calls(), [expected]);
    Fate::Passed
}

/// Every CI line of the cases under a folder.
fn collect(folder: &Path, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("project") {
            collect(&path, lines);
        } else if path.ends_with("case.json") {
            let case: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let commands = case["ci_commands"].as_array().into_iter().flatten();
            lines.extend(commands.filter_map(|command| Some(command["line"].as_str()?.to_owned())));
        }
    }
}

/// The literal calls of compose in a line of shell, prose or YAML.
fn calls_in(line: &str) -> Vec<Vec<OsString>> {
    let mut calls = Vec::new();
    for name in ["docker compose ", "docker-compose "] {
        for (at, _) in line.match_indices(name) {
            let (before, text) = (&line[..at], &line[at + name.len()..]);
            // In prose and in JSON the line ends where its quotes do.
            let text = match before.chars().next_back() {
                Some(quote @ ('`' | '"' | '\'')) => text.split(quote).next().unwrap_or(text),
                _ => text,
            };
            calls.extend(literal_words(text));
        }
    }
    calls
}

/// The words of the first command in a piece of shell; none where a variable or a template stands among them.
fn literal_words(text: &str) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let word = word.trim_matches(['"', '\'']);
        if ["|", "||", "&&", "&", ">", "2>&1", "#"].contains(&word) || word.starts_with('>') {
            break;
        }
        if word.contains(['$', '<', '`', '{', '…']) || word.contains("...") {
            return None;
        }
        words.push(OsString::from(word.trim_end_matches(';')));
    }
    Some(words)
}

fn show(lines: usize, calls: usize, counts: &BTreeMap<(String, Fate), u32>) {
    let mut table = format!("{lines} lines, {calls} literal calls of compose\n");
    for ((command, fate), count) in counts {
        table += &format!("{count:>5}  {command:<12} {fate:?}\n");
    }
    // Where nobody reads it, nothing is lost.
    let _ = std::io::stderr().write_all(table.as_bytes());
}
