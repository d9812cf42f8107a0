//! The rooms know only what lies below them: every file of `src/` against the rooms' rules.

use std::fs;
use std::path::{Path, PathBuf};

/// A room and the words its code must never hold.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "plugin",
        &["crate::value", "crate::schema", "crate::graph", "crate::entity", "crate::provider"],
    ),
    ("cli", &["crate::plugin", "tonic", "reqwest", "io::stdout"]),
    ("protocol", &["crate::graph", "crate::entity", "serde_json"]),
    ("provider", &["tfplugin6", "tonic", "reqwest", "crate::protocol", "crate::plugin"]),
    (
        "data_sources",
        &[
            "tfplugin6",
            "msgpack",
            "reqwest",
            "crate::provider",
            "crate::graph",
            "serde_json",
            "async ",
        ],
    ),
    (
        "resources",
        &[
            "tfplugin6",
            "msgpack",
            "reqwest",
            "crate::provider",
            "crate::graph",
            "serde_json",
            "async ",
        ],
    ),
    (
        "actions",
        &[
            "tfplugin6",
            "msgpack",
            "reqwest",
            "crate::provider",
            "crate::graph",
            "serde_json",
            "async ",
        ],
    ),
    (
        "ephemeral_resources",
        &[
            "tfplugin6",
            "msgpack",
            "reqwest",
            "crate::provider",
            "crate::graph",
            "serde_json",
            "async ",
        ],
    ),
    (
        "functions",
        &[
            "tfplugin6",
            "msgpack",
            "reqwest",
            "crate::provider",
            "crate::graph",
            "serde_json",
            "async ",
            "SystemTime",
            "std::fs",
            "rand",
        ],
    ),
    (
        "entity",
        &["tfplugin6", "reqwest", "crate::graph", "crate::provider", "crate::resources", "async "],
    ),
    ("schema", &["crate::graph", "crate::entity", "crate::provider", "crate::diagnostics"]),
    ("value", &["crate::", "std::fs", "std::net", "tokio", "async "]),
    (
        "graph",
        &[
            "terraform",
            "Terraform",
            "crate::",
            "diagnostic",
            "Diagnostic",
            "tfplugin6",
            "tonic",
            "resource_type",
        ],
    ),
];

/// Only these files may read the environment.
const READS_ENVIRONMENT: &[&str] = &["src/main.rs", "src/plugin/"];

/// Longer files have a second room in them.
const LONGEST: usize = 600;

struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_in(&self, room: &str) -> bool {
        self.path.starts_with(&format!("src/{room}/")) || self.path == format!("src/{room}.rs")
    }

    /// Whether the file is a module that only tests hold.
    fn is_a_test(&self) -> bool {
        ["/tests.rs", "/samples.rs", "/scripted.rs"].iter().any(|end| self.path.ends_with(end))
            || self.path.contains("/tests/")
    }

    /// The code without comments and without what only tests hold. A module of tests inside a file is
    /// the last thing in it; one beside it is named anywhere.
    fn code(&self) -> String {
        let lines: Vec<_> =
            self.text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0].starts_with("#[cfg(") && pair[0].contains("test") && pair[1] == "mod tests {"
        });
        lines[..tests.unwrap_or(lines.len())].join("\n")
    }
}

#[test]
fn no_room_names_what_lies_above_it() {
    let sources = sources("src");
    let mut broken = Vec::new();
    for (room, words) in FORBIDDEN {
        let of_room: Vec<_> = sources
            .iter()
            .filter(|source| source.is_in(room))
            .filter(|source| !source.is_a_test())
            .collect();
        assert!(!of_room.is_empty(), "there is no room `{room}`");
        for source in of_room {
            // A room may of course name itself.
            let code = source.code().replace(&format!("crate::{room}"), "");
            let found = words.iter().filter(|word| code.contains(**word));
            broken.extend(found.map(|word| format!("{} names `{word}`", source.path)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// `lib.rs` lists the rooms from the top down, and last what is generated, which stands beside them.
#[test]
fn no_room_names_one_that_lib_lists_before_it() {
    let sources = sources("src");
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").unwrap().code();
    let rooms: Vec<_> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|room| *room != "proto")
        .collect();
    assert_eq!(rooms.first(), Some(&"plugin"), "{rooms:?}");
    let mut broken = Vec::new();
    for (position, room) in rooms.iter().enumerate() {
        let of_room = sources.iter().filter(|source| source.is_in(room));
        for source in of_room.filter(|source| !source.is_a_test()) {
            let code = source.code();
            let above = rooms[..position].iter();
            let named = above.filter(|above| code.contains(&format!("crate::{above}")));
            broken.extend(named.map(|above| format!("{} names `{above}`", source.path)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_emulator_knows_nothing_of_the_library() {
    for source in sources("examples/graph-emulator") {
        assert!(!source.code().contains("terraform_provider_intune"), "{}", source.path);
    }
}

#[test]
fn a_resource_names_no_other_resource() {
    let sources = sources("src/resources");
    // What several types have in common is no resource.
    let names: Vec<_> = sources
        .iter()
        .filter(|source| source.code().contains("pub const ENTITY"))
        .filter_map(|source| source.path.strip_prefix("src/resources/")?.strip_suffix(".rs"))
        .collect();
    assert!(names.len() >= 4, "{names:?}");
    for source in sources.iter().filter(|source| !source.path.ends_with("/mod.rs")) {
        for name in &names {
            let own = source.path.ends_with(&format!("/{name}.rs"));
            let named = source.code().contains(&format!("{name}::"));
            assert!(own || !named, "{} names `{name}`", source.path);
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for directory in ["src", "examples", "tests"] {
        for source in sources(directory) {
            assert!(source.text.starts_with("//!"), "{} does not open with `//!`", source.path);
        }
    }
}

#[test]
fn no_file_has_outgrown_one_room() {
    let long: Vec<_> = ["src", "examples", "tests"]
        .iter()
        .flat_map(|directory| sources(directory))
        .filter(|source| source.text.lines().count() > LONGEST)
        .map(|source| source.path)
        .collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {}", long.join(", "));
}

#[test]
fn the_environment_is_read_at_the_door_only() {
    for source in sources("src") {
        let may = READS_ENVIRONMENT.iter().any(|start| source.path.starts_with(start));
        assert!(may || !source.code().contains("env::var"), "{}", source.path);
    }
}

/// All Rust code below these directories, tests included.
pub(crate) fn code_of(directories: &[&str]) -> String {
    directories.iter().flat_map(|directory| sources(directory)).map(|source| source.text).collect()
}

/// Every Rust file below a directory of the package.
fn sources(directory: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = vec![root.join(directory)];
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let (directories, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.partition(|path| path.is_dir());
        waiting.extend(directories);
        found.extend(
            files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs")).map(
                |file| Source {
                    path: file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"),
                    text: fs::read_to_string(&file).unwrap(),
                },
            ),
        );
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
