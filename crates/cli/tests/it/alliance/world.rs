//! An alliance of processes: a hub and five cities, each with an address of its own, and the people who speak for them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::hub::Served;
use crate::recordings::city_of_recordings;
use crate::tool::{Node, json as run_json, run};

/// A city that its node serves.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) dir: String,
    pub(super) key: String,
    pub(super) token: String,
    listen: String,
    node: Option<Node>,
}

impl Member {
    /// A city that has just begun.
    fn begun(folder: &Path, name: &'static str) -> Self {
        let dir = folder.join(name).to_str().unwrap().to_owned();
        let begun = run_json(&["init", &dir, "--name", name, "--origin", &format!("{name}.example/log")]);
        Self::at(name, dir, begun["token"].as_str().unwrap())
    }

    /// A city with a folder.
    fn at(name: &'static str, dir: String, token: &str) -> Self {
        let node = Node::try_start_in(&dir, "127.0.0.1:0", &[]).unwrap();
        let key = run_json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
        let listen = node.address.trim_start_matches("http://").to_owned();
        Self { name, dir, key, token: token.to_owned(), listen, node: Some(node) }
    }

    pub(super) fn node(&self) -> &Node {
        self.node.as_ref().unwrap()
    }

    pub(super) fn address(&self) -> &str {
        &self.node().address
    }

    /// Does something in the city's folder while no node has it; then the node is back where it was.
    pub(super) fn without_node<T>(&mut self, does: impl FnOnce(&str) -> T) -> T {
        self.node = None;
        let done = does(&self.dir);
        self.node = Some(Node::try_start_in(&self.dir, &self.listen, &[]).unwrap());
        done
    }

    /// Adopts what a hub released, as its founder.
    pub(super) fn adopt(&mut self, release: &str, more: &[&str]) -> Value {
        self.without_node(|dir| run_json(&[&["adopt", dir, release, "--by", "city"], more].concat()))
    }

    /// The same address and key, served from another folder from now on.
    pub(super) fn served_from(&mut self, dir: String) {
        self.node = None;
        self.dir = dir;
        self.node = Some(Node::try_start_in(&self.dir, &self.listen, &[]).unwrap());
    }

    /// Logs one more act, and waits until it is published.
    pub(super) fn place(&mut self, id: &str) {
        let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
        let body = json!([{"by": "city", "command": {"do": "register-place", "with": place}}]).to_string();
        let told = self.node().post("/api/v1/commands", "application/json", Some(&self.token), body.as_bytes());
        assert_eq!(told.0, 200, "{}", told.1);
        // A start publishes what is not published yet.
        self.without_node(|_| ());
    }
}

/// The hub, its people's tokens, and the cities.
pub(super) struct Alliance {
    pub(super) hub: Served,
    /// Speaks for city-a, and edits.
    pub(super) editor: String,
    /// Speaks for a company.
    pub(super) expert: String,
    /// Speaks for city-b.
    pub(super) mayor: String,
    /// The first has a history: it lived through recordings, the real ones where they are.
    pub(super) cities: Vec<Member>,
}

impl Alliance {
    pub(super) fn new() -> Self {
        let mut hub = Served::new();
        let folder = hub.path("cities");
        std::fs::create_dir(&folder).unwrap();
        let history = city_of_recordings(&folder, "city-a");
        // Nobody files anything there by a token.
        let mut cities = vec![Member::at("city-a", history.to_str().unwrap().to_owned(), "")];
        cities.extend(["city-b", "city-c", "city-d", "city-e"].map(|name| Member::begun(&folder, name)));
        people(&hub, &cities);
        let token = |person: &str| {
            let issued = run_json(&["hub", "token", &hub.dir(), "--person", person, "--reasons", "the assembly"]);
            issued["token"].as_str().unwrap().to_owned()
        };
        let (editor, expert, mayor) = (token("editor"), token("expert"), token("mayor"));
        hub.serve();
        Self { hub, editor, expert, mayor, cities }
    }

    /// An entry of the hub's log.
    pub(super) fn entry(&self, index: u64) -> Value {
        serde_json::from_slice(&self.hub.get(&format!("/log/entries/{index}"))).unwrap()
    }

    /// Decides an amendment and makes a version of it; gives the entry that consolidated it.
    pub(super) fn consolidate(&self, amendment: u64, version: &str, reasons: &str) -> u64 {
        let decide =
            json!({"do": "decide-amendment", "amendment": amendment, "outcome": "accepted", "reasons": reasons});
        self.hub.act(&self.editor, &json!({"do": "begin-consolidation", "draft": "core", "reasons": reasons}));
        self.hub.act(&self.editor, &decide);
        let consolidate = json!({"do": "consolidate", "draft": "core", "version": version, "reasons": reasons});
        self.hub.act(&self.editor, &consolidate)
    }

    /// Writes the document of a version down as a pack that a city can try, signed with a key of whoever tries it.
    pub(super) fn draft(&self, consolidated: u64, name: &str, change: impl Fn(&str) -> String) -> (String, String) {
        let body = self.entry(consolidated)["what"]["body"].clone();
        let document = self.hub.get(&format!("/documents/{}", body["document"].as_str().unwrap()));
        let document: Value = serde_json::from_slice(&document).unwrap();
        let folder = self.hub.path(name);
        for (path, text) in document["files"].as_object().unwrap() {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, change(text.as_str().unwrap())).unwrap();
        }
        let (folder, key) = (folder.to_str().unwrap(), PathBuf::from(&self.cities[2].dir).join("keys/log.key"));
        let signed = run_json(&["framework", "sign", folder, "--key", key.to_str().unwrap()]);
        (folder.to_owned(), signed["key"].as_str().unwrap().to_owned())
    }
}

/// The members, the people who speak for them, and where the cities' logs are.
fn people(hub: &Served, cities: &[Member]) {
    let rows: String = cities.iter().map(|city| format!("{0},city,{0},NL\n", city.name)).collect();
    let list = hub.file("members.csv", &format!("id,kind,name,country\n{rows}acme,company,Acme,DE\n"));
    let imported = run_json(&["hub", "members", "import", &hub.dir(), &list, "--reasons", "the assembly of 3 March"]);
    assert_eq!((&imported["admitted"], &imported["wrong"]), (&json!(6), &json!(0)), "{imported}");
    let named = |id: &str, member: &str, role: &str| json!({"do": "name-person", "person": id, "member": member, "role": role, "who": {"name": "A. Person", "mail": null}, "reasons": "the assembly"});
    let mut commands = vec![
        named("editor", "city-a", "editor"),
        named("expert", "acme", "member"),
        named("mayor", "city-b", "member"),
        json!({"do": "open-draft", "draft": "core", "title": "The core", "pack": "global-core", "reasons": "to begin"}),
    ];
    let log = |city: &Member| {
        let log = json!({"address": city.address(), "key": city.key});
        json!({"do": "name-log", "member": city.name, "log": log, "reasons": "the city asked for it"})
    };
    commands.extend(cities.iter().map(log));
    let file = hub.file("people.json", &json!(commands).to_string());
    run_json(&["hub", "do", &hub.dir(), &file]);
}

/// What a look at every city says.
pub(crate) fn look(hub: &Served) -> (Option<i32>, Value) {
    let looked = run(&["hub", "look", &hub.dir(), "--allow", "127.0.0.1", "--threads", "2", "--json"]);
    (looked.status.code(), serde_json::from_slice(&looked.stdout).unwrap())
}
