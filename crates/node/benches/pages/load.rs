//! Requests at a steady rate, and how long each took from the moment at which it was due.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How many ask at once.
const CONNECTIONS: u32 = 16;

/// What is asked of a server.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// Requests a second, over all connections.
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
}

/// What the answers took: of each the first part of its address, milliseconds and bytes.
pub(crate) struct Taken(Vec<(String, f64, usize)>);

impl Load {
    /// Asks for the address of each number.
    pub(crate) fn run(self, path: impl Fn(u32) -> String + Sync) -> Taken {
        let (all, began) = (self.rate * self.seconds, Instant::now() + Duration::from_millis(100));
        let one = |connection: u32| {
            let mut client = Client::to(self.address);
            let numbers = (connection..all).step_by(CONNECTIONS as usize);
            let ask = |number: u32| {
                let due = began + Duration::from_secs(1) * number / self.rate;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let path = path(number);
                let bytes = client.get(&path);
                (kind(&path), due.elapsed().as_secs_f64() * 1e3, bytes)
            };
            numbers.map(ask).collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let asking: Vec<_> = (0..CONNECTIONS).map(|at| scope.spawn(move || one(at))).collect();
            Taken(asking.into_iter().flat_map(|one| one.join().unwrap()).collect())
        })
    }
}

/// The first part of an address, and what follows a deployment's name.
fn kind(path: &str) -> String {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let mut parts = path
        .split('/')
        .map(|part| if part.ends_with(|last: char| last.is_ascii_digit()) && part.contains('-') { "…" } else { part });
    format!("/{}", parts.by_ref().skip(1).collect::<Vec<_>>().join("/"))
}

impl Taken {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds that so large a share of the answers took at most.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a position in a short list"
    )]
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut took: Vec<f64> = self.0.iter().map(|(_, took, _)| *took).collect();
        took.sort_by(f64::total_cmp);
        took[(((took.len() - 1) as f64) * share).round() as usize]
    }

    #[expect(clippy::cast_precision_loss, reason = "fewer bytes than 2^52")]
    pub(crate) fn kilobytes(&self) -> f64 {
        let bytes: usize = self.0.iter().map(|(_, _, bytes)| bytes).sum();
        bytes as f64 / self.0.len() as f64 / 1e3
    }

    pub(crate) fn by_kind(&self) -> BTreeMap<String, Taken> {
        let mut kinds: BTreeMap<String, Taken> = BTreeMap::new();
        for one in &self.0 {
            kinds.entry(one.0.clone()).or_insert_with(|| Taken(Vec::new())).0.push(one.clone());
        }
        kinds
    }
}

/// A connection that stays open.
struct Client {
    reader: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { reader: BufReader::new(stream), address }
    }

    /// The size of an answer, which must be 200.
    fn get(&mut self, path: &str) -> usize {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html,*/*\r\n\r\n", self.address);
        self.reader.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut length, mut line) = (0, String::new());
        self.reader.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200"), "{path}: {line}");
        loop {
            line.clear();
            self.reader.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).unwrap();
        length
    }
}
