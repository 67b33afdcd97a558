//! One request, one answer: who is it, what is asked for, may it, is it well written, what comes of it.

mod events;
mod list;
pub(crate) mod listen;
mod page;
mod problem;
mod read;
mod route;
pub(crate) mod write;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::{Request, Response, StatusCode};
use serde::Serialize;

use crate::controller::Controller;
use crate::ending::Ending;
use crate::rules::{Answer, Command, FaultKind, LinkId, PolicyId, Refusal, Region, Resource};
use crate::store::{Scope, Tokens};
pub(crate) use problem::Problem;
use route::{Endpoint, Need, NoRoute, Target, route};

/// The longest body: a policy of a million prefixes is 20 MB, of a million IPv6 prefixes 40 MB.
const LONGEST_BODY: usize = 64 << 20;

/// How long a body may take to come.
const SLOWEST_BODY: Duration = Duration::from_mins(1);

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What answering takes.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) controller: Controller,
    pub(crate) access: Access,
    /// Turns true when the controller ends.
    pub(crate) ending: Ending,
}

/// Who may ask.
#[derive(Debug)]
pub(crate) enum Access {
    /// Whoever reaches the socket, except web pages: a browser would let any of them.
    Anybody,
    /// Who has a token.
    Tokens(Mutex<Tokens>),
}

impl Service {
    /// Answers, whatever it is.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        match self.try_answer(request).await {
            Ok(response) => response,
            Err(problem) => refuse(&problem, None),
        }
    }

    async fn try_answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let scope = self.scope(&request)?;
        let (parts, body) = request.into_parts();
        let Target { region, endpoint } = match route(&parts.method, parts.uri.path()) {
            Ok(target) => target,
            Err(NoRoute::Path) => return Err(Problem::no_path(parts.uri.path())),
            Err(NoRoute::Method { allowed }) => return Ok(refuse(&Problem::no_method(), Some(allowed))),
        };
        permit(scope, endpoint)?;
        let region = self.region(region)?;
        let query = parts.uri.query().unwrap_or_default();
        match endpoint.need() {
            Need::Read => self.read(&region, endpoint, query),
            Need::Report | Need::Write => {
                let is_json = parts.headers.get(CONTENT_TYPE).is_some_and(is_json);
                let body = collect(body, is_json).await?;
                self.write(region, endpoint, &body).await
            }
        }
    }

    fn scope(&self, request: &Request<Incoming>) -> Result<Scope, Problem> {
        match &self.access {
            Access::Anybody if is_from_a_page(request.headers()) => {
                Err(Problem::no_permission("web page", "ask without a token"))
            }
            Access::Anybody => Ok(Scope::Full),
            Access::Tokens(tokens) => {
                let token = request.headers().get("x-auth-token");
                let token = token.ok_or_else(|| Problem::no_token("invalid_argument"))?;
                let token = token.to_str().map_err(|_| Problem::no_token("invalid_argument"))?;
                let tokens = tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match tokens.scope(token) {
                    Ok(Some(scope)) => Ok(scope),
                    Ok(None) => Err(Problem::no_token("not_found")),
                    Err(error) => {
                        tracing::error!(%error, "the tokens can't be read");
                        Err(Problem::internal("the tokens can't be read"))
                    }
                }
            }
        }
    }

    fn region(&self, name: &str) -> Result<Region, Refusal> {
        let region = Region::new(name).map_err(|error| Refusal::constraint("region", error.to_string()))?;
        if self.controller.inventory().has_region(&region) {
            return Ok(region);
        }
        Err(Refusal::constraint("region", "nothing is in this region"))
    }

    fn read(&self, region: &Region, endpoint: Endpoint<'_>, query: &str) -> Result<Response<Body>, Problem> {
        let controller = &self.controller;
        let inventory = controller.inventory();
        match endpoint {
            Endpoint::ListConnections => json(StatusCode::OK, &list::connections(controller, region, query)?),
            Endpoint::ListPartners => json(StatusCode::OK, &list::partners(controller, region, query)?),
            Endpoint::ListPops => json(StatusCode::OK, &list::pops(controller, region, query)?),
            Endpoint::ListLinks => json(StatusCode::OK, &list::links(controller, region, query)?),
            Endpoint::ListPolicies => json(StatusCode::OK, &list::policies(controller, region, query)?),
            Endpoint::ListRoutes => json(StatusCode::OK, &list::routes(controller, region, query)?),
            Endpoint::GetConnection(id) => {
                let id = read::path_id("connection_id", id)?;
                let found = inventory.connections.get(&id).filter(|found| found.region == *region);
                let found = found.ok_or_else(|| Refusal::not_found(Resource::DedicatedConnection, &id))?;
                json(
                    StatusCode::OK,
                    &write::connection(id, found, inventory, controller.since()),
                )
            }
            Endpoint::GetPartner(id) => {
                let id = read::path_id("partner_id", id)?;
                let found = inventory.partners.get(&id).filter(|found| found.region == *region);
                let found = found.ok_or_else(|| Refusal::not_found(Resource::Partner, &id))?;
                json(StatusCode::OK, &write::partner(id, found, controller.since()))
            }
            Endpoint::GetPop(id) => {
                let id = read::path_id("pop_id", id)?;
                let found = inventory.pops.get(&id).filter(|found| found.region == *region);
                let found = found.ok_or_else(|| Refusal::not_found(Resource::Pop, &id))?;
                json(StatusCode::OK, &write::pop(id, found))
            }
            Endpoint::GetLink(id) => {
                let id: LinkId = read::path_id("link_id", id)?;
                let found = controller
                    .state()
                    .link(id)
                    .filter(|found| found.region == *region)
                    .cloned();
                let found = found.ok_or_else(|| Refusal::not_found(Resource::Link, &id))?;
                json(StatusCode::OK, &write::link(&found, inventory))
            }
            Endpoint::GetPolicy(id) => {
                let id: PolicyId = read::path_id("routing_policy_id", id)?;
                let found = controller
                    .state()
                    .policy(id)
                    .filter(|found| found.region == *region)
                    .cloned();
                let found = found.ok_or_else(|| Refusal::not_found(Resource::RoutingPolicy, &id))?;
                json(StatusCode::OK, &write::policy(&found, inventory))
            }
            Endpoint::Events => {
                let stream = events::stream(controller.clone(), events::since(query)?, self.ending.clone());
                let body = StreamBody::new(stream).boxed_unsync();
                Ok(response(StatusCode::OK, "text/event-stream", body))
            }
            Endpoint::CreateLink
            | Endpoint::UpdateLink(_)
            | Endpoint::DeleteLink(_)
            | Endpoint::AttachVpc(_)
            | Endpoint::DetachVpc(_)
            | Endpoint::AttachPolicy(_)
            | Endpoint::DetachPolicy(_)
            | Endpoint::SetPolicy(_)
            | Endpoint::EnablePropagation(_)
            | Endpoint::DisablePropagation(_)
            | Endpoint::CreatePolicy
            | Endpoint::UpdatePolicy(_)
            | Endpoint::DeletePolicy(_)
            | Endpoint::Report(_) => Err(Problem::no_method()),
        }
    }

    async fn write(&self, region: Region, endpoint: Endpoint<'_>, body: &[u8]) -> Result<Response<Body>, Problem> {
        let answer = self.controller.ask(region, command(endpoint, body)?).await?;
        let inventory = self.controller.inventory();
        match answer {
            Answer::Link(link) => json(StatusCode::OK, &write::link(&link, inventory)),
            Answer::Policy(policy) => json(StatusCode::OK, &write::policy(&policy, inventory)),
            Answer::Done => {
                let mut response = Response::new(Full::default().boxed_unsync());
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            }
        }
    }
}

/// The command that a request is.
fn command(endpoint: Endpoint<'_>, body: &[u8]) -> Result<Command, Problem> {
    let link = |id| read::path_id::<LinkId>("link_id", id);
    let policy = |id| read::path_id::<PolicyId>("routing_policy_id", id);
    let nothing = || read::json::<interlink_api::request::Empty>(body).map(drop);
    Ok(match endpoint {
        Endpoint::CreateLink => Command::CreateLink(read::create_link(body)?),
        Endpoint::UpdateLink(id) => Command::UpdateLink(link(id)?, read::update_link(body)?),
        Endpoint::DeleteLink(id) => Command::DeleteLink(link(id)?),
        Endpoint::AttachVpc(id) => Command::AttachVpc(link(id)?, read::vpc(body)?),
        Endpoint::AttachPolicy(id) => Command::AttachPolicy(link(id)?, read::policy(body)?),
        Endpoint::DetachPolicy(id) => Command::DetachPolicy(link(id)?, read::policy(body)?),
        Endpoint::SetPolicy(id) => Command::SetPolicy(link(id)?, read::policy(body)?),
        Endpoint::DetachVpc(id) => {
            nothing()?;
            Command::DetachVpc(link(id)?)
        }
        Endpoint::EnablePropagation(id) => {
            nothing()?;
            Command::SetPropagation(link(id)?, true)
        }
        Endpoint::DisablePropagation(id) => {
            nothing()?;
            Command::SetPropagation(link(id)?, false)
        }
        Endpoint::CreatePolicy => Command::CreatePolicy(read::create_policy(body)?),
        Endpoint::UpdatePolicy(id) => Command::UpdatePolicy(policy(id)?, read::update_policy(body)?),
        Endpoint::DeletePolicy(id) => Command::DeletePolicy(policy(id)?),
        Endpoint::Report(id) => Command::Report(link(id)?, read::report(body)?),
        Endpoint::ListConnections
        | Endpoint::GetConnection(_)
        | Endpoint::ListPartners
        | Endpoint::GetPartner(_)
        | Endpoint::ListPops
        | Endpoint::GetPop(_)
        | Endpoint::ListLinks
        | Endpoint::GetLink(_)
        | Endpoint::ListPolicies
        | Endpoint::GetPolicy(_)
        | Endpoint::ListRoutes
        | Endpoint::Events => return Err(Problem::no_method()),
    })
}

fn permit(scope: Scope, endpoint: Endpoint<'_>) -> Result<(), Problem> {
    match (scope, endpoint.need()) {
        (Scope::Full, _) | (Scope::Report, Need::Read | Need::Report) | (Scope::ReadOnly, Need::Read) => Ok(()),
        (Scope::Report | Scope::ReadOnly, Need::Write) | (Scope::ReadOnly, Need::Report) => {
            Err(Problem::no_permission(endpoint.resource(), "write"))
        }
    }
}

/// Takes in a body. What is sent has to be called JSON, which no web page can send without being asked first.
async fn collect(body: Incoming, is_json: bool) -> Result<Bytes, Problem> {
    let limited = Limited::new(body, LONGEST_BODY);
    let collected = tokio::time::timeout(SLOWEST_BODY, limited.collect()).await;
    let bytes = match collected {
        Err(_) => return Err(Problem::too_slow()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Problem::too_large(LONGEST_BODY)),
        Ok(Err(error)) => {
            let help = format!("the body did not come whole: {error}");
            return Err(Problem::from(Refusal::Arguments(vec![crate::rules::Fault::new(
                "body",
                FaultKind::Format,
                help,
            )])));
        }
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    if !bytes.is_empty() && !is_json {
        return Err(Refusal::constraint("Content-Type", "a body has the content type application/json").into());
    }
    Ok(bytes)
}

/// A page sends `Origin` with what changes something. What it reads once its name was pointed at this machine comes
/// without, but has the page's name for a host.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let is_this_machine = |host: &HeaderValue| {
        let host = host.to_str().unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    headers.contains_key(ORIGIN) || !headers.get(HOST).is_some_and(is_this_machine)
}

fn is_json(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn refuse(problem: &Problem, allowed: Option<&'static str>) -> Response<Body> {
    let mut response = json(problem.status, &problem.error).unwrap_or_else(|_| {
        let mut empty = Response::new(Full::default().boxed_unsync());
        *empty.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        empty
    });
    if let Some(allowed) = allowed {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response<Body>, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| Problem::internal(&error.to_string()))?;
    // The product's JavaScript client compares the content type as a whole.
    Ok(response(status, "application/json", Full::from(bytes).boxed_unsync()))
}

fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
