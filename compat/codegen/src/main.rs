//! `strata-codegen`: writes and checks the generated messages, and compares the schemas with a release of Kafka.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

const USAGE: &str = "usage: strata-codegen write|check
       strata-codegen compare JAR...
       strata-codegen compare --jars DIR

write    generates compat/src/messages from compat/schemas
check    exits with 1 if a generated file is stale
compare  exits with 1 if the schemas differ from the definitions in the jars of a Kafka release
         (kafka-clients, kafka-group-coordinator, kafka-transaction-coordinator)";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("strata-codegen: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match arguments.first().map(String::as_str) {
        Some("write") => strata_compat_codegen::write(&root).map(|()| ExitCode::SUCCESS),
        Some("check") => Ok(match strata_compat_codegen::check(&root) {
            Ok(()) => ExitCode::SUCCESS,
            Err(stale) => {
                eprintln!("{stale}");
                ExitCode::FAILURE
            }
        }),
        Some("compare") => compare(&root, &jars(&arguments[1..])?),
        _ => bail!("{USAGE}"),
    }
}

fn jars(arguments: &[String]) -> Result<Vec<PathBuf>> {
    let jars = match arguments {
        [option, folder] if option == "--jars" => {
            let mut jars = Vec::new();
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "jar") {
                    jars.push(path);
                }
            }
            jars
        }
        paths => paths.iter().map(PathBuf::from).collect(),
    };
    ensure!(!jars.is_empty(), "no jar is given\n{USAGE}");
    Ok(jars)
}

fn compare(root: &Path, jars: &[PathBuf]) -> Result<ExitCode> {
    let schemas = strata_compat_codegen::load(root)?;
    let (differences, compared) = strata_compat_codegen::compare(&schemas, jars)?;
    for difference in &differences {
        println!("{difference}");
    }
    println!("{compared} definitions compared, {} differences", differences.len());
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
