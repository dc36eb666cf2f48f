import { decodeAttribute } from './decode-attribute.ts';
import { decodeDomain, decodeNode, decodeOpset } from './decode-node.ts';
import { decodeValueInfo } from './decode-value-info.ts';
import { FUNCTION } from './fields.ts';
import { COST } from './limits.ts';
import type { Attribute, LocalFunction, Metadata, Node, OpsetImport, Span, ValueInfo } from './model.ts';
import { NO_METADATA, type Reading } from './reading.ts';

/** `FunctionProto`. */
export function decodeFunction(reading: Reading, spans: readonly Span[]): LocalFunction {
  const { wire } = reading;
  wire.charge(COST.graph);
  let name = '';
  let domain = '';
  let overload = '';
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: string[] = [];
  const attributeDefaults: Attribute[] = [];
  const nodes: Node[] = [];
  const opsetImports: OpsetImport[] = [];
  const valueInfos: ValueInfo[] = [];
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    switch (tag) {
      case FUNCTION.name:
        name = reading.text();
        return;
      case FUNCTION.input:
        inputs.push(reading.text());
        return;
      case FUNCTION.output:
        outputs.push(reading.text());
        return;
      case FUNCTION.attribute:
        attributes.push(reading.text());
        return;
      case FUNCTION.node:
        nodes.push(decodeNode(reading, [wire.span()]));
        return;
      case FUNCTION.docString:
        docString = reading.text();
        return;
      case FUNCTION.opsetImport:
        opsetImports.push(decodeOpset(reading, [wire.span()]));
        return;
      case FUNCTION.domain:
        domain = decodeDomain(reading);
        return;
      case FUNCTION.attributeDefaults:
        attributeDefaults.push(decodeAttribute(reading, [wire.span()]));
        return;
      case FUNCTION.valueInfo:
        valueInfos.push(decodeValueInfo(reading, [wire.span()]));
        return;
      case FUNCTION.overload:
        overload = reading.text();
        return;
      case FUNCTION.metadata:
        metadata = reading.addEntry(metadata);
        return;
      default:
        unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const local: LocalFunction = {
    name,
    domain,
    overload,
    inputs: reading.compact(inputs),
    outputs: reading.compact(outputs),
    attributes: reading.compact(attributes),
    attributeDefaults: reading.compact(attributeDefaults),
    nodes: reading.compact(nodes),
    opsetImports: reading.compact(opsetImports),
    valueInfos: reading.compact(valueInfos),
    docString,
    metadata,
    unknown: reading.compact(unknown),
  };
  return reading.keep(local, spans);
}
