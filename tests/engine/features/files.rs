//! Where the model comes from: files, standard input, variables, profiles; and what must not get lost on its way.

use crate::common::{PRELUDE, Project, engine};

#[test]
fn a_profile_is_activated_by_its_flag_by_its_variable_and_by_the_name_of_a_service() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['echo test >>/ran/log']}
  scan: {<<: *box, command: ['echo scan >>/ran/log'], profiles: [full]}
";
    let project = Project::with_services(engine, "files", services);
    for (line, variable, ran) in [
        ("ci", None, vec!["test"]),
        ("--profile full ci", None, vec!["scan", "test"]),
        ("ci --profile full", None, vec!["scan", "test"]),
        ("ci", Some("full"), vec!["scan", "test"]),
        ("ci scan", None, vec!["scan"]),
    ] {
        let mut program = project.towline(line);
        if let Some(profiles) = variable {
            program = program.env("COMPOSE_PROFILES", profiles);
        }
        let finished = program.run();
        finished.passed();
        let mut words = project.ran();
        words.sort();
        assert_eq!(words, ran, "{finished}");
        project.empty_ran();
    }
}

#[test]
fn several_files_are_merged_in_their_order() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(engine, "files", "  test: {<<: *box, command: ['exit 3']}\n");
    project.write("ci.yaml", "services: {test: {command: ['echo merged']}}\n");
    for (line, variable) in [
        ("-f compose.yaml -f ci.yaml ci", None),
        ("ci -f compose.yaml -f ci.yaml", None),
        ("ci", Some("compose.yaml:ci.yaml")),
    ] {
        let mut program = project.towline(line);
        if let Some(files) = variable {
            program = program.env("COMPOSE_FILE", files);
        }
        let finished = program.run();
        finished.passed();
        assert_eq!(finished.log("test"), b"merged\n", "{finished}");
    }
}

#[test]
fn a_file_comes_on_standard_input() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "files", "services: {other: {image: nosuch}}\n");
    let file = format!("{PRELUDE}  test: {{<<: *box, command: ['echo from stdin; echo test >>/ran/log']}}\n");
    for line in ["-f - ci", "ci -f -", "-f - up --exit-code-from test"] {
        let finished = project.towline(line).stdin(file.clone()).run();
        finished.passed();
        assert_eq!(finished.log("test"), b"from stdin\n", "{finished}");
        // Relative paths are the folder's, as with a file that lies there.
        assert_eq!(project.ran(), ["test"], "{finished}");
        project.clear();
    }
}

#[test]
fn variables_come_from_dot_env_from_an_env_file_and_from_the_environment() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, command: ['echo ${WORD:-none}']}\n";
    let project = Project::with_services(engine, "files", services);
    let said = |line: &str, variable: Option<&str>| {
        let mut program = project.towline(line);
        if let Some(word) = variable {
            program = program.env("WORD", word);
        }
        let finished = program.run();
        finished.passed();
        String::from_utf8(finished.log("test")).expect("the word")
    };
    assert_eq!(said("ci", None), "none\n");
    project.write(".env", "WORD=from-dot-env\n");
    project.write("other.env", "WORD=from-other\n");
    assert_eq!(said("ci", None), "from-dot-env\n");
    assert_eq!(said("--env-file other.env ci", None), "from-other\n");
    assert_eq!(said("ci", Some("from-environment")), "from-environment\n");
}

#[test]
fn a_container_gets_its_env_file_and_its_environment() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, env_file: [app.env], environment: [OWN=own, PASSED], command: ['echo $$FROM_FILE $$OWN $$PASSED']}\n";
    let project = Project::with_services(engine, "files", services);
    project.write("app.env", "FROM_FILE=\"a b\"\n");
    let finished = project.towline("ci").env("PASSED", "passed").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"a b own passed\n", "{finished}");
}

#[test]
fn a_dollar_stays_a_dollar_in_values_and_keys() {
    let Some(engine) = engine() else { return };
    // A shell drops variables whose names it cannot write: the program stands alone.
    let services = r#"  test:
    image: busybox
    entrypoint: [env]
    command: [sh, -c, 'cat /script; env | grep -e "^PLAIN" -e "^BRACES" -e "^TWO"']
    environment: {PLAIN: 'a$$b', BRACES: '$${HOME}', TWO: 'x$$$$y'}
    labels: {'dev.towline.test$$': '$$1'}
    configs: [{source: script, target: /script}]
  keys_test: {image: busybox, entrypoint: [env], environment: {'K$$EY': 'v'}}
configs: {script: {content: "echo $${1} $$$$\n"}}
"#;
    let project = Project::with_services(engine, "files", services);
    let ours = project.towline("ci").run();
    ours.passed();
    let said = String::from_utf8(ours.log("test")).expect("the words");
    let (script, variables) = said.split_once('\n').expect("more than one line");
    let mut variables: Vec<_> = variables.lines().collect();
    variables.sort_unstable();
    assert_eq!(script, "echo ${1} $$", "{ours}");
    assert_eq!(variables, ["BRACES=${HOME}", "PLAIN=a$b", "TWO=x$$y"], "{ours}");
    // What a key means is compose's to say.
    let key = |text: &str| text.lines().find(|line| line.starts_with("K$")).map(str::to_owned);
    let theirs = project.compose("run --rm -T keys_test").run();
    let compose_says = key(&theirs.text());
    assert!(compose_says.is_some(), "{theirs}");
    assert_eq!(
        key(&String::from_utf8_lossy(&ours.log("keys_test"))),
        compose_says,
        "{ours}"
    );
}

#[test]
fn a_command_of_several_lines_keeps_its_blanks() {
    let Some(engine) = engine() else { return };
    let services = "  test:
    <<: *box
    command:
      - |
        cat <<'EOF'
            four blanks in front
        \ttab: and \"quotes\" and 'quotes' and \\ and # no comment

        an empty line above, blanks behind   
        EOF
";
    let (_project, finished) = super::ci(engine, services);
    finished.passed();
    let said = String::from_utf8(finished.log("test")).expect("the words");
    let expected = "    four blanks in front\n\ttab: and \"quotes\" and 'quotes' and \\ and # no comment\n\nan empty line above, blanks behind   \n";
    assert_eq!(said, expected, "{finished}");
}

#[test]
fn texts_that_look_like_numbers_and_truths_stay_texts() {
    let Some(engine) = engine() else { return };
    let services = "  test: {<<: *box, environment: {A: '0644', B: 'yes', C: '1e3', D: 'null', E: '0x10', F: '1:30', G: ''}, \
                    command: ['echo $$A $$B $$C $$D $$E $$F \"[$$G]\"']}\n";
    let (_project, finished) = super::ci(engine, services);
    finished.passed();
    assert_eq!(finished.log("test"), b"0644 yes 1e3 null 0x10 1:30 []\n", "{finished}");
}

#[test]
fn include_and_extends_are_followed() {
    let Some(engine) = engine() else { return };
    let project = Project::new(
        engine,
        "files",
        "include: [part/part.yaml]
services:
  test: {extends: {file: base.yaml, service: base}, command: ['cat /part/word'], depends_on: {seed: {condition: service_completed_successfully}}, volumes: ['shared:/part']}
volumes: {shared: {}}
",
    );
    project.write(
        "base.yaml",
        "services: {base: {image: busybox, init: true, entrypoint: [sh, -c]}}\n",
    );
    project.write(
        "part/part.yaml",
        "services: {seed: {image: busybox, command: [cp, /here/word, /part/word], volumes: ['.:/here', 'shared:/part']}}
volumes: {shared: {}}
",
    );
    project.write("part/word", "included\n");
    let finished = project.towline("ci").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"included\n", "{finished}");
    project.nothing_left();
}

#[test]
fn a_project_directory_elsewhere_is_where_paths_begin() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "files", "services: {}\n");
    project.write(
        "deep/ci.yaml",
        "services: {test: {image: busybox, volumes: ['./data:/data'], command: [cat, /data/word]}}\n",
    );
    project.write("data/word", "at the top\n");
    let finished = project.towline("--project-directory . -f deep/ci.yaml ci").run();
    finished.passed();
    assert_eq!(finished.log("test"), b"at the top\n", "{finished}");
}

#[test]
fn a_file_is_found_from_a_folder_below() {
    let Some(engine) = engine() else { return };
    let project = Project::with_services(
        engine,
        "files",
        "  test: {<<: *box, command: ['echo test >>/ran/log']}\n",
    );
    project.write("src/lib/file", "");
    let below = project.directory.join("src/lib");
    let finished = project.towline("ci").directory(below).run();
    finished.ended(0);
    assert_eq!(project.ran(), ["test"], "{finished}");
    assert!(
        project.directory.join(".towline/runs").exists(),
        "the record is in the project's folder\n{finished}"
    );
}

#[test]
fn what_is_no_compose_file_is_refused_with_the_place() {
    let Some(engine) = engine() else { return };
    for (compose, words) in [
        ("services:\n  a: {image: busybox, comand: x}\n", vec!["comand"]),
        ("services:\n  a: {image: busybox\n", vec!["did not find"]),
        (
            "services:\n  a: {image: busybox, depends_on: [nosuch]}\n",
            vec!["nosuch"],
        ),
        (
            "services:\n  a: {image: busybox, depends_on: [b]}\n  b: {image: busybox, depends_on: [a]}\n",
            vec!["a", "b"],
        ),
        (
            "services:\n  a: {image: busybox, x-towline: {kind: jab}}\n",
            vec!["services.a.x-towline.kind", "jab"],
        ),
        ("services: {}\n", vec!["no service"]),
        ("- a list\n", vec![]),
        ("", vec![]),
    ] {
        let project = Project::new(engine, "files", compose);
        for line in ["ci", "up --wait"] {
            let finished = project.towline(line).run();
            finished.refused(65, &words);
            assert!(
                !project.directory.join(".towline").exists(),
                "nothing ran, and there is a record\n{finished}"
            );
        }
        project.nothing_left();
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "files", "services: {}\n");
    project.towline("-f nosuch.yaml ci").run().refused(65, &["nosuch.yaml"]);
}

#[test]
fn jobs_that_need_each_other_are_refused() {
    let Some(engine) = engine() else { return };
    if engine.compose_line() < 5 {
        // Older compose has no `jobs:`.
        return;
    }
    let file = "services: {app: {image: busybox}}
jobs:
  one: {image: busybox, triggers: {manual: true}, depends_on: {two: {condition: service_completed_successfully}}}
  two: {image: busybox, triggers: {manual: true}, depends_on: {one: {condition: service_completed_successfully}}}
";
    let project = Project::new(engine, "files", file);
    project.towline("ci").run().refused(65, &["one", "two"]);
}

#[test]
fn a_folder_may_have_any_name() {
    let Some(engine) = engine() else { return };
    let project = Project::new(engine, "files", "services: {}\n");
    let folder = "My Project (ü) $HOME 'x'";
    let file = format!(
        "name: {}\nservices: {{test: {{image: busybox, volumes: ['./data:/data'], command: [cat, /data/word]}}}}\n",
        project.name
    );
    project.write(&format!("{folder}/compose.yaml"), file);
    project.write(&format!("{folder}/data/word"), "read\n");
    for line in ["ci", "up --exit-code-from test"] {
        let finished = project.towline(line).directory(project.directory.join(folder)).run();
        finished.passed();
        assert_eq!(finished.log("test"), b"read\n", "{finished}");
    }
}

#[test]
fn secrets_of_an_included_project_have_the_values_of_its_own_variables() {
    let Some(engine) = engine() else { return };
    let project = Project::new(
        engine,
        "files",
        "include: [app/compose.yaml, {path: other/compose.yaml, env_file: other/variables}]
services:
  test: {image: busybox, command: [sh, -c, 'cat /run/secrets/word; echo; cat /run/secrets/other; echo'], secrets: [word, other]}
  built_test:
    command: cat /word
    build: {secrets: [word], dockerfile_inline: \"FROM busybox\\nRUN --mount=type=secret,id=word cp /run/secrets/word /word\\n\"}
",
    );
    project.write("app/compose.yaml", "secrets: {word: {environment: PASSWD}}\n");
    project.write("app/.env", "PASSWD=one-$$-word\n");
    project.write("other/compose.yaml", "secrets: {other: {environment: PASSWD}}\n");
    project.write("other/variables", "PASSWD=other-word\n");
    for line in ["ci", "up --build --exit-code-from test"] {
        let finished = project.towline(line).run();
        finished.passed();
        let said = String::from_utf8_lossy(&finished.log("test")).into_owned();
        assert_eq!(said, "one-$-word\nother-word\n", "{finished}");
        assert_eq!(finished.log("built_test"), b"one-$-word", "{finished}");
        project.clear();
    }
    let theirs = project.compose("up --no-log-prefix --no-color test").run();
    for word in ["one-$-word", "other-word"] {
        assert!(theirs.text().lines().any(|line| line == word), "{theirs}");
    }
}

/// A program that compose takes for a provider: it tells of a variable, notes what it is called for, and fails where it is
/// told to.
const PROVIDER: &str = "#!/bin/sh
echo \"$*\" >>\"$PROVIDER_LOG\"
case \" $* \" in
*' up '*--fail*) echo '{\"type\":\"error\",\"message\":\"no quota\"}'; exit 1 ;;
*' up '*) echo '{\"type\":\"setenv\",\"message\":\"URL=at the provider\"}' ;;
esac
";

#[test]
fn what_a_provider_brings_about_reaches_who_depends_on_it_and_is_taken_down() {
    let Some(engine) = engine() else { return };
    let services = "  db: {provider: {type: towline-test-provider, options: {SIZE: \"1\"}}}
  test: {<<: *box, command: ['echo $$DB_URL'], depends_on: [db]}
";
    let project = Project::with_services(engine, "files", services);
    let folder = project.directory.join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("towline-test-provider");
    std::fs::write(&program, PROVIDER).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let log = project.directory.join("provider.log");
    let run = |line: &str| {
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let run = project.towline(line).env("PATH", path);
        run.env("PROVIDER_LOG", log.to_str().unwrap()).run()
    };
    let finished = run("ci");
    finished.passed();
    assert_eq!(finished.log("test"), b"at the provider\n", "{finished}");
    let called = std::fs::read_to_string(&log).unwrap();
    assert!(
        called.contains(" up ") && called.trim_end().lines().last().unwrap().contains(" down "),
        "{called}"
    );

    project.write("fails.yaml", "services: {db: {provider: {options: {fail: \"1\"}}}}\n");
    let finished = run("-f compose.yaml -f fails.yaml ci");
    finished
        .failed("stage=db outcome=start_failed code=77")
        .says("no quota");
}

#[test]
fn what_a_service_extends_and_its_label_files_come_along() {
    let Some(engine) = engine() else { return };
    let services = "  test:
    extends: {file: base.yaml, service: base}
    environment: {B: own}
    label_file: [labels.env]
    develop: {watch: [{path: ., action: sync, target: /src}]}
    entrypoint: [sh, -c]
    command: ['echo $$A $$B; sleep 3']
";
    let project = Project::with_services(engine, "files", services);
    project.write(
        "base.yaml",
        "services: {base: {image: busybox, environment: {A: base, B: base}}}\n",
    );
    project.write("labels.env", "com.example.from=from-a-file\n");
    // The container of a job is there until its run ends: whatever shows its labels has to look while it runs.
    let running = project.towline("ci").start();
    let labelled = || engine.docker("ps --all --quiet --filter label=com.example.from=from-a-file");
    running.until("the container has the label", || !labelled().is_empty());
    let finished = running.wait();
    finished.passed();
    assert_eq!(finished.log("test"), b"base own\n", "{finished}");
}
