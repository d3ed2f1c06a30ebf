//! Texts of records: an array of objects with the two fields, and others, in
//! any order and with any white space.
//!
//! The general reader handles all other texts (an escape in a field's name, an
//! array instead of a record, deep nesting, a mistake).

use super::fields::Fields;
use super::names::{CROSSES, Next};
use super::skip::{token, white_space};
use super::template::Template;
use crate::Datapoint;

/// The shortest record and its comma.
const SHORTEST: usize = br#"{"timestamp":0,"value":0},"#.len();

/// A template that reads fewer records was not worth its making.
const WORTH: usize = 4;

/// The most records between two attempts to find a template.
const MOST: usize = 64;

/// The datapoints of `text`; `None` where it is not an array of records.
// wazero compiles one large function more slowly than two.
#[inline(never)]
pub fn parse(text: &[u8]) -> Option<Vec<Datapoint>> {
    let mut points: Vec<Datapoint> = Vec::new();
    let start = token(text, 0, b'[')?;
    let mut fields = Fields::new(text, token(text, start, b'{')?)?;
    // How many records are read without looking for a template, and how many
    // after the next that is of no use.
    let (mut without, mut next) = (0, 1);
    loop {
        if without > 0 {
            let room = points.spare_capacity_mut();
            let most = room.len().min(without);
            let count = fields.run(&mut room[..most]);
            // SAFETY: so many were written.
            unsafe { points.set_len(points.len() + count) };
            without -= count;
        }
        let after = fields.next()?;
        if let Next::Field(bits, at) = after
            && bits & CROSSES == 0
        {
            fields.read(bits, at)?;
            continue;
        }
        if let Some(point) = fields.point()? {
            if points.len() == points.capacity() {
                grow(&mut points, fields.at - start, text.len() - fields.at);
            }
            points.push(point);
            without = without.saturating_sub(1);
        }
        let (bits, at) = match after {
            Next::Field(bits, at) => (bits, at),
            Next::End(end) => return (white_space(text, end) == text.len()).then_some(points),
        };
        if without == 0
            && let (Some(previous), Some(layout)) = (fields.previous, fields.layout())
        {
            let (mut end, before) = (layout.second.end, points.len());
            if let Some(template) = Template::new(text, previous, layout) {
                while template.read(text, &mut end, &mut points) {
                    grow(&mut points, end - start, text.len() - end);
                }
            }
            let count = points.len() - before;
            if count < WORTH {
                (without, next) = (next, (2 * next).min(MOST));
            } else {
                next = 1;
            }
            if count > 0 {
                fields.move_to(end);
                continue;
            }
        }
        fields.read(bits, at)?;
    }
}

/// Makes room for the points of the `left` bytes, if they are like those of the
/// `done` bytes before them, and a little more: growing once more would copy
/// all points, and too much room is memory that the guest keeps.
#[cold]
#[inline(never)]
fn grow(points: &mut Vec<Datapoint>, done: usize, left: usize) {
    let most = left / SHORTEST + 1;
    if points.is_empty() {
        points.reserve_exact(most.min(64));
        return;
    }
    // In 64 bits: the product does not fit in a 32-bit machine's words.
    let alike = (left as u64 * points.len() as u64 / done as u64) as usize;
    let wanted = alike + alike / 16 + 1;
    // At least half as much again keeps the sum of all copies linear.
    points.reserve_exact(wanted.max(points.len() / 2).min(most));
}
