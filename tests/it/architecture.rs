//! The plan of the house: every import points down, and a name means one thing. The order of the rooms is the
//! one that people read, in docs/architecture.md.

use crate::support::sources::{code, root, sources, sources_in};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The words in backticks of the part of the page between two marks.
fn named(part: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- {part}: begin -->")).unwrap();
    let (part, _) = rest.split_once(&format!("<!-- {part}: end -->")).unwrap();
    let rows = part.lines().filter(|line| !line.starts_with("|--"));
    if part.contains("|---|") {
        // Of a table, the first column.
        let cells = rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next());
        return cells.map(str::to_owned).collect();
    }
    part.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A module as the list names it: `report::rules`.
fn module_of(file: &Path) -> String {
    let path = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    if parts.last() == Some(&"mod") || parts == ["lib"] {
        parts.pop();
    }
    parts.join("::")
}

fn modules() -> BTreeSet<String> {
    sources().iter().map(|file| module_of(file)).collect()
}

/// The paths that a tree of names stands for: `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn paths_of(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((stem, rest)) = tree.split_once('{') else {
        return vec![tree.split_whitespace().next().unwrap_or_default().to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths_of(part)).map(|path| format!("{stem}{path}")).collect()
}

/// Every path of a file that leads to a module, from the root of the crate: `report::rules::trend`.
fn paths(file: &Path, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code = code(file);
    let module = module_of(file);
    // Modules in the file itself, which are all of tests, lie a step deeper.
    let mut parts = code.split("\nmod tests {");
    let outer = parts.next().unwrap_or_default();
    let mut found = paths_in(outer, &module, modules);
    for inner in parts {
        found.extend(paths_in(inner, &format!("{module}::tests"), modules));
    }
    found
}

fn paths_in(code: &str, module: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |path: &str| {
        if let Some(path) = path.strip_prefix("crate::") {
            found.insert(path.to_owned());
            return;
        }
        let path = path.strip_prefix("self::").unwrap_or(path);
        let (mut base, mut rest) = (module, path);
        while let Some(above) = rest.strip_prefix("super::") {
            base = base.rsplit_once("::").map_or("", |(above, _)| above);
            rest = above;
        }
        let from_root = format!("{base}::{rest}");
        let child = format!("{base}::{}", rest.split("::").next().unwrap_or_default());
        if rest != path || modules.contains(&child) {
            found.insert(from_root);
        }
    };
    for statement in code.split("use ").skip(1) {
        if let Some((tree, _)) = statement.split_once(';') {
            for path in paths_of(tree) {
                note(&path);
            }
        }
    }
    // And those in the midst of the code, also of macros (`$crate::`).
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    for word in code.split(|letter| !is_part(letter)).filter(|word| word.contains("::")) {
        note(word.trim_end_matches(':'));
    }
    found
}

/// The innermost room of a module that the list names.
fn room<'r>(module: &str, rooms: &'r [String]) -> Option<&'r str> {
    let holds = |room: &&String| {
        module == room.as_str()
            || module.strip_prefix(room.as_str()).is_some_and(|rest| rest.starts_with("::"))
    };
    rooms.iter().filter(holds).max_by_key(|room| room.len()).map(String::as_str)
}

/// Where each file looks: from which room into which, and by which path.
fn looks(rooms: &[String]) -> Vec<(PathBuf, String, String, String)> {
    let mut looks = Vec::new();
    let modules = modules();
    for file in sources() {
        let Some(from) = room(&module_of(&file), rooms) else { continue };
        for path in paths(&file, &modules) {
            if let Some(into) = room(&path, rooms).filter(|into| *into != from) {
                looks.push((file.clone(), from.to_owned(), into.to_owned(), path));
            }
        }
    }
    looks
}

/// What gives actix-web a route.
const REGISTERS: [&str; 16] = [
    "web::resource",
    "web::scope",
    "web::route",
    "web::method",
    "web::to(",
    "web::get(",
    "web::head(",
    "web::post(",
    "web::put(",
    "web::patch(",
    "web::delete(",
    ".route(",
    ".service(",
    ".default_service(",
    "ServiceConfig",
    ".configure(",
];

#[test]
fn t080_every_route_is_registered_in_the_route_table() {
    let mut found = BTreeMap::new();
    for file in sources() {
        let code = code(&file);
        let calls = REGISTERS.iter().map(|call| code.matches(call).count()).sum::<usize>();
        if calls > 0 {
            found.insert(module_of(&file), calls);
        }
    }
    let mut places: Vec<&str> = found.keys().map(String::as_str).collect();
    // The unit tests of pages serve the table of the pages alone.
    places.retain(|place| *place != "pages::tests");
    assert_eq!(places, ["routes", "server"], "{found:?}");
    let server = code(&root().join("src/server.rs"));
    assert_eq!(found["server"], 1);
    assert!(server.contains(".configure(|config| api::routes().install(config))"));
}

#[test]
fn every_import_points_down() {
    let rooms = named("layers");
    let place: BTreeMap<&str, usize> =
        rooms.iter().enumerate().map(|(place, room)| (room.as_str(), place)).collect();
    assert_eq!(place.len(), rooms.len(), "a room is listed twice");
    let looks = looks(&rooms);
    assert!(looks.len() > 500, "the test does not see the imports: {}", looks.len());
    let up: Vec<String> = looks
        .iter()
        .filter(|(_, from, into, _)| place[into.as_str()] < place[from.as_str()])
        .map(|(file, from, _, path)| {
            format!("{} ({from}) uses {path}", file.strip_prefix(root()).unwrap().display())
        })
        .collect();
    assert!(up.is_empty(), "upwards:\n{}", up.join("\n"));
}

#[test]
fn every_room_is_in_the_list_and_there() {
    let rooms = named("layers");
    let modules = modules();
    let missing: Vec<&String> =
        modules.iter().filter(|m| !m.is_empty() && room(m, &rooms).is_none()).collect();
    assert!(missing.is_empty(), "in no room: {missing:?}");
    let empty: Vec<&String> = rooms.iter().filter(|room| !modules.contains(*room)).collect();
    assert!(empty.is_empty(), "listed and not there: {empty:?}");
}

#[test]
fn what_is_pure_knows_neither_the_database_nor_http() {
    let (allowed, rooms, modules) = (named("pure"), named("layers"), modules());
    let pure = ["report::rules", "report::render"];
    assert!(pure.iter().all(|room| allowed.iter().any(|one| one == room)));
    for file in sources() {
        let module = module_of(&file);
        if room(&module, &rooms).is_none_or(|room| !pure.contains(&room)) {
            continue;
        }
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        for path in paths(&file, &modules) {
            let into = room(&path, &rooms);
            assert!(
                into.is_none_or(|into| allowed.iter().any(|one| one == into)),
                "{name} uses {path}"
            );
        }
        let code = code(&file);
        for library in ["actix_web", "diesel", "tokio", "reqwest"] {
            assert!(!code.contains(&format!("{library}::")), "{name} uses {library}");
        }
    }
}

/// The name of the type that a line of code declares for others.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |of| of.1);
    let (kind, name) = rest.trim_start().split_once(' ')?;
    let name = name.split(|c: char| !c.is_alphanumeric()).next()?;
    (["struct", "enum", "trait", "type"].contains(&kind) && !name.is_empty()).then_some(name)
}

#[test]
fn one_public_type_name_means_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources().iter().chain(&sources_in("crates")) {
        let place = file.strip_prefix(root()).unwrap().display().to_string();
        for name in code(file).lines().filter_map(declared) {
            places.entry(name.to_owned()).or_default().push(place.clone());
        }
    }
    assert!(places.len() > 500, "{}", places.len());
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "names that mean several things: {places:#?}");
}
