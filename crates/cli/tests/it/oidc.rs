//! Signing in by a real identity provider: oidc-provider, certified, which `./test` installs; a browser that keeps cookies and follows
//! where it is led.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::tool::{City, Node, Running, json as told, ordinance, skipped};

/// How the node is reached by a browser; there is no such host, and the node is asked by number.
const HOST: &str = "sensors.brookhaven.example";
const SECRET: &str = "a-secret-of-the-city-at-its-provider";

/// The provider under a name of this machine, if it is installed, and its address. It leads back to an address alone.
pub(crate) fn provider(host: &str, redirect: &str) -> Option<(Running, String)> {
    let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("oidc");
    if !modules.join("node_modules/oidc-provider").exists() {
        return None;
    }
    let job = json!({ "modules": modules, "redirect": redirect, "secret": SECRET, "host": host });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oidc/provider.mjs");
    let running = Running::start(Command::new("node").arg(script).arg(job.to_string()));
    let line =
        |said: &[u8]| String::from_utf8_lossy(said).lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
    assert!(running.says(|said| line(said).is_some()), "{}", running.stderr.text());
    let issuer = line(&running.stdout.bytes()).unwrap()["issuer"].as_str().unwrap().to_owned();
    Some((running, issuer))
}

/// A browser that knows two sites, the provider by its number and the node by its name.
struct Browser<'n> {
    node: &'n Node,
    agent: ureq::Agent,
    jars: BTreeMap<bool, BTreeMap<String, String>>,
}

/// What was answered: status, where to, and the page.
struct Answer(u16, String, String);

impl<'n> Browser<'n> {
    fn new(node: &'n Node) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        Self { node, agent: config.build().into(), jars: BTreeMap::new() }
    }

    /// Asks an address, or sends a form to it. Cookies of the node are not sent along when another site leads there.
    fn ask(&mut self, address: &str, form: Option<&[(&str, &str)]>, led: bool) -> Answer {
        let own = address.strip_prefix(&format!("https://{HOST}"));
        let jar = self.jars.entry(own.is_some()).or_default();
        let cookies = if own.is_some() && led { BTreeMap::new() } else { jar.clone() };
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let to = own.map_or_else(|| address.to_owned(), |path| format!("{}{path}", self.node.address));
        let mut answer = match form {
            None => {
                let mut asked = self.agent.get(to).header("cookie", cookies.join("; ")).header("accept", "text/html");
                if own.is_some() {
                    asked = asked.header("host", HOST);
                }
                asked.call().unwrap()
            }
            Some(form) => {
                let mut asked = self.agent.post(to).header("cookie", cookies.join("; ")).header("accept", "text/html");
                if own.is_some() {
                    asked = asked.header("host", HOST);
                }
                asked.send_form(form.iter().copied()).unwrap()
            }
        };
        let jar = self.jars.entry(own.is_some()).or_default();
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
        let to = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
        Answer(answer.status().as_u16(), to, answer.body_mut().read_to_string().unwrap())
    }

    fn own(&mut self, path: &str) -> Answer {
        self.ask(&format!("https://{HOST}{path}"), None, false)
    }

    /// From the node to the provider, as somebody there, and back to the page that goes on by itself; gives where it goes on.
    fn through(&mut self, issuer: &str, who: &str) -> String {
        self.own("/sign-in");
        let Answer(status, mut to, page) = self.own("/sign-in/provider");
        assert_eq!(status, 303, "{page}");
        for _ in 0..12 {
            let address = if to.starts_with('/') { format!("{issuer}{to}") } else { to.clone() };
            let Answer(status, next, page) = self.ask(&address, None, true);
            if address.starts_with(&format!("https://{HOST}")) {
                assert_eq!(status, 200, "{page}");
                let (_, rest) = page.split_once("content=\"0; url=").unwrap();
                return rest.split('"').next().unwrap().replace("&#38;", "&");
            }
            to = if (300..400).contains(&status) {
                next
            } else {
                assert_eq!(status, 200, "{page}");
                let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
                let form = [("prompt", prompt), ("login", who), ("password", "whatever")];
                let Answer(status, next, page) = self.ask(&address, Some(&form), false);
                assert!((300..400).contains(&status), "{status} {page}");
                next
            };
        }
        panic!("the provider led round in circles: {to}");
    }
}

/// Names the provider at the command line, with its secret on standard input.
pub(crate) fn known(city: &City, issuer: &str) {
    let mut set = ordinance();
    set.args(["account", "oidc", "set", &city.arg(), "--issuer", issuer, "--client", "ordinance", "--name", "Staff"]);
    let mut child = set.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{SECRET}\n").as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success());
    let shown = told(&["account", "oidc", "show", &city.arg()]);
    assert_eq!(shown["has_secret"], true);
    assert!(!String::from_utf8_lossy(&said.stdout).contains(SECRET) && !shown.to_string().contains(SECRET));
}

#[test]
fn a_person_signs_in_by_a_real_identity_provider_and_a_stranger_does_not() {
    let Some((_running, issuer)) = provider("127.0.0.1", &format!("https://{HOST}/sign-in/back")) else {
        skipped("sign-in by a real identity provider: oidc-provider is not installed; ./test installs it where npm is");
        return;
    };
    let city = City::new();
    known(&city, &issuer);
    let invite = |login: &str, role: &str| {
        let args =
            ["account", "add", &city.arg(), "--party", "police", "--login", login, "--name", "Vera", "--role", role];
        told(&args);
    };
    invite("vera@brookhaven.example", "reader");
    invite("boss@brookhaven.example", "approver");
    invite("unlooked@brookhaven.example", "reader");
    let node = Node::start(&city);
    for (who, status, to) in [
        ("vera", 303, "/desk"),
        // Known by name now, and again.
        ("vera", 303, "/desk"),
        ("boss", 303, "/account"),
        ("unlooked", 403, ""),
        ("stranger", 403, ""),
    ] {
        let mut browser = Browser::new(&node);
        let on = browser.through(&issuer, who);
        let Answer(got, led, page) = browser.own(&on);
        assert_eq!((got, led.as_str()), (status, to), "{who}: {page}");
        let Answer(desk, led, _) = browser.own("/desk");
        let expected = match to {
            "/desk" => (200, ""),
            "/account" => (303, "/account"),
            _ => (303, "/sign-in"),
        };
        assert_eq!((desk, led.as_str()), expected, "{who}");
        // The same way back once more, here and in another browser, opens nothing.
        assert_eq!(browser.own(&on).0, 403, "{who} again");
        assert_eq!(Browser::new(&node).own(&on).0, 403, "{who} elsewhere");
    }
    // Of two who begin, neither comes back by the other's way.
    let (mut one, mut other) = (Browser::new(&node), Browser::new(&node));
    let (ones, others) = (one.through(&issuer, "vera"), other.through(&issuer, "stranger"));
    assert_eq!((one.own(&others).0, other.own(&ones).0), (403, 403));
    assert_eq!(one.own(&ones).0, 303, "and the own way is still there");
}
