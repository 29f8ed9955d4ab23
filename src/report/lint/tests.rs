//! Every format of one report that has all that is hard: places in two files, none at all, tabs, wide and control
//! characters, and text that means something in the notation itself.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Edit, Fix};
use crate::source::Sources;

/// A text that every notation has something in to escape.
const HARD: &str = "x \u{1b}[31m \"<&>' %, a:b ##[error] ]]>";

fn projects() -> Vec<Findings> {
    let mut sources = Sources::default();
    let main = sources.add(Source::new(
        "/w/a b/compose.yaml",
        format!("services:\n\tweb: 日本 {HARD}\n  ü: y\n"),
    ));
    let other = sources.add(Source::new("/else/other.yaml", "one: 1\r\ntwo: 2\r\n"));
    let place = |text: &str| {
        let at = sources.get(main).unwrap().text.find(text).unwrap();
        Span::new(main, at, at + text.len())
    };
    let diagnostics = vec![
        Diagnostic::warning("second", place("y\n"), "spans two lines")
            .help("do\nthis")
            .fix(Fix::safe("do it", vec![Edit::replace(place("y\n"), "z \"<&>'\n")])),
        Diagnostic::error("first", place("##"), format!("bad {HARD}"))
            .label(place("日本"), "wide")
            .label(Span::new(other, 8, 11), "elsewhere"),
        Diagnostic::new(Severity::Hint, "third", None, "about no place"),
    ];
    let shared = |loads| Findings {
        project: "a b/compose.yaml".to_owned(),
        loads,
        diagnostics: diagnostics.clone(),
        sources: sources.clone(),
    };
    // Two projects that find the same, and one that finds nothing.
    let clean = Findings {
        project: "/w/clean.yaml".to_owned(),
        loads: true,
        diagnostics: Vec::new(),
        sources: Sources::default(),
    };
    vec![shared(false), clean, shared(true)]
}

fn page() -> Page {
    Page {
        id: "second",
        summary: "what is second",
        why: "It matters.",
        level: Severity::Warning,
        category: "style",
        preset: None,
        bad: "a: 1\n".to_owned(),
        good: "a: 2\n".to_owned(),
        fixed: true,
    }
}

fn render(format: Format) -> String {
    let projects = projects();
    let mut report = Report::new(&projects, Path::new("/w"), Threshold::default());
    let about = |id, summary, rule| About { id, summary, rule };
    report.ids = vec![
        about("first", "what is first", None),
        about("second", "what is second", Some(page())),
    ];
    format.render(&report, &Terminal::plain())
}

#[test]
fn what_was_found_is_told_once_and_in_order() {
    let projects = projects();
    let report = Report::new(&projects, Path::new("/w"), Threshold::default());
    let ids: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| &*finding.diagnostic.code)
        .collect();
    assert_eq!(ids, ["third", "first", "second"]);
    assert_eq!(report.projects, ["a b/compose.yaml", "clean.yaml", "a b/compose.yaml"]);
}

#[test]
fn a_baseline_leaves_out_what_is_known_and_nothing_that_compose_rejects() {
    let projects = projects();
    let report = || Report::new(&projects, Path::new("/w"), Threshold::default());
    let baseline = Baseline::parse(&Baseline::of(&report()).text()).unwrap();
    let mut known = report();
    known.leave_out(&baseline);
    let ids: Vec<&str> = known.findings.iter().map(|finding| &*finding.diagnostic.code).collect();
    assert_eq!((ids, known.known, known.gone), (vec!["first"], 2, 0));
    let mut empty = Report::new(&[], Path::new("/w"), Threshold::default());
    empty.leave_out(&baseline);
    assert_eq!((empty.known, empty.gone), (0, 2));
}

#[test]
fn another_file_is_no_baseline() {
    assert!(Baseline::parse("[]").is_err());
    let told = Baseline::parse(r#"{"schema": 2, "findings": []}"#).unwrap_err();
    assert_eq!(told, "its schema is 2, and this towline reads 1");
}

#[test]
fn the_threshold_decides_whether_the_check_fails() {
    let mut projects = projects();
    projects.truncate(1);
    projects[0]
        .diagnostics
        .retain(|found| found.severity != Severity::Error);
    let fails = |denied: &[Severity], max_warnings| {
        let threshold = Threshold {
            denied: denied.to_vec(),
            max_warnings,
        };
        Report::new(&projects, Path::new("/w"), threshold).fails()
    };
    assert!(!fails(&[], None) && !fails(&[], Some(1)));
    assert!(fails(&[], Some(0)) && fails(&[Severity::Hint], None) && fails(&[Severity::Warning], None));
}

#[test]
fn for_people() {
    insta::assert_snapshot!(render(Format::Human), @r#"
    hint[third]: about no place
    --> a b/compose.yaml

    error[first]: bad x �[31m "<&>' %, a:b ## [error] ]]>
     --> a b/compose.yaml:2:31
      |
    2 |     web: 日本 x �[31m "<&>' %, a:b ## [error] ]]>
      |          ---- wide                 ^^
      |
     ::: /else/other.yaml:2:1
      |
    2 | two: 2
      | --- elsewhere

    warning[second]: spans two lines
     --> a b/compose.yaml:3:6
      |
    3 |   ü: y
      |      ^
      |
      = help: do this

    checked 3 projects: 1 error, 1 warning, 1 hint; --fix can fix 1; compose would reject 1 of them
    "#);
}

#[test]
fn colours_and_lines_of_a_narrow_terminal() {
    let projects = projects();
    let report = Report::new(&projects, Path::new("/w"), Threshold::default());
    let terminal = Terminal {
        colour: true,
        width: 40,
        ..Terminal::plain()
    };
    let text = Format::Human.render(&report, &terminal);
    let is_colour = |rest: &str| rest.starts_with('[') && rest.find('m').is_some_and(|end| end < 12);
    assert!(
        text.contains('\u{1b}') && text.split('\u{1b}').skip(1).all(is_colour),
        "{text:?}"
    );
}

#[test]
fn one_line_each() {
    insta::assert_snapshot!(render(Format::Concise), @r#"
    a b/compose.yaml: hint[third] about no place
    a b/compose.yaml:2:31: error[first] bad x �[31m "<&>' %, a:b ## [error] ]]>
    a b/compose.yaml:3:6: warning[second] spans two lines; do this
    "#);
}

#[test]
fn workflow_commands() {
    insta::assert_snapshot!(render(Format::Github), @r#"
    ::notice file=a b/compose.yaml,title=third::about no place
    ::error file=a b/compose.yaml,line=2,endLine=2,col=31,endColumn=33,title=first::bad x �[31m "<&>' %25, a:b ## [error] ]]>
    ::warning file=a b/compose.yaml,line=3,endLine=4,title=second::spans two lines; do this
    "#);
}

#[test]
fn xml_of_checkstyle() {
    insta::assert_snapshot!(render(Format::Checkstyle), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <checkstyle version="4.3">
      <file name="a b/compose.yaml">
        <error line="1" column="1" severity="info" message="about no place" source="towline.third"/>
        <error line="2" column="31" severity="error" message="bad x �[31m &quot;&lt;&amp;&gt;&apos; %, a:b ## [error] ]]&gt;" source="towline.first"/>
        <error line="3" column="6" severity="warning" message="spans two lines; do this" source="towline.second"/>
      </file>
      <file name="clean.yaml">
      </file>
    </checkstyle>
    "#);
}

#[test]
fn xml_of_junit() {
    insta::assert_snapshot!(render(Format::Junit), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="towline lint" tests="2" failures="1" errors="0">
      <testsuite name="a b/compose.yaml" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase name="first at 2:31" classname="a b/compose.yaml" time="0">
          <failure message="bad x �[31m &quot;&lt;&amp;&gt;&apos; %, a:b ## [error] ]]&gt;" type="first">a b/compose.yaml:2:31: error: bad x �[31m &quot;&lt;&amp;&gt;&apos; %, a:b ## [error] ]]&gt;
    </failure>
        </testcase>
        <system-out>a b/compose.yaml:1:1: hint: about no place
    a b/compose.yaml:3:6: warning: spans two lines; do this
    </system-out>
      </testsuite>
      <testsuite name="clean.yaml" tests="1" failures="0" errors="0" skipped="0" time="0">
        <testcase name="lint" classname="clean.yaml" time="0"/>
      </testsuite>
    </testsuites>
    "#);
}

/// The elements, each with the names of its attributes; the reader refuses what is not well-formed.
fn elements(xml: &str) -> Vec<(String, Vec<String>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| attribute.unwrap());
                let names = attributes.map(|attribute| attribute.key.0.to_owned());
                found.push((tag.name().0.to_owned(), names.collect()));
            }
            quick_xml::events::Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn the_junit_report_has_what_the_schema_of_jenkins_asks_for() {
    let allowed: [(&str, &[&str]); 5] = [
        ("testsuites", &["name", "tests", "failures", "errors"]),
        ("testsuite", &["name", "tests", "failures", "errors", "skipped", "time"]),
        ("testcase", &["name", "classname", "time"]),
        ("failure", &["message", "type"]),
        ("system-out", &[]),
    ];
    for (name, attributes) in elements(&render(Format::Junit)) {
        assert!(
            allowed
                .iter()
                .any(|(known, wanted)| *known == name && *wanted == attributes),
            "{name} {attributes:?}"
        );
    }
}

#[test]
fn xml_has_no_character_that_xml_has_not() {
    for format in [Format::Junit, Format::Checkstyle] {
        let text = render(format);
        let is_xml = |char: char| char == '\n' || char >= ' ' && !matches!(char, '\u{fffe}' | '\u{ffff}');
        assert!(text.chars().all(is_xml), "{text:?}");
    }
}

#[test]
fn fingerprints_stay_where_lines_move() {
    let prints = |lines: usize| {
        let mut sources = Sources::default();
        let text = format!("{}a: 1\nb: 1\n", "\n".repeat(lines));
        let id = sources.add(Source::new("/w/f", text));
        let found = |at: usize| Diagnostic::error("same", Span::new(id, at, at + 1), "alike");
        let projects = [Findings {
            project: "f".to_owned(),
            loads: true,
            diagnostics: vec![found(lines), found(lines + 5)],
            sources,
        }];
        gitlab::fingerprints(&Report::new(&projects, Path::new("/w"), Threshold::default()))
    };
    assert_eq!(prints(0), prints(7));
    assert_ne!(prints(0)[0], prints(0)[1], "what is alike is told apart");
}

#[test]
fn gitlab_finds_all_that_it_needs() {
    let report: serde_json::Value = serde_json::from_str(&render(Format::Gitlab)).unwrap();
    for issue in report.as_array().unwrap() {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(
                issue[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key}: {issue}"
            );
        }
        assert!(["info", "minor", "major"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64() > Some(0));
    }
}

#[test]
fn sarif_has_the_shape_of_its_schema() {
    let log: serde_json::Value = serde_json::from_str(&render(Format::Sarif)).unwrap();
    assert_eq!(
        (&log["version"], &log["runs"][0]["tool"]["driver"]["name"]),
        (&"2.1.0".into(), &"towline".into())
    );
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    for result in run["results"].as_array().unwrap() {
        assert!(result["message"]["text"].is_string());
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        let rule = result["ruleIndex"]
            .as_u64()
            .map(|index| &run["tool"]["driver"]["rules"][usize::try_from(index).unwrap()]);
        assert!(rule.is_none_or(|rule| rule["id"] == result["ruleId"]));
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for location in result["locations"].as_array().unwrap().iter().chain(related) {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
            let region = physical["region"].as_object().into_iter().flatten();
            assert!(region.into_iter().all(|(_, number)| number.as_u64() > Some(0)));
        }
    }
    let first = &run["results"][1]["locations"][0]["physicalLocation"];
    assert_eq!(first["artifactLocation"]["uri"], "a%20b/compose.yaml");
    let other = &run["results"][1]["relatedLocations"][1]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(other, "file:///else/other.yaml");
}

#[test]
fn json_is_read_back() {
    let report: serde_json::Value = serde_json::from_str(&render(Format::Json)).unwrap();
    let first = &report["findings"][1];
    assert_eq!(
        (&first["line"], &first["labels"][1]["path"]),
        (&2.into(), &"/else/other.yaml".into())
    );
    assert_eq!(report["findings"][0]["line"], serde_json::Value::Null);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_stands_in_a_file_is_safe_to_show(
        text in "(::error::|##\\[error\\]|\u{1b}\\[2J|\u{9b}|\r\n|\r|\n|\t|\u{202e}|日|é|<|]]>|[ -~]){0,40}",
        message in "(##\\[x\\]|\u{1b}|\n|\u{7f}|\u{85}|日|[a-z \"&]){0,20}",
        places in proptest::collection::vec((0_usize..90, 0_usize..90), 1..5),
        width in 10_usize..100,
    ) {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("/w/f.yaml", text));
        let mut spans = places.iter().map(|(start, length)| Span::new(id, *start, start + length));
        let own = Diagnostic::error("code", spans.next(), message.clone()).help(message.clone());
        let diagnostic = spans.fold(own, |found, span| found.label(span, message.clone()));
        let projects = [Findings { project: "f.yaml".to_owned(), loads: true, diagnostics: vec![diagnostic], sources }];
        let report = Report::new(&projects, Path::new("/w"), Threshold::default());
        let terminal = Terminal { width, ..Terminal::plain() };
        for format in [Format::Human, Format::Concise, Format::Github, Format::Junit, Format::Checkstyle] {
            let shown = format.render(&report, &terminal);
            prop_assert!(!shown.chars().any(|char| char.is_control() && char != '\n'), "{shown:?}");
            prop_assert!(!shown.contains("##["), "{shown:?}");
            let is_command = |line: &str| line.trim_start().starts_with("::");
            let commands = shown.lines().filter(|line| is_command(line) && !line.trim_start().starts_with(":::"));
            prop_assert_eq!(commands.count(), usize::from(format == Format::Github), "{}", shown);
        }
        for format in [Format::Json, Format::Sarif, Format::Gitlab] {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&format.render(&report, &terminal)).is_ok());
        }
        for format in [Format::Junit, Format::Checkstyle] {
            prop_assert!(!elements(&format.render(&report, &terminal)).is_empty());
        }
    }
}
