import { decodeFunction } from './decode-function.ts';
import { decodeGraph } from './decode-graph.ts';
import { decodeOpset } from './decode-node.ts';
import { MODEL } from './fields.ts';
import { COST } from './limits.ts';
import type { LocalFunction, Metadata, Model, OpsetImport, Span } from './model.ts';
import { NO_METADATA, type Reading } from './reading.ts';

/** `ModelProto`, the whole file; `null` where it has no graph, so that the caller can say what it is instead. */
export function decodeModel(reading: Reading): Model | null {
  const { wire } = reading;
  const { path, bytes } = wire.file.identity;
  let irVersion = 0;
  let producerName = '';
  let producerVersion = '';
  let domain = '';
  let modelVersion = 0n;
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  let graphs: Span[] = [];
  const opsetImports: OpsetImport[] = [];
  const functions: LocalFunction[] = [];
  const trainingInfo: Span[] = [];
  const deviceConfigurations: Uint8Array[] = [];
  const unknown: Uint8Array[] = [];
  const whole = [{ offset: 0, length: bytes }];
  wire.each(whole, (tag) => {
    switch (tag) {
      case MODEL.irVersion:
        irVersion = wire.integer();
        return;
      case MODEL.producerName:
        producerName = reading.text();
        return;
      case MODEL.producerVersion:
        producerVersion = reading.text();
        return;
      case MODEL.domain:
        domain = reading.text();
        return;
      case MODEL.modelVersion:
        modelVersion = wire.int64();
        return;
      case MODEL.docString:
        docString = reading.text();
        return;
      case MODEL.graph:
        graphs = reading.piece(graphs, 'the graph of the model');
        return;
      case MODEL.opsetImport:
        opsetImports.push(decodeOpset(reading, [wire.span()]));
        return;
      case MODEL.metadata:
        metadata = reading.addEntry(metadata);
        return;
      case MODEL.trainingInfo:
        trainingInfo.push(reading.keep(wire.keptSpan(2 * COST.span), trainingInfo));
        return;
      case MODEL.functions:
        functions.push(decodeFunction(reading, [wire.span()]));
        return;
      case MODEL.configuration:
        deviceConfigurations.push(wire.bytes(COST.bytes));
        return;
      default:
        unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const graph = reading.merged(graphs, decodeGraph);
  if (graph === null) return null;
  const model: Model = {
    path,
    fileBytes: bytes,
    irVersion,
    opsetImports,
    producerName,
    producerVersion,
    domain,
    modelVersion,
    docString,
    graph,
    functions,
    metadata,
    trainingInfoCount: trainingInfo.length,
    ...(trainingInfo.length > 0 && { trainingInfo }),
    ...(deviceConfigurations.length > 0 && { deviceConfigurations }),
    ...(reading.irregularities.length > 0 && { irregularities: reading.irregularities }),
    unknown,
  };
  return reading.keep(model, whole);
}
