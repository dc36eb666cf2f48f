/** More than a reader takes in; what is beyond is counted. */
const MAX_SHOWN = 20;
/** Enough of a value to know it by. */
const SHOWN_CHARACTERS = 80;

/** Where two JSON documents differ, one line for each place, as `config.Env[2]: found "A=1", made "A=2"`. */
export function jsonDifferences(found: unknown, made: unknown): readonly string[] {
  const lines: string[] = [];
  // Documents are bounded in size, and JSON.parse gives no circles.
  const waiting: [path: string, found: unknown, made: unknown][] = [['', found, made]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [path, a, b] = next;
    if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b)) {
      const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
      waiting.push(
        ...names.map((name): [string, unknown, unknown] => [
          Array.isArray(a) ? `${path}[${name}]` : `${path}${path === '' ? '' : '.'}${name}`,
          own(a, name),
          own(b, name),
        ]),
      );
    } else if (!Object.is(a, b)) lines.push(`${path || 'the document'}: found ${show(a)}, made ${show(b)}`);
  }
  return lines.length <= MAX_SHOWN
    ? lines
    : [...lines.slice(0, MAX_SHOWN), `and ${lines.length - MAX_SHOWN} more places`];
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function own(container: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
