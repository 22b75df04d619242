//! `ordinance watch`: what is released, as it is released, from a city's node.
//!
//! A connection that breaks is taken up again where it left off, so that nothing is missed and nothing shown twice.

use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use anyhow::{Context, bail};
use flow::Answer;
use serde_json::Value;

use super::query::{in_words, token_of};
use crate::args::Watch;
use crate::client::{Client, is_address};
use crate::declared::read_token;
use crate::output::{Output, Refused};

/// How long to wait before coming back.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest line of an event, in bytes.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// Statuses from here on may pass.
const MAY_PASS: u64 = 500;

/// One event, as it came.
#[derive(Debug, Default, PartialEq)]
struct Event {
    name: String,
    id: Option<String>,
    data: String,
}

/// How a connection ended.
enum Ended {
    /// As many events as were wanted.
    Enough,
    /// It broke, or the node stops: there may be more.
    Broke(String),
}

pub(crate) fn run(args: &Watch, output: &Output) -> anyhow::Result<()> {
    if !is_address(&args.city) {
        bail!("only a node can be watched: give its address, as http://127.0.0.1:8080");
    }
    let mut watcher = Watcher { args, output, last: args.after.map(|after| after.to_string()), shown: 0, met: false };
    loop {
        match watcher.connect()? {
            Ended::Enough => return Ok(()),
            Ended::Broke(why) => {
                output.note(&format!("{why}; coming back"));
                std::thread::park_timeout(PAUSE);
            }
        }
    }
}

struct Watcher<'a> {
    args: &'a Watch,
    output: &'a Output,
    /// The id of the last event that was shown.
    last: Option<String>,
    shown: u64,
    /// A node answered once; from then on one that does not will come back.
    met: bool,
}

impl Watcher<'_> {
    fn connect(&mut self) -> anyhow::Result<Ended> {
        let args = self.args;
        let token = token_of(&args.wanted.party, args.token.as_deref())?;
        let authorising = args.authorising_token.as_deref().map(read_token).transpose()?;
        let mut query = vec![("stream", args.wanted.stream.to_string()), ("purpose", args.wanted.purpose.to_string())];
        query.extend(args.wanted.view.as_ref().map(|view| ("view", view.to_string())));
        let tokens = [("authorization", token.as_deref()), ("ordinance-authorised-by", authorising.as_deref())];
        let body = match Client::new(&args.city).live(&query, tokens, self.last.as_deref()) {
            Ok(body) => body,
            Err(error) if self.met && error.is::<ureq::Error>() => return Ok(Ended::Broke(format!("{error:#}"))),
            Err(error) => return Err(error),
        };
        self.met = true;
        let mut body = BufReader::new(body);
        loop {
            let event = match read_event(&mut body) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(Ended::Broke("the node ended the connection".to_owned())),
                Err(error) => return Ok(Ended::Broke(format!("the connection broke ({error})"))),
            };
            if let Some(ended) = self.take(event)? {
                return Ok(ended);
            }
        }
    }

    /// Shows an event.
    fn take(&mut self, event: Event) -> anyhow::Result<Option<Ended>> {
        let data: Value = serde_json::from_str(&event.data).context("an event of the node cannot be read")?;
        match event.name.as_str() {
            "watching" => {
                let recipient = data.get("recipient").and_then(Value::as_str).unwrap_or_default();
                if recipient != self.args.wanted.party.as_str() {
                    bail!("the token is of `{recipient}`, not of `{}`; nothing is shown", self.args.wanted.party);
                }
                self.output.say(&format!("Watching `{}` as `{recipient}`. Stop with Ctrl-C.", self.args.wanted.stream));
            }
            "released" => {
                let words = serde_json::from_str::<Answer>(&event.data).map(|answer| in_words(&answer));
                self.output.one_of_many(&data, &words.context("an event of the node cannot be read")?)?;
                self.shown += 1;
            }
            "passed" => {
                let end = |name| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let missed =
                    format!("nothing is shown from {} to {}: the view does not reach it", end("start"), end("end"));
                self.output.note(&missed);
            }
            "closed" => return closed(&data).map(Some),
            // Of a newer node.
            _ => {}
        }
        if event.id.is_some() {
            self.last = event.id;
        }
        let enough = self.args.events.is_some_and(|wanted| self.shown >= wanted);
        Ok(enough.then_some(Ended::Enough))
    }
}

/// Why the node sends no more.
fn closed(problem: &Value) -> anyhow::Result<Ended> {
    let words =
        ["detail", "title"].iter().find_map(|key| problem.get(key)?.as_str()).unwrap_or("no more comes").to_owned();
    if problem.get("status").and_then(Value::as_u64).is_some_and(|status| status >= MAY_PASS) {
        return Ok(Ended::Broke(words));
    }
    if problem.get("grounds").is_some() {
        return Err(Refused { message: words, details: problem.clone() }.into());
    }
    bail!("{words}")
}

/// Reads one event of a stream (WHATWG, server-sent events); none at its end. Signs of life are passed over.
fn read_event(stream: &mut impl BufRead) -> io::Result<Option<Event>> {
    let (mut event, mut any) = (Event::default(), false);
    loop {
        let mut line = String::new();
        if stream.by_ref().take(LINE_BYTES_MAX).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some(line) = line.strip_suffix('\n') else { return Err(io::Error::other("an event was cut off")) };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            if any {
                return Ok(Some(event));
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.name),
            "id" => event.id = Some(value.to_owned()),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            _ => continue,
        }
        any = true;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    /// A node that says what it is told to, over one connection each, and gives what it was asked with.
    fn scripted(connections: Vec<String>) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let node = thread::spawn(move || {
            let mut heads = Vec::new();
            for events in connections {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = String::new();
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                while !head.ends_with("\r\n\r\n") {
                    lines.read_line(&mut head).unwrap();
                }
                heads.push(head);
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                stream.write_all(format!("{answer}{events}").as_bytes()).unwrap();
            }
            heads
        });
        (address, node)
    }

    fn released(id: &str) -> String {
        let record = r#"{"seq":0,"at":"2026-11-24T08:00:00Z","recipient":"public","purpose":"air-quality","grant":"g","stream":"air",
            "view":"v","version":1,"window":{"start":"2026-11-24T08:00:00Z","end":"2026-11-24T08:15:00Z"},"rows":0,"withheld":0,
            "content":"D","because":[],"under":"D","salt":"D"}"#;
        let record = record.replace('\n', "").replace("\"D\"", &format!("\"{}\"", "11".repeat(32)));
        format!(
            "event: released\nid: {id}\ndata: {{\"rows\":[],\"withheld\":0,\"minimum\":0,\"noise\":\"none\",\"view_title\":\"A view\",\
             \"exposure\":{{\"as\":\"records\",\"fields\":[]}},\"record\":{record},\"receipt\":\"\"}}\n\n"
        )
    }

    fn watching(recipient: &str, id: &str) -> String {
        format!("event: watching\nid: {id}\ndata: {{\"recipient\":\"{recipient}\"}}\n\n")
    }

    fn watched(address: &str, events: &str) -> anyhow::Result<()> {
        let asks = ["--as", "public", "--purpose", "air-quality", "--stream", "air", "--events", events, "--json"];
        let args = Args::try_parse_from(["ordinance", "watch", address].into_iter().chain(asks)).unwrap();
        let Command::Watch(watch) = args.command else { panic!("another command") };
        run(&watch, &Output::new(true))
    }

    #[test]
    fn a_connection_that_broke_is_taken_up_again_after_the_last_whole_event() {
        let first = watching("public", "0") + &released("1") + "event: released\nid: 2\ndata: {\"half\":";
        let second = watching("public", "1") + &released("2") + ": alive\n\n" + &released("3");
        let (address, node) = scripted(vec![first, second]);
        watched(&address, "3").unwrap();
        let heads = node.join().unwrap();
        assert!(!heads[0].contains("last-event-id") && heads[1].contains("last-event-id: 1\r\n"), "{heads:?}");
    }

    #[test]
    fn what_is_for_somebody_else_is_not_shown() {
        let (address, node) = scripted(vec![watching("mobility", "0") + &released("1")]);
        let error = watched(&address, "1").unwrap_err().to_string();
        assert!(error.contains("`mobility`") && error.contains("nothing is shown"), "{error}");
        node.join().unwrap();
    }

    #[test]
    fn events_are_read_as_they_were_sent() {
        let sent = "retry: 2000\nevent: watching\nid: a\ndata: {\"x\":1}\n\n: alive\n\nevent: released\r\nid: b\r\ndata: {\r\n\
                    data: }\r\n\r\nevent: cut";
        let mut stream = sent.as_bytes();
        let first = read_event(&mut stream).unwrap().unwrap();
        assert_eq!(
            (first.name.as_str(), first.id.as_deref(), first.data.as_str()),
            ("watching", Some("a"), "{\"x\":1}")
        );
        let second = read_event(&mut stream).unwrap().unwrap();
        assert_eq!((second.name.as_str(), second.id.as_deref(), second.data.as_str()), ("released", Some("b"), "{\n}"));
        assert!(read_event(&mut stream).is_err(), "half an event is none");
        assert_eq!(read_event(&mut "".as_bytes()).unwrap(), None);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_a_refusal_keeps_its_grounds() {
        let problem = |status: u64| serde_json::json!({ "status": status, "detail": "why" });
        assert!(matches!(closed(&problem(503)), Ok(Ended::Broke(why)) if why == "why"));
        let mut refused = problem(403);
        refused["grounds"] = serde_json::json!([]);
        assert!(closed(&refused).err().unwrap().is::<Refused>());
        assert!(!closed(&problem(401)).err().unwrap().is::<Refused>());
    }
}
