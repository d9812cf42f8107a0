//! Compiles the wire contracts in `proto/` to Rust; must not need `protoc` on the machine.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

const CONTRACTS: [&str; 2] = ["proto/tfplugin6.proto", "proto/goplugin.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for contract in CONTRACTS {
        println!("cargo::rerun-if-changed={contract}");
    }
    let mut contracts = protox::Compiler::new(["proto"])?;
    contracts.include_imports(true).include_source_info(true).open_files(CONTRACTS)?;

    // A test holds this file against a table of the protocol's facts.
    let compiled = Path::new(&env::var("OUT_DIR")?).join("contracts.bin");
    fs::write(compiled, contracts.encode_file_descriptor_set())?;

    tonic_prost_build::configure()
        // Calls that the schema does not advertise answer `Unimplemented` by themselves.
        .generate_default_stubs(true)
        // The generated `connect` needs tonic's own TCP transport, which the plugin never uses.
        .build_transport(false)
        .compile_fds(contracts.file_descriptor_set())?;
    Ok(())
}
