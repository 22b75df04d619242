//! The page that asks in SQL through the real binary: signed in, asked, refused, nothing read but released tables.

#![cfg(feature = "sql")]

use serde_json::Value;

use crate::tool::{City, Node, json, now};

/// A browser on this machine.
struct Browser<'n> {
    node: &'n Node,
    agent: ureq::Agent,
    cookie: String,
    form: String,
}

impl<'n> Browser<'n> {
    fn signed_in(node: &'n Node, token: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.build().into();
        let mut browser = Self { node, agent, cookie: String::new(), form: String::new() };
        browser.get("/sign-in");
        let (status, _) = browser.post("/sign-in", &[("token", token)]);
        assert_eq!(status, 303);
        assert_eq!(browser.get("/desk").0, 200);
        browser
    }

    fn keep(&mut self, response: &mut ureq::http::Response<ureq::Body>) -> (u16, String) {
        if let Some(set) = response.headers().get("set-cookie") {
            // On plain loopback it is not `Secure`, so that every browser keeps it.
            let set = set.to_str().unwrap();
            assert!(set.starts_with("ordinance=") && set.contains("HttpOnly; SameSite=Strict"), "{set}");
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        let text = response.body_mut().read_to_string().unwrap();
        if let Some((_, rest)) = text.split_once("name=\"form\" value=\"") {
            rest.split('"').next().unwrap().clone_into(&mut self.form);
        }
        (response.status().as_u16(), text)
    }

    fn get(&mut self, path: &str) -> (u16, String) {
        let request = self.agent.get(format!("{}{path}", self.node.address)).header("cookie", &self.cookie);
        let mut response = request.header("accept", "text/html").call().unwrap();
        self.keep(&mut response)
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let form = self.form.clone();
        let all = [("form", form.as_str())].into_iter().chain(fields.iter().copied());
        let request = self.agent.post(format!("{}{path}", self.node.address)).header("cookie", &self.cookie);
        let mut response = request.header("accept", "text/html").send_form(all).unwrap();
        self.keep(&mut response)
    }

    fn ask(&mut self, sql: &str, purpose: &str) -> (u16, String) {
        self.post("/sql", &[("question", sql), ("purpose", purpose), ("name", "")])
    }
}

#[test]
fn a_signed_in_party_asks_on_a_page_and_gets_what_it_would_get_elsewhere() {
    let city = City::new();
    let node = Node::start(&city);
    let line = |no2: f64| format!("{{\"time\":\"{}\",\"no2\":{no2},\"note\":\"<script>alert(1)</script>\"}}\n", now());
    let lines: String = [12.5, 40.0, 7.0].map(line).concat();
    assert_eq!(node.lines(&city.air, &lines).1["admitted"], 3);
    let next = || {
        let path = "/api/v1/released?stream=air&purpose=air-quality";
        node.try_get(path).unwrap().1["record"]["seq"].as_u64().unwrap() + 1
    };
    let before = next();
    let mut police = Browser::signed_in(&node, &city.police);
    let busy = "SELECT sensor, count(*) AS n, max(no2) AS most FROM air.measurements GROUP BY sensor";
    let (status, text) = police.ask(busy, "air-quality");
    assert_eq!(status, 200, "{text}");
    for part in [
        "<td>air-1</td><td class=\"number\">3</td><td class=\"number\">40.0</td>",
        "1 row.",
        "test.example/log",
        &format!("Disclosure {before}: 3 rows of"),
        "class=\"bar\"",
        "plates",
        "reference",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("wifi"), "tables of others are not listed");
    let (status, text) = police.ask("SELECT DISTINCT note FROM air.measurements", "air-quality");
    assert!(status == 200 && text.contains("&#60;script&#62;alert(1)") && !text.contains("<script>"), "{text}");
    let after = next();
    assert_eq!(after, before + 3, "two questions, and a look");
    let refusals = [
        (busy, "advertising", 403, "is-error"),
        ("SELECT * FROM wifi.counts", "traffic-management", 403, ""),
        ("SELECT nothing FROM air.measurements", "air-quality", 422, "does not fit its tables"),
        ("COPY air.measurements TO '/tmp/x'", "air-quality", 422, "nly questions are answered"),
        ("SELECT * FROM read_csv('/etc/passwd')", "air-quality", 422, "not answered here"),
        ("SELECT * FROM information_schema.tables", "air-quality", 422, "is no id"),
        ("SELECT * FROM generate_series(1, 20001)", "air-quality", 429, "more than 20000 rows"),
        (
            "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
            "air-quality",
            429,
            "longer than 10 s",
        ),
        ("SELECT length(repeat('x', 1500000000))", "air-quality", 429, "MiB of memory"),
        ("SELECT 1/0", "air-quality", 422, "could not be computed"),
    ];
    for (sql, purpose, expected, words) in refusals {
        let (status, text) = police.ask(sql, purpose);
        let words = if words == "is-error" { "role=\"alert\"" } else { words };
        assert!(status == expected && text.contains(words), "{sql} for {purpose}: {status}\n{text}");
        assert!(!text.contains("root:") && !text.contains("Disclosure "), "{sql}");
    }
    assert_eq!(next(), after + 1, "nothing of it was a disclosure");
    let own = police.get("/grants/police-hits");
    assert!(own.0 == 200 && own.1.contains("City police may have this"), "{}", own.1);
    assert_eq!(police.get("/grants/city-counts").0, 404);
    drop(police);
    let verified: Value = json(&["verify", &node.address]);
    assert!(verified["size"].as_u64().unwrap() > 0);
}
