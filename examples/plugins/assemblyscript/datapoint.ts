// The record of the contract: an unmanaged class has the layout of a C struct.
// @ts-ignore: decorator
@unmanaged
export class Datapoint {
  timestamp: u64;
  value: f64;
}
