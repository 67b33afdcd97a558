//! How a value of each type is written into a query and read from it.

use std::fmt;

use crate::id::{ConnectionId, OrganizationId, PartnerId, PopId, ProjectId, RoutingPolicyId, VpcId};
use crate::value::{
    BgpStatus, ConnectionOrder, DedicatedConnectionStatus, LinkKind, LinkOrder, LinkStatus, NameOrder, NexthopType,
    RouteOrder, RoutingPolicyOrder, Secret,
};

/// A parameter whose value can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} takes {takes}")]
pub struct ParameterError {
    /// Which.
    pub name: &'static str,
    /// What it takes, in words.
    pub takes: Takes,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// One of the API's values.
    Named(&'static str),
}

pub(super) trait Parameter {
    fn write(&self, name: &'static str, pairs: &mut Vec<(&'static str, String)>);

    fn read(&mut self, name: &'static str, value: &str) -> Result<(), ParameterError>;
}

/// What one value is made of and written as.
trait Single: Sized {
    /// Nothing where the value says "any".
    fn parse(value: &str) -> Result<Option<Self>, Takes>;

    fn text(&self) -> String;
}

impl<T: Single> Parameter for Option<T> {
    fn write(&self, name: &'static str, pairs: &mut Vec<(&'static str, String)>) {
        pairs.extend(self.iter().map(|value| (name, value.text())));
    }

    fn read(&mut self, name: &'static str, value: &str) -> Result<(), ParameterError> {
        *self = T::parse(value).map_err(|takes| ParameterError { name, takes })?;
        Ok(())
    }
}

impl<T: Single> Parameter for Vec<T> {
    fn write(&self, name: &'static str, pairs: &mut Vec<(&'static str, String)>) {
        pairs.extend(self.iter().map(|value| (name, value.text())));
    }

    fn read(&mut self, name: &'static str, value: &str) -> Result<(), ParameterError> {
        self.extend(T::parse(value).map_err(|takes| ParameterError { name, takes })?);
        Ok(())
    }
}

impl Single for String {
    fn parse(value: &str) -> Result<Option<Self>, Takes> {
        Ok(Some(value.to_owned()))
    }

    fn text(&self) -> String {
        self.clone()
    }
}

impl Single for Secret {
    fn parse(value: &str) -> Result<Option<Self>, Takes> {
        Ok(Some(Self::from(value)))
    }

    fn text(&self) -> String {
        self.expose().to_owned()
    }
}

impl Single for bool {
    fn parse(value: &str) -> Result<Option<Self>, Takes> {
        match value {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(Takes::Bool),
        }
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Single for $type {
            fn parse(value: &str) -> Result<Option<Self>, Takes> {
                value.parse().map(Some).map_err(|_| Takes::Number)
            }

            fn text(&self) -> String {
                self.to_string()
            }
        })*
    };
}

numbers! { u32 u64 }

macro_rules! ids {
    ($($type:ty)*) => {
        $(impl Single for $type {
            fn parse(value: &str) -> Result<Option<Self>, Takes> {
                Ok(Some(Self::from(value)))
            }

            fn text(&self) -> String {
                self.to_string()
            }
        })*
    };
}

ids! { ConnectionId OrganizationId PartnerId PopId ProjectId RoutingPolicyId VpcId }

macro_rules! names {
    ($($type:ident $(any $unknown:ident)?: $takes:literal,)*) => {
        $(impl Single for $type {
            fn parse(value: &str) -> Result<Option<Self>, Takes> {
                match Self::from(value) {
                    Self::Other(_) => Err(Takes::Named($takes)),
                    $(Self::$unknown => Ok(None),)?
                    known => Ok(Some(known)),
                }
            }

            fn text(&self) -> String {
                self.to_string()
            }
        })*
    };
}

names! {
    BgpStatus any Unknown: "a status of a BGP session",
    DedicatedConnectionStatus any Unknown: "a status of a dedicated connection",
    LinkStatus any Unknown: "a status of a link",
    NexthopType any Unknown: "a type of next hop",
    LinkKind: "a kind of link",
    ConnectionOrder: "an order of dedicated connections",
    LinkOrder: "an order of links",
    NameOrder: "name_asc or name_desc",
    RouteOrder: "an order of routes",
    RoutingPolicyOrder: "an order of routing policies",
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Named(what) => what,
        })
    }
}
