//! Each refusal: a clear error, nothing lost, nothing opened.

use crate::tool::{City, Node, json, now, run};

fn line(extra: &str) -> String {
    format!("{{\"time\":\"{}\",\"no2\":12.5{extra}}}", now())
}

/// How many air records a node has.
fn records(node: &Node) -> usize {
    let (status, answer) = node.try_get("/api/v1/released?stream=air&purpose=air-quality").unwrap();
    assert_eq!(status, 200, "{answer}");
    answer["rows"].as_array().unwrap().len()
}

#[test]
fn what_may_not_come_in_is_refused_in_words_and_nothing_of_it_stays() {
    let city = City::new();
    let node = Node::start(&city);
    assert_eq!(node.lines(&city.air, &line("")).0, 200);
    assert_eq!(records(&node), 1);
    let large = "x".repeat(5 << 20);
    let future = "{\"time\":\"2029-01-01T00:00:00Z\",\"no2\":1}".to_owned();
    let past = "{\"time\":\"2025-01-01T00:00:00Z\",\"no2\":1}".to_owned();
    let good_and_bad = format!("{}\n{}", line(""), line(",\"face\":\"x\""));
    let cases: [(&str, &str, u16, &str); 9] = [
        ("ordinance_none", &line(""), 401, "token"),
        (&city.air, &line(",\"plate\":\"4B7 1234\""), 422, "declared are: `no2`"),
        (&city.air, &good_and_bad, 422, "observation 2"),
        (&city.air, "{\"time\":", 422, "observation 1"),
        (&city.air, &line(",\"run\":\"many\""), 422, "`run`"),
        (&city.air, &future, 422, "ahead of the city's clock"),
        (&city.air, &past, 422, "before the deployment began"),
        (&city.air, &large, 413, ""),
        (&city.air, &line(",\"device\":\"sniffer-1\""), 422, "another device"),
    ];
    for (token, body, status, words) in cases {
        let (got, answer) = node.lines(token, body);
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert_eq!(got, status, "{answer}");
        assert!(detail.contains(words), "{detail}");
        assert!(!detail.contains("4B7 1234"), "no value in an error");
    }
    let (status, answer) = node.post("/api/v1/observations", "application/x-ndjson", None, line("").as_bytes());
    assert_eq!(status, 401, "{answer}");
    assert_eq!(records(&node), 1, "nothing of what was refused stays");
}

#[test]
fn entities_come_in_normalized_and_concise() {
    let city = City::new();
    let node = Node::start(&city);
    let upsert = |body: &str| {
        node.post("/ngsi-ld/v1/entityOperations/upsert", "application/ld+json", Some(&city.air), body.as_bytes())
    };
    let now = now();
    let normalized = format!(
        r#"[{{"id":"urn:ngsi-ld:Air:1","type":"AirQualityObserved","@context":"https://example.org/c.jsonld",
        "no2":{{"type":"Property","value":10,"unitCode":"GQ","observedAt":"{now}"}},"run":{{"type":"Property","value":1,"observedAt":"{now}"}}}}]"#
    );
    let concise = format!(
        r#"[{{"id":"urn:ngsi-ld:Air:2","type":"AirQualityObserved","dateObserved":"{now}","no2":11.5,"run":{{"value":2}}}}]"#
    );
    assert_eq!(upsert(&normalized).0, 201);
    assert_eq!(upsert(&concise).0, 201);
    let (status, answer) = upsert(&concise.replace("\"run\"", "\"owner\""));
    assert_eq!(status, 422, "{answer}");
    let (status, _) = upsert(&concise.replace("urn:ngsi-ld:Air:2", "two"));
    assert_eq!(status, 422);
    assert_eq!(records(&node), 2);
}

#[test]
fn a_refused_question_exits_with_three_and_the_norms_words() {
    let city = City::new();
    let unknown = run(&["query", &city.arg(), "--as", "advertiser", "--purpose", "advertising", "--stream", "wife"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", String::from_utf8_lossy(&unknown.stderr));
    let refused = run(&["query", &city.arg(), "--as", "advertiser", "--purpose", "advertising", "--stream", "wifi"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && words.contains("never given for: advertising"), "{words}");
    let refused = run(&["query", &city.arg(), "--as", "advertiser", "--purpose", "advertising", "--stream", "air"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{words}");
    assert!(words.contains("agreement in force") && words.contains("requirement core-32"), "{words}");
    let allowed = json(&["query", &city.arg(), "--as", "advertiser", "--purpose", "air-quality", "--stream", "air"]);
    assert_eq!(allowed["record"]["grant"], "air-open", "an open view is everybody's");
}

#[test]
fn a_deleted_key_stops_what_needs_it_and_says_so() {
    let city = City::new();
    let probe = || format!("{{\"time\":\"{}\",\"mac\":\"88:78:73:8d:98:75\"}}", now());
    {
        let node = Node::start(&city);
        assert_eq!(node.lines(&city.wifi, &probe()).0, 200);
    }
    for entry in std::fs::read_dir(city.dir().join("keys/epochs")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    {
        let node = Node::start(&city);
        let (status, answer) = node.lines(&city.wifi, &probe());
        assert_eq!(status, 503, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("key file"), "{answer}");
        assert_eq!(node.lines(&city.air, &line("")).0, 200, "other streams go on");
    }
    let key = city.dir().join("keys/log.key");
    let saved = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let Err(error) = Node::try_start(&city) else { panic!("a city without its key opened") };
    assert!(error.contains("signing key") && error.contains("missing"), "{error}");
    std::fs::write(&key, saved).unwrap();
    Node::start(&city);
}

#[test]
fn a_deleted_key_of_an_order_stops_its_search_and_nothing_else() {
    let city = City::new();
    let plate = || format!("{{\"time\":\"{}\",\"plate\":\"4QX 4017\"}}", now());
    let hits = |node: &Node| {
        let asked = "/api/v1/released?stream=plates&purpose=crime-investigation";
        node.try_get_as(Some(&city.police), asked).unwrap().1["rows"].as_array().unwrap().len()
    };
    {
        let node = Node::start(&city);
        assert_eq!(node.lines(&city.plates, &plate()).0, 200);
        assert_eq!(hits(&node), 1, "the plate is on the order's list");
    }
    let key = city.dir().join("keys/orders/order-1.key");
    let saved = std::fs::read(&key).unwrap();
    for damaged in [None, Some(&saved[..31]), Some(&[7; 33][..])] {
        match damaged {
            None => std::fs::remove_file(&key).unwrap(),
            Some(bytes) => std::fs::write(&key, bytes).unwrap(),
        }
        let node = Node::start(&city);
        let (status, answer) = node.lines(&city.plates, &plate());
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert!((400..600).contains(&status) && detail.contains("key file of order `order-1`"), "{status} {answer}");
        assert!(!detail.contains("4QX 4017"), "no value in an error");
        assert_eq!(hits(&node), 1, "nothing was compared, so nothing was kept");
        assert_eq!(node.lines(&city.air, &line("")).0, 200, "other streams go on");
        drop(node);
        std::fs::remove_file(&key).ok();
    }
    std::fs::write(&key, saved).unwrap();
    let node = Node::start(&city);
    assert_eq!(node.lines(&city.plates, &plate()).0, 200, "with its key back the search goes on");
    assert_eq!(hits(&node), 2);
}

#[test]
fn one_process_at_a_time_and_tokens_are_replaced() {
    let city = City::new();
    let node = Node::start(&city);
    let busy = run(&["query", &city.arg(), "--as", "public", "--purpose", "air-quality", "--stream", "air"]);
    assert!(String::from_utf8_lossy(&busy.stderr).contains("in use by another process"));
    drop(node);
    let fresh =
        json(&["token", &city.arg(), "--device", "air-1", "--by", "city"])["token"].as_str().unwrap().to_owned();
    json(&["token", &city.arg(), "--device", "sniffer-1", "--by", "city", "--revoke"]);
    let node = Node::start(&city);
    assert_eq!(node.lines(&city.air, &line("")).0, 401, "the old token is dead");
    assert_eq!(node.lines(&fresh, &line("")).0, 200);
    assert_eq!(node.lines(&city.wifi, "{}").0, 401, "a revoked device is out");
}
