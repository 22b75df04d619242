//! The pages of a hub in a real browser, as strangers and as people who speak for a member see them.

use serde_json::{Value, json};

use super::{CONTROL, Walker, faults, html_rules, spots, unopened};
use crate::tool::{self, City, Node, Running, ordinance, skipped};

/// Pages for everybody.
const PUBLIC: &[(&str, &str)] = &[
    ("The hub", "/"),
    ("About the hub", "/about"),
    ("Members", "/members"),
    ("Members of a kind", "/members?kind=city"),
    ("A member", "/members/brookhaven"),
    ("A person", "/people/expert"),
    ("Drafts", "/drafts"),
    ("A draft", "/drafts/core"),
    ("A clause", "/drafts/core/clauses/core-04"),
    ("Statements", "/drafts/core/statements"),
    ("Pilots of a draft", "/drafts/core/pilots"),
    ("A pilot", "/drafts/core/pilots/brookhaven"),
    ("A draft with nothing in it", "/drafts/flood"),
    ("Pilots of a draft that nobody tried", "/drafts/flood/pilots"),
    ("A new clause", "/amendments/CLAUSE"),
    ("An amendment", "/amendments/AMENDMENT"),
    ("Versions", "/versions"),
    ("A version", "/versions/VERSION"),
    ("Decisions", "/decisions"),
    ("Workshops", "/workshops"),
    ("Moderation", "/moderation"),
    ("Mirrors", "/mirrors"),
    ("Mirrors that hold", "/mirrors?standing=held"),
    ("A mirror", "/mirrors/brookhaven"),
    ("A mirror that is not reached", "/mirrors/silent"),
    ("A mirror that was forked", "/mirrors/riverside"),
    ("Mirrors that contradict themselves", "/mirrors?standing=frozen"),
    ("Evidence", "/evidence"),
    ("Benchmarks", "/benchmarks"),
    ("A benchmark", "/benchmarks/days-to-decision"),
    ("A benchmark of purposes", "/benchmarks/disclosures-by-purpose"),
    ("A benchmark, searched", "/benchmarks/review-overdue?q=brook"),
    ("The map", "/map"),
    ("The map of a benchmark", "/map?benchmark=coverage-of-core"),
    ("Cases", "/cases"),
    ("Cases, searched", "/cases?q=phones"),
    ("A case", "/cases/CASE"),
    ("Sign in to the hub", "/sign-in"),
    ("A page that is not there", "/nowhere"),
];

/// Pages of an editor.
const EDITOR: &[(&str, &str)] = &[
    ("The hub, signed in", "/"),
    ("Drafts, signed in", "/drafts"),
    ("A draft, signed in", "/drafts/core"),
    ("A clause, signed in", "/drafts/core/clauses/core-04"),
    ("An amendment is proposed", "/drafts/core/clauses/core-04/propose"),
    ("A new clause is proposed", "/drafts/flood/clauses/flood-02/propose"),
    ("Pilots, for a city that consents", "/drafts/core/pilots"),
    ("Pilots, for a city that may consent", "/drafts/flood/pilots"),
    ("A pilot on one's own city", "/drafts/core/pilots/brookhaven"),
    ("A case of a pilot", "/cases/new?pilot=core"),
    ("Statements, signed in", "/drafts/core/statements"),
    ("An amendment, signed in", "/amendments/AMENDMENT"),
    ("Workshops, signed in", "/workshops"),
    ("Cases, signed in", "/cases"),
    ("A case is filed", "/cases/new"),
    ("A case of one's own city", "/cases/CASE"),
];

/// Pages of the secretariat.
const SECRETARIAT: &[(&str, &str)] = &[
    ("Moderation, for the secretariat", "/moderation"),
    ("A version, for the secretariat", "/versions/VERSION"),
    ("A draft, for the secretariat", "/drafts/core"),
    ("A case, for the secretariat", "/cases/CASE"),
];

/// What answers to a form: to an editor, and to a stranger.
fn answers() -> [Vec<Value>; 2] {
    let sent = |name: &str, path: &str, fill: &[(&str, &str)], press: &str, status: u16| json!({ "name": name, "path": path, "fill": fill, "press": [press], "status": status });
    let text = [("text", "Approvals end after a week."), ("why", "It is shorter.")];
    let report = [("report", "no report")];
    [
        vec![
            sent("An amendment that is looked at", "/drafts/core/clauses/core-04/propose", &text, "look", 200),
            sent("An amendment without anything", "/drafts/core/clauses/core-04/propose", &[], "look", 422),
            sent("A case without anything", "/cases/new", &[], "File it", 422),
            sent("A case of a report that is none", "/cases/new", &report, "See what it counts", 422),
            sent("An argument without words", "/amendments/AMENDMENT", &[], "Argue", 422),
        ],
        vec![sent("A token that is wrong, at the hub", "/sign-in", &[("token", "nobody")], "Sign in", 401)],
    ]
}

/// A hub with two members, and what happens in it.
pub(super) struct Alliance {
    pub(super) dir: String,
    folder: std::path::PathBuf,
    pub(super) secretariat: String,
}

impl Alliance {
    /// One that mirrors a city that is served, and another that says nothing.
    fn mirroring(city: &City, node: &Node) -> Self {
        let alliance = Self::founded(city.dir().parent().unwrap());
        let key = tool::json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
        for (name, address) in [("brookhaven", node.address.as_str()), ("silent", "http://127.0.0.1:1")] {
            let more = ["--key", &key, "--address", address, "--country", "CZ", "--size", "medium"];
            let place = ["--latitude", "49.2", "--longitude", "16.6"];
            tool::json(&[&["hub", "mirror", &alliance.dir, "--city", name][..], &more, &place].concat());
        }
        tool::json(&["hub", "look", &alliance.dir, "--allow", "127.0.0.1"]);
        alliance
    }

    /// Mirrors a city that goes on otherwise from an older copy of itself, and looks until that is found.
    fn forked(&self) {
        let dir = |name: &str| self.folder.join(name).to_str().unwrap().to_owned();
        let (own, twin) = (dir("riverside"), dir("riverside-twin"));
        tool::json(&["init", &own, "--name", "Riverside", "--origin", "riverside.example/log"]);
        let place = |dir: &str, id: &str| {
            let point = "{ type = \"Point\", coordinates = [16.6, 49.2] }";
            let place =
                format!("[[place]]\nby = \"city\"\nplace = {{ id = \"{id}\", name = \"{id}\", geometry = {point} }}\n");
            tool::json(&["apply", dir, &self.file("place.toml", &place)]);
        };
        // A start publishes what is not published yet.
        drop(Node::try_start_in(&own, "127.0.0.1:0", &[]).unwrap());
        let copied = std::process::Command::new("cp").args(["-r", &own, &twin]).status().unwrap();
        assert!(copied.success());
        place(&own, "first");
        let node = Node::try_start_in(&own, "127.0.0.1:0", &[]).unwrap();
        let key = tool::json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
        let more = ["--key", &key, "--address", &node.address, "--country", "CZ"];
        tool::json(&[&["hub", "mirror", &self.dir, "--city", "riverside"][..], &more].concat());
        let look = || tool::run(&["hub", "look", &self.dir, "--allow", "127.0.0.1"]).status.code();
        assert_eq!(look(), Some(0));
        let listen = node.address.trim_start_matches("http://").to_owned();
        place(&twin, "second");
        place(&twin, "third");
        drop(node);
        let other = Node::try_start_in(&twin, &listen, &[]).unwrap();
        assert_eq!(look(), Some(1), "another history is found");
        drop(other);
    }

    pub(super) fn founded(folder: &std::path::Path) -> Self {
        let folder = folder.to_owned();
        let dir = folder.join("alliance").to_str().unwrap().to_owned();
        let begun = tool::json(&["hub", "init", &dir, "--name", "The Alliance", "--origin", "hub.example/log"]);
        let alliance = Self { dir, folder, secretariat: begun["token"].as_str().unwrap().to_owned() };
        let list =
            alliance.file("members.csv", "id,kind,name,country\nbrookhaven,city,Brookhaven,CZ\nacme,company,Acme,DE\n");
        tool::json(&["hub", "members", "import", &alliance.dir, &list, "--reasons", "the assembly"]);
        for (person, member, role) in [("editor", "brookhaven", "editor"), ("expert", "acme", "member")] {
            let who = json!({"name": "A. Person", "mail": null});
            let named = json!({"do": "name-person", "person": person, "member": member, "role": role, "who": who, "reasons": "the assembly"});
            alliance.act("secretariat", &named);
        }
        alliance
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Does one thing; gives its entry.
    fn act(&self, by: &str, command: &Value) -> u64 {
        let file = self.file("command.json", &command.to_string());
        tool::json(&["hub", "do", &self.dir, &file, "--by", by])["entries"][0].as_u64().unwrap()
    }

    /// A draft that begins with nothing, a clause for it, and a city that lets another be tried on its log; gives the clause's entry.
    fn tries(&self, node: &Node) -> u64 {
        let reasons = "the assembly";
        let key = tool::json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
        let log = json!({"address": node.address, "key": key});
        self.act("secretariat", &json!({"do": "name-log", "member": "brookhaven", "log": log, "reasons": reasons}));
        self.act("editor", &json!({"do": "agree-to-pilot", "draft": "core", "reasons": "To know what it would mean."}));
        let round = tool::json(&["hub", "pilots", &self.dir]);
        assert_eq!(round["tried"], json!([["core", "brookhaven"]]), "{round}");
        let beginning = json!({"layer": "city", "jurisdiction": "Brookhaven"});
        self.act("editor", &json!({"do": "begin-draft", "draft": "flood", "title": "Flood sensing", "beginning": beginning, "reasons": reasons}));
        let clause =
            json!({"title": "Gauges are calibrated", "kind": "attest", "on_failure": "flag", "source": "our own rule"});
        let change = json!({"clause": clause, "text": "Gauges are calibrated each year.", "text_only": "No software sees a gauge."});
        self.act(
            "expert",
            &json!({"do": "propose", "draft": "flood", "clause": "flood-01", "change": change, "why": "They drift."}),
        )
    }

    /// From a draft to a released version; gives the entries of an amendment, a version and a case.
    fn lives(&self) -> (u64, u64, u64) {
        let reasons = "the workshop of 3 March";
        self.act("editor", &json!({"do": "open-draft", "draft": "core", "title": "The core", "pack": "global-core", "reasons": reasons}));
        let propose = |text: &str| {
            let change = json!({"text": text});
            let command = json!({"do": "propose", "draft": "core", "clause": "core-04", "change": change, "why": "It is clearer."});
            self.act("expert", &command)
        };
        let decided = propose("Approvals end after a year.");
        self.act("editor", &json!({"do": "argue", "amendment": decided, "stance": "against", "words": "Too long."}));
        let statement = self.act("expert", &json!({"do": "state", "draft": "core", "words": "Approvals should end."}));
        self.act("editor", &json!({"do": "answer", "statement": statement, "answer": "agree"}));
        self.act("editor", &json!({"do": "begin-consolidation", "draft": "core", "reasons": reasons}));
        self.act(
            "editor",
            &json!({"do": "decide-amendment", "amendment": decided, "outcome": "accepted", "reasons": reasons}),
        );
        self.act("editor", &json!({"do": "consolidate", "draft": "core", "version": "9.0.0", "reasons": reasons}));
        let version = self.act("secretariat", &json!({"do": "release", "draft": "core", "reasons": reasons}));
        let amendment = propose("Approvals end after half a year.");
        let workshop = json!({"do": "announce-workshop", "draft": "core", "title": "Approvals", "place": "Online",
            "begins": "2026-12-01T08:00:00Z", "ends": "2026-12-01T09:00:00Z"});
        let workshop = self.act("editor", &workshop);
        self.act("editor", &json!({"do": "file-minutes", "workshop": workshop, "minutes": "We talked."}));
        self.act("secretariat", &json!({"do": "publish-moderation-policy", "text": "Be kind.", "reasons": reasons}));
        let case = json!({"do": "file-case", "case": {"title": "Counting phones", "problem": "Nobody knew who counted.", "standard": "global-core",
            "version": "9.0.0", "outcome": "running", "what": "Two streams would stop.", "contact": "The privacy office", "entries": [4],
            "milestones": [{"by": "2026-12-01T00:00:00Z", "what": "Hear the departments"}], "indicators": [{"figure": "streams-stopped", "most": 0}]}});
        let case = self.act("editor", &case);
        self.act(
            "editor",
            &json!({"do": "continue-case", "case": case, "outcome": "adopted", "words": "It is in force."}),
        );
        (amendment, version, case)
    }

    /// Names a log of the city, of which nothing is kept here.
    pub(super) fn names_a_log(&self) {
        let key = tool::json(&["verify", &self.dir])["key"].as_str().unwrap().to_owned();
        let log = json!({"address": "https://brookhaven.example", "key": key});
        self.act("secretariat", &json!({"do": "name-log", "member": "brookhaven", "log": log, "reasons": "it asked"}));
    }

    pub(super) fn token(&self, person: &str) -> String {
        tool::json(&["hub", "token", &self.dir, "--person", person, "--reasons", "the assembly"])["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(super) fn serve(&self) -> (Running, String) {
        let mut command = ordinance();
        command.args(["hub", "serve", &self.dir, "--listen", "127.0.0.1:0", "--look-every", "never", "--json"]);
        let running = Running::start(&mut command);
        assert!(running.says(|said| serde_json::from_slice::<Value>(said).is_ok()), "{}", running.stderr.text());
        let document: Value = serde_json::from_slice(&running.stdout.bytes()).unwrap();
        (running, document["address"].as_str().unwrap().trim_end_matches('/').to_owned())
    }
}

#[test]
fn every_page_of_a_hub_is_accessible_in_a_real_browser_with_a_keyboard_on_a_phone_and_without_scripts() {
    let Some(walker) = Walker::found() else {
        skipped(
            "pages of a hub in a real browser: Chromium or its checkers are not installed; ./test installs them where they can be had",
        );
        return;
    };
    let city = City::new();
    let node = Node::start(&city);
    let alliance = Alliance::mirroring(&city, &node);
    let (amendment, version, case) = alliance.lives();
    let clause = alliance.tries(&node);
    alliance.forked();
    let editor = alliance.token("editor");
    let (running, address) = alliance.serve();
    let named = |text: &str| {
        let text = text.replace("AMENDMENT", &amendment.to_string()).replace("VERSION", &version.to_string());
        text.replace("CASE", &case.to_string()).replace("CLAUSE", &clause.to_string())
    };
    let site = |token: Option<&str>, pages, answers: &[Value]| {
        let mut pages = spots(pages);
        pages.as_array_mut().unwrap().extend_from_slice(answers);
        let pages: Value = serde_json::from_str(&named(&pages.to_string())).unwrap();
        json!({ "address": address, "token": token, "landing": "**/people/*", "pages": pages })
    };
    let [editors, strangers] = answers();
    let secretariat = Some(alliance.secretariat.as_str());
    let sites =
        [site(None, PUBLIC, &strangers), site(Some(&editor), EDITOR, &editors), site(secretariat, SECRETARIAT, &[])];
    let walked = walker.walk(json!({ "sites": sites, "html": html_rules(), "control": CONTROL }));
    assert!(walked["control"]["axe"].to_string().contains("color-contrast"), "the control finds what it should");
    let pages = walked["pages"].as_array().unwrap();
    let answers = editors.len() + strangers.len();
    assert_eq!(pages.len(), PUBLIC.len() + EDITOR.len() + SECRETARIAT.len() + answers);
    let faults: Vec<String> = pages.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let mut unopened = unopened(pages);
    // Acts and packs are documents, not pages; what answers to a form is where that was sent, and leads to its own parts.
    unopened.retain(|first| !["/log", "/documents", "/acts"].contains(&first.as_str()));
    assert!(unopened.is_empty(), "pages that are linked and in no list of this test: {unopened:?}");
    drop(running);
}
