import { healthMethods } from './health.ts';
import { type GrpcParts, INFERENCE_SERVICE, inferenceMethods } from './inference-methods.ts';
import type { Methods } from './methods.ts';
import { reflectionMethods } from './reflection.ts';

/** Every method that can be called over gRPC. */
export function grpcMethods(parts: GrpcParts): Methods {
  return new Map([
    ...inferenceMethods(parts),
    ...healthMethods({ phase: parts.phase, services: [INFERENCE_SERVICE, parts.signature.name] }),
    ...reflectionMethods(),
  ]);
}
