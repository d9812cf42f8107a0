//! What is known of one collection, and the rule that decides how a read of it is answered; sends
//! nothing and reads no clock, so that every order of events can be tried.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use url::Url;

use crate::graph::page::{LIST, Links};

/// How long a listing may answer, and how long reads count as asked together.
pub(super) const LIFE: Duration = Duration::from_secs(30);

/// How long after a write of ours a listing is not believed: replicas that lag show the old.
pub(super) const QUIET: Duration = Duration::from_secs(90);

/// How many reads of one listing may travel along with its pages. It bounds what that can cost where every
/// request of a batch counts for itself.
const SEATS: usize = 40;

/// How many of them with one page: Graph takes 20 requests in a batch.
const SEATS_OF_A_PAGE: usize = 19;

/// So many collections of a burst are first asked for one object; what follows is likely to be many.
const CAUTIOUS: u32 = 4;

/// One collection.
#[derive(Debug, Default)]
pub(super) struct Collection {
    /// When a read of the present burst was sent on its own, before there was a listing.
    first_asked: Option<Instant>,
    quiet_until: Option<Instant>,
    listing: Option<Listing>,
    /// Counts listings, so that a page of one that was given up is known for what it is.
    generation: u64,
}

/// How one read is to be answered.
#[derive(Debug)]
pub(super) enum Step {
    /// By this element of a listing, as JSON.
    Found(Box<str>),
    /// By a request of its own.
    Ask,
    /// By a page, if the receiver brings one; by a request of its own, if its sender is dropped.
    /// A page that nobody is fetching yet has to be fetched.
    Wait(oneshot::Receiver<Box<str>>, Option<Fetch>),
}

/// A page to fetch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fetch {
    pub(super) url: Url,
    pub(super) is_first: bool,
    /// The ids of those who wait and whose own GETs travel along.
    pub(super) company: Vec<String>,
    generation: u64,
}

/// What a page brought, ready to be handed out.
#[derive(Debug)]
pub(super) struct Listed {
    /// Id and JSON of each element that may answer.
    pub(super) elements: Vec<(String, Box<str>)>,
    /// The next page; absent at the end, and where going on is of no use.
    pub(super) next: Option<Url>,
}

/// How many collections were asked for a first object lately, over all of them.
#[derive(Debug, Default)]
pub(super) struct Burst {
    since: Option<Instant>,
    collections: u32,
}

#[derive(Debug)]
struct Listing {
    started: Instant,
    progress: Progress,
    links: Links,
    /// Elements by id; absent ones were handed out already.
    held: HashMap<String, Option<Box<str>>>,
    /// The size of what is held.
    bytes: usize,
    waiting: HashMap<String, Waiting>,
    /// The ids of `waiting`, oldest first; ids that were answered since are still in it.
    order: Vec<String>,
    /// How many pages those who wait may still have fetched.
    credit: usize,
    /// How many reads may still travel along with a page.
    seats: usize,
}

/// Everybody who waits for the same element.
#[derive(Debug, Default)]
struct Waiting {
    senders: Vec<oneshot::Sender<Box<str>>>,
    /// A GET of theirs has travelled with a page; a second one is not tried.
    has_travelled: bool,
}

#[derive(Debug)]
enum Progress {
    /// A page is on its way; a late one is not waited for any more.
    Fetching { is_late: bool },
    /// The next page is fetched when somebody needs it.
    Paused(Url),
    /// There are no more pages, or none that are worth anything.
    Over,
}

impl Collection {
    /// A collection of which nothing was read yet, when the last write of ours was then.
    pub(super) fn known_after(written: Option<Instant>) -> Self {
        Self { quiet_until: written.map(|written| written + QUIET), ..Self::default() }
    }

    /// Decides how a read of this id that begins now is answered. `first` is the first page's URL.
    pub(super) fn begin(&mut self, id: &str, first: &Url, burst: &mut Burst, now: Instant) -> Step {
        if self.quiet_until.is_some_and(|until| now < until) {
            return Step::Ask;
        }
        self.forget_the_old(now);
        let Some(listing) = &mut self.listing else {
            return self.begin_without_listing(id, first, burst, now);
        };
        match listing.held.get_mut(id) {
            Some(held) => match held.take() {
                Some(element) => {
                    listing.bytes -= element.len();
                    Step::Found(element)
                }
                // What was handed out once is not on a later page.
                None => Step::Ask,
            },
            None => match &listing.progress {
                Progress::Fetching { is_late: false } => Step::Wait(listing.wait(id), None),
                Progress::Fetching { is_late: true } | Progress::Over => Step::Ask,
                Progress::Paused(_) => {
                    // Whoever waited for an earlier page is answered or gone.
                    listing.release_all();
                    let receiver = listing.wait(id);
                    match listing.fetch_next(self.generation) {
                        Some(fetch) => Step::Wait(receiver, Some(fetch)),
                        None => Step::Ask,
                    }
                }
            },
        }
    }

    fn begin_without_listing(
        &mut self,
        id: &str,
        first: &Url,
        burst: &mut Burst,
        now: Instant,
    ) -> Step {
        let is_second = self.first_asked.is_some_and(|asked| now < asked + LIFE);
        if !is_second && !burst.is_wide(now) {
            burst.note(now);
            self.first_asked = Some(now);
            return Step::Ask;
        }
        self.first_asked = Some(now);
        self.generation += 1;
        let listing = self.listing.insert(Listing::new(first.clone(), now));
        let receiver = listing.wait(id);
        match listing.fetch_next(self.generation) {
            Some(fetch) => Step::Wait(receiver, Some(fetch)),
            None => Step::Ask,
        }
    }

    /// A listing that has lived for too long answers no more; a page that is on its way still may.
    fn forget_the_old(&mut self, now: Instant) {
        if let Some(listing) = self.listing.as_mut().filter(|listing| now >= listing.started + LIFE)
        {
            listing.forget();
            if !matches!(listing.progress, Progress::Fetching { .. }) {
                self.listing = None;
            }
        }
    }

    /// Takes in what the GETs brought that travelled with a page.
    pub(super) fn answered(&mut self, fetch: &Fetch, company: Vec<(String, Box<str>)>) {
        if let Some(listing) = self.listing.as_mut().filter(|_| fetch.generation == self.generation)
        {
            for (id, element) in company {
                let waiting = listing.waiting.remove(&id).unwrap_or_default();
                waiting.answer(&element);
            }
        }
    }

    /// Takes in a page, or that it failed; answers which page to fetch next for those who wait.
    pub(super) fn arrived(&mut self, fetch: &Fetch, page: Option<Listed>) -> Option<Fetch> {
        if fetch.generation != self.generation {
            return None;
        }
        let listing = self.listing.as_mut()?;
        let Some(page) = page else {
            listing.end();
            return None;
        };
        listing.hand_out(page.elements);
        if listing.bytes > LIST {
            // Whoever lists so much is read one by one: memory is bounded, and correctness is not lost.
            listing.forget();
            listing.end();
            return None;
        }
        let Some(next) = page.next else {
            listing.end();
            return None;
        };
        listing.progress = Progress::Paused(next);
        if listing.credit == 0 {
            listing.release_all();
        }
        if listing.is_awaited() {
            listing.fetch_next(self.generation)
        } else {
            // Nobody is to pay for pages with the credit of those who are long gone.
            listing.credit = 0;
            None
        }
    }

    /// Lets go those who wait for a page that takes too long; it may still come for later reads.
    pub(super) fn overdue(&mut self, fetch: &Fetch) {
        if fetch.generation != self.generation {
            return;
        }
        if let Some(listing) = &mut self.listing {
            listing.progress = Progress::Fetching { is_late: true };
            listing.release_all();
        }
    }

    /// Takes note of a write below or above the collection that starts or ends now: what was listed
    /// before is never shown again.
    pub(super) fn written(&mut self, now: Instant) {
        self.generation += 1;
        self.listing = None;
        self.quiet_until = Some(now + QUIET);
    }
}

impl Listing {
    fn new(first: Url, now: Instant) -> Self {
        Self {
            started: now,
            progress: Progress::Paused(first),
            links: Links::default(),
            held: HashMap::new(),
            bytes: 0,
            waiting: HashMap::new(),
            order: Vec::new(),
            credit: 0,
            seats: SEATS,
        }
    }

    /// Who waits pays for one page.
    fn wait(&mut self, id: &str) -> oneshot::Receiver<Box<str>> {
        let (sender, receiver) = oneshot::channel();
        let waiting = self.waiting.entry(id.to_owned()).or_default();
        if waiting.senders.is_empty() {
            self.order.push(id.to_owned());
        }
        waiting.senders.push(sender);
        self.credit += 1;
        receiver
    }

    /// The next page, if there is one that may be fetched; without one, nobody waits any more.
    fn fetch_next(&mut self, generation: u64) -> Option<Fetch> {
        let Progress::Paused(url) = &self.progress else { return None };
        let url = url.clone();
        let is_first = self.links.is_empty();
        if self.links.note(&url).is_err() {
            self.end();
            return None;
        }
        self.progress = Progress::Fetching { is_late: false };
        self.credit = self.credit.saturating_sub(1);
        // The first page may well be the only one, which answers everybody.
        let company = if is_first { Vec::new() } else { self.company() };
        Some(Fetch { url, is_first, company, generation })
    }

    /// Those who have waited longest and are not answered by the pages so far: they travel with the next.
    fn company(&mut self) -> Vec<String> {
        let most = self.seats.min(SEATS_OF_A_PAGE);
        let mut company = Vec::new();
        for id in &self.order {
            let waiting = self.waiting.get_mut(id).filter(|waiting| !waiting.has_travelled);
            if let Some(waiting) = waiting
                && company.len() < most
            {
                waiting.has_travelled = true;
                company.push(id.clone());
            }
        }
        self.seats -= company.len();
        company
    }

    fn hand_out(&mut self, elements: Vec<(String, Box<str>)>) {
        self.held.reserve(elements.len());
        for (id, element) in elements {
            let waiting = self.waiting.remove(&id).unwrap_or_default();
            let is_taken = waiting.answer(&element);
            let kept = (!is_taken).then_some(element);
            self.bytes += kept.as_ref().map_or(0, |element| element.len());
            if let Some(Some(replaced)) = self.held.insert(id, kept) {
                // An element can move to a later page while the pages are read.
                self.bytes -= replaced.len();
            }
        }
    }

    fn end(&mut self) {
        self.progress = Progress::Over;
        self.release_all();
    }

    fn forget(&mut self) {
        self.held = HashMap::new();
        self.bytes = 0;
    }

    /// Lets everybody who still waits ask alone.
    fn release_all(&mut self) {
        self.waiting = HashMap::new();
        self.order = Vec::new();
    }

    /// Whether somebody waits who has not gone away in the meantime.
    fn is_awaited(&mut self) -> bool {
        self.waiting.retain(|_, waiting| waiting.senders.iter().any(|one| !one.is_closed()));
        self.order.retain(|id| self.waiting.contains_key(id));
        !self.waiting.is_empty()
    }
}

impl Waiting {
    /// Answers whether anybody was still there to take it.
    fn answer(self, element: &str) -> bool {
        let mut is_taken = false;
        for sender in self.senders {
            is_taken |= sender.send(element.into()).is_ok();
        }
        is_taken
    }
}

impl Burst {
    fn is_wide(&self, now: Instant) -> bool {
        self.collections >= CAUTIOUS && self.since.is_some_and(|since| now < since + LIFE)
    }

    fn note(&mut self, now: Instant) {
        if self.since.is_none_or(|since| now >= since + LIFE) {
            *self = Self { since: Some(now), collections: 0 };
        }
        self.collections += 1;
    }
}

#[cfg(test)]
mod tests;
