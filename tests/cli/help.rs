//! Help, version, completions, manual pages, and the lines that lead someone from compose to towline.

use std::process::Stdio;

use crate::common::{Sandbox, finish};

/// Standard output of a line that ends well and never reaches docker.
fn shown(line: &str) -> String {
    let sandbox = Sandbox::new();
    let finished = sandbox.line(line);
    assert_eq!((finished.code(), finished.stderr()), (0, String::new()), "{line}");
    assert_eq!(sandbox.call_lines(), [""; 0], "{line}");
    finished.stdout()
}

#[test]
fn the_version_is_towlines_and_the_command_version_composes() {
    assert_eq!(shown("--version"), "towline 0.1.0\n");
    assert_eq!(shown("-V"), "towline 0.1.0\n");
    let sandbox = Sandbox::new();
    sandbox.line("version --short");
    assert_eq!(sandbox.call_lines(), ["docker compose version --short"]);
}

#[test]
fn the_help_names_towlines_commands_and_composes_flags() {
    insta::assert_snapshot!(shown("--help"), @"
    Runs a Docker Compose file as a CI pipeline, with an exit code that can be trusted

    Usage: towline [FLAGS OF COMPOSE] COMMAND …

    Commands:
      ci           Run the compose file as a pipeline: plan, build, run, report, clean up
      lint         Check compose files, without Docker
      explain      Explain a rule of `lint`: why it is there, with an example
      rules        List the rules of `lint`
      plan         Show the stages, their kinds and the reason for each, and their needs
      report       Show the last run again
      gc           Remove what killed runs left: containers, networks, volumes, locks, run directories
      completions  Print a completion script for a shell
      man          Print the manual page of towline, or of one of its commands
      help         Explain a command, `exit-codes` or `kinds`

    Options:
      -h, --help     Show this help
      -V, --version  Print version

    Flags of compose:
      -f, --file <FILE>              Compose file (may be repeated)
      -p, --project-name <NAME>      Name of the project
          --profile <NAME>           Profile to enable (may be repeated)
          --env-file <FILE>          File of variables, in place of `.env` (may be repeated)
          --project-directory <DIR>  Directory that relative paths start from
          --progress <HOW>           How compose shows its progress: auto, tty, plain, json, quiet
          --ansi <WHEN>              When to use ANSI control characters: never, always, auto
          --parallel <N>             How many operations compose does at once; -1 for no limit
          --dry-run                  Show what would be done, and do nothing
          --all-resources            Include resources that no service uses
          --compatibility            Name containers as compose 1 did

    Every command of docker compose works as it does there: towline run, towline logs, towline down, …

    `towline up` gives towline's verdict where the line asks for one, by --exit-code-from,
    --abort-on-container-exit, --abort-on-container-failure or --wait.

    `towline help exit-codes` says what each exit code means, `towline help kinds` how a kind is found.
    ");
    for line in ["", "-h", "help", "-f a.yaml --help"] {
        assert_eq!(shown(line), shown("--help"), "{line}");
    }
}

#[test]
fn each_command_of_its_own_explains_itself() {
    insta::assert_snapshot!(shown("help ci"), @"
    Run the compose file as a pipeline: plan, build, run, report, clean up

    Usage: towline ci [OPTIONS] [TARGET]...

    Arguments:
      [TARGET]...  Stages to run, with all that they need; all stages without

    Options:
      -h, --help                Show this help
      -j, --jobs <N>            How many jobs run at once
      -k, --keep-going          Go on after a failure with what does not depend on it
          --timeout <TIME>      Time limit of the run, such as 90s or 1m30s
          --keep-up             Leave containers, networks and volumes behind
          --settle <TIME>       How long a service without a health check must stay up to count as up
                                (2s without this flag)
          --no-gate             Let a deploy stage start without waiting for the jobs that it does not
                                name
          --kind <NAME=KIND>    Set the kind of the services that match: build, job, service or deploy
                                (can be repeated)
          --strict              Fail before anything starts if the kind of a stage is unknown, or if no
                                stage is a job
          --wait-lock[=<TIME>]  Wait while another run uses the project of `-p`, for this long or as
                                long as it takes
      -q, --quiet               Show failures and the verdict alone
      -v, --verbose...          Show more; twice for everything

    Flags of compose:
      -f, --file <FILE>              Compose file (may be repeated)
      -p, --project-name <NAME>      Name of the project
          --profile <NAME>           Profile to enable (may be repeated)
          --env-file <FILE>          File of variables, in place of `.env` (may be repeated)
          --project-directory <DIR>  Directory that relative paths start from
          --progress <HOW>           How compose shows its progress: auto, tty, plain, json, quiet
          --ansi <WHEN>              When to use ANSI control characters: never, always, auto
          --parallel <N>             How many operations compose does at once; -1 for no limit
          --dry-run                  Show what would be done, and do nothing
          --all-resources            Include resources that no service uses
          --compatibility            Name containers as compose 1 did
    ");
    for command in towline::cli::own_names() {
        let text = shown(&format!("help {command}"));
        assert!(text.contains(&format!("Usage: towline {command}")), "{text}");
        if command != "help" {
            assert_eq!(shown(&format!("{command} --help")), text);
        }
    }
}

#[test]
fn the_exit_codes_have_a_page() {
    assert_eq!(shown("help exit-codes"), towline::exit::table());
}

#[test]
fn the_kinds_have_a_page() {
    assert_eq!(shown("help kinds"), towline::plan::explain());
}

#[test]
fn help_on_composes_commands_is_composes() {
    let sandbox = Sandbox::new();
    sandbox.line("help up");
    sandbox.line("help alpha viz");
    assert_eq!(
        sandbox.call_lines(),
        ["docker compose up --help", "docker compose alpha viz --help"]
    );
}

#[test]
fn completions_know_towlines_words_and_composes() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = shown(&format!("completions {shell}"));
        for word in ["ci", "keep-going", "exit-code-from", "volumes", "project-directory"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages_end_with_the_exit_codes() {
    let page = shown("man");
    assert!(page.contains(".TH towline 1"), "{page}");
    assert!(
        page.contains("EXIT STATUS") && page.contains("a build failed"),
        "{page}"
    );
    let page = shown("man ci");
    assert!(page.contains("keep\\-going"), "{page}");
}

#[test]
fn run_without_arguments_leads_to_ci() {
    let sandbox = Sandbox::new();
    sandbox.answer("compose run", "echo requires at least 1 argument >&2; exit 1");
    let finished = sandbox.line("run");
    assert_eq!(finished.code(), 1);
    insta::assert_snapshot!(finished.stderr(), @r"
    towline: note: to run the whole file as a pipeline: towline ci
    requires at least 1 argument
    ");
    assert_eq!(sandbox.line("run --rm web").stderr(), "requires at least 1 argument\n");
}

#[test]
fn a_slip_of_the_finger_is_told() {
    let sandbox = Sandbox::new();
    sandbox.answer("compose", "echo unknown command >&2; exit 1");
    for (line, note) in [
        ("cii", "'cii' is no command of towline; did you mean 'ci'?"),
        (
            "-f a.yaml plna",
            "'plna' is no command of towline; did you mean 'plan'?",
        ),
        (
            "completion bash",
            "'completion' is no command of towline; did you mean 'completions'?",
        ),
    ] {
        let finished = sandbox.line(line);
        assert_eq!(finished.code(), 1);
        assert_eq!(finished.stderr(), format!("towline: note: {note}\nunknown command\n"));
        assert_eq!(sandbox.call_lines(), [format!("docker compose {line}")]);
    }
    for line in ["frobnicate", "cp a b", "ps", "top", "rm"] {
        assert_eq!(sandbox.line(line).stderr(), "unknown command\n", "{line}");
    }
}

#[test]
fn a_closed_pipe_is_a_normal_end() {
    let sandbox = Sandbox::new();
    for line in ["--help", "completions bash", "help exit-codes", "ci --help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let finished = finish(sandbox.command(line.split_whitespace()).stdout(Stdio::from(writer)));
        assert_eq!((finished.code(), finished.stderr()), (0, String::new()), "{line}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let finished = finish(sandbox.command(["help", "exit-codes"]).stdout(full));
    assert_eq!(finished.code(), 70);
    assert!(
        finished.stderr().starts_with("towline: writing to standard output: "),
        "{}",
        finished.stderr()
    );
}
