//! What a method and a path ask for.

use hyper::Method;

/// What is asked for, and of which region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) region: &'a str,
    pub(super) endpoint: Endpoint<'a>,
}

/// Everything that can be asked for. Ids are as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    ListConnections,
    GetConnection(&'a str),
    ListPartners,
    GetPartner(&'a str),
    ListPops,
    GetPop(&'a str),
    ListLinks,
    GetLink(&'a str),
    CreateLink,
    UpdateLink(&'a str),
    DeleteLink(&'a str),
    AttachVpc(&'a str),
    DetachVpc(&'a str),
    AttachPolicy(&'a str),
    DetachPolicy(&'a str),
    SetPolicy(&'a str),
    EnablePropagation(&'a str),
    DisablePropagation(&'a str),
    ListPolicies,
    GetPolicy(&'a str),
    CreatePolicy,
    UpdatePolicy(&'a str),
    DeletePolicy(&'a str),
    ListRoutes,
    Events,
    Report(&'a str),
}

/// Why nothing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// Nothing is there.
    Path,
    /// It takes other methods.
    Method {
        /// As the header `Allow` has them.
        allowed: &'static str,
    },
}

/// What a token has to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Read,
    Report,
    Write,
}

/// Finds what is asked for.
pub(super) fn route<'a>(method: &Method, path: &'a str) -> Result<Target<'a>, NoRoute> {
    let segments: Vec<&str> = path.strip_prefix('/').ok_or(NoRoute::Path)?.split('/').collect();
    match segments.as_slice() {
        ["interlink", "v1beta1", "regions", region, rest @ ..] => Ok(Target {
            region,
            endpoint: interlink(method, rest)?,
        }),
        ["vpc", "v2", "regions", region, "routes-with-nexthop"] => Ok(Target {
            region,
            endpoint: only(method, &Method::GET, Endpoint::ListRoutes)?,
        }),
        _ => Err(NoRoute::Path),
    }
}

fn interlink<'a>(method: &Method, rest: &[&'a str]) -> Result<Endpoint<'a>, NoRoute> {
    match rest {
        ["dedicated-connections"] => only(method, &Method::GET, Endpoint::ListConnections),
        ["dedicated-connections", id] => only(method, &Method::GET, Endpoint::GetConnection(id)),
        ["partners"] => only(method, &Method::GET, Endpoint::ListPartners),
        ["partners", id] => only(method, &Method::GET, Endpoint::GetPartner(id)),
        ["pops"] => only(method, &Method::GET, Endpoint::ListPops),
        ["pops", id] => only(method, &Method::GET, Endpoint::GetPop(id)),
        ["links"] => collection(method, Endpoint::ListLinks, Endpoint::CreateLink),
        ["links", id] => item(
            method,
            Endpoint::GetLink(id),
            Endpoint::UpdateLink(id),
            Endpoint::DeleteLink(id),
        ),
        ["links", id, action] => only(method, &Method::POST, act(id, action)?),
        ["routing-policies"] => collection(method, Endpoint::ListPolicies, Endpoint::CreatePolicy),
        ["routing-policies", id] => item(
            method,
            Endpoint::GetPolicy(id),
            Endpoint::UpdatePolicy(id),
            Endpoint::DeletePolicy(id),
        ),
        ["x-interlink", "events"] => only(method, &Method::GET, Endpoint::Events),
        ["x-interlink", "links", id, "report"] => only(method, &Method::POST, Endpoint::Report(id)),
        _ => Err(NoRoute::Path),
    }
}

fn act<'a>(id: &'a str, action: &str) -> Result<Endpoint<'a>, NoRoute> {
    match action {
        "attach-vpc" => Ok(Endpoint::AttachVpc(id)),
        "detach-vpc" => Ok(Endpoint::DetachVpc(id)),
        "attach-routing-policy" => Ok(Endpoint::AttachPolicy(id)),
        "detach-routing-policy" => Ok(Endpoint::DetachPolicy(id)),
        "set-routing-policy" => Ok(Endpoint::SetPolicy(id)),
        "enable-route-propagation" => Ok(Endpoint::EnablePropagation(id)),
        "disable-route-propagation" => Ok(Endpoint::DisablePropagation(id)),
        _ => Err(NoRoute::Path),
    }
}

fn only<'a>(method: &Method, takes: &Method, endpoint: Endpoint<'a>) -> Result<Endpoint<'a>, NoRoute> {
    if method == takes {
        return Ok(endpoint);
    }
    let allowed = if *takes == Method::GET { "GET" } else { "POST" };
    Err(NoRoute::Method { allowed })
}

fn collection<'a>(method: &Method, list: Endpoint<'a>, create: Endpoint<'a>) -> Result<Endpoint<'a>, NoRoute> {
    match *method {
        Method::GET => Ok(list),
        Method::POST => Ok(create),
        _ => Err(NoRoute::Method { allowed: "GET, POST" }),
    }
}

fn item<'a>(
    method: &Method,
    get: Endpoint<'a>,
    update: Endpoint<'a>,
    delete: Endpoint<'a>,
) -> Result<Endpoint<'a>, NoRoute> {
    match *method {
        Method::GET => Ok(get),
        Method::PATCH => Ok(update),
        Method::DELETE => Ok(delete),
        _ => Err(NoRoute::Method {
            allowed: "GET, PATCH, DELETE",
        }),
    }
}

impl Endpoint<'_> {
    /// What a token has to be good for.
    pub(super) const fn need(self) -> Need {
        match self {
            Self::ListConnections
            | Self::GetConnection(_)
            | Self::ListPartners
            | Self::GetPartner(_)
            | Self::ListPops
            | Self::GetPop(_)
            | Self::ListLinks
            | Self::GetLink(_)
            | Self::ListPolicies
            | Self::GetPolicy(_)
            | Self::ListRoutes
            | Self::Events => Need::Read,
            Self::Report(_) => Need::Report,
            Self::CreateLink
            | Self::UpdateLink(_)
            | Self::DeleteLink(_)
            | Self::AttachVpc(_)
            | Self::DetachVpc(_)
            | Self::AttachPolicy(_)
            | Self::DetachPolicy(_)
            | Self::SetPolicy(_)
            | Self::EnablePropagation(_)
            | Self::DisablePropagation(_)
            | Self::CreatePolicy
            | Self::UpdatePolicy(_)
            | Self::DeletePolicy(_) => Need::Write,
        }
    }

    /// The kind of object, in the API's words.
    pub(super) const fn resource(self) -> &'static str {
        match self {
            Self::ListConnections | Self::GetConnection(_) => "dedicated_connection",
            Self::ListPartners | Self::GetPartner(_) => "partner",
            Self::ListPops | Self::GetPop(_) => "pop",
            Self::ListPolicies
            | Self::GetPolicy(_)
            | Self::CreatePolicy
            | Self::UpdatePolicy(_)
            | Self::DeletePolicy(_) => "routing_policy",
            Self::ListRoutes => "route",
            Self::Events => "event",
            Self::ListLinks
            | Self::GetLink(_)
            | Self::CreateLink
            | Self::UpdateLink(_)
            | Self::DeleteLink(_)
            | Self::AttachVpc(_)
            | Self::DetachVpc(_)
            | Self::AttachPolicy(_)
            | Self::DetachPolicy(_)
            | Self::SetPolicy(_)
            | Self::EnablePropagation(_)
            | Self::DisablePropagation(_)
            | Self::Report(_) => "link",
        }
    }
}

#[cfg(test)]
mod tests;
