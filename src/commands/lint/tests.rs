//! Findings as a person reads them, from the file to the last line. Each is to be one that a tired person can act on.

use std::fs;

use super::*;

/// What is shown of a project of these files, the first of which is the one that is linted.
fn shown(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    for (name, text) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let request = Request {
        directory: directory.to_string_lossy().into_owned(),
        files: vec![files[0].0.to_owned()],
        ..Request::default()
    };
    let projects = [native::check_project(request)];
    let report = Report::new(&projects, &directory, Threshold::default());
    let terminal = Terminal {
        width: 120,
        ..Terminal::plain()
    };
    let text = Format::Human.render(&report, &terminal);
    text.replace(&*directory.to_string_lossy(), "/shop")
}

/// What is shown of one file.
fn file(text: &str) -> String {
    shown(&[("compose.yaml", text)])
}

/// What is shown of a file with one service that has these lines.
fn service(lines: &str) -> String {
    let lines = lines.lines().map(|line| format!("    {line}\n"));
    file(&format!(
        "services:\n  web:\n    image: nginx\n{}",
        lines.collect::<String>()
    ))
}

#[test]
fn a_file_without_fault() {
    insta::assert_snapshot!(file("services:\n  web:\n    image: nginx\n"), @"checked compose.yaml: nothing found");
}

#[test]
fn text_that_is_no_yaml() {
    insta::assert_snapshot!(file("services:\n  web:\n    image: \"nginx\n    ports: [80]\n"), @r#"
    error[yaml-syntax]: the file ends inside a quoted text
     --> compose.yaml:4:17
      |
    3 |     image: "nginx
      |            - the quote is opened here
    4 |     ports: [80]
      |                ^
      |
      = help: close the quote that is opened here

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("services:\n  web:\n\timage: nginx\n"), @"
    error[yaml-syntax]: a tab cannot stand here
     --> compose.yaml:3:1
      |
    3 |     image: nginx
      | ^
      |
      = help: indent with blanks: YAML does not allow tabs

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(file("services:\n  web:\n    image: nginx\n   ports: [80]\n"), @"
    error[yaml-syntax]: this line does not fit to those above it
     --> compose.yaml:4:4
      |
    2 |   web:
      |   - the mapping begins here
    3 |     image: nginx
    4 |    ports: [80]
      |    ^
      |
      = help: give it the same indentation as the other keys of its mapping, and close every bracket and quote above it

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(file("services:\n  web: {image: nginx, ports: [80}\n"), @r#"
    error[yaml-syntax]: a "," or "]" is missing before this
     --> compose.yaml:2:33
      |
    2 |   web: {image: nginx, ports: [80}
      |                              -  ^
      |                              |
      |                              the list is opened here

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("services:\n  web:\n    image: nginx: latest\n"), @r#"
    error[yaml-syntax]: a key and its ":" are not allowed here
     --> compose.yaml:3:17
      |
    3 |     image: nginx: latest
      |                 ^
      |
      = help: write a text that has ": " in it in quotes; if this is a key, check the indentation of the line

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("services:\n  web:\n    image: ngi\u{1b}nx\n"), @r"
    error[yaml-character]: the control character U+001B is not allowed
     --> compose.yaml:3:15
      |
    3 |     image: ngi�nx
      |               ^

    checked compose.yaml: 1 error; compose would reject it
    ");
}

#[test]
fn keys_and_aliases() {
    insta::assert_snapshot!(service("environment:\n  A: 1\n  B: 2\n  A: 3"), @r#"
    error[yaml-duplicate-key]: the key "A" is given twice
     --> compose.yaml:7:7
      |
    5 |       A: 1
      |       - first given here
    6 |       B: 2
    7 |       A: 3
      |       ^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("environment:\n  8080: x"), @"
    error[yaml-key]: a key must be a text
     --> compose.yaml:5:7
      |
    5 |       8080: x
      |       ^^^^
      |
      = help: write it in quotes

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(service("command: {{ command }}"), @"
    error[yaml-key]: a key is a list or a mapping here
     --> compose.yaml:4:15
      |
    4 |     command: {{ command }}
      |               ^^^^^^^^^^^
      |
      = help: write a value that begins with a brace in quotes

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(service("labels: *common"), @r#"
    error[yaml-alias]: no anchor "&common" stands before this alias
     --> compose.yaml:4:13
      |
    4 |     labels: *common
      |             ^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("services: {web: {image: nginx}}\nx-a: &a\n  b: *a\n"), @r#"
    error[yaml-alias-cycle]: the alias "a" stands inside its own anchor
     --> compose.yaml:3:6
      |
    2 | x-a: &a
      |      -- the anchor
    3 |   b: *a
      |      ^^
      |
      = help: an alias cannot stand for what it is a part of

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("<<: nginx"), @r#"
    error[yaml-merge]: "<<" takes a mapping or a list of mappings
     --> compose.yaml:4:5
      |
    4 |     <<: nginx
      |     ^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("init: !!bool ja"), @r#"
    error[yaml-tag]: "ja" is no value of the type !!bool
     --> compose.yaml:4:18
      |
    4 |     init: !!bool ja
      |                  ^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    let bomb = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let level = |level: usize| {
        format!(
            "x-{level}: &a{level} [{}]\n",
            vec![format!("*a{}", level - 1); 10].join(", ")
        )
    };
    let bomb = bomb + &(1..8).map(level).collect::<String>();
    insta::assert_snapshot!(file(&bomb), @"
    error[yaml-alias-bomb]: the aliases multiply each other to millions of values, which no program can load
     --> compose.yaml:6:10
      |
    6 | x-5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: do not let aliases stand for lists of aliases

    checked compose.yaml: 1 error; compose would reject it
    ");
}

#[test]
fn keys_and_values_that_compose_does_not_know() {
    insta::assert_snapshot!(service("port: ['80:80']"), @r#"
    error[unknown-key]: services.web: unknown key "port"
     --> compose.yaml:4:5
      |
    4 |     port: ['80:80']
      |     ^^^^
      |
      = help: did you mean "ports"?

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("service:\n  web:\n    image: nginx\n"), @r#"
    error[unknown-key]: unknown key "service"
     --> compose.yaml:1:1
      |
    1 | service:
      | ^^^^^^^
      |
      = help: did you mean "services"?

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("environment:\n"), @"
    error[wrong-type]: services.web.environment: must be a mapping or a list, and not empty
     --> compose.yaml:4:5
      |
    4 |     environment:
      |     ^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(service("image2: x\nrestart: 1\ncgroup: hots"), @r#"
    error[unknown-key]: services.web: unknown key "image2"
     --> compose.yaml:4:5
      |
    4 |     image2: x
      |     ^^^^^^
      |
      = help: did you mean "image"?

    error[wrong-type]: services.web.restart: must be a text, and not a number
     --> compose.yaml:5:14
      |
    5 |     restart: 1
      |              ^

    error[wrong-value]: services.web.cgroup: must be one of host, private, and not "hots"
     --> compose.yaml:6:13
      |
    6 |     cgroup: hots
      |             ^^^^
      |
      = help: did you mean "host"?

    checked compose.yaml: 3 errors; compose would reject it
    "#);
    insta::assert_snapshot!(service("depends_on: {db: {}}"), @r#"
    error[missing-key]: services.web.depends_on.db: the key "condition" is missing
     --> compose.yaml:4:22
      |
    4 |     depends_on: {db: {}}
      |                      ^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("cap_add: [SYS_ADMIN]\ndevices: ['a:b:c:d']"), @"
    error[device]: a device has at most three parts between colons
     --> compose.yaml:5:15
      |
    5 |     devices: ['a:b:c:d']
      |               ^^^^^^^^^
      |
      = help: use the long form for a path with a colon

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(file("services:\n  my web:\n    image: nginx\n"), @r#"
    error[wrong-value]: services: the name "my web" may have letters, digits, ".", "_" and "-" alone
     --> compose.yaml:2:3
      |
    2 |   my web:
      |   ^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("- web\n- db\n"), @r#"
    error[not-a-mapping]: a compose file must be a mapping
     --> compose.yaml:1:1
      |
    1 | - web
      | ^^^^^
      |
      = help: begin it with "services:", and indent what stands below

    checked compose.yaml: 1 error; compose would reject it
    "#);
}

#[test]
fn values_that_are_wrong() {
    insta::assert_snapshot!(service("ports: ['80:http']"), @r#"
    error[port]: "http" is no port and no range of ports between 0 and 65535
     --> compose.yaml:4:13
      |
    4 |     ports: ['80:http']
      |             ^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("stop_grace_period: 10 seconds"), @r#"
    error[wrong-value]: "10 seconds" is no duration such as 1m30s
     --> compose.yaml:4:24
      |
    4 |     stop_grace_period: 10 seconds
      |                        ^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("mem_limit: 1 gigabyte"), @r#"
    error[wrong-value]: "1 gigabyte" is no size such as 64m or 1.5g
     --> compose.yaml:4:16
      |
    4 |     mem_limit: 1 gigabyte
      |                ^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("volumes: ['./a:/b:rw:z']"), @"
    error[list-item]: the mount is not SOURCE:TARGET or SOURCE:TARGET:MODE
     --> compose.yaml:4:15
      |
    4 |     volumes: ['./a:/b:rw:z']
      |               ^^^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(service("volumes: ['data:relative']"), @r#"
    error[undefined-resource]: the service "web" uses the volume "data", which is not declared
     --> compose.yaml:4:15
      |
    4 |     volumes: ['data:relative']
      |               ^^^^^^^^^^^^^^^
      |
      = help: declare it under "volumes:" at the top level of the file

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("healthcheck: {test: [curl, localhost]}"), @r#"
    error[healthcheck]: the test must begin with CMD, CMD-SHELL or NONE
     --> compose.yaml:4:26
      |
    4 |     healthcheck: {test: [curl, localhost]}
      |                          ^^^^
      |
      = help: put "CMD" in front, or write the whole command as one text

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("healthcheck: {test: [CMD]}"), @r#"
    error[healthcheck-empty-command]: services.web.healthcheck.test: "CMD" without a command crashes the engine
     --> compose.yaml:4:25
      |
    4 |     healthcheck: {test: [CMD]}
      |                         ^^^^^
      |
      = help: write the command behind it, such as ["CMD", "curl", "-f", "http://localhost"], or ["NONE"]

    checked compose.yaml: 1 error
    "#);
    insta::assert_snapshot!(service("healthcheck: {test: [CMD]}\nprots: [80]\ndepends_on: [db]"), @r#"
    error[healthcheck-empty-command]: services.web.healthcheck.test: "CMD" without a command crashes the engine
     --> compose.yaml:4:25
      |
    4 |     healthcheck: {test: [CMD]}
      |                         ^^^^^
      |
      = help: write the command behind it, such as ["CMD", "curl", "-f", "http://localhost"], or ["NONE"]

    error[unknown-key]: services.web: unknown key "prots"
     --> compose.yaml:5:5
      |
    5 |     prots: [80]
      |     ^^^^^
      |
      = help: did you mean "ports"?

    error[undefined-service]: the service "web" depends on "db", which does not exist
     --> compose.yaml:6:18
      |
    6 |     depends_on: [db]
      |                  ^^

    checked compose.yaml: 3 errors; compose would reject it
    "#);
    insta::assert_snapshot!(service("command: \"sh -c 'true\""), @r#"
    error[wrong-value]: the command cannot be split into words: a quote, a bracket or a backslash has no counterpart
     --> compose.yaml:4:14
      |
    4 |     command: "sh -c 'true"
      |              ^^^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
}

#[test]
fn variables() {
    insta::assert_snapshot!(service("hostname: ${NAME}"), @r#"
    warning[variable-unset]: the variable "NAME" is not set, and an empty text stands for it
     --> compose.yaml:4:15
      |
    4 |     hostname: ${NAME}
      |               ^^^^^^^
      |
      = help: set it, or give a default: ${NAME:-value}

    checked compose.yaml: 1 warning
    "#);
    insta::assert_snapshot!(service("hostname: ${NAME:?say who you are}"), @r#"
    error[variable-required]: the variable "NAME" must be set: say who you are
     --> compose.yaml:4:15
      |
    4 |     hostname: ${NAME:?say who you are}
      |               ^^^^^^^^^^^^^^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("command: echo ${HOME"), @r#"
    error[interpolation]: "echo ${HOME" is no valid use of a variable
     --> compose.yaml:4:14
      |
    4 |     command: echo ${HOME
      |              ^^^^^^^^^^^
      |
      = help: write $$ for a dollar sign

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("command: echo ${1}"), @r#"
    error[interpolation]: "echo ${1}" is no valid use of a variable
     --> compose.yaml:4:14
      |
    4 |     command: echo ${1}
      |              ^^^^^^^^^
      |
      = help: write $$ for a dollar sign

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("privileged: ${ON:-maybe}"), @r#"
    error[wrong-type]: "maybe" is not true or false
     --> compose.yaml:4:17
      |
    4 |     privileged: ${ON:-maybe}
      |                 ^^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("env_file: prod.env"), @r#"
    error[env-file]: the env file /shop/prod.env does not exist
     --> compose.yaml:4:15
      |
    4 |     env_file: prod.env
      |               ^^^^^^^^
      |
      = help: set "required: false" if it may be missing

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(shown(&[
        ("compose.yaml", "services: {web: {image: nginx, env_file: web.env}}\n"),
        ("web.env", "A=1\nB=\"open\n"),
    ]), @r#"
    error[env-file]: the quote of "open is not closed
     --> web.env:2:1
      |
    2 | B="open
      | ^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
}

#[test]
fn what_does_not_fit_together() {
    insta::assert_snapshot!(file("services:\n  web:\n    command: 'true'\n"), @r#"
    error[no-image]: the service "web" has neither an image nor a build
     --> compose.yaml:2:3
      |
    2 |   web:
      |   ^^^
      |
      = help: add "image" or "build"; if this file only adds to another one, check both: -f FIRST -f THIS

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("depends_on: [database]"), @r#"
    error[undefined-service]: the service "web" depends on "database", which does not exist
     --> compose.yaml:4:18
      |
    4 |     depends_on: [database]
      |                  ^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(
        file("services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [a]\n"), @r#"
    error[dependency-cycle]: the services depend on each other in a circle: a -> b -> a
     --> compose.yaml:7:18
      |
    4 |     depends_on: [b]
      |                  - "a" depends on "b"
    ...
    7 |     depends_on: [a]
      |                  ^
      |
      = help: take one of these away

    checked compose.yaml: 1 error; compose would reject it
    "#
    );
    insta::assert_snapshot!(file("services:\n  web: {image: x, depends_on: [databse]}\n  database: {image: x}\n"), @r#"
    error[undefined-service]: the service "web" depends on "databse", which does not exist
     --> compose.yaml:2:32
      |
    2 |   web: {image: x, depends_on: [databse]}
      |                                ^^^^^^^
      |
      = help: did you mean "database"?

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("networks: [back]\nvolumes: ['data:/data']"), @r#"
    error[undefined-resource]: the service "web" uses the network "back", which is not declared
     --> compose.yaml:4:16
      |
    4 |     networks: [back]
      |                ^^^^
      |
      = help: declare it under "networks:" at the top level of the file

    error[undefined-resource]: the service "web" uses the volume "data", which is not declared
     --> compose.yaml:5:15
      |
    5 |     volumes: ['data:/data']
      |               ^^^^^^^^^^^^
      |
      = help: declare it under "volumes:" at the top level of the file

    checked compose.yaml: 2 errors; compose would reject it
    "#);
    insta::assert_snapshot!(service("network_mode: host\nnetworks: [default]"), @r#"
    error[network-mode]: "network_mode" and "networks" exclude each other
     --> compose.yaml:4:19
      |
    4 |     network_mode: host
      |                   ^^^^
    5 |     networks: [default]
      |               --------- the networks

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("tmpfs: /data\nvolumes: ['./b:/data']"), @r#"
    error[same-target]: something is mounted at "/data" already
     --> compose.yaml:5:15
      |
    4 |     tmpfs: /data
      |            ----- mounted here
    5 |     volumes: ['./b:/data']
      |               ^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("scale: 2\ndeploy: {replicas: 3}"), @r#"
    error[two-scales]: "scale" and "deploy.replicas" say different things
     --> compose.yaml:4:12
      |
    4 |     scale: 2
      |            ^
    5 |     deploy: {replicas: 3}
      |                        - the other number

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(service("container_name: web\nscale: 2"), @"
    error[container-name]: a service with a container name can have one container only
     --> compose.yaml:4:21
      |
    4 |     container_name: web
      |                     ^^^
    5 |     scale: 2
      |            - asks for more

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(file("services: {web: {image: nginx}}\nsecrets:\n  key: {}\n"), @"
    error[no-origin]: one of file, environment must be set
     --> compose.yaml:3:8
      |
    3 |   key: {}
      |        ^^

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(
        file("services:\n  web: {image: nginx, depends_on: [db]}\n  db: {image: postgres, profiles: [full]}\n"), @r#"
    error[inactive-service]: the service "web" depends on "db", whose profile is not active
     --> compose.yaml:2:36
      |
    2 |   web: {image: nginx, depends_on: [db]}
      |                                    ^^
      |
      = help: set "required: false", or activate the profile

    checked compose.yaml: 1 error; compose would reject it
    "#
    );
}

#[test]
fn more_than_one_file() {
    insta::assert_snapshot!(service("extends: {service: base, file: common.yaml}"), @"
    error[compose-file]: the compose file /shop/common.yaml does not exist
     --> compose.yaml:4:14
      |
    4 |     extends: {service: base, file: common.yaml}
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(file("services:\n  a: {extends: b}\n  b: {extends: a}\n"), @r#"
    error[extends-cycle]: the service "a" extends itself, by way of others or at once
     --> compose.yaml:2:16
      |
    2 |   a: {extends: b}
      |                ^

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(file("include: [ci/db.yaml]\nservices: {web: {image: nginx}}\n"), @"
    error[compose-file]: the compose file /shop/ci/db.yaml does not exist
     --> compose.yaml:1:11
      |
    1 | include: [ci/db.yaml]
      |           ^^^^^^^^^^

    checked compose.yaml: 1 error; compose would reject it
    ");
    insta::assert_snapshot!(shown(&[
        ("compose.yaml", "include: [ci/db.yaml]\nservices: {web: {image: nginx}}\n"),
        ("ci/db.yaml", "services:\n  db:\n    imgae: postgres\n"),
    ]), @r#"
    error[unknown-key]: services.db: unknown key "imgae"
     --> ci/db.yaml:3:5
      |
    3 |     imgae: postgres
      |     ^^^^^
      |
     ::: compose.yaml:1:11
      |
    1 | include: [ci/db.yaml]
      |           ---------- included here
      |
      = help: did you mean "image"?

    checked compose.yaml: 1 error; compose would reject it
    "#);
    insta::assert_snapshot!(shown(&[
        ("compose.yaml", "include: [other.yaml]\n"),
        ("other.yaml", "include: [compose.yaml]\n"),
    ]), @r"
    error[include-cycle]: /shop/compose.yaml is included by a file that it includes
     --> other.yaml:1:11
      |
    1 | include: [compose.yaml]
      |           ^^^^^^^^^^^^
      |
     ::: compose.yaml:1:11
      |
    1 | include: [other.yaml]
      |           ---------- included here

    checked compose.yaml: 1 error; compose would reject it
    ");
}

#[test]
fn what_is_old() {
    insta::assert_snapshot!(file("version: '3.8'\nservices: {web: {image: nginx}}\n"), @r#"
    warning[version-obsolete]: "version" is obsolete and ignored
     --> compose.yaml:1:10
      |
    1 | version: '3.8'
      |          ^^^^^
      |
      = help: remove it

    checked compose.yaml: 1 warning
    "#);
    insta::assert_snapshot!(
        file("services: {web: {image: nginx, networks: [n]}}\nnetworks: {n: {external: {name: x}}}\n"), @r#"
    warning[external-name]: "external.name" is deprecated: set "name" and "external: true"
     --> compose.yaml:2:26
      |
    2 | networks: {n: {external: {name: x}}}
      |                          ^^^^^^^^^

    checked compose.yaml: 1 warning
    "#
    );
}

#[test]
fn no_file() {
    let request = Request {
        directory: "/nonexistent/shop".to_owned(),
        files: vec!["compose.yaml".to_owned()],
        ..Request::default()
    };
    let projects = [native::check_project(request)];
    let report = Report::new(&projects, "/nonexistent/shop".as_ref(), Threshold::default());
    insta::assert_snapshot!(Format::Human.render(&report, &Terminal::plain()), @"
    error[compose-file]: the compose file /nonexistent/shop/compose.yaml does not exist
    --> compose.yaml

    checked compose.yaml: 1 error; compose would reject it
    ");
}
