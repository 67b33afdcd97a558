//! The configuration at each step of the walk.

/// How far the product's steps have been taken; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Ordered,
    Active,
    VpcAttached,
    PoliciesAttached,
    Propagating,
}

impl Step {
    /// The gateway's configuration: the provider's end of one untagged static link.
    pub(super) fn text(self) -> String {
        let status = if self >= Self::Active { "active" } else { "requested" };
        let vpc = if self >= Self::VpcAttached {
            "vpc = \"prod\"\n"
        } else {
            ""
        };
        let policies = if self >= Self::PoliciesAttached {
            "routing_policy_v4 = \"prod-v4\"\nrouting_policy_v6 = \"prod-v6\"\n"
        } else {
            ""
        };
        let propagation = self >= Self::Propagating;
        format!(
            r#"[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/64"]

[[link]]
name = "paris"
interface = "link0"
status = "{status}"
{vpc}{policies}enable_route_propagation = {propagation}
scw_bgp_config  = {{ ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }}
peer_bgp_config = {{ ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }}
"#
        )
    }
}
