//! The client itself: what callers can ask of Graph; knows no object's meaning.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::creation::{self, Created, Creation, OBJECT};
use super::exchange::{Call, Exchange, Reached, method_name};
use super::gather::{Gather, Read};
use super::judge::Expected;
use super::retry::{self, Jitter, Repetition};
use super::transport::Request;
use super::{Address, Bearer, Credential, Error, Kind, Origin, Pages, Sent, StopWatch, page};

/// A JSON object, as Graph sends and takes it.
pub type Object = serde_json::Map<String, Value>;

/// Whom to talk to, and as whom.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where Graph is; its paths start at `/beta`.
    pub graph: Origin,
    /// Where tokens come from, at `/{tenant}/oauth2/v2.0/token`.
    pub authority: Origin,
    /// The tenant, by id or by domain name. An application needs it; the Azure CLI and a managed
    /// identity have one of their own.
    pub tenant_id: Option<String>,
    /// As whom to sign in.
    pub credential: Credential,
    /// Where the credential comes from, in words: every failed sign-in tells it.
    pub account: Arc<str>,
    /// What every request names as its sender.
    pub user_agent: String,
}

/// A Graph client; clones share one token and one pool of connections.
///
/// Every call has a deadline, which bounds its waits as well. A call that fails says in its
/// [`Error`] how often it was sent; nothing is sent twice that could be done twice.
///
/// ```
/// use terraform_provider_intune::graph::{Client, Credential, Origin, Secret, Settings};
///
/// let client = Client::new(Settings {
///     graph: Origin::parse("https://graph.microsoft.com")?,
///     authority: Origin::parse("https://login.microsoftonline.com")?,
///     tenant_id: Some("contoso.example".to_owned()),
///     credential: Credential::ClientSecret {
///         client_id: "00000000-0000-0000-0000-000000000000".to_owned(),
///         secret: Secret::new("from a safe place".to_owned()),
///     },
///     account: "an example".into(),
///     user_agent: "example/1.0".to_owned(),
/// });
/// client.stop();
/// # Ok::<(), terraform_provider_intune::graph::OriginError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    exchange: Arc<Exchange>,
    gather: Arc<Gather>,
    /// Tells of the stops that end its calls; each call has one of its own where there is none.
    watch: Option<StopWatch>,
}

impl Client {
    /// A client that has not yet spoken to anybody: no network, no TLS set-up, until the first call.
    pub fn new(settings: Settings) -> Self {
        Self::with_jitter(settings, retry::random)
    }

    pub(crate) fn with_jitter(settings: Settings, jitter: Jitter) -> Self {
        let exchange = Arc::new(Exchange::new(settings, jitter));
        let gather = Gather::new(Arc::clone(&exchange));
        Self { exchange, gather, watch: None }
    }

    /// The same client for one operation: a stop that comes from now on also ends what the operation has yet
    /// to begin.
    #[must_use]
    pub fn operating(&self) -> Self {
        Self { watch: Some(self.exchange.stop.watch()), ..self.clone() }
    }

    /// Reads one object.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate` and `RefusedLink`.
    pub async fn get(&self, address: &Address, deadline: Instant) -> Result<Object, Error> {
        self.exchange.read(address, &self.call(deadline)).await
    }

    /// Reads one object of a collection by its `id`; reads that are made together share requests.
    ///
    /// A lone read is one GET. Many reads of one collection share the pages of its listing, and many
    /// collections share batches: never more than twice the fewest requests possible, and never an
    /// answer from before a write of this client that had ended when the read began. The same object as
    /// from [`get`](Self::get), but for annotations (`@odata.…`).
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get). What goes wrong with a request that is shared fails no read.
    pub async fn read(
        &self,
        collection: &Address,
        id: &str,
        deadline: Instant,
    ) -> Result<Object, Error> {
        let url = self.url(&Method::GET, &collection.clone().segment(id))?;
        let request = Request::new(Method::GET, &self.exchange.settings.graph, url, OBJECT);
        let call = self.call(deadline);
        self.gather.read(Read { collection: collection.path(), id, request, call }).await
    }

    /// Reads all pages of a collection, in the service's order.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate`; a list is whole or an error.
    pub async fn list(&self, address: &Address, deadline: Instant) -> Result<Vec<Object>, Error> {
        let url = self.url(&Method::GET, address)?;
        page::all(&self.exchange, url, &self.call(deadline)).await
    }

    /// The pages of a collection, in the service's order, none of which is read before it is asked for.
    ///
    /// # Errors
    ///
    /// When the address is unusable.
    pub fn pages(&self, address: &Address) -> Result<Pages, Error> {
        let url = self.url(&Method::GET, address)?;
        Ok(Pages::new(Arc::clone(&self.exchange), url, self.stop_watch()))
    }

    /// Creates an object, and neither loses nor doubles it.
    ///
    /// The collection is read first; creates that start together share that. An identical object that
    /// is there already is an error, and nothing is sent. When the answer is lost, the collection is
    /// read again for up to a minute, beyond the deadline if need be, and a single newcomer that is
    /// identical is taken for what was created. The future must not be dropped: the answer, and with
    /// it the new id, would be lost.
    ///
    /// # Errors
    ///
    /// `TwinExists` with the ids; `AmbiguousCreate` when the outcome is unknown; any other [`Kind`] when the
    /// service refused it or it was not sent.
    pub async fn create(
        &self,
        creation: &Creation<'_>,
        deadline: Instant,
    ) -> Result<Created, Error> {
        self.url(&Method::POST, creation.collection)?;
        let _writing = self.gather.write(creation.collection.path());
        let call = self.call(deadline);
        Box::pin(creation::run(&self.exchange, creation, &call)).await
    }

    /// Changes the given properties. Graph's answers differ, so read the object again to see it.
    ///
    /// # Errors
    ///
    /// Of every [`Kind`] but `AmbiguousCreate` and `RefusedLink`. `Interrupted`, `Unavailable` and
    /// `OutOfTime` leave open whether the change was made; it may be sent again.
    pub async fn update(
        &self,
        address: &Address,
        body: impl Into<Sent<'_>>,
        deadline: Instant,
    ) -> Result<(), Error> {
        self.change(UPDATE, address, Some(body.into()), deadline).await.map(drop)
    }

    /// Deletes an object; that it is gone already is [`Kind::NotFound`], for the caller to judge.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub async fn delete(&self, address: &Address, deadline: Instant) -> Result<(), Error> {
        let deleted = self.change(DELETE, address, None, deadline).await.map(drop);
        if deleted.as_ref().map_or_else(Error::is_not_found, |()| true) {
            self.note_gone(address);
        }
        deleted
    }

    /// Takes note that an object is gone. Listings may go on showing it, and a create in its place must not take
    /// it for a twin.
    pub(crate) fn note_gone(&self, address: &Address) {
        if let Some(id) = address.last() {
            self.exchange.shared.ledger.note(id);
        }
    }

    /// Reads all pages of a collection of any size and hands over each object, in the service's order. An
    /// error may come after some of them.
    ///
    /// # Errors
    ///
    /// As for [`list`](Self::list).
    pub async fn each(
        &self,
        address: &Address,
        deadline: Instant,
        take: impl FnMut(Object) + Send,
    ) -> Result<(), Error> {
        let url = self.url(&Method::GET, address)?;
        page::each(&self.exchange, url, &self.call(deadline), page::Limit::NONE, take).await
    }

    /// Calls an action that may be called twice, such as `setDefaultProfile`, with its parameters.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub async fn act(
        &self,
        address: &Address,
        parameters: Option<&Object>,
        deadline: Instant,
    ) -> Result<(), Error> {
        self.change(ACT, address, parameters.map(Sent::from), deadline).await.map(drop)
    }

    /// Signs in, if that has not happened yet, and says as whom; nothing when the token does not tell.
    ///
    /// # Errors
    ///
    /// `SignIn`, `Stopped` and `OutOfTime`.
    pub async fn bearer(&self, deadline: Instant) -> Result<Option<Bearer>, Error> {
        self.exchange.bearer(&self.call(deadline)).await
    }

    /// Whether Graph answers at all. One request without a token; any answer counts.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Interrupted` and `OutOfTime`.
    pub async fn reach_graph(&self, deadline: Instant) -> Result<Reached, Error> {
        self.exchange.reach(&self.exchange.settings.graph, "/beta", deadline).await
    }

    /// Whether the sign-in service answers at all, as [`reach_graph`](Self::reach_graph).
    ///
    /// # Errors
    ///
    /// As for [`reach_graph`](Self::reach_graph).
    pub async fn reach_authority(&self, deadline: Instant) -> Result<Reached, Error> {
        self.exchange.reach(&self.exchange.settings.authority, "/", deadline).await
    }

    /// Whom this client talks to, and as whom.
    pub fn settings(&self) -> &Settings {
        &self.exchange.settings
    }

    /// The tenant that was given, by id or by domain name.
    pub fn tenant_id(&self) -> Option<&str> {
        self.exchange.settings.tenant_id.as_deref()
    }

    /// The tenant that the token at hand is for; none before there is one, and when it does not tell.
    pub(crate) fn tenant_of_token(&self) -> Option<Arc<str>> {
        self.exchange.tenant_of_token()
    }

    /// Waits before a caller asks again; answers whether the time passed, and not a
    /// [`stop`](Self::stop) in between.
    pub async fn pause(&self, time: Duration) -> bool {
        self.stop_watch().pause(time).await
    }

    /// Tells of every stop from now on, or of those that end this operation, also between two calls.
    pub(crate) fn stop_watch(&self) -> StopWatch {
        self.watch.clone().unwrap_or_else(|| self.exchange.stop.watch())
    }

    fn call(&self, deadline: Instant) -> Call {
        Call::new(self.stop_watch(), deadline)
    }

    /// Ends every wait and keeps back every request that was not sent yet: such calls fail with
    /// [`Kind::Stopped`]. What is on its way runs on, and calls made from now on work again, but for those of
    /// an operation that was stopped.
    pub fn stop(&self) {
        self.exchange.stop.send();
    }

    /// Sends a create by itself, without the looks around it.
    #[cfg(test)]
    pub(crate) async fn post(
        &self,
        address: &Address,
        body: &Object,
        deadline: Instant,
    ) -> Result<Object, Error> {
        creation::post(&self.exchange, address, body.into(), &self.call(deadline)).await
    }

    /// A request that changes something, sent in full.
    async fn change(
        &self,
        (method, repetition, expected): Change,
        address: &Address,
        body: Option<Sent<'_>>,
        deadline: Instant,
    ) -> Result<Object, Error> {
        let url = self.url(&method, address)?;
        let mut request = Request::new(method, &self.exchange.settings.graph, url, OBJECT);
        if let Some(body) = body {
            request = request.with_body("application/json", body.bytes());
        }
        let call = self.call(deadline);
        let _writing = self.gather.write(address.path());
        let sent = self.exchange.run(&request, repetition, expected, &call).await;
        sent.map(|success| success.object).map_err(|error| match body {
            Some(body) => body.redacted(error),
            None => error,
        })
    }

    fn url(&self, method: &Method, address: &Address) -> Result<Url, Error> {
        if address.is_usable() {
            Ok(address.url(&self.exchange.settings.graph))
        } else {
            Err(Error::unsent(Kind::UnusableAddress, method_name(method), address.path()))
        }
    }
}

/// What is sent, what sending it twice means, and what must come back.
type Change = (Method, Repetition, Expected);

const UPDATE: Change = (Method::PATCH, Repetition::Repeatable, Expected::Nothing);
const DELETE: Change = (Method::DELETE, Repetition::Repeatable, Expected::Nothing);
const ACT: Change = (Method::POST, Repetition::Repeatable, Expected::Nothing);

#[cfg(test)]
mod tests;
