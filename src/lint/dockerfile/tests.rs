use super::*;

fn stage(text: &str) -> Stage {
    Dockerfile::parse(text).stages.pop().unwrap()
}

#[test]
fn stages_have_names_bases_and_parents() {
    let file = Dockerfile::parse(
        "\u{feff}# syntax=docker/dockerfile:1\nARG GO=1.22\nARG TAG=${GO}-alpine\n\nfrom --platform=$BUILDPLATFORM \
         golang:${TAG} as Build\nRUN make\n# a comment\nFROM scratch\nCOPY --from=build /out/app /app\nFROM build AS test\nFROM $NOPE\n",
    );
    let bases: Vec<_> = file.stages.iter().map(|stage| stage.base.as_deref()).collect();
    assert_eq!(
        bases,
        [Some("golang:1.22-alpine"), Some("scratch"), Some("build"), None]
    );
    assert_eq!(file.stages[2].parent, Some(0));
    assert_eq!(file.stage("BUILD").unwrap().index, 0);
    assert_eq!(file.stage("1").unwrap().base.as_deref(), Some("scratch"));
    assert!(file.stage("nope").is_none() && file.syntax.is_none());
    let reached = |target| file.reached(target).iter().map(|stage| stage.index).collect::<Vec<_>>();
    assert_eq!(reached(Some("test")), [0, 2]);
    assert_eq!(reached(Some("1")), [0, 1]);
    assert_eq!(reached(None), [3]);
    assert_eq!(file.images(Some("1")), ["golang:1.22-alpine"]);
}

#[test]
fn a_build_gives_arguments_and_a_stage_takes_them() {
    let text = "ARG BASE=a\nARG DIR\nFROM ${BASE:-x}\nARG DIR\nARG OTHER=o\nWORKDIR /srv/$DIR\nWORKDIR ${OTHER}\n";
    let given = |name: &str| match name {
        "BASE" => Some("b".to_owned()),
        "DIR" => Some("d".to_owned()),
        _ => None,
    };
    let file = Dockerfile::parse_with(text, &given);
    assert_eq!(file.stages[0].base.as_deref(), Some("b"));
    assert_eq!(file.stages[0].workdir.as_deref(), Some("/srv/d/o"));
    assert_eq!(file.declared().collect::<Vec<_>>(), ["BASE", "DIR", "DIR", "OTHER"]);
    let without = Dockerfile::parse(text);
    assert_eq!(without.stages[0].base.as_deref(), Some("a"));
    assert_eq!(without.stages[0].workdir, None);
}

#[test]
fn lines_go_on_and_heredocs_are_no_instructions() {
    let one = stage(
        "FROM a\nRUN one \\\n  # a comment between\n\n  && two \\  \n  && three\nCOPY <<EOF /etc/x\nUSER nobody\nEOF\nRUN <<-'A' \
         <<B\nUSER x\n\tA\nUSER y\nB\nWORKDIR /x\n",
    );
    assert_eq!((one.user, one.workdir.as_deref()), (None, Some("/x")));
    assert_eq!(one.copies[0].sources, Vec::<String>::new());
    let other = stage("# escape=`\nFROM a\nCOPY a `\n  b C:\\x\\\nUSER u\n");
    assert_eq!(other.user.as_deref(), Some("u"));
    assert_eq!(other.copies[0].sources, ["a", "b"]);
}

#[test]
fn copies_and_mounts_say_where_they_come_from() {
    let one = stage(
        "FROM a\nWORKDIR /app\nCOPY --chown=1:1 --from=tools:1 /a /b c/\nADD [\"my file\", \"./\"]\nCOPY . .\nRUN \
         --mount=type=cache,target=/c --mount=type=bind,from=deps,source=/d make\n",
    );
    let copies: Vec<_> = one
        .copies
        .iter()
        .map(|copy| (copy.sources.join(" "), &*copy.target, copy.from.as_deref(), copy.is_add))
        .collect();
    assert_eq!(
        copies,
        [
            ("/a /b".to_owned(), "/app/c", Some("tools:1"), false),
            ("my file".to_owned(), "/app", None, true),
            (".".to_owned(), "/app", None, false)
        ]
    );
    assert_eq!(one.runs.len(), 1);
    assert_eq!(one.mounts, ["deps"]);
}

#[test]
fn a_stage_inherits_from_the_stage_below() {
    let text = "FROM a AS base\nENV HOME=/home/x PORT=80\nENV OLD some text\nWORKDIR $HOME\nUSER x\nHEALTHCHECK CMD y\nEXPOSE \
                ${PORT}/tcp 81\nFROM base AS off\nHEALTHCHECK NONE\nWORKDIR sub\nFROM base\n";
    let file = Dockerfile::parse(text);
    let [base, off, last] = &file.stages[..] else {
        panic!("{file:?}")
    };
    assert_eq!(off.workdir.as_deref(), Some("/home/x/sub"));
    assert_eq!(off.healthcheck, Some(Healthcheck::Off));
    assert_eq!(last.healthcheck, Some(Healthcheck::Command));
    assert_eq!(
        (last.user.as_deref(), last.workdir.as_deref()),
        (Some("x"), Some("/home/x"))
    );
    assert_eq!(
        (&*base.exposed, last.exposed.len()),
        (&["80/tcp", "81"].map(str::to_owned)[..], 0)
    );
    assert_eq!(last.environment["OLD"], "some text");
}

#[test]
fn a_stage_says_what_it_runs_and_how_it_starts() {
    let text = "FROM debian AS base\nENTRYPOINT [\"/run\", \"a\"]\nCMD b c\nFROM base AS same\nRUN --mount=type=cache,target=/c <<EOF\n\
                make it\nEOF\nRUN [\"a\", \"b\"]\nFROM base AS other\nENTRYPOINT x\nFROM base\nCMD [\"y\"]\nENTRYPOINT []\n";
    let file = Dockerfile::parse(text);
    let words = |program: &Option<Program>| program.as_ref().map(|program| program.words.join(" "));
    let of = |name| {
        file.stage(name)
            .map(|stage| (words(&stage.entrypoint), words(&stage.command)))
            .unwrap()
    };
    let shell = |text: &str| Some(format!("/bin/sh -c {text}"));
    assert_eq!(of("same"), (Some("/run a".to_owned()), shell("b c")));
    assert_eq!(
        of("other"),
        (shell("x"), None),
        "the command was for the other entrypoint"
    );
    assert_eq!(of("3"), (None, Some("y".to_owned())));
    let runs: Vec<_> = file.stages[1].runs.iter().map(|run| run.script.trim_end()).collect();
    assert_eq!(runs, ["<<EOF\nmake it", "a b"]);
    let lines: Vec<_> = file.stages.iter().map(|stage| stage.line).collect();
    assert_eq!(lines, [1, 4, 9, 11]);
    let lineage = |name| {
        file.lineage(Some(name))
            .iter()
            .map(|stage| stage.index)
            .collect::<Vec<_>>()
    };
    assert_eq!((lineage("same"), lineage("base")), (vec![0, 1], vec![0]));
}

#[test]
fn images_that_everybody_uses_start_in_a_directory_that_is_known() {
    assert_eq!(stage("FROM golang\nCOPY a b").copies[0].target, "/go/b");
    assert_eq!(stage("FROM me/app\nCOPY a b").copies[0].target, "b");
    assert_eq!(
        stage("FROM debian AS a\nFROM a\nWORKDIR b\n").workdir.as_deref(),
        Some("/b")
    );
}

#[test]
fn a_copy_says_with_what_permissions_and_what_of_it() {
    let copies = stage("FROM a\nCOPY --chmod=755 a /b/\n\nCOPY --parents ./a/b /c\nCOPY <<A b /d\nA\n").copies;
    assert_eq!(
        (copies[0].mode.as_deref(), copies[0].is_into_directory, copies[0].line),
        (Some("755"), true, 2)
    );
    assert!(copies[1].is_partial && !copies[1].is_into_directory && copies[1].line == 4);
    assert!(copies[2].has_texts && copies[2].sources == ["b"]);
}

#[test]
fn what_nothing_sets_is_unset() {
    let unset = |text: &str| -> Vec<String> {
        let unset = stage(&format!("FROM a\n{text}\n")).unset;
        unset.into_iter().map(|unset| unset.name).collect()
    };
    assert_eq!(unset("RUN a $X ${Y} ${Z:-1} $PATH $1 && $X"), ["X", "Y"]);
    assert_eq!(unset("COPY $X /\nLABEL a=${Y}\nCMD $Z"), ["X", "Y"]);
    for text in [
        "ARG X\nRUN $X",
        "ARG NOPE\nENV X=$NOPE\nRUN $X",
        "RUN X=1; $X",
        "RUN export X=1 && $X",
        "RUN while read X; do $X; done",
        "RUN x=$(. /etc/os-release; echo $X)",
        "RUN test -z \"$X\" || $X",
        "RUN awk '{print $X}'",
        "RUN a $http_proxy",
    ] {
        assert_eq!(unset(text), [""; 0], "{text}");
    }
}

#[test]
fn programs_that_install_leave_nothing_elsewhere() {
    for (text, expected) in [
        (
            "RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt",
            true,
        ),
        ("RUN npm ci --omit=dev", true),
        ("RUN npm run build", false),
        ("RUN echo a > /b", false),
        ("RUN curl a | tar x", false),
        ("", true),
    ] {
        assert_eq!(stage(&format!("FROM a\n{text}\n")).only_installs(), expected, "{text}");
    }
}

#[test]
fn what_is_no_dockerfile_has_no_stages() {
    for text in [
        "",
        "\\",
        "RUN x",
        "FROM",
        "ARG",
        "COPY <<",
        "FROM a\nCOPY\nWORKDIR\nENV\nUSER \\",
    ] {
        let file = Dockerfile::parse(text);
        assert!(file.stages.len() < 2, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(text in "(FROM|ARG|ENV|COPY|RUN|WORKDIR|[ \\\\\\$\\{\\}<\\n\"'=#`é:/a-]){0,60}") {
        let file = Dockerfile::parse(&text);
        let _ = (file.reached(None), file.images(Some("a")));
    }
}
