//! The clients that the generators of others make of the document, against the real program with the
//! demo data: the quickstart of the README, then one call of every operation.
//!
//! Nobody here wrote these clients, and other people's validators judge the answers, so that neither
//! repeats our own assumptions. They need node, npm, Python with its venv, and Java. Where these are
//! missing the tests fail and say so; `PAIN_JOURNAL_SKIP_GENERATED=1` leaves them out.

use crate::support::node;
use crate::support::program::{Home, Serving};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// How long one client may take for everything it does, on a machine that does much else.
const TIME_LIMIT: Duration = Duration::from_mins(10);
const NEEDS: &str = "the tests of generated clients need node 20.14 or newer, npm, Python 3.11 or newer \
     with its module venv, and Java 11 or newer; install them, or set PAIN_JOURNAL_SKIP_GENERATED=1 to \
     leave these tests out";

fn are_left_out() -> bool {
    std::env::var("PAIN_JOURNAL_SKIP_GENERATED").as_deref() == Ok("1")
}

/// What the plays are written in.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated")
}

/// Where clients are generated. They stay there until the document or a lock file changes.
fn workshop() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// Copies the files of a folder, in place of those that are there.
fn copy_files(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
}

/// The text of every file of a folder.
fn texts(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.is_file()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Does `make` in this folder of the workshop, unless what it is made from is as it was.
fn made_from(folder: &Path, ingredients: &str, make: impl FnOnce()) {
    let mark = folder.join(".made-from");
    if fs::read_to_string(&mark).ok().as_deref() == Some(ingredients) {
        return;
    }
    let _ = fs::remove_file(&mark);
    make();
    fs::write(mark, ingredients).unwrap();
}

/// The client of openapi-typescript and openapi-fetch, with its play, checked by the compiler.
fn typescript() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        node::is_there(NEEDS);
        let (play, folder) = (sources().join("typescript"), workshop().join("typescript"));
        let bodies = fs::read_to_string(sources().join("bodies.json")).unwrap();
        let text = pain_journal::api::openapi();
        let ingredients = [&text, &bodies, &texts(&play), &texts(&play.join("src"))];
        fs::create_dir_all(&folder).unwrap();
        made_from(&folder, &ingredients.map(String::as_str).concat(), || {
            copy_files(&play.join("src"), &folder.join("src"));
            for file in ["package.json", "package-lock.json", "tsconfig.json"] {
                fs::copy(play.join(file), folder.join(file)).unwrap();
            }
            fs::write(folder.join("src/bodies.json"), &bodies).unwrap();
            fs::write(folder.join("document.json"), &text).unwrap();
            node::install(&folder);
            for script in ["generate", "build"] {
                node::run(Command::new("npm").args(["run", script]).current_dir(&folder));
            }
        });
        folder
    })
}

/// A Python with the generators and the validator that `requirements.txt` names.
fn python() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let sees = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
        let mut look = Command::new("python3");
        look.args(["-c", sees]).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(look.status().is_ok_and(|status| status.success()), "{NEEDS}");
        let (list, folder) = (sources().join("requirements.txt"), workshop().join("python"));
        fs::create_dir_all(&folder).unwrap();
        made_from(&folder, &fs::read_to_string(&list).unwrap(), || {
            node::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            node::run(pip.args(["--only-binary", ":all:", "--require-hashes", "-r"]).arg(&list));
        });
        folder
    })
}

/// Python with these arguments, and with the programs that came with its packages.
fn run_python(arguments: &[&str]) -> Command {
    let programs = python().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(programs.clone()).chain(std::env::split_paths(&path));
    let mut command = Command::new(programs.join("python"));
    command.args(arguments).env("PATH", std::env::join_paths(places).unwrap());
    command.env_remove("PYTHONHOME").env("PYTHONPYCACHEPREFIX", workshop().join("bytecode"));
    command
}

/// The client of openapi-python-client, made without a warning.
fn openapi_python_client() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = workshop().join("openapi-python-client");
        let settings = sources().join("openapi-python-client.yaml");
        let ingredients = [
            pain_journal::api::openapi(),
            fs::read_to_string(&settings).unwrap(),
            fs::read_to_string(sources().join("requirements.txt")).unwrap(),
        ];
        fs::create_dir_all(&folder).unwrap();
        made_from(&folder, &ingredients.concat(), || {
            let mut generate = run_python(&["-m", "openapi_python_client", "generate"]);
            generate.args(["--fail-on-warning", "--overwrite", "--meta", "none", "--path"]);
            generate.arg(document()).arg("--config").arg(&settings).arg("--output-path");
            node::run(generate.arg(folder.join("pain_journal_client")));
        });
        folder
    })
}

/// What openapi-generator makes: a client in Python, and the sources of those in Kotlin, Swift and Dart.
fn openapi_generator() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let version = Command::new("java").arg("-version").output();
        assert!(version.is_ok_and(|version| version.status.success()), "{NEEDS}");
        let (settings, folder) =
            (sources().join("openapi-generator"), workshop().join("generator"));
        let ingredients = [
            pain_journal::api::openapi(),
            texts(&settings),
            fs::read_to_string(sources().join("requirements.txt")).unwrap(),
        ];
        fs::create_dir_all(&folder).unwrap();
        made_from(&folder, &ingredients.concat(), || {
            copy_files(&settings, &folder);
            fs::copy(document(), folder.join("document.json")).unwrap();
            let call = "import sys, openapi_generator_cli as generator\n\
                        sys.exit(generator.run(sys.argv[1:]).returncode)";
            let mut generate = run_python(&["-c", call, "batch", "--fail-fast"]);
            let files = fs::read_dir(&settings).unwrap().map(|entry| entry.unwrap().file_name());
            node::run(generate.args(files).current_dir(&folder));
        });
        folder
    })
}

/// The document of the code under test, as a file.
fn document() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        fs::create_dir_all(workshop()).unwrap();
        let file = workshop().join("document.json");
        fs::write(&file, pain_journal::api::openapi()).unwrap();
        file
    })
}

/// A server with the demo data, for one client after the other.
struct Stage {
    // Ends before its home is cleared.
    server: Serving,
    home: Home,
}

impl Stage {
    fn set(name: &str) -> Self {
        let home = Home::fresh(name);
        Self { server: Serving::start(&home, &["--demo"]), home }
    }

    /// Runs a play to its end. It fails where one of its requests is not answered as documented, and
    /// where it has not called every operation.
    fn play(&self, command: &mut Command) {
        command
            .env("BASE_URL", &self.server.base)
            .env("OUTBOX", self.server.told("mail"))
            .env("DOCUMENT", document())
            .env("BODIES", sources().join("bodies.json"))
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1");
        let log = self.home.path().join("play.log");
        let (succeeded, said) = node::run_within(TIME_LIMIT, command, &log);
        assert!(succeeded, "{command:?}\n{said}");
        println!("{said}");
    }

    /// Runs a play that is written in Python, with the client in this folder.
    fn play_python(&self, play: &str, client: &Path) {
        let play = sources().join("python").join(play);
        self.play(run_python(&[play.to_str().unwrap()]).env("PYTHONPATH", client));
    }
}

/// Somebody else's reading of the specification finds nothing wrong with the document.
#[test]
fn the_document_is_valid_to_a_validator_that_nobody_here_wrote() {
    if are_left_out() {
        return;
    }
    let mut validate = Command::new("npm");
    validate.args(["run", "--silent", "validate"]).current_dir(typescript());
    let output = validate.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("\"valid\": true"), "{said}");
}

#[test]
fn typescript_plays_the_quickstart_and_every_operation() {
    if are_left_out() {
        return;
    }
    let play = typescript().join("dist/main.js");
    Stage::set("typescript").play(Command::new("node").arg(play));
}

#[test]
fn two_clients_in_python_play_the_quickstart_and_every_operation() {
    if are_left_out() {
        return;
    }
    let clients = (openapi_python_client(), openapi_generator().join("python"));
    let stage = Stage::set("python");
    stage.play_python("play_openapi_python_client.py", clients.0);
    stage.play_python("play_openapi_generator.py", &clients.1);
}

#[test]
fn what_kotlin_swift_and_dart_send_is_taken_by_every_operation() {
    if are_left_out() {
        return;
    }
    let (play, clients) = (typescript().join("dist/main.js"), openapi_generator());
    let stage = Stage::set("disguises");
    for language in ["kotlin", "swift", "dart"] {
        let mut command = Command::new("node");
        stage.play(command.arg(&play).env("DISGUISE", language).env("SOURCES", clients));
    }
}

#[test]
fn the_page_has_the_commands_and_options_that_are_tested() {
    let page = include_str!("../../docs/api.md");
    let (_, page) = page.split_once("\n## Generate a client\n").unwrap();
    let settings = fs::read_dir(sources().join("openapi-generator")).unwrap();
    for file in settings.map(|entry| entry.unwrap().path()) {
        let settings = fs::read_to_string(&file).unwrap();
        let values = settings.lines().filter_map(|line| line.trim().split_once(": "));
        let values: Vec<_> = values.collect();
        let (_, generator) = values.iter().find(|(name, _)| *name == "generatorName").unwrap();
        let command = format!("-g {generator} ");
        let row = page.lines().find(|line| line.contains(&command)).expect(generator);
        for (option, _) in values.iter().filter(|(_, value)| *value == "true") {
            assert!(row.contains(&format!("{option}=true")), "{file:?}: {option} is not in {row}");
        }
    }
    let settings = fs::read_to_string(sources().join("openapi-python-client.yaml")).unwrap();
    let settings: Vec<_> = settings.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(page.contains(&settings.join("\n")), "the settings of openapi-python-client");
}
