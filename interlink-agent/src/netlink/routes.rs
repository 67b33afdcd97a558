//! Reading routes: ours in full, others' by prefix and protocol.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::state::mirror::Mirrored;
use interlink_core::state::routes::Builder;
use interlink_core::state::{Interface, Path, TableNumber};
use netlink_packet_route::RouteNetlinkMessage;

use super::dump::Dumps;
use super::error::NetlinkError;
use super::row::{Malformed, Names, Packing, Row};
use super::{Netlink, write};

impl Netlink {
    /// Dumps the routes of both families in one pass: ours from all tables, others' from `tables`.
    ///
    /// The names of next hops' interfaces are those of `interfaces`. A row that changes meanwhile may be missed or be
    /// read as it was: its notification then comes after the dump's end.
    ///
    /// A key that the kernel holds in a form which [`Netlink::add_routes`] never writes leads along [`Path::Other`]:
    /// another type than `unicast`, a hop without a gateway or on an interface that isn't known, other weights, a
    /// `tos`, a `src`, an `mtu`, or several rows of IPv4 with the same key.
    pub async fn routes(
        &self,
        interfaces: &BTreeMap<InterfaceName, Interface>,
        tables: &BTreeSet<TableNumber>,
    ) -> Result<Mirrored, NetlinkError> {
        let names = names(interfaces);
        let mut ours = Packing::new(&names);
        let mut others = Builder::default();
        let mut dumps = self.dumps.lock().await;
        for family in Family::ALL {
            dumps
                .rows("dumping routes", family, None, |payload| {
                    let Some(row) = Row::read(payload)? else { return Ok(()) };
                    if row.is_ours() {
                        ours.push(&row);
                    } else if tables.contains(&row.key.table) {
                        let number = others.paths.number(&row.protocol);
                        others.push(row.key, number);
                    }
                    Ok(())
                })
                .await?;
        }
        // IPv6 dumps begin anew when the table changes, so an equal row may come twice.
        let one_form = |one: &Path, other: &Path| if one == other { one.clone() } else { Path::Other };
        Ok(Mirrored {
            ours: Arc::new(ours.builder.finish(one_form)),
            others: Arc::new(others.finish(|one, _| *one)),
        })
    }
}

impl Dumps {
    /// Dumps a family's routes: all of them, or ours of one table.
    pub(super) async fn rows(
        &mut self,
        doing: &'static str,
        family: Family,
        ours_of: Option<TableNumber>,
        row: impl FnMut(&[u8]) -> Result<(), Malformed> + Send,
    ) -> Result<(), NetlinkError> {
        let request = RouteNetlinkMessage::GetRoute(write::filter(family, ours_of));
        match self.run(doing, request, row).await {
            // A table is there from its first route on.
            Err(NetlinkError::Refused { refusal, .. }) if refusal.errno.0 == libc::ENOENT && ours_of.is_some() => {
                Ok(())
            }
            other => other,
        }
    }
}

/// The names of interfaces, by their indexes.
pub(super) fn names(interfaces: &BTreeMap<InterfaceName, Interface>) -> Names {
    let interfaces = interfaces.iter();
    interfaces
        .map(|(name, interface)| (interface.index, name.clone()))
        .collect()
}
