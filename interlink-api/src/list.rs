//! Answers to lists: one page, and how many there are in all.

use serde::{Deserialize, Serialize};

use crate::objects::{DedicatedConnection, Link, Partner, Pop, RoutingPolicy};
use crate::value::{Extra, null_as_default};
use crate::vpc::RouteWithNexthop;

/// One page of a list.
pub trait Page {
    /// What it is a list of.
    type Item;

    /// How many there are on all pages.
    fn total_count(&self) -> u64;

    /// Those of this page.
    fn into_items(self) -> Vec<Self::Item>;
}

macro_rules! pages {
    ($($(#[$doc:meta])* $type:ident { $field:ident: $item:ident })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $type {
                /// Those of this page.
                #[serde(deserialize_with = "null_as_default")]
                pub $field: Vec<$item>,
                /// How many there are on all pages.
                pub total_count: u64,
                /// What this version doesn't know.
                #[serde(flatten)]
                pub extra: Extra,
            }

            impl Page for $type {
                type Item = $item;

                fn total_count(&self) -> u64 {
                    self.total_count
                }

                fn into_items(self) -> Vec<Self::Item> {
                    self.$field
                }
            }
        )*
    };
}

pages! {
    /// A page of dedicated connections.
    ConnectionPage { connections: DedicatedConnection }
    /// A page of partners.
    PartnerPage { partners: Partner }
    /// A page of PoPs.
    PopPage { pops: Pop }
    /// A page of links.
    LinkPage { links: Link }
    /// A page of routing policies.
    RoutingPolicyPage { routing_policies: RoutingPolicy }
    /// A page of a VPC's routes.
    RoutePage { routes: RouteWithNexthop }
}
