//! `ordinance hub init`: begin a hub.

use std::sync::Arc;

use hub::command::Command;
use hub::member::{ListedMember, MemberKind};
use hub::{Founding, Hub};
use serde::Serialize;

use crate::args::hub::Init;
use crate::commands::fresh_token;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

#[derive(Serialize)]
struct Begun {
    folder: String,
    origin: String,
    key: String,
    person: String,
    token: String,
}

pub(super) fn run(args: &Init, output: &Output) -> anyhow::Result<()> {
    let (id, kind, name) = (args.member.clone(), MemberKind::FoundingPartner, Some(args.name.clone()));
    let secretariat = ListedMember { id, kind, name, country: None };
    let (name, origin, person) = (args.name.clone(), args.origin.clone(), args.person.clone());
    let founding = Founding { name, origin, secretariat, person };
    let hub = Hub::create(&args.dir, founding, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let token = fresh_token(&SystemEntropy)?;
    let credential = flow::city::credential(&token);
    let reasons = "the first token of the first person, made as the hub was begun".parse()?;
    hub.submit(&args.person, &Command::IssueCredential { person: args.person.clone(), credential, reasons })?;
    hub.publish()?;
    let key = hub.state().founded.as_ref().map(|founded| founded.log_key.clone()).unwrap_or_default();
    let folder = args.dir.display().to_string();
    let begun = Begun { folder, origin: args.origin.clone(), key, person: args.person.to_string(), token };
    let words = format!(
        "{} begins in `{}`.\n\nThe log's public key (publish it where cities can find it; they adopt what it signs):\n  {}\n\nThe token of \
         `{}`, shown once:\n  {}\n\nKeep a copy of `{}/keys/log.key` somewhere safe: without it nothing more can be signed.\nNext: \
         `ordinance hub members import {} members.csv --reasons …`, then `ordinance hub serve {}`.",
        args.name, begun.folder, begun.key, begun.person, begun.token, begun.folder, begun.folder, begun.folder
    );
    output.result(&begun, &words)
}
