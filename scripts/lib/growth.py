"""Everything in a project that can be long: generators of files in which one thing occurs a given number of times.

A thing is a function of that number. It gives the text of `compose.yaml`, or a mapping of names of files to texts, in which
`compose.yaml` is one. LOADED holds what compose loads, REJECTED what it does not; in ARGUMENTS, a thing has arguments of its
own for the command line, and those in FASTER grow faster than they should.
"""

EMPTY = "services: {a: {image: i}}\n"
LOADED, REJECTED, ARGUMENTS = {}, {}, {}

# What is known to grow faster still, and is shown without being held to the bound.
FASTER = {
    "circle of extends",
    "files that override one service",
    "long line of a dockerfile",
    "projects in one directory",
}


def loaded(make):
    LOADED[make.__name__.replace("_", " ")] = make
    return make


def rejected(make):
    REJECTED[make.__name__.replace("_", " ")] = make
    return make


def rows(number, row):
    """A text made of so many rows, each with its number in the place of `@`."""
    return "".join(row.replace("@", str(at)) for at in range(number))


def service(number, key, item, head="services:\n  a:\n    image: i\n"):
    """A service with a list or a mapping of so many entries under a key."""
    return f"{head}    {key}:\n" + rows(number, f"      {item}\n")


def simple(table, **things):
    for name, (key, item) in things.items():
        table[name.replace("_", " ")] = lambda number, key=key, item=item: service(number, key, item)


simple(
    LOADED,
    ports_in_a_list=("ports", "- '1@:1@'"),
    ports_in_long_form=("ports", "- {target: 1@, published: '1@'}"),
    ports_that_are_not_published=("ports", "- '1@'"),
    expose=("expose", "- '1@'"),
    words_of_a_command=("command", "- word@"),
    words_of_an_entrypoint=("entrypoint", "- word@"),
    environment_mapping=("environment", "NAME@: http://host@/"),
    environment_list=("environment", "- NAME@=value"),
    environment_of_one_name=("environment", "- NAME=value@"),
    environment_from_the_host=("environment", "- NAME@"),
    environment_of_unset_variables=("environment", "NAME@: ${UNSET@}"),
    environment_of_secrets=("environment", "PASSWORD@: hunter2"),
    binds=("volumes", "- ./a@:/b@"),
    anonymous_volumes=("volumes", "- /b@"),
    mounts_in_long_form=("volumes", "- {type: bind, source: ./a@, target: /b@, read_only: true}"),
    mounts_inside_mounts=("volumes", "- {type: tmpfs, target: /b/c/@}"),
    tmpfs=("tmpfs", "- /t@"),
    labels_mapping=("labels", "com.example.l@: v"),
    labels_list=("labels", "- com.example.l@=v"),
    annotations=("annotations", "com.example.l@: v"),
    extra_hosts=("extra_hosts", "- host@:10.0.0.1"),
    dns=("dns", "- fd00::@"),
    dns_search=("dns_search", "- d@.example.com"),
    dns_opt=("dns_opt", "- o@"),
    cap_add=("cap_add", "- CAP_@"),
    one_capability=("cap_drop", "- ALL"),
    security_opt=("security_opt", "- option@"),
    group_add=("group_add", "- g@"),
    devices=("devices", "- /dev/a@:/dev/b@"),
    device_cgroup_rules=("device_cgroup_rules", "- c 1:@ rwm"),
    sysctls=("sysctls", "net.core.s@: 1"),
    ulimits=("ulimits", "nofile@: {soft: 1, hard: 2}"),
    storage_opt=("storage_opt", "o@: v"),
    extensions_of_a_service=("x-more", "k@: {a: [1, 2]}"),
    profiles=("profiles", "- p@"),
    post_start_hooks=("post_start", "- {command: echo @}"),
    pre_start_hooks=("pre_start", "- {command: echo @}"),
    external_links=("external_links", "- l@:m@"),
    volumes_from_containers=("volumes_from", "- container:c@"),
)
simple(
    REJECTED,
    networks_that_are_missing=("networks", "n@: {}"),
    dependencies_that_are_missing=("depends_on", "- d@"),
    secrets_that_are_missing=("secrets", "- s@"),
    volumes_that_are_missing=("volumes", "- v@:/v@"),
    wrong_ports=("ports", "- 'x@'"),
    wrong_types=("environment", "- [@]"),
    wrong_interpolations=("environment", "NAME@: ${}"),
    required_variables=("environment", "NAME@: ${UNSET@?set it}"),
    repeated_items=("dns_opt", "- [@]"),
    repeated_keys=("environment", "NAME: value@"),
    aliases_of_nothing=("environment", "NAME@: *nothing"),
)


@loaded
def ports_of_a_range(number):
    return f"services: {{a: {{image: i, ports: ['10000-{10000 + number}:10000-{10000 + number}/udp']}}}}\n"


@loaded
def ports_of_a_range_that_are_not_published(number):
    return f"services: {{a: {{image: i, ports: ['10000-{10000 + number}']}}}}\n"


@loaded
def ports_of_a_range_over_one_port(number):
    return service(number, "ports", "- '1@:80'")


@loaded
def published_ports_of_services(number):
    return "services:\n" + rows(number, "  s@: {image: i, ports: ['1@:80', '127.0.0.1:1@:81']}\n")


@loaded
def one_published_port_of_services(number):
    return "services:\n" + rows(number, "  s@: {image: i, ports: ['80:80']}\n")


@loaded
def ports_in_two_files(number):
    below = f"services: {{a: {{image: i, ports: ['10000-{10000 + number}:10000-{10000 + number}']}}}}\n"
    over = f"services: {{a: {{ports: ['30000-{30000 + number}:10000-{10000 + number}']}}}}\n"
    return {"compose.yaml": below, "compose.override.yaml": over}


@loaded
def words_of_one_command(number):
    return f"services: {{a: {{image: i, command: '{rows(number, 'word@ ')}'}}}}\n"


@loaded
def one_long_word(number):
    return f"services: {{a: {{image: i, command: [{'x' * 20 * number}]}}}}\n"


def script(text):
    """A service that runs a script, given as it is and as the text that compose splits."""
    lines = "".join(f"        {line}\n" for line in text.splitlines())
    return f"services:\n  a:\n    image: i\n    entrypoint: [sh, -c]\n    command:\n      - |\n{lines}"


@loaded
def lines_of_a_script(number):
    return script(rows(number, "echo $$LINE@ > /tmp/f@ && curl http://host@:80/ | tee a@\n"))


@loaded
def commands_of_a_row(number):
    return script("set -e; " + rows(number, "echo @ && ") + "true\n")


@loaded
def pipes_of_a_script(number):
    return script("cat a" + rows(number, " | grep @") + "\n")


@loaded
def blocks_of_a_script(number):
    return script(rows(number, "if true; then echo @; fi\n"))


@loaded
def depth_of_a_script(number):
    return script("if true; then " * number + "echo" + "; fi" * number + "\n")


@loaded
def brackets_of_a_script(number):
    return script("echo " + "$$(echo " * number + ")" * number + "\n")


@loaded
def quotes_of_a_script(number):
    return script("echo " + rows(number, "'a @' \"b $$C@\" ") + "\n")


@loaded
def open_quotes_of_a_script(number):
    return script(rows(number, "echo \"a\nb' @\n"))


@loaded
def here_documents(number):
    return script(rows(number, "cat <<EOF@\ntext\nEOF@\n"))


@loaded
def open_here_documents(number):
    return script(rows(number, "cat <<EOF@\ntext\n"))


@loaded
def variables_of_a_script(number):
    return script(rows(number, "V@=1; echo $$V@\n"))


@loaded
def host_variables_of_a_script(number):
    return script(rows(number, "echo $V@ ${W@}\n"))


@loaded
def continued_lines_of_a_script(number):
    return script("echo" + rows(number, " \\\n  @") + "\n")


@loaded
def operators_of_a_command(number):
    return f"services: {{a: {{image: i, command: 'a {rows(number, '&& b@ | c ')}'}}}}\n"


@loaded
def wrappers_of_a_command(number):
    return "services:\n  a:\n    image: i\n    command:\n" + "    - env\n    - A=b\n    - nice\n" * number


@loaded
def words_of_a_health_check(number):
    return "services:\n  a:\n    image: i\n    healthcheck:\n      test:\n      - CMD\n" + rows(number, "      - w@\n")


@loaded
def script_of_a_health_check(number):
    test = rows(number, "curl http://localhost:80/@ || true; ")
    return f"services: {{a: {{image: i, healthcheck: {{test: '{test}'}}}}}}\n"


@loaded
def services(number):
    return "services:\n" + rows(number, "  s@: {image: 'i@:1', command: [run, '@'], environment: {A: b}, restart: always}\n")


@loaded
def services_with_an_image_alone(number):
    return "services:\n" + rows(number, "  s@: {image: i}\n")


@loaded
def services_that_are_built(number):
    return "services:\n" + rows(number, "  s@: {build: ., image: 'i@:1'}\n  t@: {image: 'i@:1'}\n")


@loaded
def services_of_one_image(number):
    return "services:\n" + rows(number, "  s@: {build: ., image: i}\n")


@loaded
def jobs_before_a_deploy(number):
    jobs = rows(number, "  s@: {image: postgres}\n  t@: {image: i, command: pytest, depends_on: [s@]}\n")
    return "services:\n" + jobs + "  deploy: {image: i, command: kubectl apply}\n"


@loaded
def deploys_after_a_job(number):
    deploys = rows(number, "  deploy@: {image: i, command: kubectl apply}\n")
    return "services:\n  test: {image: i, command: pytest}\n" + deploys


@loaded
def services_that_name_each_other(number):
    return "services:\n" + rows(number, "  s@: {image: i, environment: {URL: 'http://s0:80', OTHER: 'http://localhost:1@'}}\n")


@loaded
def names_of_containers(number):
    return "services:\n" + rows(number, "  s@: {image: i, container_name: c@, hostname: h@}\n")


@loaded
def services_that_write_to_one_volume(number):
    return "services:\n" + rows(number, "  s@: {image: i, volumes: ['v:/v']}\n") + "volumes: {v: }\n"


@loaded
def services_that_share_folders(number):
    return "services:\n" + rows(number, "  s@: {image: i, command: make, volumes: ['./d@:/v', './d:/w']}\n")


@loaded
def jobs_at_the_top(number):
    return EMPTY + "jobs:\n" + rows(number, "  j@: {image: i, command: [run], triggers: {manual: true}}\n")


@loaded
def scaled_services(number):
    return "services:\n" + rows(number, "  s@: {image: i, deploy: {replicas: 2}, ports: ['80']}\n")


@loaded
def services_with_profiles(number):
    return "services:\n  a: {image: i}\n" + rows(number, "  s@: {image: i, profiles: [p@, q]}\n")


@loaded
def services_behind_profiles_that_are_needed(number):
    return "services:\n  a: {image: i}\n" + rows(
        number, "  s@: {image: i, profiles: [p]}\n  t@: {image: i, depends_on: {s@: {condition: service_started, required: false}}}\n"
    )


@loaded
def depth_of_mappings(number):
    return EMPTY + "x-a: " + "{a: " * number + "b" + "}" * number + "\n"


@loaded
def depth_of_block_lists(number):
    return EMPTY + "x-a:\n" + "- " * number + "a\n"


@loaded
def depth_of_defaults(number):
    return f"services: {{a: {{image: i, environment: {{A: '{'${A:-' * number}{'}' * number}'}}}}}}\n"


@loaded
def depth_of_alternatives(number):
    return f"services: {{a: {{image: i, environment: {{A: '{'${PATH:+' * number}{'}' * number}'}}}}}}\n"


@loaded
def braces_in_a_default(number):
    return f"services: {{a: {{image: i, environment: {{A: '${{A:-{'{x' * number}{'}' * number}}}'}}}}}}\n"


@loaded
def unset_variables_of_one_text(number):
    return f"services: {{a: {{image: i, environment: {{A: '{rows(number, '$U@ ${V} ${W@} ')}'}}}}}}\n"


@loaded
def defaults_of_one_text(number):
    return f"services: {{a: {{image: i, environment: {{A: '{rows(number, '${U@:-x} ')}'}}}}}}\n"


@loaded
def dollars_of_one_text(number):
    return f"services: {{a: {{image: i, environment: {{A: '{'$$ $ $( ' * number}'}}}}}}\n"


@loaded
def env_files(number):
    files = {f"e{at}.env": f"A{at}=b\n" for at in range(number)}
    return {"compose.yaml": service(number, "env_file", "- e@.env")} | files


@loaded
def lines_of_an_env_file(number):
    lines = rows(number, "NAME@=value\nURL@=\"http://$NAME@/\" # why\n\n")
    return {"compose.yaml": "services: {a: {image: i, env_file: e.env}}\n", "e.env": lines}


@loaded
def an_env_file_of_many_services(number):
    services = rows(number, "  s@: {image: i, env_file: e.env}\n")
    return {"compose.yaml": "services:\n" + services, "e.env": "A=b\n"}


@loaded
def lines_of_dotenv(number):
    return {"compose.yaml": EMPTY, ".env": rows(number, "NAME@=value\nURL@='a b' # why\n")}


@loaded
def variables_of_dotenv(number):
    return {"compose.yaml": service(number, "environment", "NAME@: ${NAME@}"), ".env": rows(number, "NAME@=${NAME0}x\n")}


@loaded
def one_long_line_of_dotenv(number):
    return {"compose.yaml": EMPTY, ".env": f"A='{'x y ' * number}'\nB=\"{'x $A0 ' * number}\"\n"}


@loaded
def volumes(number):
    return service(number, "volumes", "- v@:/v@") + "volumes:\n" + rows(number, "  v@: {}\n")


@loaded
def volumes_that_are_not_used(number):
    return EMPTY + "volumes:\n" + rows(number, "  v@: {}\n")


@loaded
def networks(number):
    return service(number, "networks", "- n@") + "networks:\n" + rows(number, "  n@: {}\n")


@loaded
def networks_of_their_own(number):
    return "services:\n" + rows(number, "  s@: {image: i, networks: {n@: {aliases: [x@]}}}\n") + "networks:\n" + rows(number, "  n@: {}\n")


@loaded
def subnets(number):
    return EMPTY + "networks:\n" + rows(number, "  n@: {ipam: {config: [{subnet: 10.0.0.0/24}]}}\n")


@loaded
def services_of_one_network(number):
    return "services:\n" + rows(number, "  s@: {image: i, networks: [n]}\n") + "networks: {n: }\n"


@loaded
def aliases_of_a_network(number):
    aliases = rows(number, "          - x@\n")
    return f"services:\n  a:\n    image: i\n    networks:\n      n:\n        aliases:\n{aliases}networks: {{n: }}\n"


@loaded
def secrets(number):
    return service(number, "secrets", "- s@") + "secrets:\n" + rows(number, "  s@: {environment: S@}\n")


@loaded
def configs(number):
    return service(number, "configs", "- {source: c@, target: /c@}") + "configs:\n" + rows(number, "  c@: {content: x}\n")


@loaded
def models(number):
    return service(number, "models", "- m@") + "models:\n" + rows(number, "  m@: {model: m}\n")


@loaded
def extensions_at_the_top(number):
    return EMPTY + rows(number, "x-@: {a: [b, 1, true]}\n")


@loaded
def anchors_and_aliases(number):
    return EMPTY + "x-a:\n" + rows(number, "- &a@ {b: 1}\n") + "x-b:\n" + rows(number, "- *a@\n")


@loaded
def aliases_of_one_anchor(number):
    return EMPTY + "x-a: &a {b: 1}\nx-b:\n" + "- *a\n" * number


@loaded
def merge_keys(number):
    return "x-a: &a {image: i, environment: {A: b}, ports: ['80']}\nservices:\n" + rows(number, "  s@: {<<: *a, restart: always}\n")


@loaded
def sources_of_a_merge_key(number):
    return "x-a:\n" + rows(number, "- &a@ {k@: 1}\n") + EMPTY + f"x-b: {{<<: [{', '.join(f'*a{at}' for at in range(number))}]}}\n"


@loaded
def keys_of_a_merge_key(number):
    return EMPTY + "x-a: &a\n" + rows(number, "  k@: 1\n") + "x-b: {<<: *a}\n"


@loaded
def chain_of_extends(number):
    return "services:\n  s0: {image: i}\n" + "".join(
        f"  s{at}: {{extends: s{at - 1}}}\n" for at in range(1, number // 5)
    )


@loaded
def chain_of_extends_upwards(number):
    return "services:\n" + "".join(f"  s{at}: {{extends: s{at + 1}}}\n" for at in range(number // 5)) + f"  s{number // 5}: {{image: i}}\n"


@loaded
def services_that_extend_one(number):
    return "services:\n  a: {image: i}\n" + rows(number, "  s@: {extends: a}\n")


@loaded
def services_that_extend_those_of_a_file(number):
    below = "services:\n" + rows(number, "  s@: {image: i}\n")
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {extends: {file: base.yaml, service: s@}}\n"), "base.yaml": below}


@loaded
def files_that_are_extended(number):
    files = {f"base{at}.yaml": EMPTY for at in range(number)}
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {extends: {file: base@.yaml, service: a}}\n")} | files


@loaded
def one_that_depends_on_many(number):
    return "services:\n" + rows(number, "  s@: {image: i}\n") + service(number, "depends_on", "- s@", "  a:\n    image: i\n")


@loaded
def many_that_depend_on_one(number):
    return "services:\n  a: {image: i}\n" + rows(
        number, "  s@: {image: i, depends_on: {a: {condition: service_completed_successfully}}}\n"
    )


@loaded
def many_that_wait_for_a_healthy_one(number):
    return "services:\n  a: {image: postgres}\n" + rows(number, "  s@: {image: i, depends_on: {a: {condition: service_healthy}}}\n")


@loaded
def chain_of_dependencies(number):
    return "services:\n  s0: {image: i}\n" + "".join(f"  s{at}: {{image: i, depends_on: [s{at - 1}]}}\n" for at in range(1, number))


@loaded
def chain_of_jobs(number):
    return "services:\n  s0: {image: i, command: pytest}\n" + "".join(
        f"  s{at}_test: {{image: i, command: pytest, depends_on: {{s{at - 1}{'_test' * (at > 1)}: {{condition: service_completed_successfully}}}}}}\n"
        for at in range(1, number)
    )


@loaded
def links(number):
    return "services:\n" + rows(number, "  s@: {image: i}\n") + service(number, "links", "- s@:t@", "  a:\n    image: i\n")


@loaded
def build_arguments(number):
    return "services:\n  a:\n    build:\n      context: .\n      args:\n" + rows(number, "        A@: b\n")


@loaded
def build_tags(number):
    return "services:\n  a:\n    build:\n      context: .\n      tags:\n" + rows(number, "      - t@\n")


@loaded
def build_contexts(number):
    return "services:\n  a:\n    build:\n      context: .\n      additional_contexts:\n" + rows(number, "        c@: ./d@\n")


@loaded
def rules_of_watch(number):
    return "services:\n  a:\n    image: i\n    develop:\n      watch:\n" + rows(number, "      - {path: ./p@, action: sync, target: /t}\n")


@loaded
def options_of_logging(number):
    return "services:\n  a:\n    image: i\n    logging:\n      driver: local\n      options:\n" + rows(number, "        o@: v\n")


DOCKERFILE = "ARG A@=b\nENV V@=$A@ W@=c\nRUN echo @ \\\n  && true\nCOPY --from=s /a /b@\nUSER u@\n"


@loaded
def lines_of_a_dockerfile(number):
    return {"compose.yaml": "services: {a: {build: .}}\n", "Dockerfile": "FROM busybox AS s\nFROM s\n" + rows(number, DOCKERFILE)}


@loaded
def lines_of_an_inline_dockerfile(number):
    text = "FROM busybox AS s\nFROM s\n" + rows(number, DOCKERFILE)
    lines = "".join(f"        {line}\n" for line in text.splitlines())
    return f"services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n{lines}"


@loaded
def arguments_of_a_dockerfile(number):
    text = "FROM busybox\n" + rows(number, "ARG A@\n") + "RUN echo\n" * number
    return {"compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args:\n" + rows(number, "        A@: b\n"), "Dockerfile": text}


@loaded
def services_of_one_dockerfile(number):
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {build: {context: .}}\n"), "Dockerfile": "FROM busybox\nVOLUME /v\n"}


@loaded
def long_line_of_a_dockerfile(number):
    return {"compose.yaml": "services: {a: {build: .}}\n", "Dockerfile": "FROM busybox\nENV " + rows(number, "A@=b ") + "\nRUN " + rows(number, "a@ \\\n") + "b\n"}


@loaded
def lines_of_dockerignore(number):
    return {"compose.yaml": "services: {a: {build: .}}\n", "Dockerfile": "FROM busybox\nCOPY . .\n", ".dockerignore": rows(number, "a@/*\n")}


@loaded
def block_scalar(number):
    return EMPTY + "x-a: |\n" + rows(number, "  some text @\n")


@loaded
def folded_scalar(number):
    return EMPTY + "x-a: >\n" + rows(number, "  some text @\n")


@loaded
def quoted_scalar(number):
    return EMPTY + "x-a: \"" + rows(number, "some \\\"text\\\" @ ü ") + "\"\n"


@loaded
def quoted_scalar_of_lines(number):
    return EMPTY + "x-a: '" + rows(number, "some text @\n  ") + "'\n"


@loaded
def plain_scalar_of_lines(number):
    return EMPTY + "x-a: some\n" + rows(number, "  text @\n")


@loaded
def one_long_plain_scalar(number):
    return EMPTY + "x-a: " + "some text" * number + "\n"


@loaded
def one_long_key(number):
    return EMPTY + "x-a:\n  ? \"" + "k" * 20 * number + "\"\n  : 1\n"


@loaded
def one_long_line(number):
    """Findings far to the right of one line."""
    return "services: {" + rows(number, "s@: {image: 'i:latest', ports: ['80']}, ") + "}\n"


@loaded
def commas_after_exclamation_marks(number):
    return EMPTY + "x-a: [" + "'!', " * number + "]\nx-b: '" + "!a,b," * number + "'\n"


@loaded
def comments(number):
    return EMPTY + rows(number, "# a comment @ of many\n")


@loaded
def comments_behind_values(number):
    return service(number, "environment", "NAME@: value # why '@'")


@loaded
def blank_lines(number):
    return EMPTY + "\n \n" * number


@loaded
def lines_that_end_as_on_windows(number):
    return service(number, "environment", "NAME@: value").replace("\n", "\r\n")


@loaded
def comments_that_ignore(number):
    return "services:\n" + rows(number, "  s@: {image: 'i:latest'} # towline: ignore[image-unpinned]\n")


@loaded
def comments_that_ignore_nothing(number):
    return EMPTY + rows(number, "# towline: ignore[image-unpinned]\n\n")


@loaded
def comments_that_ignore_one_line(number):
    return rows(number, "# towline: ignore[image-unpinned]\n") + EMPTY


@loaded
def names_of_a_comment_that_ignores(number):
    return EMPTY + "x-a: 1 # towline: ignore[" + rows(number, "image-unpinned@, ") + "privileged]\n"


@loaded
def documents(number):
    return "".join(f"services: {{s{at}: {{image: i}}}}\n---\n" for at in range(number // 5)) + EMPTY


@loaded
def documents_of_one_service(number):
    return (EMPTY + "---\n") * (number // 5) + EMPTY


@loaded
def files_of_one_project(number):
    files = {f"f{at}.yaml": f"services: {{s{at}: {{image: i}}}}\n" for at in range(number // 5)}
    return {"compose.yaml": EMPTY} | files


ARGUMENTS["files of one project"] = lambda files: [part for file in sorted(files) for part in ("-f", file)]


@loaded
def includes(number):
    files = {f"f{at}.yaml": f"services: {{s{at}: {{image: i}}}}\n" for at in range(number // 5)}
    return {"compose.yaml": "include:\n" + "".join(f"- {file}\n" for file in files) + EMPTY} | files


@loaded
def chain_of_includes(number):
    files = {f"f{at}.yaml": f"include: [f{at + 1}.yaml]\nservices: {{s{at}: {{image: i}}}}\n" for at in range(number // 5)}
    return {"compose.yaml": "include: [f0.yaml]\n" + EMPTY, f"f{number // 5}.yaml": EMPTY.replace("a:", "z:")} | files


@loaded
def two_files_of_services(number):
    below = "services:\n" + rows(number, "  s@: {image: i, environment: [A=b], command: [a]}\n")
    over = "services:\n" + rows(number, "  s@: {environment: [B=c], expose: ['80']}\n")
    return {"compose.yaml": below, "compose.override.yaml": over}


@loaded
def two_files_of_one_list(number):
    below = service(number, "expose", "- '1@'") + "    cap_add:\n" + rows(number, "    - C@\n")
    over = service(number, "expose", "- '2@'") + "    cap_add:\n" + rows(number, "    - D@\n")
    return {"compose.yaml": below, "compose.override.yaml": over}


@loaded
def two_files_of_one_environment(number):
    below = service(number, "environment", "A@: b") + "    labels:\n" + rows(number, "      l@: a\n")
    over = service(number, "environment", "B@: ${A:-}") + "    labels:\n" + rows(number, "      m@: a\n")
    return {"compose.yaml": below, "compose.override.yaml": over}


@loaded
def tags_that_reset(number):
    over = "services:\n" + rows(number, "  s@: {environment: !reset null, expose: !override ['80']}\n")
    below = "services:\n" + rows(number, "  s@: {image: i, environment: [A=b], expose: ['81']}\n")
    return {"compose.yaml": below, "compose.override.yaml": over}


@loaded
def lines_of_gitignore(number):
    return {"compose.yaml": EMPTY, ".env": "A=b\n", ".gitignore": rows(number, "a@/*\n"), ".git/HEAD": ""}


@loaded
def exclusions_of_the_settings(number):
    settings = "exclude:\n" + rows(number, "- {rules: [image-unpinned], services: ['s@*']}\n")
    return {"compose.yaml": EMPTY, ".towline.yaml": settings}


@loaded
def files_that_override_one_service(number):
    files = {f"f{at}.yaml": f"services: {{a: {{environment: [A{at}=b]}}}}\n" for at in range(number // 5)}
    return {"compose.yaml": EMPTY} | files


ARGUMENTS["files that override one service"] = ARGUMENTS["files of one project"]


@loaded
def projects_in_one_directory(number):
    return {"compose.yaml": EMPTY} | {f"f{at}.yaml": EMPTY for at in range(number // 5)}


ARGUMENTS["projects in one directory"] = lambda files: sorted(files)


@loaded
def services_that_lose_everything(number):
    over = "services:\n" + rows(number, "  s@: !reset null\n") + "  a: {image: i}\n"
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {image: i}\n"), "compose.override.yaml": over}


@loaded
def services_that_extend_what_loses_something(number):
    below = "services:\n" + rows(number, "  s@: {image: i, ports: !reset null}\n")
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {extends: {file: base.yaml, service: s@}}\n"), "base.yaml": below}


@loaded
def includes_beside_a_long_dotenv(number):
    files = {f"f{at}.yaml": f"services: {{s{at}: {{image: i}}}}\n" for at in range(number // 5)}
    include = "include:\n" + "".join(f"- {file}\n" for file in files)
    return {"compose.yaml": include + EMPTY, ".env": rows(number, "NAME@=value\n")} | files


@loaded
def services_that_are_excluded_by_the_settings(number):
    settings = "exclude:\n- {rules: [image-unpinned], services: ['s1*']}\n"
    return {"compose.yaml": "services:\n" + rows(number, "  s@: {image: 'i:latest'}\n"), ".towline.yaml": settings}


@loaded
def deploys_beside_jobs(number):
    jobs = rows(number // 2, "  t@: {image: i, command: pytest}\n")
    return "services:\n" + jobs + rows(number // 2, "  deploy@: {image: i, command: kubectl apply}\n")


@loaded
def deploys_in_a_row_after_jobs(number):
    jobs = rows(number // 2, "  t@: {image: i, command: pytest}\n")
    needs = rows(number // 2, "      t@: {condition: service_completed_successfully}\n")
    first = f"  deploy0:\n    image: i\n    command: kubectl apply\n    depends_on:\n{needs}"
    others = "".join(
        f"  deploy{at}: {{image: i, command: kubectl apply, depends_on: {{deploy{at - 1}: {{condition: service_completed_successfully}}}}}}\n"
        for at in range(1, number // 2)
    )
    return "services:\n" + jobs + first + others


@loaded
def one_that_depends_on_many_jobs(number):
    jobs = rows(number, "  s@: {image: i, command: pytest}\n")
    return "services:\n" + jobs + service(number, "depends_on", "- s@", "  a:\n    image: i\n")


@loaded
def unknown_hosts_of_services(number):
    return "services:\n" + rows(number, "  service@: {image: i, environment: {URL: 'redis://servce@:6379'}}\n")


@loaded
def hosts_beside_extra_hosts(number):
    hosts = rows(number, "      URL@: redis://host@:6379\n")
    return service(number, "extra_hosts", "- host@:10.0.0.1") + "    environment:\n" + hosts


@loaded
def services_that_name_one_far_before_them(number):
    row = "  s{0}: {{image: i, command: pytest, environment: {{URL: 'http://s{1}:80'}}, depends_on: [s{2}]}}\n"
    rest = "".join(row.format(at, at // 2, at - 1) for at in range(1, number))
    return "services:\n  s0: {image: i}\n" + rest


@loaded
def jobs_in_a_row_that_write_to_one_volume(number):
    row = "  s{0}_test: {{image: i, command: pytest, volumes: ['v:/v'], depends_on: {{s{1}_test: {{condition: service_completed_successfully}}}}}}\n"
    first = "  s0_test: {image: i, command: pytest, volumes: ['v:/v']}\n"
    return "services:\n" + first + "".join(row.format(at, at - 1) for at in range(1, number)) + "volumes: {v: }\n"


@loaded
def jobs_that_read_what_others_write(number):
    writers = rows(number // 2, "  w@: {image: i, command: make, volumes: ['v:/v']}\n")
    readers = rows(number // 2, "  r@: {image: i, command: pytest, volumes: ['v:/v:ro']}\n")
    return "services:\n" + writers + readers + "volumes: {v: }\n"


@loaded
def stages_of_a_dockerfile(number):
    stages = "".join(f"FROM s{at - 1} AS s{at}\nCOPY --from=s{at // 2} /a /b\nRUN echo\n" for at in range(1, number))
    return {"compose.yaml": "services: {a: {build: .}}\n", "Dockerfile": "FROM busybox AS s0\n" + stages}


@loaded
def stages_of_an_image(number):
    return {"compose.yaml": "services: {a: {build: .}}\n", "Dockerfile": rows(number, "FROM busybox AS s@\nENV A@=b\nEXPOSE 1@\n")}


@loaded
def safe_fixes(number):
    return service(number, "environment", "- NAME@='value'")


@loaded
def unsafe_fixes(number):
    return "services:\n" + rows(number, "  s@: {image: 'i:1', ports: ['1@:80']}\n")


ARGUMENTS["safe fixes"] = lambda _: ["--diff"]
ARGUMENTS["unsafe fixes"] = lambda _: ["--diff", "--unsafe-fixes"]


@loaded
def one_long_name(number):
    name = "s" * 20 * number
    return f"services: {{a: {{image: i, depends_on: [{name}], volumes: ['{name}:/v']}}, {name}: {{image: i}}}}\nvolumes: {{{name}: }}\n"


@loaded
def one_long_image(number):
    return f"services: {{a: {{image: '{'i' * 60 * number}:1'}}}}\n"


@loaded
def one_long_path(number):
    return f"services: {{a: {{image: i, volumes: ['./{'a/' * 10 * number}:/b']}}}}\n"


@rejected
def services_that_depend_on_missing_ones(number):
    return "services:\n" + rows(number, "  service@: {image: i, depends_on: [servce@]}\n")


@rejected
def services_behind_profiles_that_must_be_there(number):
    return "services:\n" + rows(number, "  s@: {image: i, profiles: [p]}\n  t@: {image: i, depends_on: [s@]}\n")


@rejected
def keys_of_a_service_that_are_unknown(number):
    return "services:\n  a:\n    image: i\n" + rows(number, "    unknown@: 1\n")


@rejected
def keys_at_the_top_that_are_unknown(number):
    return EMPTY + rows(number, "unknown@: {a: 1}\n")


@rejected
def services_with_unknown_keys(number):
    return "services:\n" + rows(number, "  s@: {image: i, port: 80}\n")


@rejected
def services_without_an_image(number):
    return "services:\n" + rows(number, "  s@: {restart: always}\n")


@rejected
def services_that_are_given_twice(number):
    return "services:\n" + rows(number, "  s@: {image: i}\n") * 2


@rejected
def services_before_a_syntax_error(number):
    return "services:\n" + rows(number, "  s@: {image: i, port: '$A'}\n") + "x-a: [\n"


@rejected
def wrong_texts_before_a_wrong_key(number):
    return "services:\n" + rows(number, "  s@: {image: i, stop_grace_period: x@, ports: ['a']}\n") + "  a: {imag: i}\n"


@rejected
def circle_of_dependencies(number):
    return "services:\n" + "".join(f"  s{at}: {{image: i, depends_on: [s{(at + 1) % number}]}}\n" for at in range(number))


@rejected
def circle_of_extends(number):
    return "services:\n" + "".join(f"  s{at}: {{extends: s{(at + 1) % (number // 5)}}}\n" for at in range(number // 5))


@rejected
def one_name_of_many_containers(number):
    return "services:\n" + rows(number, "  s@: {image: i, container_name: c}\n")


@rejected
def lists_of_documents(number):
    return EMPTY + "---\n- a\n" * number


@rejected
def wrong_documents(number):
    return EMPTY + rows(number // 5, "---\nservices: {s@: {imag: i}}\n")


@rejected
def wrong_includes(number):
    files = {f"f{at}.yaml": f"services: {{s{at}: {{imag: i}}}}\n" for at in range(number // 5)}
    return {"compose.yaml": "include:\n" + "".join(f"- {file}\n" for file in files) + EMPTY} | files


@rejected
def wrong_lines_of_an_env_file(number):
    return {"compose.yaml": "services: {a: {image: i, env_file: e.env}}\n", "e.env": rows(number, "A@=b\n") + "a b\n"}


@rejected
def list_items_that_are_equal(number):
    return "services:\n  a:\n    image: i\n    dns_opt:\n" + "    - [1]\n" * number


@rejected
def tabs(number):
    return EMPTY + "x-a:\n" + "\ta\n" * number
