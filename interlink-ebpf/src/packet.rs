//! The one place that touches a packet's bytes.

/// One frame, from its Ethernet header on.
pub trait Packet {
    /// The `N` bytes at an offset in bytes, or none where the first buffer of the frame ends before them.
    fn bytes<const N: usize>(&self, offset: usize) -> Option<&[u8; N]>;

    /// The length in bytes of the first buffer, which is the whole frame unless a driver spread it over several.
    fn first_buffer(&self) -> usize;

    /// Whether the frame has at least this many bytes, in all its buffers together.
    fn reaches(&self, length: usize) -> bool;
}

impl Packet for [u8] {
    fn bytes<const N: usize>(&self, offset: usize) -> Option<&[u8; N]> {
        self.get(offset..)?.first_chunk()
    }

    fn first_buffer(&self) -> usize {
        self.len()
    }

    fn reaches(&self, length: usize) -> bool {
        length <= self.len()
    }
}

#[cfg(target_arch = "bpf")]
pub use kernel::XdpPacket;

#[cfg(target_arch = "bpf")]
#[expect(unsafe_code, reason = "the kernel hands the program a frame as two addresses")]
mod kernel {
    use aya_ebpf::{bindings::xdp_md, helpers::bpf_xdp_get_buff_len, programs::XdpContext};

    use super::Packet;

    /// The frame that the program runs for.
    #[derive(Debug)]
    pub struct XdpPacket {
        context: *mut xdp_md,
        start: usize,
        end: usize,
    }

    impl XdpPacket {
        /// The frame of a context.
        #[inline(always)]
        pub fn new(context: &XdpContext) -> Self {
            Self {
                context: context.ctx,
                start: context.data(),
                end: context.data_end(),
            }
        }
    }

    impl Packet for XdpPacket {
        // The comparison has this form, address against end, because the verifier learns a packet's bounds from no
        // other.
        #[inline(always)]
        fn bytes<const N: usize>(&self, offset: usize) -> Option<&[u8; N]> {
            let address = self.start + offset;
            if address + N > self.end {
                return None;
            }
            // SAFETY: the N bytes from `address` lie between the start and the end of the frame's first buffer, which
            // nobody writes while the program runs, and bytes have no alignment and no invalid values.
            Some(unsafe { &*(address as *const [u8; N]) })
        }

        #[inline(always)]
        fn first_buffer(&self) -> usize {
            self.end - self.start
        }

        // The helper costs a call, so it is asked only when the first buffer leaves the question open.
        #[inline(always)]
        fn reaches(&self, length: usize) -> bool {
            // SAFETY: the context is the kernel's own and lives as long as the program's run.
            length <= self.first_buffer() || length as u64 <= unsafe { bpf_xdp_get_buff_len(self.context) }
        }
    }
}
