//! Tensors of the contract and of rten.

use rten::Value;
use rten_tensor::{Layout, Tensor as RtenTensor};

use crate::binding::exports::org::inference::sessions::{ElementKind, Elements, Error, Tensor};
use crate::failure::{invalid_input, invalid_model, too_large};
use crate::structure::{MAX_ELEMENTS, Slot, elements};

/// The name of a kind of numbers in the contract.
pub fn kind_name(kind: ElementKind) -> &'static str {
    match kind {
        ElementKind::F32s => "f32s",
        ElementKind::S32s => "s32s",
        ElementKind::S64s => "s64s",
        ElementKind::U8s => "u8s",
        ElementKind::S8s => "s8s",
    }
}

/// Makes a value of rten of an input, if the slot takes it. rten computes with 32 bits where ONNX
/// has 64.
pub fn lower(tensor: Tensor, slot: &Slot) -> Result<Value, Error> {
    let (kind, count) = match &tensor.elements {
        Elements::F32s(numbers) => (ElementKind::F32s, numbers.len()),
        Elements::S32s(numbers) => (ElementKind::S32s, numbers.len()),
        Elements::S64s(numbers) => (ElementKind::S64s, numbers.len()),
        Elements::U8s(numbers) => (ElementKind::U8s, numbers.len()),
        Elements::S8s(numbers) => (ElementKind::S8s, numbers.len()),
    };
    let name = &slot.name;
    if kind != slot.kind {
        return Err(invalid_input(format!(
            "the input {name:?} has {}, and the model takes {}",
            kind_name(kind),
            kind_name(slot.kind)
        )));
    }
    if !slot.takes(&tensor.shape) {
        return Err(invalid_input(format!(
            "the input {name:?} has the shape {:?}, and the model takes {}",
            tensor.shape,
            slot.shape_text()
        )));
    }
    match elements(tensor.shape.iter().map(|&length| u64::from(length))) {
        None => {
            return Err(too_large(format!(
                "the input {name:?} has the shape {:?}, and the max is {MAX_ELEMENTS} numbers",
                tensor.shape
            )));
        }
        Some(wanted) if wanted as usize != count => {
            return Err(invalid_input(format!(
                "the input {name:?} has {count} numbers, and its shape {:?} has {wanted}",
                tensor.shape
            )));
        }
        Some(_) => {}
    }
    let shape: Vec<usize> = tensor.shape.iter().map(|&length| length as usize).collect();
    Ok(match tensor.elements {
        Elements::F32s(numbers) => RtenTensor::from_data(&shape, numbers).into(),
        Elements::S32s(numbers) => RtenTensor::from_data(&shape, numbers).into(),
        Elements::U8s(numbers) => RtenTensor::from_data(&shape, numbers).into(),
        Elements::S8s(numbers) => RtenTensor::from_data(&shape, numbers).into(),
        Elements::S64s(numbers) => {
            let narrow = numbers.into_iter().map(|number| {
                i32::try_from(number).map_err(|_| {
                    invalid_input(format!(
                        "the input {name:?} has the number {number}, which is beyond 32 bits"
                    ))
                })
            });
            RtenTensor::from_data(&shape, narrow.collect::<Result<Vec<i32>, _>>()?).into()
        }
    })
}

/// Makes a tensor of the contract of an output. What is not a number gets the same bits on every
/// runtime.
pub fn lift(value: Value, slot: &Slot) -> Result<Tensor, Error> {
    let (shape, elements) = match (value, slot.kind) {
        (Value::FloatTensor(tensor), ElementKind::F32s) => {
            let shape = tensor.shape().to_vec();
            let mut numbers = tensor.into_data();
            for number in &mut numbers {
                if number.is_nan() {
                    *number = f32::from_bits(0x7fc0_0000);
                }
            }
            (shape, Elements::F32s(numbers))
        }
        (Value::Int32Tensor(tensor), ElementKind::S32s) => {
            (tensor.shape().to_vec(), Elements::S32s(tensor.into_data()))
        }
        (Value::Int32Tensor(tensor), ElementKind::S64s) => (
            tensor.shape().to_vec(),
            Elements::S64s(tensor.into_data().into_iter().map(i64::from).collect()),
        ),
        (Value::UInt8Tensor(tensor), ElementKind::U8s) => {
            (tensor.shape().to_vec(), Elements::U8s(tensor.into_data()))
        }
        (Value::Int8Tensor(tensor), ElementKind::S8s) => {
            (tensor.shape().to_vec(), Elements::S8s(tensor.into_data()))
        }
        (other, kind) => {
            return Err(invalid_model(format!(
                "the output {:?} is declared as {}, and is a {:?}",
                slot.name,
                kind_name(kind),
                other.dtype()
            )));
        }
    };
    Ok(Tensor {
        shape: shape.into_iter().map(|length| length as u32).collect(),
        elements,
    })
}
