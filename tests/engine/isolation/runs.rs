//! Run after run: nothing heaps up.

use crate::common::{Engine, Project, engine};

/// How many runs have to leave no more than one leaves.
const RUNS: usize = 10;

#[test]
fn ten_runs_leave_no_more_than_one() {
    let Some(engine) = engine() else { return };
    let services = "  app: {build: {dockerfile_inline: \"FROM busybox\\nCOPY word /word\\nCMD sleep infinity\\n\"}, init: true, volumes: ['data:/data', '/anonymous'], networks: [back]}
  test: {build: {dockerfile_inline: \"FROM busybox\\nCOPY word /word\\nCMD cat /word\\n\"}, networks: [back], depends_on: [app]}
networks: {back: {}}
volumes: {data: {}}
";
    let project = Project::with_services(engine, "runs", services);
    let mut images = Vec::new();
    for run in 0..RUNS {
        // Other content each time: the names go to new images, and the old ones must not stay behind.
        project.write("word", format!("run {run}\n"));
        let finished = project.towline("ci").run();
        finished.passed();
        assert_eq!(finished.log("test"), format!("run {run}\n").as_bytes(), "{finished}");
        project.nothing_left();
        images.push(own_images(engine, &project).len());
    }
    assert_eq!(images, [2; RUNS], "the images of this project after each run");
}

#[test]
fn ten_runs_that_fail_leave_no_more_than_one() {
    let Some(engine) = engine() else { return };
    let services = "  test: {build: {dockerfile_inline: \"FROM busybox\\nCOPY word /word\\nCMD exit 3\\n\"}}\n";
    let project = Project::with_services(engine, "runs", services);
    let mut images = Vec::new();
    for run in 0..RUNS {
        project.write("word", format!("run {run}\n"));
        project.towline("ci").run().failed("stage=test outcome=failed code=3");
        project.nothing_left();
        images.push(own_images(engine, &project).len());
    }
    assert_eq!(images, [1; RUNS], "the images of this project after each run");
}

/// The ids of all images of the project and of its runs, those without a name among them.
fn own_images(engine: &Engine, project: &Project) -> Vec<String> {
    let ids = engine.docker("image ls --all --quiet --no-trunc --filter label=com.docker.compose.project");
    let mut ids: Vec<&str> = ids.lines().collect();
    ids.sort_unstable();
    ids.dedup();
    let format = "{{.Id}} {{index .Config.Labels \"com.docker.compose.project\"}}";
    // Other tests' images may go away between the two calls: what is gone is not this project's.
    let inspected = engine
        .program("docker", &format!("image inspect {} --format", ids.join(" ")))
        .arg(format)
        .run();
    let is_own = |line: &&str| {
        line.split(' ')
            .nth(1)
            .is_some_and(|name| name.starts_with(&project.name))
    };
    inspected.text().lines().filter(is_own).map(str::to_owned).collect()
}
