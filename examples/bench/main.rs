//! Measures what the plugin costs, with the real Terraform and a local Graph: starts, plans, applies,
//! requests and memory against the number of profiles, beside Terraform's own `terraform_data`.
//!
//! Numbers that stand in the same run can be compared; those of another machine or day cannot.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a benchmark may fail loudly")]
#![expect(clippy::print_stdout, reason = "telling is what a benchmark is for")]

#[path = "../graph-emulator/emulator/mod.rs"]
mod emulator;
mod floor;
mod options;
mod plot;
#[path = "../demo/plugin.rs"]
mod plugin;
mod process;
mod refresh;
mod results;
mod stage;
mod start;
mod statistics;
#[path = "../demo/terraform.rs"]
#[expect(dead_code, reason = "the demonstration also reads what is printed")]
mod terraform;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use options::{Options, Other, USAGE};
use process::Cost;
use refresh::Refresh;
use results::{Results, Row, Started};
use stage::{Bench, Service, Subject};
use terraform::Cli;

type Failure = Box<dyn std::error::Error>;

/// How often a plugin is started for the median of a start.
const STARTS: usize = 40;
const VALIDATIONS: usize = 10;
/// Profiles on a page where clients may prefer that: as many as a token can hold.
const LARGE_PAGE: usize = 1_000;
/// So many are created by an apply. More are put into the service and into state: an apply of them would
/// measure the quota of Graph's writes, 100 in 20 seconds, which the plugin keeps.
const MOST_APPLIED: usize = 100;
const MOST_BESIDE: usize = 1_000;
/// From here on one plan of each kind has to do.
const LARGE: usize = 10_000;
/// Profiles that are refreshed over the protocol alone, which takes seconds and not minutes.
const REFRESHED: [usize; 5] = [1, 10, 100, 1_000, 10_000];

fn main() -> ExitCode {
    let done = if floor::is_started_by_terraform() { floor::serve() } else { measure() };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "The benchmark failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn measure() -> Result<(), Failure> {
    let Some(options) = Options::read(std::env::args().skip(1))? else {
        print!("{USAGE}");
        return Ok(());
    };
    if cfg!(debug_assertions) {
        println!("This is a debug build, whose numbers say little: use cargo run --release.");
    }
    let started = Instant::now();
    let run = Run::prepare(options).await?;
    let results = run.all().await?;
    println!("\n{}", results.tables());
    run.write(&results)?;
    println!("Measured in {} s.", started.elapsed().as_secs());
    Ok(())
}

/// What all measurements need.
struct Run {
    options: Options,
    cli: Cli,
    plugin: PathBuf,
    intune: Bench,
    floor: Bench,
    built_in: Bench,
    other: Option<Bench>,
    _scratch: tempfile::TempDir,
}

impl Run {
    async fn prepare(options: Options) -> Result<Self, Failure> {
        let cli = Cli::find()?;
        // As it is shipped, alone: what examples and tests want of a dependency would be in it too.
        let plugin = plugin::build(&[])?;
        let scratch = tempfile::tempdir()?;
        let directory = scratch.path();
        let intune = Bench::new(&cli, directory, Subject::Intune, &plugin).await?;
        let this = std::env::current_exe()?;
        let floor = Bench::new(&cli, directory, Subject::Floor, &this).await?;
        let built_in = Bench::new(&cli, directory, Subject::TerraformData, &plugin).await?;
        let other = options.other.as_ref();
        let other = other.map(|other| Bench::of_other(&cli, directory, other)).transpose()?;
        Ok(Self { options, cli, plugin, intune, floor, built_in, other, _scratch: scratch })
    }

    async fn all(&self) -> Result<Results, Failure> {
        let mut results = Results {
            setting: setting(&self.cli, self.options.page_size)?,
            started: self.starts().await?,
            validate: self.validations().await?,
            refreshes: self.refreshes().await?,
            rows: Vec::new(),
        };
        for &profiles in &self.options.profiles {
            for &latency in &self.options.latencies {
                self.profiles(&mut results.rows, profiles, latency).await?;
            }
            // Terraform's own time for an apply grows faster than what is applied.
            if profiles <= MOST_BESIDE {
                for bench in std::iter::once(&self.built_in).chain(&self.other) {
                    self.beside(&mut results.rows, bench, profiles).await?;
                }
            }
        }
        Ok(results)
    }

    async fn starts(&self) -> Result<Vec<Started>, Failure> {
        let mut started = Vec::new();
        let other = self.options.other.as_ref().map(|Other { program, .. }| program);
        for program in std::iter::once(&self.plugin).chain(other) {
            println!("Starting {} {STARTS} times ...", program.display());
            let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let size = fs::metadata(program)?.len();
            started.push(Started { name, size, start: start::measure(program, STARTS).await? });
        }
        Ok(started)
    }

    /// Medians of `terraform validate` with one of our profiles and with none.
    async fn validations(&self) -> Result<(Duration, Duration), Failure> {
        let service = self.service(1, 0).await?;
        self.intune.declare(1, &service)?;
        self.built_in.declare(1, &service)?;
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..VALIDATIONS {
            with.push(self.intune.validate().await?.wall);
            without.push(self.built_in.validate().await?.wall);
        }
        let median = |walls: Vec<Duration>| statistics::median(walls.into_iter());
        Ok((median(with).unwrap_or_default(), median(without).unwrap_or_default()))
    }

    /// Terraform's reads without Terraform.
    async fn refreshes(&self) -> Result<Vec<Refresh>, Failure> {
        let page_size = self.options.page_size;
        let mut refreshes = Vec::new();
        for profiles in REFRESHED {
            for &latency in &self.options.latencies {
                let refresh = refresh::measure(&self.plugin, profiles, latency, page_size).await?;
                let seconds = refresh.wall.as_secs_f64();
                println!("{profiles:>6} read over the protocol at {latency:>3} ms: {seconds:.2} s");
                refreshes.push(refresh);
            }
        }
        Ok(refreshes)
    }

    /// Our provider and its floor. Their plans take turns, so that a busy moment hits both.
    async fn profiles(
        &self,
        rows: &mut Vec<Row>,
        profiles: usize,
        latency: u64,
    ) -> Result<(), Failure> {
        let service = self.service(profiles, latency).await?;
        self.intune.declare(profiles, &service)?;
        self.floor.declare(profiles, &service)?;
        let applied = profiles <= MOST_APPLIED;
        let first = if applied { profiles } else { 1 };
        self.intune.redeclare(first, &service)?;
        let cost = self.intune.apply().await?;
        if applied {
            let row = Row::new(Subject::Intune, "apply", profiles, Some(latency));
            rows.push(told(row.with(&[cost], Some(requests(&service)))));
        } else {
            self.intune.multiply(profiles, &service)?;
            self.intune.redeclare(profiles, &service)?;
        }
        self.floor.copy_state(&self.intune)?;
        self.plans(rows, &service, profiles, latency).await
    }

    async fn plans(
        &self,
        rows: &mut Vec<Row>,
        service: &Service,
        profiles: usize,
        latency: u64,
    ) -> Result<(), Failure> {
        let repeat = if profiles < LARGE { self.options.repeat } else { 1 };
        let subjects = [Subject::Intune, Subject::PreferredPages, Subject::Floor].into_iter();
        let is_one_page = profiles <= self.options.page_size;
        let subjects = subjects.filter(|one| !(is_one_page && *one == Subject::PreferredPages));
        let mut plans: Vec<_> = subjects.map(|subject| (subject, Vec::new(), 0)).collect();
        for _ in 0..repeat {
            for (subject, costs, most_asked) in &mut plans {
                service.emulator.clear_requests();
                costs.push(self.plan(*subject, service).await?);
                *most_asked = requests(service).max(*most_asked);
            }
        }
        for (subject, costs, asked) in plans {
            let row = Row::new(subject, "plan", profiles, Some(latency));
            rows.push(told(row.with(&costs, Some(asked))));
            if subject == Subject::Floor && asked != 0 {
                return Err("the floor asked the service".into());
            }
        }
        Ok(())
    }

    async fn plan(&self, subject: Subject, service: &Service) -> Result<Cost, Failure> {
        match subject {
            Subject::Floor => return self.floor.plan().await,
            Subject::PreferredPages => service.emulator.let_prefer(LARGE_PAGE),
            _ => service.emulator.let_prefer(0),
        }
        self.intune.plan().await
    }

    /// What does not ask our service.
    async fn beside(
        &self,
        rows: &mut Vec<Row>,
        bench: &Bench,
        profiles: usize,
    ) -> Result<(), Failure> {
        bench.declare(profiles, &self.service(profiles, 0).await?)?;
        let row = |command| Row::new(bench.subject(), command, profiles, None);
        let applied = bench.apply().await?;
        rows.push(told(row("apply").with(&[applied], None)));
        let mut planned = Vec::new();
        for _ in 0..self.options.repeat {
            planned.push(bench.plan().await?);
        }
        rows.push(told(row("plan").with(&planned, None)));
        Ok(())
    }

    async fn service(&self, profiles: usize, latency: u64) -> Result<Service, Failure> {
        Service::start(profiles, latency, self.options.page_size).await
    }

    fn write(&self, results: &Results) -> Result<(), Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let place = if self.options.record { "docs/performance" } else { "target/bench" };
        let place = root.join(place);
        fs::create_dir_all(&place)?;
        fs::write(place.join("commands.csv"), results.commands_csv())?;
        fs::write(place.join("start.csv"), results.start_csv())?;
        fs::write(place.join("refresh.csv"), results.refresh_csv())?;
        fs::write(place.join("plot.svg"), plot::svg(results))?;
        println!("Written to {}.", place.display());
        if self.options.record {
            let readme = root.join("README.md");
            let text = with_section(&fs::read_to_string(&readme)?, &results.tables())?;
            fs::write(readme, text)?;
        }
        Ok(())
    }
}

/// Where this was measured.
fn setting(cli: &Cli, page_size: usize) -> Result<String, Failure> {
    let version = cli.version()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!(
        "{version}, {} on {}, {cores} cores shared by Terraform, the plugin and the service, which \
         shows {page_size} profiles on a page, or {LARGE_PAGE} where the client's preference counts.",
        std::env::consts::OS,
        std::env::consts::ARCH
    ))
}

fn requests(service: &Service) -> usize {
    service.emulator.requests().len()
}

fn told(row: Row) -> Row {
    println!(
        "{:>6} {:<18} {:<5} at {:>3} ms: {:.2} s",
        row.profiles,
        row.subject.name(),
        row.command,
        row.latency.unwrap_or(0),
        row.wall.as_secs_f64()
    );
    row
}

impl Row {
    fn new(subject: Subject, command: &'static str, profiles: usize, latency: Option<u64>) -> Self {
        let (wall, requests, plugin_peak) = (Duration::ZERO, None, None);
        Self { subject, command, profiles, latency, wall, requests, plugin_peak }
    }

    /// The median time and the highest peak of these runs.
    fn with(mut self, costs: &[Cost], requests: Option<usize>) -> Self {
        let walls = costs.iter().map(|cost| cost.wall);
        self.wall = statistics::median(walls).unwrap_or_default();
        self.plugin_peak = costs.iter().filter_map(|cost| cost.plugin_peak).max();
        self.requests = requests;
        self
    }
}

/// The README with another text between the markers of this section.
fn with_section(readme: &str, tables: &str) -> Result<String, Failure> {
    let start = "<!-- performance -->\n";
    let (before, rest) = readme.split_once(start).ok_or("the README has no such section")?;
    let (_, after) = rest.split_once("<!-- end -->").ok_or("the README's section has no end")?;
    Ok(format!("{before}{start}{tables}<!-- end -->{after}"))
}
