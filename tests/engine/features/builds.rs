//! Images that are built here.

use crate::common::{Project, engine};

#[test]
fn an_inline_dockerfile_with_arguments_and_a_target() {
    let Some(engine) = engine() else { return };
    let services = "  test:
    build:
      context: .
      args: {WORD: built}
      target: wanted
      dockerfile_inline: |
        FROM busybox AS wanted
        ARG WORD
        COPY file /file
        RUN echo $$WORD >/word
        CMD cat /word /file
        FROM busybox AS unwanted
        RUN exit 9
";
    let project = Project::with_services(engine, "builds", services);
    project.write("file", "copied\n");
    let finished = project.towline("ci").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"built\ncopied\n", "{finished}");
    // Images keep the names that compose gives them, so that the next build finds its cache.
    let images = engine.docker(&format!("image ls --quiet {}-test", project.name));
    assert_eq!(images.lines().count(), 1, "{finished}");
    project.nothing_left();
}

#[test]
fn a_build_context_is_another_service_of_kind_build() {
    let Some(engine) = engine() else { return };
    let services = "  base: {x-towline: {kind: build}, build: {dockerfile_inline: \"FROM busybox\\nRUN echo base >/word\\n\"}}
  test: {depends_on: [base], build: {additional_contexts: {base_image: 'service:base', extra: ./extra}, dockerfile_inline: \"FROM base_image\\nCOPY --from=extra file /file\\nCMD cat /word /file\\n\"}}
";
    let project = Project::with_services(engine, "builds", services);
    project.write("extra/file", "extra\n");
    let finished = project.towline("ci").run();
    finished.passed().stage("base", "passed");
    assert_eq!(finished.log("test"), b"base\nextra\n", "{finished}");
    assert!(
        finished.result("base")["started_ms"].is_null(),
        "an image alone is wanted of it\n{finished}"
    );
}

#[test]
fn a_health_check_of_the_image_counts() {
    let Some(engine) = engine() else { return };
    for (end, works) in [("touch /tmp/ok; sleep infinity", true), ("sleep infinity", false)] {
        let services = format!(
            "  app:
    init: true
    command: [sh, -c, '{end}']
    build:
      dockerfile_inline: |
        FROM busybox
        HEALTHCHECK --interval=300ms --retries=3 CMD test -e /tmp/ok
  test: {{<<: *box, depends_on: {{app: *healthy}}, command: ['echo test >>/ran/log']}}
"
        );
        let project = Project::with_services(engine, "builds", &services);
        let finished = project.towline("ci").run();
        if works {
            finished.passed();
            assert_eq!(project.ran(), ["test"], "{finished}");
        } else {
            finished
                .failed("stage=app outcome=unhealthy code=78")
                .stage("test", "skipped");
            assert!(project.ran().is_empty(), "{finished}");
        }
        project.nothing_left();
    }
}

#[test]
fn a_build_gets_its_secrets() {
    let Some(engine) = engine() else { return };
    let services = "  test:
    build:
      secrets: [token]
      dockerfile_inline: |
        FROM busybox
        RUN --mount=type=secret,id=token wc -c </run/secrets/token >/count
        CMD cat /count
secrets: {token: {environment: TOKEN}}
";
    let project = Project::with_services(engine, "builds", services);
    let finished = project.towline("ci").env("TOKEN", "12345").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"5\n", "{finished}");
}

#[test]
fn up_builds_when_it_is_asked_to() {
    let Some(engine) = engine() else { return };
    let services = "  test: {build: {dockerfile_inline: \"FROM busybox\\nCOPY file /file\\nCMD cat /file\\n\"}}\n";
    let project = Project::with_services(engine, "builds", services);
    for (word, line) in [
        ("first\n", "up --exit-code-from test"),
        ("second\n", "up --build --exit-code-from test"),
    ] {
        project.write("file", word);
        let finished = project.towline(line).run();
        finished.passed();
        assert_eq!(finished.log("test"), word.as_bytes(), "{finished}");
    }
    // Without the word it takes what is there, as compose does.
    project.write("file", "third\n");
    let finished = project.towline("up --exit-code-from test").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"second\n", "{finished}");
}

/// Two images; the second step of one fails with words of its own, and the other has something to be warned of.
const FAILING: &str = "  test:
    build:
      dockerfile_inline: |
        FROM busybox
        RUN echo compiling; echo FATAL: it broke; exit 3
  app:
    build:
      dockerfile_inline: |
        FROM busybox AS Base
        RUN echo the app is built at $WORD
        CMD sleep infinity
";

#[test]
fn output_of_a_failed_step_is_shown_and_kept() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "builds", FAILING);
    for (line, times) in [
        ("ci", 2),
        ("ci -v", 3),
        ("up --build --exit-code-from test", 1),
        ("--progress plain up --build --exit-code-from test", 2),
        ("--progress plain up --build --quiet-build --exit-code-from test", 1),
    ] {
        let finished = project.towline(line).run();
        finished.failed("stage=test outcome=build_failed code=76");
        // In the excerpt of the Dockerfile the words stand behind `echo`.
        let shown = finished
            .stderr
            .lines()
            .filter(|line| line.ends_with(" FATAL: it broke"));
        assert!(shown.count() >= times, "{line}\n{finished}");
        let kept = String::from_utf8_lossy(&finished.log("test.build")).into_owned();
        assert!(kept.contains("\ncompiling\nFATAL: it broke\n"), "{kept}\n{finished}");
        assert_eq!(finished.result("test")["build_output"], "compiling\nFATAL: it broke\n");
        project.clear();
    }
}

#[test]
fn output_of_a_build_that_passes_is_kept_with_its_warnings() {
    let Some(engine) = engine() else { return };
    let services = FAILING.replace("; exit 3", "");
    let project = Project::with_services(
        engine,
        "builds",
        &services.replace("$WORD", &format!("{:?}", std::time::Instant::now())),
    );
    let finished = project.towline("ci").run();
    finished.passed();
    let kept = String::from_utf8_lossy(&finished.log("app.build")).into_owned();
    assert!(kept.contains("\nthe app is built at "), "{kept}\n{finished}");
    assert!(kept.contains("warning: StageNameCasing"), "{kept}\n{finished}");
    assert!(!finished.stderr.contains("StageNameCasing"), "{finished}");
    for output in finished
        .events()
        .iter()
        .filter(|event| event["event"] == "build_output")
    {
        let number = |key: &str| usize::try_from(output[key].as_u64().expect("a number")).expect("a small number");
        let log = std::fs::read(finished.record().join(output["log"].as_str().expect("a file"))).expect("the log");
        let piece = &log[number("offset")..number("offset") + number("bytes")];
        assert_eq!(
            piece.iter().filter(|byte| **byte == b'\n').count(),
            number("lines"),
            "{output}"
        );
    }
}

#[test]
fn lint_tells_what_buildkit_finds_in_a_dockerfile() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "builds", "  test: {build: .}\n");
    project.write("Dockerfile", "FROM busybox AS Base\nWORKDIR app\nCMD true\n");
    let finished = project.towline("lint --dockerfile --format concise").run();
    let told = String::from_utf8_lossy(&finished.stdout);
    assert!(
        told.contains("Dockerfile:1:1: warning[buildkit/StageNameCasing] "),
        "{finished}"
    );
    assert!(
        told.contains("Dockerfile:2:1: warning[buildkit/WorkdirRelativePath] "),
        "{finished}"
    );
}
