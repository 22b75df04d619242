//! A small city for the tests of norms: one Wi-Fi counter, or one plate reader, and everybody around it.

use std::sync::{Arc, OnceLock};

use model::deployment::Approval;
use model::policy::PolicyText;
use model::{
    Assessment, Deployment, DeploymentRecord, Digest, Exposure, Grant, GrantRecord, Order, Outcome, Party, PartyId,
    PartyKind, PropertyName, Span, Standing, State, Stream, Timestamp, View,
};

use crate::{
    ActQuestion, ActSubject, Bundle, CollectFast, CollectQuestion, Decision, DiscloseFast, DiscloseQuestion, Verb,
};

const WIFI: &str = r#"{"id":"wifi-centre","time":{"do":"bin","bin":"1m"},"retention":"24h","properties":{
    "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
    "rssi":{"category":"signal-strength","value":"integer","treatment":{"do":"keep"}}}}"#;
const PLATES: &str = r#"{"id":"plates","time":{"do":"keep"},"retention":"30d","properties":{
    "plate":{"category":"number-plate","value":"text","treatment":{"do":"match","order":"order-17"}}}}"#;
const COUNTS: &str = r#"{"id":"counts","version":1,"stream":"wifi-centre","title":"t","exposure":{"as":"windows","bin":"15m",
    "space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}},"identifiers":"none","minimum":10,"bound":null,
    "noise":"none","delay":"0s","depth":"400d"}"#;
const HITS: &str = r#"{"id":"hits","version":1,"stream":"plates","title":"t","exposure":{"as":"records","fields":["plate"]},
    "identifiers":"raw","minimum":0,"bound":null,"noise":"none","delay":"0s","depth":"30d"}"#;

pub(super) struct World {
    pub(super) bundle: Arc<Bundle>,
    pub(super) now: Timestamp,
    pub(super) founder: PartyId,
    pub(super) accountable: Party,
    pub(super) record: DeploymentRecord,
    pub(super) view: View,
    pub(super) grant: GrantRecord,
    pub(super) order: Option<Order>,
    pub(super) around: crate::Circumstances,
}

impl World {
    pub(super) fn policies() -> PolicyText {
        PolicyText {
            layers: vec![testkit::core()],
            permits: crate::city_permits_default().to_owned(),
            permits_owner: "city".parse().unwrap(),
        }
    }

    /// The built-in policies, assembled once.
    fn built_in() -> Arc<Bundle> {
        static BUNDLE: OnceLock<Arc<Bundle>> = OnceLock::new();
        Arc::clone(BUNDLE.get_or_init(|| Arc::new(Bundle::assemble(&Self::policies()).unwrap())))
    }

    /// A Wi-Fi counter of the mobility department, active.
    pub(super) fn new() -> Self {
        Self::of("mobility", WIFI, COUNTS, "traffic-management", "public-task")
    }

    /// A plate reader of the police under an order, active.
    pub(super) fn plates() -> Self {
        let mut world = Self::of("police", PLATES, HITS, "crime-investigation", "law-enforcement");
        world.grant.grant.order = Some("order-17".parse().unwrap());
        world.order = Some(Order {
            id: "order-17".parse().unwrap(),
            party: "police".parse().unwrap(),
            authority: "judge".to_owned(),
            deployment: "d".parse().unwrap(),
            until: world.now + Span::days(30),
            entries: 5,
        });
        world
    }

    fn of(owner: &str, stream: &str, view: &str, purpose: &str, basis: &str) -> Self {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let stream: Stream = serde_json::from_str(stream).unwrap();
        let view: View = serde_json::from_str(view).unwrap();
        let deployment = Deployment {
            id: "d".parse().unwrap(),
            title: "t".to_owned(),
            description: "d".to_owned(),
            accountable: owner.parse().unwrap(),
            place: "p".parse().unwrap(),
            mobile: false,
            technology: "wifi-counter".parse().unwrap(),
            purposes: [purpose.parse().unwrap()].into(),
            streams: vec![stream],
            legal_basis: serde_json::from_str(&format!("\"{basis}\"")).unwrap(),
            privacy_statement: Some("https://city.example/privacy".to_owned()),
            starts: now - Span::days(1),
            ends: now + Span::days(1_825),
        };
        let assessment = Assessment {
            id: "a".parse().unwrap(),
            deployment: deployment.id.clone(),
            instrument: "i".parse().unwrap(),
            outcome: Outcome::Acceptable,
            summary: "s".to_owned(),
            signed_by: "privacy-office".parse().unwrap(),
            document: Digest::new([0; 32]),
            review_by: now + Span::days(365),
            instrument_hash: None,
            requires: std::collections::BTreeSet::new(),
            tier: None,
            sign_offs: Vec::new(),
        };
        let standing = Standing {
            state: State::Active,
            assessments: vec![assessment],
            approval: Some(Approval { by: "council".parse().unwrap(), at: now, until: now + Span::days(365) }),
            published_at: Some(now),
            active_since: Some(now),
            ..Standing::proposed(owner.parse().unwrap(), now - Span::days(2))
        };
        let grant = Grant {
            id: "g".parse().unwrap(),
            recipient: owner.parse().unwrap(),
            stream: view.stream.clone(),
            view: view.id.clone(),
            purpose: purpose.parse().unwrap(),
            until: now + Span::days(100),
            duties: [model::Duty::NoReidentification, model::Duty::HumanVerification].into(),
            order: None,
            judged: None,
        };
        Self {
            bundle: Self::built_in(),
            now,
            founder: "city".parse().unwrap(),
            accountable: Self::party_of(owner),
            record: DeploymentRecord { deployment, standing },
            view,
            grant: GrantRecord { grant, since: now - Span::days(1), ended: None },
            order: None,
            around: crate::Circumstances {
                accountable_kind: Some(Self::party_of(owner).kind),
                place_has_area: true,
                ..crate::Circumstances::default()
            },
        }
    }

    pub(super) fn party(&self, id: &str) -> Party {
        Self::party_of(id)
    }

    fn party_of(id: &str) -> Party {
        let kind = match id {
            "police" => PartyKind::LawEnforcement,
            "council" | "privacy-office" => PartyKind::Officer,
            "advertiser" => PartyKind::Company,
            "public" => PartyKind::Public,
            "emergency" => PartyKind::EmergencyService,
            _ => PartyKind::CityDepartment,
        };
        Party { id: id.parse().unwrap(), name: id.to_owned(), kind }
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.record.deployment.streams[0]
    }

    pub(super) fn act(&self, by: &str, verb: Verb, subject: ActSubject<'_>) -> Decision {
        let actor = &self.party(by);
        self.bundle.decide_act(
            &ActQuestion { actor, verb, subject, founder: Some(&self.founder), around: &self.around },
            self.now,
        )
    }

    pub(super) fn approve(&self, by: &str, until: Timestamp) -> Decision {
        self.act(by, Verb::Approve, ActSubject::Approval { record: &self.record, until })
    }

    pub(super) fn step(&self, by: &str, verb: Verb) -> Decision {
        self.act(by, verb, ActSubject::Deployment(&self.record))
    }

    pub(super) fn propose(&self, change: impl FnOnce(&mut Deployment)) -> Decision {
        let mut deployment = self.record.deployment.clone();
        change(&mut deployment);
        self.act("mobility", Verb::Propose, ActSubject::Proposal(&deployment))
    }

    pub(super) fn declare(&self, change: impl FnOnce(&mut View)) -> Decision {
        let mut view = self.view.clone();
        change(&mut view);
        let by = self.record.deployment.accountable.to_string();
        self.act(&by, Verb::DeclareView, ActSubject::View { view: &view, record: &self.record, stream: self.stream() })
    }

    pub(super) fn agree(&self, grant: &Grant) -> Decision {
        let recipient = self.party(grant.recipient.as_str());
        let by = self.record.deployment.accountable.to_string();
        let subject = ActSubject::Grant {
            grant,
            view: &self.view,
            record: &self.record,
            stream: self.stream(),
            recipient: &recipient,
            order: self.order.as_ref(),
        };
        self.act(&by, Verb::AgreeGrant, subject)
    }

    pub(super) fn collection(&self) -> CollectQuestion<'_> {
        CollectQuestion {
            record: &self.record,
            stream: self.stream(),
            order: self.order.as_ref(),
            accountable: &self.accountable,
            founder: Some(&self.founder),
            around: &self.around,
        }
    }

    pub(super) fn collect(&self, now: Timestamp) -> Decision {
        self.bundle.decide_collect(&self.collection(), &CollectFast { now })
    }

    pub(super) fn question<'a>(
        &'a self,
        recipient: &'a Party,
        purpose: &str,
        grant: Option<&'a GrantRecord>,
    ) -> DiscloseQuestion<'a> {
        DiscloseQuestion {
            recipient,
            grant,
            view: &self.view,
            record: &self.record,
            stream: self.stream(),
            order: self.order.as_ref(),
            purpose: purpose.parse().unwrap(),
            founder: Some(&self.founder),
            around: &self.around,
        }
    }

    pub(super) fn ask(
        &self,
        recipient: &str,
        purpose: &str,
        grant: Option<&GrantRecord>,
        fast: &DiscloseFast,
    ) -> Decision {
        self.bundle.decide_disclose(&self.question(&self.party(recipient), purpose, grant), fast)
    }

    pub(super) fn disclose(
        &self,
        recipient: &str,
        purpose: &str,
        grant: Option<&GrantRecord>,
        now: Timestamp,
    ) -> Decision {
        let fast = DiscloseFast { now, oldest: Span::days(1), senior_authorisation: false };
        self.ask(recipient, purpose, grant, &fast)
    }

    pub(super) fn treat(deployment: &mut Deployment, property: &str, treatment: &str) {
        let property: PropertyName = property.parse().unwrap();
        let property = deployment.streams[0].properties.get_mut(&property).unwrap();
        property.treatment = serde_json::from_str(treatment).unwrap();
    }

    pub(super) fn categorise(deployment: &mut Deployment, property: &str, category: &str) {
        let property: PropertyName = property.parse().unwrap();
        deployment.streams[0].properties.get_mut(&property).unwrap().category = category.parse().unwrap();
    }

    pub(super) fn bin(view: &mut View, width: &str) {
        let Exposure::Windows { bin, .. } = &mut view.exposure else { unreachable!() };
        *bin = serde_json::from_str(&format!("\"{width}\"")).unwrap();
    }

    pub(super) fn space(view: &mut View, grain: &str) {
        let Exposure::Windows { space, .. } = &mut view.exposure else { unreachable!() };
        *space = serde_json::from_str(grain).unwrap();
    }
}
