import { decodeAttribute } from './decode-attribute.ts';
import { NODE, OPSET } from './fields.ts';
import { COST } from './limits.ts';
import type { Attribute, Metadata, Node, OpsetImport, Span } from './model.ts';
import { NO_METADATA, type Reading } from './reading.ts';

/** `NodeProto`. */
export function decodeNode(reading: Reading, spans: readonly Span[]): Node {
  const { wire } = reading;
  wire.charge(COST.node);
  let name = '';
  let opType = '';
  let domain = '';
  let overload = '';
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Attribute[] = [];
  const deviceConfigurations: Uint8Array[] = [];
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    switch (tag) {
      case NODE.input:
        inputs.push(reading.text());
        return;
      case NODE.output:
        outputs.push(reading.text());
        return;
      case NODE.name:
        name = reading.text();
        return;
      case NODE.opType:
        opType = reading.text();
        return;
      case NODE.attribute:
        attributes.push(decodeAttribute(reading, [wire.span()]));
        return;
      case NODE.docString:
        docString = reading.text();
        return;
      case NODE.domain:
        domain = decodeDomain(reading);
        return;
      case NODE.overload:
        overload = reading.text();
        return;
      case NODE.metadata:
        metadata = reading.addEntry(metadata);
        return;
      case NODE.deviceConfigurations:
        deviceConfigurations.push(wire.bytes(COST.bytes));
        return;
      default:
        unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const node: Node = {
    name,
    opType,
    domain,
    overload,
    inputs: reading.compact(inputs),
    outputs: reading.compact(outputs),
    attributes: reading.compact(attributes),
    docString,
    metadata,
    ...(deviceConfigurations.length > 0 && { deviceConfigurations }),
    unknown: reading.compact(unknown),
  };
  return reading.keep(node, spans);
}

/** `OperatorSetIdProto`. */
export function decodeOpset(reading: Reading, spans: readonly Span[]): OpsetImport {
  const { wire } = reading;
  wire.charge(COST.type);
  let domain = '';
  let version = 0;
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    if (tag === OPSET.domain) domain = decodeDomain(reading);
    else if (tag === OPSET.version) version = wire.integer();
    else unknown.push(wire.unknown(tag, COST.bytes));
  });
  return reading.keep({ domain, version, ...(unknown.length > 0 && { unknown }) }, spans);
}

/** The default domain has two spellings; here it has one. */
export function decodeDomain(reading: Reading): string {
  const domain = reading.text();
  return domain === 'ai.onnx' ? '' : domain;
}
