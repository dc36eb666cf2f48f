/** The ways in which tensors travel: over REST in JSON or as bytes behind it, over gRPC as raw contents or each in a field of its type. */
export type Way = 'json' | 'binary' | 'grpc' | 'grpc-typed';
