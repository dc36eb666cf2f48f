import type { PortText, SignatureChange } from '../../nouns/model-difference.ts';
import type { InputSummary, ModelFacts, PortSummary } from '../../nouns/model-summary.ts';

type Signature = Pick<ModelFacts, 'inputs' | 'outputs'>;
type Side = SignatureChange['side'];

/** The changes of a signature, inputs first, each judged by whether a client of the old model still works. */
export function diffSignatures(before: Signature, after: Signature): readonly SignatureChange[] {
  return [
    ...diffPorts('input', { before: before.inputs, after: after.inputs }),
    ...diffPorts('output', { before: before.outputs, after: after.outputs }),
  ];
}

interface Ports {
  readonly before: readonly (PortSummary | InputSummary)[];
  readonly after: readonly (PortSummary | InputSummary)[];
}

function diffPorts(side: Side, { before, after }: Ports): readonly SignatureChange[] {
  const old = new Map(before.map((port) => [port.name, port]));
  const now = new Map(after.map((port) => [port.name, port]));
  const removed = before.filter(({ name }) => !now.has(name)).map((port) => removal(side, port));
  const added = after.filter(({ name }) => !old.has(name)).map((port) => addition(side, port));
  const kept = before.flatMap((port) => {
    const other = now.get(port.name);
    return other ? diffPort(side, { from: port, to: other }) : [];
  });
  const common = (list: Ports['before'], others: ReadonlyMap<string, unknown>) =>
    list.flatMap(({ name }) => (others.has(name) ? [name] : [])).join('\0');
  const order: SignatureChange = {
    side,
    name: '',
    kind: 'order',
    breaking: false,
    message: `the ${side}s come in another order; clients that go by name do not notice`,
    from: null,
    to: null,
  };
  return [...removed, ...added, ...kept, ...(common(before, now) === common(after, old) ? [] : [order])];
}

function removal(side: Side, port: PortSummary): SignatureChange {
  const why = side === 'input' ? 'a request that carries it is refused' : 'a client that reads it finds nothing';
  return {
    side,
    name: port.name,
    kind: 'removed',
    breaking: true,
    message: `removed: ${why}`,
    from: textOf(port),
    to: null,
  };
}

function addition(side: Side, port: PortSummary | InputSummary): SignatureChange {
  const isRequired = side === 'input' && !('optional' in port && port.optional);
  const message = isRequired
    ? 'added: a request without it is refused'
    : side === 'input'
      ? 'added with a default: requests may leave it out'
      : 'added: clients may ignore it';
  return { side, name: port.name, kind: 'added', breaking: isRequired, message, from: null, to: textOf(port) };
}

function diffPort(
  side: Side,
  ports: { from: PortSummary | InputSummary; to: PortSummary | InputSummary },
): readonly SignatureChange[] {
  const { from, to } = ports;
  const texts = { side, name: from.name, from: textOf(from), to: textOf(to) };
  const changes: SignatureChange[] = [];
  if (from.datatype !== to.datatype) {
    changes.push({
      ...texts,
      kind: 'type',
      breaking: true,
      message: `is of type ${to.datatype} now, ${from.datatype} before`,
    });
  }
  const shape = diffShapes(side, { from: from.shape, to: to.shape });
  if (shape) changes.push({ ...texts, kind: 'shape', ...shape });
  if ('optional' in from && 'optional' in to && from.optional !== to.optional) {
    const message = to.optional ? 'has a default now' : 'has no default any more: a request without it is refused';
    changes.push({ ...texts, kind: 'default', breaking: !to.optional, message });
  }
  return changes;
}

type PortShape = PortSummary['shape'];

/** A client gives what an input allows and copes with what an output may be: inputs may only widen, outputs only narrow. */
function diffShapes(
  side: Side,
  { from, to }: { from: PortShape; to: PortShape },
): { breaking: boolean; message: string } | null {
  if (from === null || to === null) {
    if (from === to) return null;
    const isNarrower = from === null;
    return {
      breaking: isNarrower === (side === 'input'),
      message: isNarrower ? 'has a fixed rank now' : 'does not say its rank any more',
    };
  }
  if (from.length !== to.length)
    return { breaking: true, message: `has ${to.length} dimensions now, ${from.length} before` };
  const changes = from.flatMap((size, axis) => {
    const change = diffSizes(side, { from: size, to: to[axis] ?? null });
    return change === null ? [] : [{ ...change, message: `dimension ${axis} ${change.message}` }];
  });
  if (changes.length === 0) return null;
  return {
    breaking: changes.some(({ breaking }) => breaking),
    message: changes.map(({ message }) => message).join(', '),
  };
}

type Size = number | string | null;

function diffSizes(side: Side, { from, to }: { from: Size; to: Size }): { breaking: boolean; message: string } | null {
  if (from === to) return null;
  if (typeof from === 'number' && typeof to === 'number')
    return { breaking: true, message: `is ${to} now, ${from} before` };
  if (typeof from === 'number') return { breaking: side === 'output', message: `is open now, ${from} before` };
  if (typeof to === 'number') return { breaking: side === 'input', message: `is fixed to ${to} now, open before` };
  return { breaking: false, message: `is called ${to ?? 'nothing'} now, ${from ?? 'nothing'} before` };
}

function textOf({ datatype, shape }: PortSummary): PortText {
  return { datatype, shape };
}
