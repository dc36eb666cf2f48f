import { NO_SCRATCH, type ScratchTable } from './rule.ts';

/** Kernels that were seen to need nothing beside their outputs, or no more than a few elements for each row. */
const NAMES = {
  '': `
    Relu Sigmoid Tanh Elu LeakyRelu ThresholdedRelu Softplus Softsign HardSigmoid Selu Celu Gelu PRelu
    Abs Neg Floor Ceil Round Reciprocal Sqrt Exp Log Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Sign
    Add Sub Mul Div Pow Mod BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot And Or Xor Not Equal Less Greater LessOrEqual
    GreaterOrEqual IsNaN IsInf Clip Shrink Cast CastLike Softmax LogSoftmax Hardmax
    Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Pad Tile Expand Gather GatherElements
    OneHot DepthToSpace SpaceToDepth Trilu EyeLike ReverseSequence Compress Shape Size Range ConstantOfShape Constant
    ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare
    ArgMax ArgMin CumSum MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool MaxUnpool MaxRoiPool
    RoiAlign Upsample BatchNormalization InstanceNormalization LayerNormalization LpNormalization
    RMSNormalization GroupNormalization QuantizeLinear DequantizeLinear DynamicQuantizeLinear RotaryEmbedding
    RandomNormal RandomUniform RandomNormalLike RandomUniformLike TensorScatter
    OptionalHasElement OptionalGetElement Optional SequenceConstruct SequenceAt SequenceLength SequenceEmpty SequenceInsert
    SequenceErase ConcatFromSequence SplitToSequence StringNormalizer StringConcat StringSplit TfIdfVectorizer RegexFullMatch
    SimplifiedLayerNormalization Affine ImageScaler ParametricSoftplus ScaledTanh Crop DynamicSlice GivenTensorFill BlackmanWindow
    HammingWindow HannWindow MelWeightMatrix BitCast CumProd`,
  'com.microsoft': `
    Gelu QuickGelu BiasDropout EmbedLayerNormalization
    RotaryEmbedding QLinearAdd QLinearMul QLinearSigmoid QLinearLeakyRelu QLinearConcat QLinearGlobalAveragePool
    QLinearReduceMean NhwcMaxPool QuantizeLinear DequantizeLinear BiasSoftmax BiasAdd BiasSplitGelu Trilu
    GatherBlockQuantized ExpandDims Pad QEmbedLayerNormalization TransposeMatMul NhwcFusedConv
    CausalConvWithState EngramGate GatedAdd GatedRMSNorm LinearAttention LinearAttentionGate MRotaryEmbedding NGramHashMapping SampleOp BifurcationDetector
    CropAndResize IsAllFinite MurmurHash3 NGramRepeatBlock Range CDist MaxpoolWithMask UnfoldTensor`,
  'com.microsoft.nchwc': 'MaxPool AveragePool GlobalMaxPool GlobalAveragePool ReorderInput ReorderOutput Upsample',
  'ai.onnx.ml': `
    Scaler Normalizer LinearClassifier LinearRegressor LabelEncoder OneHotEncoder Imputer Binarizer ArrayFeatureExtractor
    FeatureVectorizer CastMap DictVectorizer CategoryMapper ZipMap TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor`,
} as const;

export const none: ScratchTable = Object.fromEntries(
  Object.entries(NAMES).flatMap(([domain, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [domain === '' ? name : `${domain}:${name}`, NO_SCRATCH] as const),
  ),
);
