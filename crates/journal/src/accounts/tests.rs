//! What is kept, found, changed, erased, and noted; and that nothing of it is anywhere else.

use std::fs;

use super::*;

const LOGIN: &str = "vera.nowak@city.example";
const NAME: &str = "Vera Nowak-Unverwechselbar";

fn new(login: &str) -> NewAccount {
    NewAccount {
        party: "mobility".to_owned(),
        login: login.to_owned(),
        name: NAME.to_owned(),
        roles: "approver".to_owned(),
        invite: Invite { hash: [u8::try_from(login.len()).unwrap(); 32], until: 5 },
        at: 1,
    }
}

fn deed(account: u64) -> Deed {
    Deed {
        party: "mobility".to_owned(),
        account,
        role: "approver".to_owned(),
        what: "approve".to_owned(),
        at: 7,
        entries: None,
        about: None,
    }
}

/// Whether a text stands in a file of a folder.
fn holds(folder: &Path, text: &str) -> bool {
    let mut all = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    all.any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// The deeds of a party, without their numbers.
fn trail(store: &AccountStore, party: &str, most: usize) -> Vec<Deed> {
    store.trail(party, None, most).unwrap().into_iter().map(|(_, deed)| deed).collect()
}

#[test]
fn an_account_is_found_by_what_it_is_known_by_and_changed_as_a_whole_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let mut store = AccountStore::open(&path).unwrap();
    let id = store.add(&new(LOGIN), None).unwrap();
    assert!(matches!(store.add(&new(LOGIN), None), Err(AccountsError::Taken)));
    let hash = [u8::try_from(LOGIN.len()).unwrap(); 32];
    let account = store.by_invite(&hash).unwrap().unwrap();
    assert_eq!((account.id, account.standing, account.epoch, account.since), (id, Standing::Invited, 0, 1));
    assert_eq!(store.by_login(LOGIN).unwrap().as_ref(), Some(&account));
    assert_eq!(store.one(id + 1).unwrap(), None);
    let changed = Account {
        roles: "reader".to_owned(),
        standing: Standing::Active,
        epoch: 3,
        password: Some(vec![1, 2]),
        second: Some(vec![3]),
        step: 9,
        recovery: vec![[4; 32], [5; 32]],
        wrong: 1,
        wrong_codes: 2,
        invite: None,
        subject: Some("https://id.example sub-1".to_owned()),
        ..account.clone()
    };
    let done = store.change(id, |own| {
        own.clone_from(&changed);
        Some(own.epoch)
    });
    assert_eq!(done.unwrap(), Some(3));
    let refused = store.change(id, |own| {
        own.epoch = 99;
        None::<()>
    });
    assert_eq!(refused.unwrap(), None);
    drop(store);
    let mut store = AccountStore::open(&path).unwrap();
    assert_eq!(store.by_subject("https://id.example sub-1").unwrap(), Some(changed));
    assert_eq!(store.by_invite(&hash).unwrap(), None, "a link is good once");
    let other = store.add(&NewAccount { party: "police".to_owned(), ..new("other") }, None).unwrap();
    assert_eq!(store.all(Some("police")).unwrap().iter().map(|own| own.id).collect::<Vec<_>>(), [other]);
    assert_eq!(store.all(None).unwrap().len(), 2);
    let taken = store.change(other, |own| {
        LOGIN.clone_into(&mut own.login);
        Some(())
    });
    assert!(matches!(taken, Err(AccountsError::Taken)));
    assert!(matches!(store.change(99, |_| Some(())), Err(AccountsError::Unknown)));
}

#[test]
fn what_is_erased_is_in_no_file_and_what_was_done_under_the_number_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let mut store = AccountStore::open(&path).unwrap();
    let (id, kept) = (store.add(&new(LOGIN), None).unwrap(), store.add(&new("kept@city.example"), None).unwrap());
    store
        .change(id, |own| {
            own.password = Some(b"kept-of-a-password".to_vec());
            own.subject = Some("subject-of-the-provider".to_owned());
            Some(())
        })
        .unwrap();
    let note = store.begin(&deed(id)).unwrap();
    store.finish(note, (40, 41)).unwrap();
    let holds = |text: &str| holds(folder.path(), text);
    let personal = [LOGIN, "kept-of-a-password", "subject-of-the-provider"];
    assert!(personal.iter().all(|text| holds(text)), "the control finds what is there");
    store.erase(id, None).unwrap();
    for text in personal {
        assert!(!holds(text), "{text}");
    }
    let gone = store.one(id).unwrap().unwrap();
    assert_eq!((gone.standing, gone.login.as_str(), gone.name.as_str()), (Standing::Erased, "", ""));
    assert!(holds("kept@city.example") && store.one(kept).unwrap().is_some());
    assert_eq!(trail(&store, "mobility", 9), [Deed { entries: Some((40, 41)), ..deed(id) }]);
    assert!(store.add(&new(LOGIN), None).unwrap() > kept, "a number is given once, a login again");
    let second = store.add(&new("third"), None).unwrap();
    store.erase(second, None).unwrap();
    assert!(matches!(store.erase(999, None), Err(AccountsError::Unknown)));
}

#[test]
fn a_note_comes_before_the_deed_and_goes_where_nothing_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AccountStore::open(&folder.path().join("accounts.db")).unwrap();
    let id = store.add(&new(LOGIN), None).unwrap();
    assert!(store.begin(&deed(99)).is_err(), "nobody of that number does anything");
    let (first, second) =
        (store.begin(&deed(id)).unwrap(), store.begin(&Deed { about: Some(id), ..deed(id) }).unwrap());
    store.forget(first).unwrap();
    assert_eq!(trail(&store, "mobility", 9), [Deed { about: Some(id), ..deed(id) }]);
    store.finish(second, (1, 2)).unwrap();
    assert!(trail(&store, "police", 9).is_empty());
    store.begin(&deed(id)).unwrap();
    assert_eq!(trail(&store, "mobility", 1), [deed(id)], "the newest first");
}

#[test]
fn who_changed_an_account_is_noted_with_the_change_or_neither_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AccountStore::open(&folder.path().join("accounts.db")).unwrap();
    let own = store.add(&new(LOGIN), None).unwrap();
    let by = |what: &str| Deed { what: what.to_owned(), ..deed(own) };
    let invited = store.add(&new("other"), Some(&by("invite"))).unwrap();
    assert!(matches!(store.add(&new("other"), Some(&by("invite"))), Err(AccountsError::Taken)));
    assert_eq!(store.change_by(invited, Some(&by("disable")), |_| None::<()>).unwrap(), None);
    let taken = store.change_by(invited, Some(&by("roles")), |other| {
        LOGIN.clone_into(&mut other.login);
        Some(())
    });
    assert!(matches!(taken, Err(AccountsError::Taken)));
    // Whoever is nobody changes nothing: what cannot be noted is not done.
    let nobody = Deed { account: 99, ..by("roles") };
    let roles = |other: &mut Account| {
        "administrator".clone_into(&mut other.roles);
        Some(())
    };
    assert!(store.change_by(invited, Some(&nobody), roles).is_err());
    assert_eq!(store.one(invited).unwrap().unwrap().roles, "approver");
    assert_eq!(store.change_by(invited, Some(&by("reset")), |_| Some(7)).unwrap(), Some(7));
    store.erase(invited, Some(&by("erase"))).unwrap();
    let told: Vec<_> = trail(&store, "mobility", 9).into_iter().map(|deed| (deed.what, deed.about)).collect();
    let expected = ["erase", "reset", "invite"].map(|what| (what.to_owned(), Some(invited)));
    assert_eq!(told, expected, "each that was done, once, and nothing that was not");
}

#[test]
fn older_notes_are_read_before_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AccountStore::open(&folder.path().join("accounts.db")).unwrap();
    let id = store.add(&new(LOGIN), None).unwrap();
    let other = store.add(&NewAccount { party: "police".to_owned(), ..new("other") }, None).unwrap();
    for at in 0..7 {
        store.begin(&Deed { at, ..deed(id) }).unwrap();
        store.begin(&Deed { party: "police".to_owned(), ..deed(other) }).unwrap();
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let part = store.trail("mobility", before, 3).unwrap();
        let Some((last, _)) = part.last() else { break };
        before = Some(*last);
        seen.extend(part.into_iter().map(|(_, deed)| deed.at));
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn an_erasure_that_somebodys_reading_holds_up_is_finished_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let mut store = AccountStore::open(&path).unwrap();
    let (id, second) = (store.add(&new(LOGIN), None).unwrap(), store.add(&new("second@city.example"), None).unwrap());
    // Somebody reads what is in the write-ahead file: then nothing is begun.
    let reader = connect(&path).unwrap();
    let reads = || reader.execute_batch("BEGIN; SELECT count(*) FROM account;").unwrap();
    reads();
    assert!(matches!(store.erase(id, None), Err(AccountsError::Held)));
    assert_eq!(store.one(id).unwrap().unwrap().login, LOGIN, "nothing was done by halves");
    // Somebody reads the file itself: what was erased stays in it until they are done, and can be erased again.
    reader.execute_batch("COMMIT;").unwrap();
    assert!(store.emptied(READERS).unwrap());
    reads();
    assert!(matches!(store.erase(id, None), Err(AccountsError::Held)));
    assert!(store.one(id).unwrap().unwrap().standing == Standing::Erased && holds(folder.path(), LOGIN));
    assert!(matches!(store.erase(id, None), Err(AccountsError::Held)));
    reader.execute_batch("COMMIT;").unwrap();
    store.erase(id, None).unwrap();
    assert!(!holds(folder.path(), LOGIN));
    // Where nobody asks again, whoever opens the file next finishes it.
    reads();
    assert!(matches!(store.erase(second, None), Err(AccountsError::Held)) && holds(folder.path(), "second@"));
    reader.execute_batch("COMMIT;").unwrap();
    drop(AccountStore::open(&path).unwrap());
    assert!(!holds(folder.path(), "second@"));
}

#[test]
fn what_changes_nothing_writes_as_much_as_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AccountStore::open(&folder.path().join("accounts.db")).unwrap();
    store.rewrite().unwrap();
    let (first, other) = (store.add(&new(LOGIN), None).unwrap(), store.add(&new("other"), None).unwrap());
    let written = || fs::metadata(folder.path().join("accounts.db-wal")).unwrap().len();
    let before = written();
    let wrong = |own: &mut Account| {
        own.wrong += 1;
        Some(())
    };
    store.change(other, wrong).unwrap();
    let change = written() - before;
    let (was, before) = (store.all(None).unwrap(), written());
    store.rewrite().unwrap();
    assert!(change > 0 && written() - before == change, "{change}");
    assert_eq!(store.all(None).unwrap(), was);
    store.erase(first, None).unwrap();
    store.rewrite().unwrap();
    assert_eq!(store.one(first).unwrap().unwrap().standing, Standing::Erased);
}

#[test]
fn the_file_is_its_owners_and_no_other_is_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    drop(AccountStore::open(&path).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(crate::SqliteJournal::open(&path).is_err());
    let journal = folder.path().join("journal.db");
    drop(crate::SqliteJournal::open(&journal).unwrap());
    assert!(matches!(AccountStore::open(&journal), Err(AccountsError::Foreign(_))));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(AccountStore::open(&path), Err(AccountsError::Foreign(_))));
}

#[test]
fn no_debug_text_names_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AccountStore::open(&folder.path().join("accounts.db")).unwrap();
    let id = store.add(&new(LOGIN), None).unwrap();
    let said = format!("{:?} {:?}", store.one(id).unwrap().unwrap(), new(LOGIN));
    assert!(!said.contains("Vera") && !said.contains("vera"), "{said}");
}
