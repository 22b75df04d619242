//! A small city for the tests of the pipeline: phones, plates and air, with a clock that is set.

use std::sync::Arc;

use model::entropy::{Entropy, NoEntropy};
use model::policy::PolicyText;
use model::{Bound, MinimumUnits, Noise, Order, Party, PartyKind, Span, Timestamp};
use register::{Adopting, Command, Founding, Submission};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};

use crate::city::credential;
use crate::{Asked, City, Created};

pub(super) const SOUGHT: &str = "4B7 1234";

/// What the city's parties ask for, in order: who, and the command.
const DECLARED: &str = include_str!("world.json");

/// Bytes that follow from a seed, and coins, which are fetched by the kibibyte, from a sequence of their own: two cities that differ in how
/// many observations came have the same keys and salts, as if these had been drawn anew.
pub(super) struct Seeded {
    keys: SeededBytes,
    coins: SeededBytes,
}

impl Seeded {
    pub(super) const fn new(seed: u64) -> Self {
        Self { keys: SeededBytes::new(seed), coins: SeededBytes::new(!seed) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        if buffer.len() < 1_024 { self.keys.fill(buffer) } else { self.coins.fill(buffer) }
    }
}

pub(super) struct World {
    pub(super) city: City,
    pub(super) clock: Arc<FakeClock>,
    pub(super) folder: TempDir,
}

impl World {
    /// A declared city at noon of its first day; each device's token is its id.
    pub(super) fn new() -> Self {
        Self::altered(|_| {})
    }

    /// The same city, whose phones are counted with noise: a budget for a day, and what a quarter of an hour costs of it.
    pub(super) fn noisy(budget: &str, rho: &str) -> Self {
        Self::altered(|command| match command {
            Command::Propose(deployment) => {
                let wifi = deployment.streams.iter_mut().filter(|stream| stream.id.as_str() == "wifi");
                wifi.for_each(|stream| stream.budget = Some(budget.parse().unwrap()));
            }
            Command::DeclareView(view) if view.stream.as_str() == "wifi" => {
                view.noise = Noise::Gaussian { rho: rho.parse().unwrap() };
                (view.bound, view.minimum) = (Bound(Some(1)), MinimumUnits(10));
            }
            _ => {}
        })
    }

    /// The same city, but for what of its declaration is altered.
    pub(super) fn altered(alter: impl Fn(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at("2026-06-01T12:00:00Z".parse().unwrap()));
        let policies = PolicyText {
            layers: vec![testkit::core()],
            permits: norms::city_permits_default().to_owned(),
            permits_owner: "city".parse().unwrap(),
        };
        let founding = Founding {
            name: "Test City".to_owned(),
            founder: Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment },
            adopting: Adopting::unreleased(policies, "for tests".to_owned()),
            reason: None,
        };
        let created = Created { founding, origin: "test.example/log".to_owned() };
        let city = City::create(folder.path(), created, Arc::clone(&clock) as _, Arc::new(Seeded::new(1))).unwrap();
        let world = Self { city, clock, folder };
        let declared: Vec<(String, Command)> = serde_json::from_str(DECLARED).unwrap();
        for (by, mut command) in declared {
            alter(&mut command);
            if matches!(&command, Command::AgreeGrant(grant) if grant.order.is_some()) {
                world.issue_order();
            }
            world.submit(&by, Some("As it goes."), command);
        }
        for (device, by) in [("s1", "city"), ("s2", "city"), ("c1", "police"), ("a1", "city")] {
            let command =
                Command::SetDeviceCredential { device: device.parse().unwrap(), credential: Some(credential(device)) };
            world.submit(by, None, command);
        }
        world
    }

    fn issue_order(&self) {
        let order = Order {
            id: "order-1".parse().unwrap(),
            party: "police".parse().unwrap(),
            authority: "Judge".to_owned(),
            deployment: "search".parse().unwrap(),
            until: self.now() + Span::days(20),
            entries: 2,
        };
        let values = ["1AA 0001".to_owned(), SOUGHT.to_owned()];
        self.city.issue_order(&"police".parse().unwrap(), order, &values).unwrap();
    }

    /// Declares another deployment like that of the phones: it is called `quiet`, has one stream, and the devices `q1` and
    /// `q2`, whose tokens are their ids.
    pub(super) fn declare_quiet(&self, stream: &serde_json::Value) {
        let declared: Vec<(String, serde_json::Value)> = serde_json::from_str(DECLARED).unwrap();
        for (by, mut command) in declared {
            let with = &mut command["with"];
            let device = with["position"].is_array();
            let ours = [&with["id"], &with["deployment"]].into_iter().any(|id| id == "congestion");
            if with["streams"].is_array() && ours {
                with["streams"] = serde_json::json!([stream]);
            }
            if device && ours {
                with["stream"] = stream["id"].clone();
            }
            let text = command.to_string().replace("congestion\"", "quiet\"");
            let text = text.replace("\"s1\"", "\"q1\"").replace("\"s2\"", "\"q2\"");
            if ours {
                self.submit(&by, Some("As it goes."), serde_json::from_str(&text).unwrap());
            }
        }
        for device in ["q1", "q2"] {
            let command =
                Command::SetDeviceCredential { device: device.parse().unwrap(), credential: Some(credential(device)) };
            self.submit("city", None, command);
        }
    }

    /// What a stream's observations became, as they are stored.
    pub(super) fn stored(&self, stream: &str) -> Vec<privacy::Columns> {
        let always = model::Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
        self.city.lake().scan(&stream.parse().unwrap(), always).unwrap()
    }

    pub(super) fn submit(&self, by: &str, reason: Option<&str>, command: Command) {
        let submission = Submission { by: by.parse().unwrap(), reason: reason.map(str::to_owned), command };
        self.city.register().submit(submission).unwrap();
    }

    pub(super) fn now(&self) -> Timestamp {
        self.city.register().now()
    }

    /// Closes the city and opens it again.
    pub(super) fn reopened(self) -> Self {
        let Self { city, clock, folder } = self;
        drop(city);
        let city = City::open(folder.path(), Arc::clone(&clock) as _, Arc::new(Seeded::new(2))).unwrap();
        Self { city, clock, folder }
    }

    /// A probe of each of so many phones at a receiver, now.
    pub(super) fn probes(
        &self,
        device: &str,
        phones: std::ops::Range<u32>,
    ) -> Result<crate::Ingested, crate::IngestError> {
        self.probes_at(device, phones, self.now())
    }

    pub(super) fn probes_at(
        &self,
        device: &str,
        phones: std::ops::Range<u32>,
        at: Timestamp,
    ) -> Result<crate::Ingested, crate::IngestError> {
        let line = |phone: u32| {
            format!("{{\"time\":\"{at}\",\"mac\":\"a4:11:3c:00:{:02x}:{:02x}\"}}\n", phone >> 8, phone & 0xff)
        };
        self.city.ingest_lines(device, phones.map(line).collect::<String>().as_bytes())
    }

    pub(super) fn asked(recipient: &str, purpose: &str, stream: &str) -> Asked {
        Asked {
            recipient: recipient.parse().unwrap(),
            purpose: purpose.parse().unwrap(),
            stream: stream.parse().unwrap(),
            view: None,
            from: None,
            to: None,
            authorised_by: None,
        }
    }

    /// The counts that the city has of its phones: (start of the window, receiver, value).
    pub(super) fn counts(&self) -> Vec<(Timestamp, String, i64)> {
        let disclosed = self.city.disclose(&Self::asked("city", "traffic-management", "wifi")).unwrap();
        let row = |row: &crate::Row| match row {
            crate::Row::Released { from, cell: crate::Cell::Sensor(sensor), value, .. } => {
                (*from, sensor.to_string(), *value)
            }
            other => panic!("{other:?}"),
        };
        disclosed.get().rows.iter().map(row).collect()
    }
}
