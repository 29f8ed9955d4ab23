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
    assert!(one.runs);
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
