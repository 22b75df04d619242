//! Running the binary: commands that end, and a node that stays up.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The tests' own manifest.
const MANIFEST: &str = include_str!("city.toml");

/// The binary.
pub(crate) fn ordinance() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ordinance"))
}

/// Runs a command and gives what it said.
pub(crate) fn run(args: &[&str]) -> Output {
    ordinance().args(args).output().unwrap()
}

/// Runs a command that must succeed, and reads its JSON.
#[track_caller]
pub(crate) fn json(args: &[&str]) -> Value {
    let output = run(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A city in a folder of its own, with an air stream, a Wi-Fi stream and the tokens for both.
pub(crate) struct City {
    folder: TempDir,
    pub(crate) air: String,
    pub(crate) wifi: String,
    pub(crate) officer: String,
}

impl City {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::current_dir().unwrap().join(env!("CARGO_TARGET_TMPDIR")))
    }

    /// A city in a new folder below another.
    pub(crate) fn below(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let dir = folder.path().join("city");
        let dir = dir.to_str().unwrap();
        let founded = json(&["init", dir, "--name", "Test City", "--origin", "test.example/log"]);
        let officer = founded["token"].as_str().unwrap().to_owned();
        let manifest = folder.path().join("city.toml");
        std::fs::write(&manifest, MANIFEST).unwrap();
        let applied = json(&["apply", dir, manifest.to_str().unwrap()]);
        assert!(applied.as_array().unwrap().iter().all(|done| done.get("refused").is_none()), "{applied}");
        let again = json(&["apply", dir, manifest.to_str().unwrap()]);
        let made = |done: &Value| done.get("entries").is_some();
        assert!(!again.as_array().unwrap().iter().any(made), "applying twice changes nothing: {again}");
        let token = |device: &str| {
            json(&["token", dir, "--device", device, "--by", "city"])["token"].as_str().unwrap().to_owned()
        };
        let (air, wifi) = (token("air-1"), token("sniffer-1"));
        Self { air, wifi, officer, folder }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("city")
    }

    pub(crate) fn arg(&self) -> String {
        self.dir().to_str().unwrap().to_owned()
    }
}

/// A node that serves a city until it is killed or dropped.
pub(crate) struct Node {
    child: Child,
    pub(crate) address: String,
}

impl Node {
    pub(crate) fn start(city: &City) -> Self {
        Self::try_start(city).unwrap_or_else(|error| panic!("the node did not start: {error}"))
    }

    pub(crate) fn try_start(city: &City) -> Result<Self, String> {
        let child = ordinance()
            .args(["serve", &city.arg(), "--listen", "127.0.0.1:0", "--tick", "1", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A node from here on, so that it is waited for however this ends.
        let mut node = Self { child, address: String::new() };
        let mut text = String::new();
        for line in BufReader::new(node.child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            text += &line;
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                document["register"].as_str().unwrap_or_default().trim_end_matches('/').clone_into(&mut node.address);
                return if node.address.is_empty() { Err(text) } else { Ok(node) };
            }
        }
        let mut error = String::new();
        node.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        Err(error)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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
        let mut response = agent().get(format!("{}{path}", self.address)).call()?;
        let status = response.status().as_u16();
        Ok((status, response.body_mut().read_json().unwrap_or(Value::Null)))
    }

    /// Sends lines of a device.
    pub(crate) fn lines(&self, token: &str, lines: &str) -> (u16, Value) {
        self.post("/api/v1/observations", "application/x-ndjson", Some(token), lines.as_bytes())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be dead already; that is what some tests are about.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
#[expect(clippy::disallowed_methods, reason = "the node under test reads the machine's clock")]
pub(crate) fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    model::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).to_string()
}
