//! Values of a type: at random, with the edges of each type, and equal to another.

use compute_pipeline_random::Random;
use wasmtime::component::Val;

use crate::things;
use crate::world::{Body, Scalar, Type};

/// Chooses the values of one call.
pub struct Values<'a> {
    random: &'a mut Random,
    /// How many more items lists and maps may have.
    items: usize,
    /// How many more things there may be, and the number of the next one.
    things: &'a mut things::Numbers,
}

impl<'a> Values<'a> {
    /// Values with room for `items` items of lists and maps.
    pub fn new(random: &'a mut Random, items: usize, things: &'a mut things::Numbers) -> Self {
        Self {
            random,
            items,
            things,
        }
    }

    /// A value of the type.
    pub fn of(&mut self, ty: &Type) -> Val {
        match ty {
            Type::Scalar(scalar) => self.scalar(*scalar),
            Type::Thing(own) => self.things.another(*own),
            Type::List(item) => {
                let mut count = self.count();
                if item.has_things() {
                    count = count.min(6);
                }
                Val::List((0..count).map(|_| self.of(item)).collect())
            }
            Type::FixedList(item, length) => {
                Val::FixedLengthList((0..*length).map(|_| self.of(item)).collect())
            }
            Type::Map(key, value) => {
                let mut pairs: Vec<(Val, Val)> = Vec::new();
                for _ in 0..self.count() {
                    let key = self.scalar(*key);
                    if !pairs.iter().any(|(other, _)| same(other, &key)) {
                        pairs.push((key, self.of(value)));
                    }
                }
                Val::Map(pairs)
            }
            Type::Option(some) => Val::Option(self.maybe(some)),
            Type::Result(ok, err) => Val::Result(if self.random.chance(60) {
                Ok(ok.as_deref().map(|ok| Box::new(self.of(ok))))
            } else {
                Err(err.as_deref().map(|err| Box::new(self.of(err))))
            }),
            Type::Tuple(items) => Val::Tuple(items.iter().map(|item| self.of(item)).collect()),
            Type::Named(_, body) => self.declared(body),
        }
    }

    fn declared(&mut self, body: &Body) -> Val {
        match body {
            Body::Record(fields) => Val::Record(
                fields
                    .iter()
                    .map(|(name, ty)| (name.clone(), self.of(ty)))
                    .collect(),
            ),
            Body::Variant(cases) => {
                let (name, ty) = &cases[self.case(cases.len())];
                let value = ty.as_ref().map(|ty| Box::new(self.of(ty)));
                Val::Variant(name.clone(), value)
            }
            Body::Enum(cases) => Val::Enum(cases[self.case(cases.len())].clone()),
            Body::Flags(flags) => {
                let bits = match self.random.below(4) {
                    0 => 0,
                    1 => u64::MAX,
                    _ => self.random.bits(),
                };
                Val::Flags(
                    flags
                        .iter()
                        .enumerate()
                        .filter(|(index, _)| bits >> index & 1 == 1)
                        .map(|(_, name)| name.clone())
                        .collect(),
                )
            }
            Body::Alias(ty) => self.of(ty),
        }
    }

    fn maybe(&mut self, ty: &Type) -> Option<Box<Val>> {
        self.random.chance(65).then(|| Box::new(self.of(ty)))
    }

    /// The first case, the last, or any.
    fn case(&mut self, count: usize) -> usize {
        match self.random.below(4) {
            0 => 0,
            1 => count - 1,
            _ => self.random.below(count),
        }
    }

    fn count(&mut self) -> usize {
        let count = match self.random.below(12) {
            0..=1 => 0,
            2..=4 => 1,
            11 => self.random.between(20, 100),
            _ => self.random.between(2, 5),
        };
        let count = count.min(self.items);
        self.items -= count;
        count
    }

    fn scalar(&mut self, scalar: Scalar) -> Val {
        match scalar {
            Scalar::Bool => Val::Bool(self.random.chance(50)),
            Scalar::S8 => Val::S8(self.integer(8).cast_signed() as i8),
            Scalar::U8 => Val::U8(self.integer(8) as u8),
            Scalar::S16 => Val::S16(self.integer(16).cast_signed() as i16),
            Scalar::U16 => Val::U16(self.integer(16) as u16),
            Scalar::S32 => Val::S32(self.integer(32).cast_signed() as i32),
            Scalar::U32 => Val::U32(self.integer(32) as u32),
            Scalar::S64 => Val::S64(self.integer(64).cast_signed()),
            Scalar::U64 => Val::U64(self.integer(64)),
            Scalar::F32 => Val::Float32(match self.random.below(8) {
                // A NaN, of any sign and with any payload.
                0 => f32::from_bits(self.random.bits() as u32 | 0x7f80_0001),
                _ => self.random.f32(),
            }),
            Scalar::F64 => Val::Float64(match self.random.below(8) {
                0 => f64::from_bits(self.random.bits() | 0x7ff0_0000_0000_0001),
                _ => self.random.f64(),
            }),
            Scalar::Char => Val::Char(self.char()),
            Scalar::String => Val::String(self.string()),
        }
    }

    /// An integer of so many bits: near an end, small, or any.
    fn integer(&mut self, bits: u32) -> u64 {
        let top = 1_u64 << (bits - 1);
        match self.random.below(8) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => top,
            4 => top - 1,
            5 => self.random.bits() & 0x7f,
            _ => self.random.bits(),
        }
    }

    fn char(&mut self) -> char {
        const EDGES: [char; 12] = [
            '\0',
            '\n',
            '"',
            'a',
            '\u{7f}',
            '\u{80}',
            '\u{7ff}',
            '\u{800}',
            '\u{d7ff}',
            '\u{e000}',
            '\u{ffff}',
            '\u{10ffff}',
        ];
        let any = char::from_u32(self.random.bits() as u32 % 0x11_0000);
        match any {
            Some(any) if self.random.chance(40) => any,
            _ => self.random.pick(&EDGES),
        }
    }

    fn string(&mut self) -> String {
        let length = match self.random.below(10) {
            0..=1 => 0,
            9 => self.random.between(30, 300),
            _ => self.random.between(1, 9),
        };
        if self.random.chance(50) {
            return (0..length)
                .map(|_| char::from(b' ' + self.random.below(95) as u8))
                .collect();
        }
        (0..length).map(|_| self.char()).collect()
    }
}

/// Reports whether two values are the same: floats by their bits, where every NaN
/// is like another, and maps in any order.
pub fn same(a: &Val, b: &Val) -> bool {
    let all = |a: &[Val], b: &[Val]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    let maybe = |a: &Option<Box<Val>>, b: &Option<Box<Val>>| match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    match (a, b) {
        (Val::Float32(a), Val::Float32(b)) => {
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        (Val::Float64(a), Val::Float64(b)) => {
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        (Val::List(a), Val::List(b))
        | (Val::FixedLengthList(a), Val::FixedLengthList(b))
        | (Val::Tuple(a), Val::Tuple(b)) => all(a, b),
        (Val::Record(a), Val::Record(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        }
        (Val::Map(a), Val::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter()
                        .any(|(other, with)| same(key, other) && same(value, with))
                })
        }
        (Val::Variant(a, with), Val::Variant(b, other)) => a == b && maybe(with, other),
        (Val::Option(a), Val::Option(b)) => maybe(a, b),
        (Val::Result(Ok(a)), Val::Result(Ok(b))) | (Val::Result(Err(a)), Val::Result(Err(b))) => {
            maybe(a, b)
        }
        (Val::Bool(_), _)
        | (Val::S8(_) | Val::U8(_) | Val::S16(_) | Val::U16(_), _)
        | (Val::S32(_) | Val::U32(_) | Val::S64(_) | Val::U64(_), _)
        | (Val::Char(_) | Val::String(_) | Val::Enum(_) | Val::Flags(_), _) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_not_the_same() {
        let some = |value| Val::Option(Some(Box::new(value)));
        let pair = |key, value| (Val::U8(key), Val::U8(value));
        for (a, b) in [
            (Val::U8(1), Val::U8(2)),
            (Val::U8(1), Val::S8(1)),
            (Val::Float32(0.0), Val::Float32(-0.0)),
            (Val::Float64(0.0), Val::Float64(f64::NAN)),
            (Val::Float32(1.0), Val::Float64(1.0)),
            (Val::String("a".into()), Val::String("b".into())),
            (Val::List(vec![]), Val::List(vec![Val::U8(1)])),
            (Val::List(vec![Val::U8(2)]), Val::List(vec![Val::U8(1)])),
            (Val::List(vec![]), Val::FixedLengthList(vec![])),
            (some(Val::U8(1)), some(Val::U8(2))),
            (some(Val::U8(1)), Val::Option(None)),
            (Val::Result(Ok(None)), Val::Result(Err(None))),
            (Val::Map(vec![pair(1, 2)]), Val::Map(vec![pair(1, 3)])),
            (Val::Map(vec![pair(1, 2)]), Val::Map(vec![pair(2, 2)])),
            (Val::Flags(vec!["a".into()]), Val::Flags(vec![])),
            (
                Val::Variant("a".into(), None),
                Val::Variant("b".into(), None),
            ),
        ] {
            assert!(!same(&a, &b), "{a:?} {b:?}");
            assert!(same(&a, &a) && same(&b, &b), "{a:?} {b:?}");
        }
        let quiet = Val::Float64(f64::from_bits(0xfff8_0000_0000_0001));
        assert!(same(&Val::Float64(f64::NAN), &quiet));
        let (a, b) = (vec![pair(1, 2), pair(3, 4)], vec![pair(3, 4), pair(1, 2)]);
        assert!(same(&Val::Map(a), &Val::Map(b)));
    }
}
