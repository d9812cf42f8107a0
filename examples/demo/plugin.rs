//! Builds the plugin's program file, which Cargo does not do for an example; knows no Terraform.

use std::error::Error;
use std::path::PathBuf;

const NAME: &str = "terraform-provider-intune";

/// Builds it in the profile of this example, with these arguments of `cargo build` beside.
pub(crate) fn build(beside: &[&str]) -> Result<PathBuf, Box<dyn Error>> {
    println!("Building the plugin ...");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--bin", NAME])
        // Where the project's own settings of Cargo are read.
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(beside)
        .args(if cfg!(debug_assertions) { &[][..] } else { &["--release"] })
        .status()?;
    if !built.success() {
        return Err("the plugin could not be built".into());
    }
    // This program is target/PROFILE/examples/NAME, and the plugin lies two levels up from it.
    let program = std::env::current_exe()?;
    let directory = program.ancestors().nth(2).ok_or("no target directory")?;
    Ok(directory.join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX)))
}
