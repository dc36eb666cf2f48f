/** Something that can be written down in Prometheus' text format. */
export interface Instrument {
  readonly name: string;
  render(): string;
}

interface Described {
  readonly name: string;
  readonly help: string;
}

type Labels = readonly string[];

/** One of a counter's numbers. */
export interface Cell {
  value: number;
}

/** Numbers that only grow, one for each combination of labels. */
export class Counter implements Instrument {
  readonly name: string;
  readonly #head: string;
  readonly #labels: Labels;
  readonly #cells = new Map<string, Cell>();

  constructor({ name, help, labels = [] }: Described & { readonly labels?: Labels }) {
    this.name = name;
    this.#head = head(name, help, 'counter');
    this.#labels = labels;
    if (labels.length === 0) this.cell();
  }

  /** The number for values of the labels, given in the order of their names; whoever counts often keeps it. */
  cell(...values: Labels): Cell {
    const labels = renderLabels(this.#labels.map((label, place) => [label, values[place] ?? '']));
    const known = this.#cells.get(labels);
    if (known) return known;
    const made = { value: 0 };
    this.#cells.set(labels, made);
    return made;
  }

  count(...values: Labels): void {
    this.cell(...values).value++;
  }

  render(): string {
    let text = this.#head;
    for (const [labels, { value }] of this.#cells) text += `${this.name}${labels} ${value}\n`;
    return text;
  }
}

/** A number that is looked up when somebody asks. */
export class Gauge implements Instrument {
  readonly name: string;
  readonly #head: string;
  readonly #read: () => number | null;
  readonly #labels: string;

  /** Left out where `read` gives `null`. A `type` of counter is for what only grows but is counted elsewhere. */
  constructor(
    {
      name,
      help,
      type = 'gauge',
      labels = {},
    }: Described & {
      readonly type?: 'gauge' | 'counter';
      readonly labels?: Readonly<Record<string, string>>;
    },
    read: () => number | null,
  ) {
    this.name = name;
    this.#head = head(name, help, type);
    this.#labels = renderLabels(Object.entries(labels));
    this.#read = read;
  }

  render(): string {
    const value = this.#read();
    return value === null ? '' : `${this.#head}${this.name}${this.#labels} ${renderNumber(value)}\n`;
  }
}

/** Counts of values up to each of some bounds. */
export class Histogram implements Instrument {
  readonly name: string;
  readonly #head: string;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor({ name, help, bounds }: Described & { readonly bounds: readonly number[] }) {
    this.name = name;
    this.#head = head(name, help, 'histogram');
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let place = 0;
    while (place < this.#bounds.length && value > (this.#bounds[place] as number)) place++;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#sum += value;
  }

  render(): string {
    let total = 0;
    let text = this.#head;
    this.#counts.forEach((count, place) => {
      total += count;
      text += `${this.name}_bucket{le="${this.#bounds[place] ?? '+Inf'}"} ${total}\n`;
    });
    return `${text}${this.name}_sum ${renderNumber(this.#sum)}\n${this.name}_count ${total}\n`;
  }
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function renderLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  if (labels.length === 0) return '';
  return `{${labels.map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escapeLetter)}"`).join(',')}}`;
}

function escapeLetter(letter: string): string {
  return letter === '\n' ? '\\n' : `\\${letter}`;
}

function renderNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
