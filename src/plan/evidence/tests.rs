//! Lines of commands, images and names, and what they do. A word of a command is one that a shell would split off.

use super::*;

/// Splits a line as compose does, where single quotes hold a word together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

fn does(line: &str) -> Option<Does> {
    command(&words(line)).map(|sign| sign.does)
}

/// Each line that does something else than it should.
fn wrong(lines: &[&str], expected: Option<Does>) -> Vec<String> {
    let wrong = lines.iter().filter(|line| does(line) != expected);
    wrong
        .map(|line| format!("{line}: {:?}", command(&words(line))))
        .collect()
}

#[test]
fn commands_that_end() {
    let lines = [
        "sh -c 'nginx; npm test; nginx -s quit'",
        "gunicorn --check-config app:app",
        "traefik healthcheck",
        "php artisan queue:work --once",
        "rq worker --burst",
        "nginx --version",
        "php-fpm -t",
        "jest --watchAll=false",
        "vitest --ui=false",
        "nginx -t",
        "haproxy -c -f /h.cfg",
        "npm run server:test",
        "npm run worker:test",
        "npm run dev:lint",
        "make server-test",
        "make start test",
        "sh -c 'while sleep 9m; do echo; done & pytest'",
        // Plain tools
        "pytest -q tests",
        "python -m pytest",
        "python3.12 -m unittest discover",
        "npm test",
        "npm run test:unit",
        "npm t",
        "/usr/bin/trivy fs .",
        "python manage.py migrate",
        "python -u manage.py test --noinput",
        "coverage run -m pytest",
        "poetry run pytest",
        "uv run pytest",
        "pipenv run pytest -x",
        "bundle exec rspec",
        "bundle exec rake",
        "bundle exec cucumber",
        "node --test",
        "node --import tsx --test src",
        "bun test",
        "deno test -A",
        "bazel test //...",
        "cargo nextest run",
        "go vet ./...",
        "mix test",
        "dotnet test --no-build",
        "swift test",
        "ctest --output-on-failure",
        "bats tests",
        "phpunit",
        "vendor/bin/phpunit -c x",
        "php vendor/bin/phpstan analyse",
        "php artisan migrate --force",
        "php -d memory_limit=-1 bin/console d:m:m -n",
        "bin/console doctrine:migrations:migrate",
        "bin/rails db:migrate",
        "bundle exec rails db:prepare",
        "rails test:system",
        "flask --app shop db upgrade",
        "alembic upgrade head",
        "alembic -c x.ini upgrade head",
        "npx prisma migrate deploy",
        "npx playwright test",
        "npx --yes cypress run",
        "node_modules/.bin/jest --ci",
        "node node_modules/.bin/jest",
        "yarn jest",
        "psql -f seed.sql",
        "mysqldump shop",
        "terraform plan",
        "helm lint .",
        "curl -f http://web",
        "composer install --no-dev",
        "dbt run",
        "hasura migrate apply",
        "diesel migration run",
        "sqlx migrate run",
        "gitea migrate",
        "/app/server migrate",
        "java -jar app.jar migrate",
        "tox -e py312",
        "pre-commit run -a",
        "mkdocs build --strict",
        "k6 run load.js",
        "ab -n 10 http://web/",
        // Runners of tasks, with options before the task
        "npm --prefix web test",
        "npm run --silent lint",
        "npm -w web run typecheck",
        "yarn workspace web test",
        "yarn run test:e2e",
        "yarn workspaces foreach -A run test",
        "yarn",
        "pnpm --filter web test",
        "pnpm -r run build",
        "pnpm recursive run test",
        "make -C api test",
        "make -j4 lint test",
        "make -f ci.mk check",
        "gradle clean test",
        "gradle -p api build -x lint",
        "./gradlew integrationTest",
        "./gradlew :app:connectedCheck",
        "mvn -B clean verify",
        "./mvnw -B -pl web -am test",
        "mvn sonar:sonar",
        "sbt test",
        "sbt 'testOnly *Spec'",
        "rake",
        "rake spec",
        "composer run test",
        "composer test",
        "nx run shop:test",
        "nx run-many --target=test",
        "nx affected -t lint test",
        "turbo run test lint",
        "lerna run test --stream",
        "deno task test",
        "just test",
        "task lint",
        "invoke test",
        "gulp test",
        "hatch run test",
        "poe test",
        "npm-run-all lint test",
        "tsx --test",
        // Behind wrappers
        "wait-for-it.sh db:5432 -- npm test",
        "./wait-for-it.sh -t 60 db:5432 -- pytest",
        "wait-for db:5432 npm test",
        "./wait-for-postgres.sh db pytest",
        "wait4x tcp db:5432 -- npm test",
        "dockerize -wait tcp://db:5432 -timeout 60s pytest",
        "timeout 60 npm test",
        "timeout -k 5 60 make test",
        "xvfb-run -a npm run test",
        "xvfb-run --server-args='-ac' npm test",
        "tini -- npm test",
        "/usr/bin/dumb-init -- npm test",
        "gosu app npm test",
        "su-exec app:app pytest",
        "nice -n 10 npm test",
        "su app -c 'npm test'",
        "su - app -c 'cd /x && npm test'",
        "sudo -E -u app npm test",
        "runuser -u app -- pytest",
        "env CI=1 NODE_ENV=test npm test",
        "CI=1 npm test",
        "doppler run -- npm test",
        "op run --env-file=x -- npm test",
        "docker-entrypoint.sh npm test",
        "/entrypoint.sh pytest",
        "dbus-run-session -- npm test",
        "stdbuf -oL pytest",
        "nyc npm test",
        "dotenv -e .env.test -- vitest run",
        "cross-env CI=1 jest",
        "nix develop -c make test",
        "conda run -n shop pytest",
        "direnv exec . make test",
        "with-contenv php artisan migrate",
        "flock /tmp/x npm run migrate",
        "chpst -u app pytest",
        "script -qec 'npm test' /dev/null",
        "strace -f pytest",
        "busybox timeout 5 pytest",
        "ddtrace-run pytest",
        // Scripts
        "sh -c 'cd /app && go test ./...'",
        "sh -lc 'npm test'",
        "bash -eo pipefail -c 'pytest | tee log'",
        "sh -c '(npm test)'",
        "sh -c 'if npm test; then exit 0; else exit 1; fi'",
        "sh -c 'npm start & sleep 5; npm test'",
        "sh -c 'exec \"$@\"' -- npm test",
        "sh -c 'npm test || exit 1'",
        "sh -c 'until nc -z db 5432; do sleep 1; done; npm test'",
        "sh -c 'npm test; echo done'",
        "sh -ec 'pytest -q >log; echo done'",
        "sh -c 'for f in *.sql; do psql -f $f; done'",
        "sh -c 'eval \"npm test\"'",
        "sh -c 'while true; do pg_isready && break; sleep 1; done; alembic upgrade head'",
        "sh -c 'npm run lint & npm test & wait'",
        "sh -c 'cat x.sql | psql'",
        "sh -c 'test -f x && npm test'",
        "sh -c 'run_all() { npm test; }; run_all; pytest'",
        "./run-tests.sh",
        "bin/test",
        "bash ./ci/integration-tests.sh",
        "sh -e test.sh --fast",
        "python scripts/run_tests.py",
        "node scripts/migrate.js",
        "run-tests",
        "/usr/local/bin/e2e-tests",
        "./test-api.sh",
        "./backup.sh",
        "./scripts/seed_db.rb",
        "./manage test",
        "./init-db.sh",
        "tests/smoke/check.sh",
        "./tests/run.sh",
        "bash tests/integration/run-all.sh",
        "python -m tests",
        "node --experimental-vm-modules node_modules/jest/bin/jest.js",
        "go run ./cmd/migrate up",
        "cargo run --bin migrate",
        "mvn -B liquibase:update",
        "doppler run '--command=npm test'",
    ];
    assert!(lines.len() >= 120, "{}", lines.len());
    assert_eq!(wrong(&lines, Some(Does::Job)), [""; 0]);
}

#[test]
fn commands_that_deploy() {
    let lines = [
        "sh -c 'aws s3 sync dist s3://shop && aws cloudfront create-invalidation --paths x'",
        "sh -c 'kubectl apply -f x && kubectl wait --for=condition=ready pod/x'",
        "sh -c 'helm upgrade app . && helm test app'",
        "kubectl apply -f x.yaml",
        "kubectl --context prod -n shop apply -f x",
        "sh -c 'helm upgrade app .'",
        "twine upload dist/x",
        "terraform apply -auto-approve",
        "doppler run -- terraform apply",
        "npm publish",
        "npm run deploy",
        "make deploy",
        "docker push shop/web",
        "aws s3 sync dist s3://shop",
        "aws --region eu-west-1 s3 cp x s3://shop",
        "gcloud --project shop run deploy web",
        "./deploy.sh",
        "bash scripts/release.sh 1.2",
        "ansible-playbook site.yml",
        "mvn -B deploy",
        "mix hex.publish",
        "skopeo copy a b",
        "sh -c 'npm ci && npm run build && npm publish'",
        "timeout 600 helm upgrade --install shop .",
        "fly deploy",
        "bundle exec cap production deploy",
    ];
    assert_eq!(wrong(&lines, Some(Does::Deploy)), [""; 0]);
}

#[test]
fn commands_that_keep_running() {
    let lines = [
        "npm start",
        "npm run dev",
        "yarn start",
        "pnpm --filter web dev",
        "bun run dev",
        "npm run watch:test",
        "npm run test -- --watch",
        "npm run test:watch",
        "jest --watchAll",
        "vitest --watch",
        "yarn test --watch=true",
        "webpack --watch",
        "tsc -w",
        "vite --host",
        "vite preview",
        "npx vite --host 0.0.0.0",
        "next start",
        "ng serve",
        "nodemon test.js",
        "node --watch test.js",
        "celery -A shop worker",
        "python -m celery -A shop beat",
        "sidekiq",
        "bundle exec sidekiq -C x.yml",
        "rails s -b 0.0.0.0",
        "bin/rails server",
        "bundle exec puma",
        "rake jobs:work",
        "php artisan queue:work",
        "php -S 0.0.0.0:80",
        "python manage.py runserver",
        "python -m http.server 80",
        "flask run",
        "flask --app shop run",
        "uvicorn app:app --reload",
        "poetry run gunicorn app",
        "wait-for-it.sh db:5432 -- npm start",
        "dockerize -wait tcp://db:5432 uvicorn app:app",
        "tini -- nginx -g 'daemon off;'",
        "gosu app redis-server",
        "docker-entrypoint.sh postgres -c x=y",
        "sleep infinity",
        "tail -f /dev/null",
        "sh -c 'sleep infinity'",
        "sh -c 'tail -F log'",
        "sh -c 'npm run build && npm run start'",
        "sh -c 'alembic upgrade head && uvicorn app:app'",
        "sh -c 'while true; do npm test; sleep 60; done'",
        "sh -c 'while sleep 60; do ./backup.sh; done'",
        "sh -c 'while :; do curl localhost; done'",
        "sh -c 'npm run migrate; exec npm start'",
        "crond -f",
        "watch -n 5 pytest",
        "supervisord -n",
        "gradle bootRun",
        "./gradlew :web:run",
        "mvn spring-boot:run",
        "mix phx.server",
        "sbt ~test",
        "sbt run",
        "mkdocs serve",
        "kubectl port-forward svc/x 80",
        "trivy server",
        "cypress open",
        "playwright run-server",
        "deno task dev",
        "nx serve shop",
        "npx -y playwright@1.50 run-server --port 3000",
        "make serve",
        "make watch",
        "locust -f x.py",
        "sh -c 'trap : TERM; sleep infinity & wait'",
        "cargo watch -x test",
    ];
    assert_eq!(wrong(&lines, Some(Does::Serve)), [""; 0]);
}

#[test]
fn commands_that_say_nothing() {
    let lines = [
        "",
        "node server.js",
        "sh -c 'npm test || tail -f /dev/null'",
        "sh -c 'pytest; sleep infinity'",
        "npm run start:test",
        "python app.py",
        "java -jar app.jar",
        "./server",
        "/app/main",
        "sh -c 'alembic upgrade head && node dist/main.js'",
        "sh -c 'npm run build && ./start.sh'",
        "./start-test.sh",
        "./entrypoint.test.sh",
        "./test-server",
        "test-server --port 80",
        "./start.sh test",
        "docker-entrypoint.sh",
        "wait-for-it.sh db:5432",
        "timeout 60 ./server",
        "gosu app /app/main",
        "sh -c 'exec \"$@\"'",
        "sh -c 'echo hello'",
        "sh -c 'exit 3'",
        "echo test",
        "php app/http.php",
        "java -jar /e2e-mock-sender-2.0.0.jar",
        "lighthouse bn --http",
        "tests/fake-mail.sh",
        "tests/server.js",
        "go run ./cmd/server",
        "sh -c 'sleep 4; exit 1'",
        "$CMD",
        "test",
        "sh",
        "bash -l",
        "go run main.go",
        "cargo run",
        "dotnet run",
        "deno run main.ts",
        "node --env-file test.env server.js",
        "make",
        "npm run",
        "npm",
        "java -jar test-service.jar",
        "sh -c 'migrate() { psql; }; node x.js'",
        "celery",
    ];
    assert_eq!(wrong(&lines, None), [""; 0]);
}

#[test]
fn wrappers_without_end_are_read_no_further() {
    let line = "exec ".repeat(200_000) + "pytest";
    assert_eq!(command(&words(&line)), None);
    let nested = "sh -c ".repeat(10_000) + "pytest";
    assert_eq!(command(&words(&nested)), None);
}

#[test]
fn an_entrypoint_that_is_not_known_hands_on_its_command() {
    let of = |entrypoint: &str, line: &str| container(&words(entrypoint), &words(line)).map(|sign| sign.does);
    assert_eq!(of("/prepare", "npm test"), Some(Does::Job));
    assert_eq!(of("", "npm test"), Some(Does::Job));
    assert_eq!(of("npm", "test"), Some(Does::Job));
    assert_eq!(of("sh -c", "'npm test'"), Some(Does::Job));
    // The script of a shell is no program.
    assert_eq!(of("sh -c", "'[ -f /tests/run.sh'"), None);
}

#[test]
fn images_of_tools() {
    for (image_name, line, expected) in [
        ("cypress/included:13", "", Some(Does::Job)),
        (
            "registry.example:5000/mirror/cypress/included@sha256:00",
            "",
            Some(Does::Job),
        ),
        ("postman/newman", "run /c.json", Some(Does::Job)),
        ("grafana/k6", "run /s.js", Some(Does::Job)),
        ("liquibase/liquibase", "update", Some(Does::Job)),
        ("flyway/flyway", "-url=jdbc:x migrate", Some(Does::Job)),
        ("migrate/migrate", "-path=/m up", Some(Does::Job)),
        ("bitnami/kubectl", "apply -f x", Some(Does::Deploy)),
        ("hashicorp/terraform", "plan", Some(Does::Job)),
        ("hashicorp/terraform", "apply", Some(Does::Deploy)),
        ("aquasec/trivy", "server", Some(Does::Serve)),
        ("aquasec/trivy", "image x", Some(Does::Job)),
        ("wordpress:cli-php8.2", "core install", Some(Does::Job)),
        ("wordpress:6", "", None),
        ("locustio/locust", "-f x --headless", Some(Does::Job)),
        ("locustio/locust", "", Some(Does::Serve)),
        ("cypress/base", "", None),
        ("curlimages/curl", "sh /load.sh", None),
        ("busybox", "", None),
    ] {
        let found = image(image_name, &words(line)).map(|sign| sign.does);
        assert_eq!(found, expected, "{image_name} {line}");
    }
}

#[test]
fn names_that_end() {
    use Strength::{Strong, Weak};
    for (service, does, strength) in [
        ("unit_tests", Does::Job, Strong),
        ("unitTests", Does::Job, Strong),
        ("unittests", Does::Job, Strong),
        ("apitests", Does::Job, Strong),
        ("test-runner", Does::Job, Strong),
        ("tests-runner", Does::Job, Strong),
        ("e2e-runner", Does::Job, Strong),
        ("db-migrate", Does::Job, Strong),
        ("migrate2", Does::Job, Strong),
        ("migrate-db", Does::Job, Strong),
        ("migrate-api", Does::Job, Strong),
        ("lint-frontend", Does::Job, Strong),
        ("e2e", Does::Job, Strong),
        ("acceptance", Does::Job, Strong),
        ("smoke", Does::Job, Strong),
        ("pytest", Does::Job, Strong),
        ("api-k6", Does::Job, Strong),
        ("sonar-scanner", Does::Job, Strong),
        ("golangci-lint", Does::Job, Strong),
        ("sut", Does::Job, Weak),
        ("integration", Does::Job, Weak),
        ("audit", Does::Job, Weak),
        ("init-db", Does::Job, Weak),
        ("wait-for-db", Does::Job, Weak),
        ("createbuckets", Does::Job, Weak),
        ("deploy", Does::Deploy, Strong),
        ("publish-docs", Does::Deploy, Weak),
        ("release", Does::Deploy, Weak),
    ] {
        let found = name(service).map(|sign| (sign.does, sign.strength));
        assert_eq!(found, Some((does, strength)), "{service}");
    }
}

#[test]
fn names_that_say_nothing_or_serve() {
    for service in [
        "test-db",
        "test-server",
        "test-api",
        "release-api",
        "e2e-web",
        "web",
        "builder-app",
        "latest",
        "contest",
        "contests",
        "app",
        "tester-agent",
        "gitlab-runner",
        "pushgateway",
        "push-gateway",
        "test-postgres",
        "spec-worker",
        "k6-dashboard",
        "build-cache",
        "init-server",
        "protest",
        "attestation",
        "validator",
        "e2e-mock",
        "test-mock-sender",
        "deploy-agent",
        "check-in-service",
    ] {
        assert_eq!(name(service), None, "{service}");
    }
}

#[test]
fn images_that_are_servers() {
    assert_eq!(server_image("postgres"), Some("postgres"));
    assert_eq!(
        server_image("registry.example:5000/library/postgres:16@sha256:00"),
        Some("postgres")
    );
    assert_eq!(server_image("busybox"), None);
    assert_eq!(server_image("my-postgres"), None);
    assert_eq!(server_image("acme/orders-server:2"), None);
    assert_eq!(image_called_server("acme/orders-server:2"), Some("orders-server"));
    assert_eq!(image_called_server("acme/orders"), None);
    assert_eq!(server_image("docker:24-dind"), Some("docker"));
    assert_eq!(server_image("docker:24"), None);
}

#[test]
fn commands_that_leave_a_servers_image_what_it_is() {
    let keeps = |image: &str, command: &str| {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        keeps_server(image, &words)
    };
    for (image, command) in [
        ("postgres", ""),
        ("mysql", "--sql-mode=STRICT_ALL_TABLES"),
        ("minio", "server /data"),
        ("consul", "consul agent -server"),
        ("keycloak", "start-dev --import-realm"),
        ("filebeat", "filebeat -e"),
        ("registry", "/etc/docker/registry/config.yml"),
        ("prometheus", "/bin/prometheus --config.file=/x"),
    ] {
        assert!(keeps(image, command), "{image} {command}");
    }
    for (image, command) in [
        ("vault", "vault status"),
        ("vault", "kv put secret/a b=c"),
        ("consul", "validate /config"),
        ("keycloak", "export --dir /x"),
        ("elasticsearch", "bin/elasticsearch-keystore create"),
        ("postgres", "bash -c ./x"),
        ("postgres", "/x/suite"),
    ] {
        assert!(!keeps(image, command), "{image} {command}");
    }
}

#[test]
fn the_table_has_no_line_that_another_hides() {
    assert!(TOOLS.len() >= 150);
    for (at, tool) in TOOLS.iter().enumerate() {
        let hides = |before: &&Tool| before.program == tool.program && before.verbs.is_empty();
        let hidden = TOOLS[..at].iter().find(hides);
        assert!(hidden.is_none(), "{} is hidden by a line before it", tool.program);
        assert_eq!(
            wrappers::stem(tool.program),
            tool.program,
            "no command has this program"
        );
    }
}
