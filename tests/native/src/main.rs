//! Runs the engine as native code: the answers of no runtime at all.
//!
//! A panic is a trap; the process goes on.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Context as _, Result, bail};
use compute_pipeline::{Datapoint, aggregate, batch, checksum, summary, validate};
use compute_pipeline_runner::{hex, serve, unhex};
use serde_json::{Value, json};

thread_local! {
    /// The message of the last panic, as the guest words it.
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() -> Result<()> {
    panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or_default();
        let at = info.location().map(|at| format!(" (at {at})"));
        MESSAGE.set(message.to_owned() + &at.unwrap_or_default());
    }));
    let version = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    serve("native code", &version, |request| {
        let call = request["call"].as_str().context("no call")?;
        let args = request["args"].as_array().context("no args")?;
        match panic::catch_unwind(AssertUnwindSafe(|| run(call, args))) {
            Ok(answer) => Ok(json!({"value": answer?})),
            Err(_) => Ok(json!({"trap": MESSAGE.take()})),
        }
    })
}

/// Calls a function with values in JSON, and returns its result in JSON.
fn run(call: &str, args: &[Value]) -> Result<Value> {
    let arg = |i: usize| args.get(i).with_context(|| format!("no argument {i}"));
    let function = call.split('#').next_back().unwrap_or(call);
    Ok(match function {
        "compute-aggregate" => {
            let numbers = aggregate::compute_aggregate(&points(arg(0)?)?);
            json!(numbers.map(bits))
        }
        "validate-stream" => {
            let text = arg(0)?.as_str().context("not a string")?;
            result(validate::validate_stream(text).map(|points| {
                let point = |p: &Datapoint| json!({"timestamp": p.timestamp.to_string(), "value": bits(p.value)});
                points.iter().map(point).collect()
            }))
        }
        "process-batch" => json!({"hex": hex(&batch::process_batch(bytes(arg(0)?)?))}),
        "validate-checksum" => {
            let expected = arg(1)?.as_u64().context("not a u32")?.try_into()?;
            json!(checksum::validate_checksum(bytes(arg(0)?)?, expected))
        }
        "fold" => result(summary::fold(&bytes(arg(0)?)?, &points(arg(1)?)?).map(state)),
        "merge" => result(summary::merge(&bytes(arg(0)?)?, &bytes(arg(1)?)?).map(state)),
        "finish" => result(summary::finish(&bytes(arg(0)?)?).map(|s| {
            json!({
                "count": s.count.to_string(),
                "mean": bits(s.mean), "variance": bits(s.variance), "sum": bits(s.sum),
                "min": bits(s.min), "max": bits(s.max),
                "first": s.first.to_string(), "last": s.last.to_string(),
            })
        })),
        _ => bail!("the contract has no function {call}"),
    })
}

fn result(value: Result<Value, String>) -> Value {
    match value {
        Ok(value) => json!({"ok": value}),
        Err(message) => json!({"err": message}),
    }
}

fn state(bytes: Vec<u8>) -> Value {
    json!({"hex": hex(&bytes)})
}

fn bits(x: f64) -> String {
    format!("{:016x}", x.to_bits())
}

fn bytes(json: &Value) -> Result<Vec<u8>> {
    unhex(json["hex"].as_str().context("bytes without hex")?)
}

fn points(json: &Value) -> Result<Vec<Datapoint>> {
    let point = |json: &Value| {
        let timestamp = json["timestamp"].as_str().context("no timestamp")?;
        let value = json["value"].as_str().context("no value")?;
        Ok(Datapoint {
            timestamp: timestamp.parse()?,
            value: f64::from_bits(u64::from_str_radix(value, 16)?),
        })
    };
    json.as_array()
        .context("not a list")?
        .iter()
        .map(point)
        .collect()
}
