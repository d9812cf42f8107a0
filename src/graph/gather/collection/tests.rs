//! The rule against every order of events, without a server.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;

use super::*;

/// A service that holds `pages` of ids, and reads that are under way.
struct World {
    collection: Collection,
    burst: Burst,
    pages: Vec<Vec<String>>,
    now: Instant,
    /// Counts changes; every listed element says at which count it was read.
    version: usize,
    waiting: Vec<(String, usize, oneshot::Receiver<Box<str>>)>,
    /// The page on its way, and the version that it was read at.
    fetching: Option<(Fetch, usize)>,
    /// Whether GETs that travel with a page are answered.
    has_batches: bool,
    /// GETs by themselves.
    gets: usize,
    /// Pages, whoever travels with them.
    fetched: usize,
    /// GETs that travelled with a page.
    travelled: usize,
    answered: usize,
}

impl World {
    fn new(pages: usize, size: usize) -> Self {
        let id = |page, place| format!("{page}-{place}");
        let pages = (0..pages).map(|page| (0..size).map(|place| id(page, place)).collect());
        Self {
            collection: Collection::default(),
            burst: Burst::default(),
            pages: pages.collect(),
            now: Instant::now(),
            version: 0,
            waiting: Vec::new(),
            fetching: None,
            has_batches: true,
            gets: 0,
            fetched: 0,
            travelled: 0,
            answered: 0,
        }
    }

    fn url(page: usize) -> Url {
        Url::parse(&format!("https://graph.example/beta/x?page={page}")).unwrap()
    }

    fn read(&mut self, id: &str) {
        match self.collection.begin(id, &Self::url(0), &mut self.burst, self.now) {
            Step::Found(element) => self.check(id, self.version, &element),
            Step::Ask => self.get(),
            Step::Wait(receiver, fetch) => {
                self.waiting.push((id.to_owned(), self.version, receiver));
                if let Some(fetch) = fetch {
                    self.fetch(fetch);
                }
            }
        }
    }

    fn get(&mut self) {
        self.gets += 1;
        self.answered += 1;
    }

    fn fetch(&mut self, fetch: Fetch) {
        assert_eq!(fetch.is_first, fetch.url == Self::url(0));
        assert!(fetch.company.len() <= 19, "a batch holds twenty");
        self.fetched += 1;
        self.travelled += fetch.company.len();
        self.fetching = Some((fetch, self.version));
    }

    /// A read that began at a version must not see an older one.
    fn check(&mut self, id: &str, began: usize, element: &str) {
        let (found, version) = element.split_once('@').unwrap();
        assert_eq!(found, id);
        let version: usize = version.parse().unwrap();
        assert!(version >= began, "{id}: version {version} for a read that began at {began}");
        self.answered += 1;
    }

    fn page_arrives(&mut self) {
        self.company_arrives();
        let Some((fetch, version)) = self.fetching.take() else { return };
        let number: usize =
            fetch.url.query().unwrap().strip_prefix("page=").unwrap().parse().unwrap();
        let element = |id: &String| (id.clone(), format!("{id}@{version}").into_boxed_str());
        let elements = self.pages[number].iter().map(element).collect();
        let next = (number + 1 < self.pages.len()).then(|| Self::url(number + 1));
        let next = self.collection.arrived(&fetch, Some(Listed { elements, next }));
        self.go_on(next);
    }

    /// What travels with a page arrives before it.
    fn company_arrives(&mut self) {
        let Some((fetch, version)) = self.fetching.clone().filter(|_| self.has_batches) else {
            return;
        };
        let there = self.all();
        let travelled = fetch.company.iter().filter(|id| there.contains(id));
        let element = |id: &String| (id.clone(), format!("{id}@{version}").into_boxed_str());
        self.collection.answered(&fetch, travelled.map(element).collect());
        self.go_on(None);
    }

    fn page_fails(&mut self) {
        let Some((fetch, _)) = self.fetching.take() else { return };
        let next = self.collection.arrived(&fetch, None);
        assert_eq!(next, None);
        self.go_on(next);
    }

    fn write(&mut self) {
        self.collection.written(self.now);
        self.version += 1;
        self.collection.written(self.now);
        self.go_on(None);
    }

    fn go_on(&mut self, next: Option<Fetch>) {
        if let Some(fetch) = next {
            self.fetch(fetch);
        }
        for (id, began, mut receiver) in std::mem::take(&mut self.waiting) {
            match receiver.try_recv() {
                Ok(element) => self.check(&id, began, &element),
                Err(oneshot::error::TryRecvError::Closed) => self.get(),
                Err(oneshot::error::TryRecvError::Empty) => {
                    self.waiting.push((id, began, receiver));
                }
            }
        }
    }

    /// Lets everything come to its end.
    fn settle(&mut self) {
        while self.fetching.is_some() {
            self.page_arrives();
        }
        assert!(self.waiting.is_empty(), "nobody is forgotten");
    }

    fn requests(&self) -> usize {
        self.gets + self.fetched
    }

    fn all(&self) -> Vec<String> {
        self.pages.concat()
    }
}

#[test]
fn a_lone_read_is_one_request_and_nothing_follows_it() {
    let mut world = World::new(3, 2);
    world.read("2-0");
    assert_eq!((world.gets, world.fetched), (1, 0));
    world.now += LIFE;
    world.read("2-1");
    assert_eq!((world.gets, world.fetched), (2, 0), "the burst of the first read is over");
}

#[test]
fn the_second_read_fetches_the_page_that_answers_all_others() {
    let mut world = World::new(1, 100);
    for id in world.all() {
        world.read(&id);
        world.settle();
    }
    assert_eq!((world.gets, world.fetched, world.answered), (1, 1, 100));
}

#[test]
fn the_fifth_collection_of_a_burst_begins_with_its_page() {
    let mut world = World::new(1, 2);
    for _ in 0..4 {
        world.collection = Collection::default();
        world.read("0-0");
    }
    assert_eq!((world.gets, world.fetched), (4, 0));
    world.collection = Collection::default();
    world.read("0-0");
    world.settle();
    assert_eq!((world.gets, world.fetched), (4, 1));
    world.now += LIFE;
    world.collection = Collection::default();
    world.read("0-0");
    assert_eq!((world.gets, world.fetched), (5, 1), "another burst begins with care again");
}

#[test]
fn an_element_answers_once_and_not_for_ever() {
    let mut world = World::new(1, 3);
    for id in ["0-0", "0-1"] {
        world.read(id);
        world.settle();
    }
    world.read("0-1");
    assert_eq!((world.gets, world.fetched), (2, 1), "it was handed out already");
    world.now += LIFE;
    world.read("0-2");
    assert_eq!((world.gets, world.fetched), (3, 1), "it is too old");
}

#[test]
fn what_the_whole_listing_lacks_is_asked_for_alone() {
    let mut world = World::new(2, 2);
    for id in ["0-0", "absent", "1-1", "another"] {
        world.read(id);
        world.settle();
    }
    assert_eq!(world.answered, 4);
    assert_eq!((world.gets, world.fetched), (3, 2));
}

#[test]
fn a_failed_page_fails_nobody_and_ends_the_listing() {
    let mut world = World::new(2, 2);
    for id in ["0-0", "0-1", "1-0"] {
        world.read(id);
    }
    world.page_fails();
    assert_eq!((world.gets, world.answered), (3, 3));
    world.read("1-1");
    assert_eq!((world.gets, world.fetched), (4, 1));
}

#[test]
fn a_late_page_is_waited_for_by_nobody_and_answers_later_reads() {
    let mut world = World::new(1, 4);
    for id in ["0-0", "0-1", "0-2"] {
        world.read(id);
    }
    let (fetch, _) = world.fetching.clone().unwrap();
    world.collection.overdue(&fetch);
    world.go_on(None);
    assert_eq!(world.answered, 3);
    world.read("0-0");
    assert_eq!((world.gets, world.answered), (4, 4));
    world.page_arrives();
    world.read("0-3");
    assert_eq!((world.gets, world.fetched, world.answered), (4, 1, 5));
}

#[test]
fn no_page_is_fetched_for_reads_that_are_cancelled() {
    let mut world = World::new(5, 2);
    for id in ["4-0", "4-1", "3-0"] {
        world.read(id);
    }
    world.waiting.clear();
    world.page_arrives();
    assert_eq!((world.fetched, world.fetching.is_some()), (1, false));
}

#[test]
fn whoever_the_first_page_leaves_waiting_travels_with_the_next_once() {
    let mut world = World::new(4, 10);
    for id in ["0-0", "0-1", "2-0", "3-0", "absent"] {
        world.read(id);
    }
    assert_eq!(world.travelled, 0, "the first page may be the only one");
    world.page_arrives();
    assert_eq!((world.answered, world.fetched, world.travelled), (2, 2, 3));
    world.company_arrives();
    assert_eq!((world.answered, world.gets), (4, 1), "before the page is here");
    world.read("3-1");
    world.page_arrives();
    let (fetch, _) = world.fetching.clone().unwrap();
    assert_eq!(fetch.company, ["3-1"], "what was asked for in vain is not asked for again");
    world.settle();
    assert_eq!((world.answered, world.gets, world.fetched, world.travelled), (6, 2, 4, 4));
}

#[test]
fn what_travelled_before_a_write_answers_nobody_after_it() {
    let mut world = World::new(4, 10);
    for id in ["0-0", "0-1", "3-0"] {
        world.read(id);
    }
    world.page_arrives();
    let (old, _) = world.fetching.take().unwrap();
    world.write();
    world.now += QUIET;
    for id in ["0-0", "3-0"] {
        world.read(id);
    }
    world.collection.answered(&old, vec![("3-0".to_owned(), "3-0@0".into())]);
    world.go_on(None);
    assert_eq!(world.waiting.len(), 1);
    world.settle();
}

#[test]
fn without_batches_pages_answer_those_who_wait() {
    let mut world = World::new(4, 10);
    world.has_batches = false;
    for id in ["0-0", "3-0", "3-1", "3-2", "3-3"] {
        world.read(id);
    }
    world.settle();
    assert_eq!((world.answered, world.gets, world.fetched), (5, 1, 4));
}

#[test]
fn one_listing_takes_forty_along_and_no_more() {
    let mut world = World::new(30, 10);
    for id in world.all().into_iter().rev() {
        world.read(&id);
    }
    world.settle();
    assert_eq!((world.answered, world.travelled), (300, SEATS));
}

#[test]
fn a_write_ends_the_listing_and_every_wait_for_it() {
    let mut world = World::new(2, 2);
    for id in ["0-0", "0-1"] {
        world.read(id);
    }
    world.write();
    assert_eq!((world.gets, world.answered), (2, 2));
    world.page_arrives();
    for id in ["1-0", "1-1"] {
        world.read(id);
    }
    assert_eq!((world.gets, world.fetched), (4, 1), "replicas may lag for a while");
    world.now += QUIET;
    for id in ["1-0", "1-1"] {
        world.read(id);
        world.settle();
    }
    assert_eq!((world.gets, world.fetched), (6, 2));
}

#[test]
fn pages_that_lead_in_a_circle_end() {
    let mut world = World::new(2, 1);
    for id in ["0-0", "1-0"] {
        world.read(id);
    }
    let (fetch, _) = world.fetching.take().unwrap();
    let circle = Listed { elements: Vec::new(), next: Some(World::url(0)) };
    let next = world.collection.arrived(&fetch, Some(circle));
    world.go_on(next);
    world.read("1-0");
    assert_eq!((world.fetched, world.answered), (1, 3));
}

#[test]
fn a_listing_beyond_its_limit_is_let_go() {
    let mut world = World::new(2, 1);
    for id in ["0-0", "1-0"] {
        world.read(id);
    }
    let (fetch, _) = world.fetching.take().unwrap();
    let elements = vec![("0-0".to_owned(), " ".repeat(LIST + 1).into_boxed_str())];
    let next =
        world.collection.arrived(&fetch, Some(Listed { elements, next: Some(World::url(1)) }));
    world.go_on(next);
    world.read("0-0");
    assert_eq!((world.gets, world.fetched, world.answered), (3, 1, 3));
}

#[test]
fn a_collection_that_is_new_after_a_write_is_not_listed_at_once_either() {
    let mut world = World::new(1, 2);
    world.collection = Collection::known_after(Some(world.now));
    for id in world.all() {
        world.read(&id);
    }
    assert_eq!((world.gets, world.fetched), (2, 0));
}

/// Some of the ids of so many pages of so many, in some order.
fn reads() -> impl Strategy<Value = (usize, usize, Vec<String>)> {
    (1..12_usize, 1..12_usize).prop_flat_map(|(pages, size)| {
        let all = World::new(pages, size).all();
        let most = all.len();
        let some = proptest::sample::subsequence(all, 1..=most).prop_shuffle();
        (Just(pages), Just(size), some)
    })
}

proptest! {
    #[test]
    fn any_order_of_reads_costs_at_most_twice_the_optimum(
        (pages, size, ids) in reads(),
        wide: bool,
        has_batches: bool,
        together in 1..40_usize,
        choices in proptest::collection::vec(any::<bool>(), 300),
    ) {
        let mut world = World { has_batches, ..World::new(pages, size) };
        if wide {
            world.burst = Burst { since: Some(world.now), collections: CAUTIOUS };
        }
        let mut choices = choices.into_iter().cycle();
        for id in &ids {
            while world.waiting.len() >= together || choices.next().unwrap() && world.fetching.is_some() {
                if choices.next().unwrap() {
                    world.company_arrives();
                } else {
                    world.page_arrives();
                }
            }
            world.read(id);
        }
        world.settle();
        prop_assert_eq!(world.answered, ids.len());
        let optimum = ids.len().min(pages);
        prop_assert!(world.requests() <= 2 * optimum, "{} for {optimum}", world.requests());
        prop_assert!(world.travelled <= SEATS);
        prop_assert!(wide || ids.len() > 1 || world.requests() == 1);
    }

    #[test]
    fn no_order_of_reads_writes_and_failures_shows_the_old_or_forgets_anybody(
        (pages, size, _) in reads(),
        events in proptest::collection::vec((0..20_u8, any::<proptest::sample::Index>()), 1..200),
    ) {
        let mut world = World::new(pages, size);
        let ids = world.all();
        let mut begun = 0;
        for (event, index) in events {
            match event {
                0 => world.write(),
                1 => world.page_fails(),
                2 => world.now += LIFE / 2,
                3 => world.now += QUIET,
                4 => if let Some((fetch, _)) = world.fetching.clone() {
                    world.collection.overdue(&fetch);
                    world.go_on(None);
                },
                5..=8 => world.page_arrives(),
                9 => world.company_arrives(),
                10 => {
                    begun += 1;
                    world.read("absent");
                }
                _ => {
                    begun += 1;
                    world.read(&ids[index.index(ids.len())]);
                }
            }
        }
        world.settle();
        prop_assert_eq!(world.answered, begun);
        prop_assert!(world.requests() <= 2 * begun);
    }
}
