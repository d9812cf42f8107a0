//! Which ids are accounted for and which creates are under way; sends nothing.
//!
//! Two creates must never end with one id. Whoever wants an id that it was not answered takes it here,
//! under one lock.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ids that this process made, adopted or deleted, and its creates that are not over.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Books>);

/// One create, from before it is sent until all that it can have made is known or given up.
#[derive(Debug)]
pub(crate) struct Entry<'ledger> {
    ledger: &'ledger Ledger,
    /// What is sent where: creates with equal keys cannot be told apart by what they make.
    key: String,
    phase: Phase,
}

/// What became of a wish to take over one of several objects.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Claim {
    /// There is none to take.
    None,
    /// It may belong to an equal create whose answer is still to come.
    NotYet,
    /// This one is ours now.
    Mine(String),
    /// There are more than there are creates that wait for one.
    TooMany(Vec<String>),
}

impl Ledger {
    /// Registers a create that is about to be sent.
    pub(crate) fn enter(&self, key: String) -> Entry<'_> {
        self.books().of(&key).sent += 1;
        Entry { ledger: self, key, phase: Phase::Sent }
    }

    /// Accounts for an id that the service itself named, or that is gone.
    pub(crate) fn note(&self, id: &str) {
        self.books().known.insert(id.to_owned());
    }

    /// Accounts for an id, unless somebody else has.
    pub(crate) fn take(&self, id: &str) -> bool {
        self.books().known.insert(id.to_owned())
    }

    /// Takes a claim back.
    pub(crate) fn release(&self, id: &str) {
        self.books().known.remove(id);
    }

    /// Whether the id is accounted for.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.books().known.contains(id)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry<'_> {
    /// From now on the answer is known to be lost.
    pub(crate) fn doubt(&mut self) {
        self.go_to(Phase::InDoubt);
    }

    /// It is sent once more.
    pub(crate) fn send_again(&mut self) {
        self.go_to(Phase::Sent);
    }

    /// Its id is known: whatever nobody has is another create's, or one too many.
    pub(crate) fn settle(&mut self) {
        self.go_to(Phase::Settled);
    }

    /// Takes one of these ids over, if it can only be this create's or that of an equal one.
    pub(crate) fn claim(&mut self, ids: &[String]) -> Claim {
        let mut books = self.ledger.books();
        let free: Vec<&String> = ids.iter().filter(|id| !books.known.contains(*id)).collect();
        let creates = books.creates.get(&self.key).copied().unwrap_or_default();
        match free.first() {
            None => Claim::None,
            Some(_) if creates.sent > 0 => Claim::NotYet,
            Some(_) if free.len() > creates.in_doubt => {
                Claim::TooMany(free.into_iter().cloned().collect())
            }
            Some(first) => {
                let first = (*first).clone();
                books.known.insert(first.clone());
                books.shift(&self.key, self.phase, Phase::Settled);
                self.phase = Phase::Settled;
                Claim::Mine(first)
            }
        }
    }

    /// Takes a claim back: it was a ghost.
    pub(crate) fn unclaim(&mut self, id: &str) {
        let mut books = self.ledger.books();
        books.known.remove(id);
        books.shift(&self.key, self.phase, Phase::InDoubt);
        self.phase = Phase::InDoubt;
    }

    /// Those of these ids that nobody has, when they are more than there are equal creates that have none.
    pub(crate) fn left_over(&self, ids: &[String]) -> Vec<String> {
        let books = self.ledger.books();
        let creates = books.creates.get(&self.key).copied().unwrap_or_default();
        let free: Vec<String> =
            ids.iter().filter(|id| !books.known.contains(*id)).cloned().collect();
        if free.len() > creates.sent + creates.in_doubt { free } else { Vec::new() }
    }

    fn go_to(&mut self, phase: Phase) {
        self.ledger.books().shift(&self.key, self.phase, phase);
        self.phase = phase;
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut books = self.ledger.books();
        let creates = books.of(&self.key);
        *creates.counter(self.phase) -= 1;
        if creates.sent + creates.in_doubt + creates.settled == 0 {
            books.creates.remove(&self.key);
        }
    }
}

#[derive(Debug, Default)]
struct Books {
    known: HashSet<String>,
    creates: HashMap<String, Creates>,
}

/// How many equal creates are in which phase.
#[derive(Clone, Copy, Debug, Default)]
struct Creates {
    sent: usize,
    in_doubt: usize,
    settled: usize,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// It may still be answered.
    Sent,
    /// Its answer is lost.
    InDoubt,
    /// It has its id.
    Settled,
}

impl Books {
    fn of(&mut self, key: &str) -> &mut Creates {
        self.creates.entry(key.to_owned()).or_default()
    }

    fn shift(&mut self, key: &str, from: Phase, to: Phase) {
        let creates = self.of(key);
        *creates.counter(from) -= 1;
        *creates.counter(to) += 1;
    }
}

impl Creates {
    fn counter(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Sent => &mut self.sent,
            Phase::InDoubt => &mut self.in_doubt,
            Phase::Settled => &mut self.settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn in_doubt<'ledger>(ledger: &'ledger Ledger, key: &str) -> Entry<'ledger> {
        let mut entry = ledger.enter(key.to_owned());
        entry.doubt();
        entry
    }

    #[test]
    fn one_newcomer_goes_to_one_create_and_to_no_second() {
        let ledger = Ledger::default();
        let (mut one, mut other) = (in_doubt(&ledger, "k"), in_doubt(&ledger, "k"));
        assert_eq!(one.claim(&ids(&["a"])), Claim::Mine("a".to_owned()));
        assert_eq!(other.claim(&ids(&["a"])), Claim::None);
        assert!(ledger.knows("a"));
    }

    #[test]
    fn as_many_newcomers_as_equal_creates_are_handed_out() {
        let ledger = Ledger::default();
        let (mut one, mut other) = (in_doubt(&ledger, "k"), in_doubt(&ledger, "k"));
        assert_eq!(one.claim(&ids(&["a", "b"])), Claim::Mine("a".to_owned()));
        drop(one);
        assert_eq!(other.claim(&ids(&["a", "b"])), Claim::Mine("b".to_owned()));
    }

    #[test]
    fn more_newcomers_than_creates_are_nobodys() {
        let ledger = Ledger::default();
        let mut one = in_doubt(&ledger, "k");
        let _of_another_kind = in_doubt(&ledger, "other");
        assert_eq!(one.claim(&ids(&["a", "b"])), Claim::TooMany(ids(&["a", "b"])));
        assert!(!ledger.knows("a") && !ledger.knows("b"));
    }

    #[test]
    fn nothing_is_taken_while_an_equal_create_waits_for_its_answer() {
        let ledger = Ledger::default();
        let mut one = in_doubt(&ledger, "k");
        let mut other = ledger.enter("k".to_owned());
        assert_eq!(one.claim(&ids(&["a"])), Claim::NotYet);
        other.doubt();
        other.send_again();
        assert_eq!(one.claim(&ids(&["a"])), Claim::NotYet);
        ledger.note("a");
        drop(other);
        assert_eq!(one.claim(&ids(&["a"])), Claim::None, "it was the other's");
    }

    #[test]
    fn what_an_equal_create_may_have_made_is_not_left_over() {
        let ledger = Ledger::default();
        let (mut one, other) = (in_doubt(&ledger, "k"), in_doubt(&ledger, "k"));
        assert_eq!(one.claim(&ids(&["a"])), Claim::Mine("a".to_owned()));
        assert_eq!(one.left_over(&ids(&["a", "b"])), ids(&[]));
        assert_eq!(one.left_over(&ids(&["a", "b", "c"])), ids(&["b", "c"]));
        drop(other);
        assert_eq!(one.left_over(&ids(&["a", "b"])), ids(&["b"]));
    }

    #[test]
    fn who_has_an_id_has_no_share_in_what_is_free() {
        let ledger = Ledger::default();
        let (mut one, mut other) = (in_doubt(&ledger, "k"), in_doubt(&ledger, "k"));
        assert_eq!(one.claim(&ids(&["a"])), Claim::Mine("a".to_owned()));
        // The first looks once more whether its object is there.
        assert_eq!(other.claim(&ids(&["a", "b", "c"])), Claim::TooMany(ids(&["b", "c"])));
        drop(one);
    }

    #[test]
    fn a_ghost_is_given_back_and_its_create_waits_again() {
        let ledger = Ledger::default();
        let (mut one, mut other) = (in_doubt(&ledger, "k"), in_doubt(&ledger, "k"));
        assert_eq!(one.claim(&ids(&["a"])), Claim::Mine("a".to_owned()));
        one.unclaim("a");
        assert!(!ledger.knows("a"));
        assert_eq!(other.claim(&ids(&["b", "c"])), Claim::Mine("b".to_owned()));
        assert_eq!(one.claim(&ids(&["b", "c"])), Claim::Mine("c".to_owned()));
    }
}
