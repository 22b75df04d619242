//! Running the binary: commands that end, and a node that stays up.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Span, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

/// The tests' own manifest.
const MANIFEST: &str = include_str!("city.toml");
/// How long after they are entered deployments begin, in seconds: longer where the machine was slower than that.
const LEADS: [u32; 3] = [2, 15, 120];

/// The longest that a process says nothing: one that plays a demo speaks at its end.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// The binary.
pub(crate) fn ordinance() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ordinance"))
}

/// Runs a command and gives what it said.
pub(crate) fn run(args: &[&str]) -> Output {
    ordinance().args(args).output().unwrap()
}

/// Runs a command with something in its environment.
pub(crate) fn run_with(args: &[&str], environment: &[(&str, &str)]) -> Output {
    ordinance().args(args).envs(environment.iter().copied()).output().unwrap()
}

/// Runs a command that must succeed, and reads its JSON.
#[track_caller]
pub(crate) fn json(args: &[&str]) -> Value {
    let output = run(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A city in a folder of its own, with its devices' tokens, and those of two parties.
pub(crate) struct City {
    folder: TempDir,
    pub(crate) air: String,
    pub(crate) wifi: String,
    pub(crate) plates: String,
    pub(crate) officer: String,
    pub(crate) police: String,
    /// When its deployments began.
    pub(crate) starts: Timestamp,
}

/// Where the city of the manifest is.
const CENTRE: &str = "[16.6, 49.2]";

/// Founds the city and declares it, with deployments that begin some time from now. Gives the founder's token and when they
/// begin; nothing where the machine was too slow to enter them before that.
fn founded(dir: &str, manifest: &Path, at: &str, under: &[&str], lead: Span) -> Option<(String, Timestamp)> {
    if Path::new(dir).exists() {
        std::fs::remove_dir_all(dir).unwrap();
    }
    let founded = json(&[&["init", dir, "--name", "Test City", "--origin", "test.example/log"], under].concat());
    let now = instant();
    let starts = now + lead;
    let dates = [("{starts}", starts), ("{before}", now - Span::days(1)), ("{in-a-year}", now + Span::days(365))];
    let text = MANIFEST.replace(CENTRE, at);
    let text = dates.iter().fold(text, |text, (brace, date)| text.replace(brace, &date.to_string()));
    std::fs::write(manifest, text).unwrap();
    let applied = run(&["apply", dir, manifest.to_str().unwrap(), "--json"]);
    let applied: Value = serde_json::from_slice(&applied.stdout).unwrap();
    let refused: Vec<&str> = applied.as_array().unwrap().iter().filter_map(|done| done["refused"].as_str()).collect();
    if refused.iter().any(|words| words.contains("entered in the register no later")) {
        return None;
    }
    assert!(refused.is_empty(), "{refused:#?}");
    Some((founded["token"].as_str().unwrap().to_owned(), starts))
}

impl City {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::current_dir().unwrap().join(env!("CARGO_TARGET_TMPDIR")))
    }

    /// A city in a new folder below another.
    pub(crate) fn below(parent: &Path) -> Self {
        Self::placed(parent, CENTRE, &[])
    }

    /// A city with everything at some place in the world, as `[longitude, latitude]`.
    pub(crate) fn at(place: &str) -> Self {
        Self::placed(&std::env::current_dir().unwrap().join(env!("CARGO_TARGET_TMPDIR")), place, &[])
    }

    /// A city that begins under what a hub released, as `init` is told.
    pub(crate) fn under(release: &[&str]) -> Self {
        Self::placed(&std::env::current_dir().unwrap().join(env!("CARGO_TARGET_TMPDIR")), CENTRE, release)
    }

    fn placed(parent: &Path, at: &str, under: &[&str]) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let dir = folder.path().join("city");
        let dir = dir.to_str().unwrap();
        let manifest = folder.path().join("city.toml");
        let (officer, starts) =
            LEADS.iter().find_map(|lead| founded(dir, &manifest, at, under, Span::seconds(*lead))).unwrap();
        let again = json(&["apply", dir, manifest.to_str().unwrap()]);
        let made = |done: &Value| done.get("entries").is_some();
        assert!(!again.as_array().unwrap().iter().any(made), "applying twice changes nothing: {again}");
        let token = |whose: [&str; 2], by: &str| {
            let issued = json(&["token", dir, whose[0], whose[1], "--by", by]);
            issued["token"].as_str().unwrap().to_owned()
        };
        let device = |device, by| token(["--device", device], by);
        let (air, wifi) = (device("air-1", "city"), device("sniffer-1", "city"));
        let (plates, police) = (device("anpr-1", "police"), token(["--party", "police"], "city"));
        // Nothing is taken before its deployment begins.
        wait(Duration::from_millis((starts.millis() - instant().millis()).max(0).unsigned_abs()));
        Self { air, wifi, plates, officer, police, starts, folder }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("city")
    }

    pub(crate) fn arg(&self) -> String {
        self.dir().to_str().unwrap().to_owned()
    }
}

/// What a process says, gathered as it comes.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    /// Gathers until the process closes it, and tells when there is more.
    fn gather(&self, mut pipe: impl Read + Send + 'static) -> (Receiver<()>, JoinHandle<()>) {
        let (more, heard) = channel();
        let said = self.clone();
        let gathering = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut piece) {
                said.0.lock().unwrap().extend_from_slice(&piece[..read]);
                // Whoever waited for the first words may have what they wanted.
                let _ = more.send(());
            }
        });
        (heard, gathering)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}

/// A command that runs while a test looks at it. It is killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: Said,
    pub(crate) stderr: Said,
    heard: Mutex<Receiver<()>>,
    gathering: Vec<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (Said::default(), Said::default());
        let (heard, out) = stdout.gather(child.stdout.take().unwrap());
        let (_, err) = stderr.gather(child.stderr.take().unwrap());
        Self { child, stdout, stderr, heard: Mutex::new(heard), gathering: vec![out, err] }
    }

    /// Waits until standard output is as wanted; false if it ends before.
    pub(crate) fn says(&self, wanted: impl Fn(&[u8]) -> bool) -> bool {
        loop {
            if wanted(&self.stdout.bytes()) {
                return true;
            }
            if self.heard.lock().unwrap().recv_timeout(SILENCE_MAX).is_err() {
                return wanted(&self.stdout.bytes());
            }
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end and its last words; whether it succeeded.
    pub(crate) fn end(&mut self) -> bool {
        let status = self.child.wait().unwrap();
        self.gathering.drain(..).for_each(|thread| thread.join().unwrap());
        status.success()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already; that is what some tests are about.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A node that serves a city until it is killed or dropped.
pub(crate) struct Node {
    pub(crate) running: Running,
    pub(crate) address: String,
}

impl Node {
    pub(crate) fn start(city: &City) -> Self {
        Self::try_start(city).unwrap_or_else(|error| panic!("the node did not start: {error}"))
    }

    pub(crate) fn try_start(city: &City) -> Result<Self, String> {
        Self::try_start_with(city, &[])
    }

    /// A node with more arguments.
    pub(crate) fn try_start_with(city: &City, more: &[&str]) -> Result<Self, String> {
        Self::try_start_at(city, "127.0.0.1:0", more)
    }

    /// A node that listens where it is told.
    pub(crate) fn try_start_at(city: &City, listen: &str, more: &[&str]) -> Result<Self, String> {
        Self::try_start_in(&city.arg(), listen, more)
    }

    /// A node over a folder, wherever its city came from.
    pub(crate) fn try_start_in(dir: &str, listen: &str, more: &[&str]) -> Result<Self, String> {
        Self::try_start_as(ordinance(), dir, listen, more)
    }

    /// A node by a command of the binary that has something in its environment.
    pub(crate) fn try_start_as(mut serve: Command, dir: &str, listen: &str, more: &[&str]) -> Result<Self, String> {
        serve.args(["serve", dir, "--listen", listen, "--tick", "1", "--json"]).args(more);
        // A node from here on, so that it is waited for however this ends.
        let mut node = Self { running: Running::start(&mut serve), address: String::new() };
        let whole = |said: &[u8]| serde_json::from_slice::<Value>(said).is_ok();
        node.running.says(whole);
        let document: Value = serde_json::from_slice(&node.running.stdout.bytes()).unwrap_or_default();
        document["register"].as_str().unwrap_or_default().trim_end_matches('/').clone_into(&mut node.address);
        if node.address.is_empty() {
            node.running.end();
            return Err(node.running.stderr.text());
        }
        Ok(node)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.running.child.kill().unwrap();
        self.running.child.wait().unwrap();
    }

    /// Sends a body; gives status and answer.
    pub(crate) fn post(&self, path: &str, kind: &str, token: Option<&str>, body: &[u8]) -> (u16, Value) {
        self.try_post(path, kind, token, body).unwrap()
    }

    pub(crate) fn try_post(
        &self,
        path: &str,
        kind: &str,
        token: Option<&str>,
        body: &[u8],
    ) -> Result<(u16, Value), ureq::Error> {
        let mut request = agent().post(format!("{}{path}", self.address)).header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.send(body)?;
        let status = response.status().as_u16();
        Ok((status, response.body_mut().read_json().unwrap_or(Value::Null)))
    }

    pub(crate) fn try_get(&self, path: &str) -> Result<(u16, Value), ureq::Error> {
        self.try_get_as(None, path)
    }

    pub(crate) fn try_get_as(&self, token: Option<&str>, path: &str) -> Result<(u16, Value), ureq::Error> {
        let mut request = agent().get(format!("{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call()?;
        let status = response.status().as_u16();
        // An answer that is not JSON, because it was cut or is a page, is no value.
        Ok((status, response.body_mut().with_config().limit(64 << 20).read_json().unwrap_or(Value::Null)))
    }

    /// Any page, as its bytes.
    pub(crate) fn page(&self, path: &str) -> Vec<u8> {
        agent().get(format!("{}{path}", self.address)).call().unwrap().body_mut().read_to_vec().unwrap()
    }

    /// Sends lines of a device.
    pub(crate) fn lines(&self, token: &str, lines: &str) -> (u16, Value) {
        self.post("/api/v1/observations", "application/x-ndjson", Some(token), lines.as_bytes())
    }
}

fn agent() -> &'static ureq::Agent {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    AGENT.get_or_init(|| {
        // A connection is kept for one request: the node behind an address is another one after each kill.
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
        config.timeout_global(Some(std::time::Duration::from_secs(20))).build().into()
    })
}

/// The present instant, as devices write it.
pub(crate) fn now() -> String {
    instant().to_string()
}

/// The present instant.
#[expect(clippy::disallowed_methods, reason = "the node under test reads the machine's clock")]
pub(crate) fn instant() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// Whether others keep this machine busy, so that how long something takes says nothing about it.
pub(crate) fn busy() -> bool {
    let load =
        std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    #[expect(clippy::cast_precision_loss, reason = "a machine has few cores")]
    load.is_some_and(|load| load > cores as f64 * 1.5)
}

/// Lets time pass: waits on a channel that nobody sends on.
pub(crate) fn wait(patience: Duration) {
    let (_sender, receiver) = channel::<()>();
    assert!(receiver.recv_timeout(patience).is_err());
}

#[expect(clippy::print_stderr, reason = "a skipped test says so by name")]
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
