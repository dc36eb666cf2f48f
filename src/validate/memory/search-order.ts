import { randomNumbers } from '../../nouns/random-numbers.ts';

/** What the search knows of a node. */
export interface NodeFacts {
  /** Places of the nodes that make what it takes. */
  readonly needs: readonly number[];
  /** What it makes. */
  readonly bytes: number;
}

export interface Score {
  readonly bytes: number;
  /** Decides between orders that need the same. */
  readonly otherBytes: number;
  /** Place of the node at which the most is held. */
  readonly peak: number;
}

export interface SearchOptions {
  /** Of the nodes as they stand. */
  readonly start: Score;
  /** What an order needs; `null` where that cannot be told. */
  readonly judge: (order: readonly number[]) => Score | null;
  /** How often `judge` may be asked. */
  readonly simulations: number;
}

export interface FoundOrder {
  readonly order: readonly number[];
  readonly score: Score;
}

/** For each node the places of its needs, the one to be run first last. */
type Preferences = readonly (readonly number[])[];

/**
 * Looks for the order of nodes in a file from which the runtime makes a run that needs less: a few by rule, then one change after
 * another to the best, mostly at what comes together soon after the peak. The same on every machine: seeded, whole numbers, no clock.
 */
export function searchOrder(nodes: readonly NodeFacts[], options: SearchOptions): FoundOrder {
  const asInFile = nodes.map(({ needs }) => needs);
  const found: FoundOrder = { order: nodes.map((_, place) => place), score: options.start };
  const joins = nodes.flatMap(({ needs }, place) => (needs.length > 1 ? [place] : []));
  if (joins.length === 0) return found;
  const search = new Search(nodes, options, found, asInFile);
  for (const preferences of [heaviestFirst(nodes), largestFirst(nodes), asInFile.map((needs) => needs.toReversed())])
    search.attempt(preferences);
  search.improve(joins);
  return search.best;
}

/** Any fixed number will do. */
const SEED = 20_260_704;
/** Share of changes made close behind the peak, and how close that is. */
const NEAR_SHARE = 0.7;
const NEAR_JOINS = 12;

class Search {
  readonly #nodes: readonly NodeFacts[];
  readonly #judge: SearchOptions['judge'];
  #left: number;
  #best: FoundOrder;
  /** From which the next change is made: the best, or as good a one. */
  #current: { readonly preferences: Preferences; readonly found: FoundOrder };

  constructor(nodes: readonly NodeFacts[], options: SearchOptions, start: FoundOrder, preferences: Preferences) {
    this.#nodes = nodes;
    this.#judge = options.judge;
    // The nodes as they stand were judged already.
    this.#left = options.simulations - 1;
    this.#best = start;
    this.#current = { preferences, found: start };
  }

  get best(): FoundOrder {
    return this.#best;
  }

  attempt(preferences: Preferences): void {
    if (this.#left-- <= 0) return;
    const order = fileOrder(this.#nodes, preferences);
    const score = this.#judge(order);
    if (score === null) return;
    const found = { order, score };
    if (compare(score, this.#current.found.score) <= 0) this.#current = { preferences, found };
    if (compare(score, this.#best.score) < 0) this.#best = found;
  }

  improve(joins: readonly number[]): void {
    const random = randomNumbers(SEED);
    const below = (count: number): number => Math.floor(random() * count);
    while (this.#left > 0) {
      const { preferences, found } = this.#current;
      const pool = random() < NEAR_SHARE ? this.#joinsBehind(found, joins) : joins;
      const join = pool[below(pool.length)] ?? 0;
      const needs = preferences[join] ?? [];
      // Any but the one that is run first already.
      const need = needs[below(needs.length - 1)] ?? 0;
      const changed = [...needs.filter((other) => other !== need), need];
      this.attempt(preferences.with(join, changed));
    }
  }

  /** Joins at the peak and after it, by their places in the file, which the runtime's order follows on the whole. */
  #joinsBehind({ order, score }: FoundOrder, joins: readonly number[]): readonly number[] {
    const isJoin = new Set(joins);
    const near: number[] = [];
    for (let place = order.indexOf(score.peak); place < order.length && near.length < NEAR_JOINS; place++) {
      const node = order[place];
      if (node !== undefined && isJoin.has(node)) near.push(node);
    }
    return near.length > 0 ? near : joins;
  }
}

function compare(a: Score, b: Score): number {
  return a.bytes - b.bytes || a.otherBytes - b.otherBytes;
}

/**
 * The file order in which the runtime, walking back from the leaves and into the need with the highest place first, meets the needs
 * of each node as preferred: those that are met first stand last.
 */
function fileOrder(nodes: readonly NodeFacts[], preferences: Preferences): readonly number[] {
  const isNeeded = new Uint8Array(nodes.length);
  for (const { needs } of nodes) for (const need of needs) isNeeded[need] = 1;
  const isPlaced = new Uint8Array(nodes.length);
  const order: number[] = [];
  for (let leaf = 0; leaf < nodes.length; leaf++) {
    if (isNeeded[leaf] === 0) placeWithNeeds(leaf, { preferences, isPlaced, order });
  }
  return order;
}

function placeWithNeeds(
  node: number,
  { preferences, isPlaced, order }: { preferences: Preferences; isPlaced: Uint8Array; order: number[] },
): void {
  const path = [{ node, next: 0 }];
  isPlaced[node] = 1;
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const need = preferences[top.node]?.[top.next++];
    if (need === undefined) {
      order.push(top.node);
      path.pop();
    } else if (isPlaced[need] === 0) {
      isPlaced[need] = 1;
      path.push({ node: need, next: 0 });
    }
  }
}

/** First what holds most while it is made and least afterwards: the best order for a tree, after Sethi and Ullman. */
function heaviestFirst(nodes: readonly NodeFacts[]): Preferences {
  const peaks = new Float64Array(nodes.length);
  const preferences: (readonly number[])[] = nodes.map(({ needs }) => needs);
  for (const place of fileOrder(nodes, preferences)) {
    const { needs, bytes } = nodes[place] as NodeFacts;
    const surplus = (need: number): number => (peaks[need] ?? 0) - (nodes[need]?.bytes ?? 0);
    const sorted = needs.toSorted((a, b) => surplus(a) - surplus(b) || a - b);
    preferences[place] = sorted;
    let held = 0;
    let peak = 0;
    for (const need of sorted.toReversed()) {
      peak = Math.max(peak, held + (peaks[need] ?? 0));
      held += nodes[need]?.bytes ?? 0;
    }
    peaks[place] = Math.max(peak, held + bytes);
  }
  return preferences;
}

function largestFirst(nodes: readonly NodeFacts[]): Preferences {
  return nodes.map(({ needs }) => needs.toSorted((a, b) => (nodes[a]?.bytes ?? 0) - (nodes[b]?.bytes ?? 0) || a - b));
}
