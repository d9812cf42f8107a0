//! The examples that pages show: files in the layout that the Registry's tools expect; runs none.

use std::fs;
use std::path::{Path, PathBuf};

/// The directory of the examples.
pub(super) struct Examples<'a> {
    directory: &'a Path,
}

impl<'a> Examples<'a> {
    pub(super) fn new(directory: &'a Path) -> Self {
        Self { directory }
    }

    /// The examples `<kind>/<name>/<stem>.*` and `<stem>_*.*` as code of this language, in the order of
    /// their names.
    pub(super) fn of(&self, folder: &str, stem: &str, language: &str) -> String {
        let files = self.files(folder, |name| {
            let name = name.split('.').next().unwrap_or_default();
            name == stem || name.starts_with(&format!("{stem}_"))
        });
        let blocks = files.iter().filter_map(|file| fs::read_to_string(file).ok());
        let blocks = blocks.map(|text| code(language, &text));
        blocks.collect::<Vec<_>>().join("\n")
    }

    /// One example; nothing where there is none.
    pub(super) fn one(&self, folder: &str, file: &str, language: &str) -> Option<String> {
        let text = fs::read_to_string(self.directory.join(folder).join(file)).ok()?;
        Some(code(language, &text))
    }

    fn files(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let found = fs::read_dir(self.directory.join(folder)).into_iter().flatten().flatten();
        let mut files: Vec<_> = found.map(|entry| entry.path()).collect();
        files.retain(|file| file.file_name().is_some_and(|name| wanted(&name.to_string_lossy())));
        files.sort();
        files
    }
}

fn code(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}
