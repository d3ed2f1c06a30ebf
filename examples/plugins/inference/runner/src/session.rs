//! The resource of the contract: a model that is ready to run.

use rten::{Model, ModelOptions};

use crate::binding::exports::org::inference::sessions as contract;
use crate::binding::exports::org::inference::sessions::{Error, GuestSession, Tensor};
use crate::failure::{invalid_input, invalid_model};
use crate::structure::{Slot, Structure};
use crate::{operators, tensor};

/// A model, and what it takes and gives.
pub struct Session {
    model: Model,
    structure: Structure,
}

impl GuestSession for Session {
    fn open(bytes: Vec<u8>) -> Result<contract::Session, Error> {
        let structure = Structure::read(&bytes)?;
        let model = ModelOptions::with_ops(operators::registry())
            .load(bytes)
            .map_err(|error| invalid_model(error.to_string()))?;
        if model.input_ids().len() != structure.inputs.len()
            || model.output_ids().len() != structure.outputs.len()
        {
            return Err(invalid_model("the model is read in two ways"));
        }
        Ok(contract::Session::new(Session { model, structure }))
    }

    fn inputs(&self) -> Vec<contract::Slot> {
        self.structure.inputs.iter().map(Slot::lift).collect()
    }

    fn outputs(&self) -> Vec<contract::Slot> {
        self.structure.outputs.iter().map(Slot::lift).collect()
    }

    fn run(&self, inputs: Vec<Tensor>) -> Result<Vec<Tensor>, Error> {
        let slots = &self.structure.inputs;
        if inputs.len() != slots.len() {
            return Err(invalid_input(format!(
                "there are {} inputs, and the model takes {}",
                inputs.len(),
                slots.len()
            )));
        }
        let mut values = Vec::with_capacity(inputs.len());
        for ((input, slot), &id) in inputs.into_iter().zip(slots).zip(self.model.input_ids()) {
            values.push((id, tensor::lower(input, slot)?.into()));
        }
        let outputs = self
            .model
            .run(values, self.model.output_ids(), None)
            .map_err(|error| invalid_input(format!("the model cannot run on these: {error}")))?;
        outputs
            .into_iter()
            .zip(&self.structure.outputs)
            .map(|(value, slot)| tensor::lift(value, slot))
            .collect()
    }
}
