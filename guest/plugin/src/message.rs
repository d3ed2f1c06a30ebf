//! The message of a panic, where the host reads it.

use core::fmt::{self, Write};

/// Max bytes of a message; a longer one is cut between characters.
const CAPACITY: usize = 1020;

/// The message of the last panic as the host reads it: 4 bytes of length
/// (little-endian, at most [`CAPACITY`]), then that many bytes of UTF-8.
#[repr(C)]
struct Message {
    len: u32,
    text: [u8; CAPACITY],
}

impl Message {
    const NONE: Self = Self {
        len: 0,
        text: [0; CAPACITY],
    };
}

impl Write for Message {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let start = self.len as usize;
        let mut end = s.len().min(CAPACITY - start);
        while !s.is_char_boundary(end) {
            end -= 1;
        }
        self.text[start..start + end].copy_from_slice(&s.as_bytes()[..end]);
        self.len += end as u32;
        // What follows a part that was cut would not follow it in the message.
        if end == s.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// Leaves a message for the host, which reads it if the instance traps. A message of more
/// than 1020 bytes is cut.
///
/// Allocates nothing, because it also reports that memory has run out. Natively, where there
/// is no such host, it does nothing.
pub fn leave(message: fmt::Arguments<'_>) {
    let mut text = Message::NONE;
    // An error means that the message was cut, or that a value has no text.
    let _ = text.write_fmt(message);
    store(text);
}

#[cfg(target_arch = "wasm32")]
fn store(text: Message) {
    /// Exported as a global that holds its address; see gohost/cabi.
    #[unsafe(export_name = "compute-pipeline:panic-message")]
    static mut MESSAGE: Message = Message::NONE;

    // SAFETY: a guest has one thread, there is never a reference to the static, and `text`
    // is complete, so no code that it calls can be in here already.
    unsafe { core::ptr::addr_of_mut!(MESSAGE).write(text) }
}

#[cfg(not(target_arch = "wasm32"))]
fn store(_: Message) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of some arguments.
    fn text(arguments: fmt::Arguments<'_>) -> std::string::String {
        let mut message = Message::NONE;
        let _ = message.write_fmt(arguments);
        std::str::from_utf8(&message.text[..message.len as usize])
            .unwrap()
            .into()
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let long = "ü".repeat(600);
        assert_eq!(text(format_args!("{}{}", 7, "x")), "7x");
        assert_eq!(text(format_args!("{long}")), "ü".repeat(510));
        assert_eq!(text(format_args!("x{long}")).len(), 1 + 2 * 509);
        assert_eq!(text(format_args!("x{long}y")).len(), 1 + 2 * 509);
    }
}
