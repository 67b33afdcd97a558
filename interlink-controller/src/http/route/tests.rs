use hyper::Method;

use super::{Endpoint, NoRoute, route};

const P: &str = "/interlink/v1beta1/regions/fr-par";

#[test]
fn every_endpoint_has_its_method_and_path() {
    let table = [
        (Method::GET, "dedicated-connections", Endpoint::ListConnections),
        (Method::GET, "dedicated-connections/i", Endpoint::GetConnection("i")),
        (Method::GET, "partners", Endpoint::ListPartners),
        (Method::GET, "partners/i", Endpoint::GetPartner("i")),
        (Method::GET, "pops", Endpoint::ListPops),
        (Method::GET, "pops/i", Endpoint::GetPop("i")),
        (Method::GET, "links", Endpoint::ListLinks),
        (Method::GET, "links/i", Endpoint::GetLink("i")),
        (Method::POST, "links", Endpoint::CreateLink),
        (Method::PATCH, "links/i", Endpoint::UpdateLink("i")),
        (Method::DELETE, "links/i", Endpoint::DeleteLink("i")),
        (Method::POST, "links/i/attach-vpc", Endpoint::AttachVpc("i")),
        (Method::POST, "links/i/detach-vpc", Endpoint::DetachVpc("i")),
        (
            Method::POST,
            "links/i/attach-routing-policy",
            Endpoint::AttachPolicy("i"),
        ),
        (
            Method::POST,
            "links/i/detach-routing-policy",
            Endpoint::DetachPolicy("i"),
        ),
        (Method::POST, "links/i/set-routing-policy", Endpoint::SetPolicy("i")),
        (
            Method::POST,
            "links/i/enable-route-propagation",
            Endpoint::EnablePropagation("i"),
        ),
        (
            Method::POST,
            "links/i/disable-route-propagation",
            Endpoint::DisablePropagation("i"),
        ),
        (Method::GET, "routing-policies", Endpoint::ListPolicies),
        (Method::GET, "routing-policies/i", Endpoint::GetPolicy("i")),
        (Method::POST, "routing-policies", Endpoint::CreatePolicy),
        (Method::PATCH, "routing-policies/i", Endpoint::UpdatePolicy("i")),
        (Method::DELETE, "routing-policies/i", Endpoint::DeletePolicy("i")),
        (Method::GET, "x-interlink/events", Endpoint::Events),
        (Method::POST, "x-interlink/links/i/report", Endpoint::Report("i")),
    ];
    for (method, path, endpoint) in table {
        let path = format!("{P}/{path}");
        let target = route(&method, &path).unwrap();
        assert_eq!(
            (target.region, target.endpoint),
            ("fr-par", endpoint),
            "{method} {path}"
        );
        assert!(
            matches!(route(&Method::PUT, &path), Err(NoRoute::Method { .. })),
            "{path}"
        );
        let below = format!("{path}/a/b/c");
        assert_eq!(route(&method, &below), Err(NoRoute::Path));
    }
    let routes = "/vpc/v2/regions/fr-par/routes-with-nexthop";
    assert_eq!(
        route(&Method::GET, routes).map(|target| target.endpoint),
        Ok(Endpoint::ListRoutes)
    );
}
