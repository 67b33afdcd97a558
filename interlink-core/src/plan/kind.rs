//! What kinds of steps there are, without what they are about.

use super::Op;

macro_rules! kinds {
    ($($variant:ident = $name:literal;)*) => {
        /// The kind of an [`Op`], by which metrics count.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is described where the operation of its name is")]
        pub enum OpKind {
            $($variant,)*
        }

        impl OpKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Op {
            /// Of which kind it is.
            pub const fn kind(&self) -> OpKind {
                match self { $(Self::$variant { .. } => OpKind::$variant,)* }
            }
        }
    };
}

kinds! {
    Load = "load";
    Replace = "replace";
    SetLink = "set_link";
    RemoveLink = "remove_link";
    SetNic = "set_nic";
    Attach = "attach";
    KeepTags = "keep_tags";
    AddRoutes = "add_routes";
    RemoveRoutes = "remove_routes";
    AddRules = "add_rules";
    RemoveRules = "remove_rules";
    MakeVlan = "make_vlan";
    BringUp = "bring_up";
    SetMtu = "set_mtu";
    AddAddresses = "add_addresses";
    RemoveAddresses = "remove_addresses";
    RemoveInterface = "remove_interface";
}
