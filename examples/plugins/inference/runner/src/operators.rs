//! The operators that models may use. Each costs code in the module; the features of the crate
//! leave groups of them out.

use rten::{OpRegistry, RegisterOp, op_types};

/// Adds the operators with these names.
macro_rules! group {
    ($all:ident: $($name:ident)*) => {
        $all.extend([$(&op_types::$name as &dyn RegisterOp),*])
    };
}

/// Returns the operators of this build.
pub fn registry() -> OpRegistry {
    let mut all: Vec<&dyn RegisterOp> = Vec::new();
    group!(all: Abs Add And ArgMax ArgMin Cast CastLike Ceil Clip Concat ConstantOfShape Cos CumSum
        Div Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm Greater
        GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log
        LogSoftmax MatMul Max Mean Min Mod Mul Neg Not OneHot Or Pad Pow PRelu Range Reciprocal
        ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
        Round ScatterElements ScatterND Shape Sigmoid Sign Sin Size Slice Softmax Softplus Split
        Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor);
    #[cfg(feature = "convolution")]
    group!(all: AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool
        InstanceNormalization MaxPool Resize);
    #[cfg(feature = "recurrent")]
    group!(all: GRU LSTM);
    #[cfg(feature = "transformer")]
    group!(all: Einsum LayerNormalization LpNormalization RotaryEmbedding);
    #[cfg(feature = "quantised")]
    group!(all: ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QuantizeLinear);
    OpRegistry::with_ops(&all)
}
