import { digestOf, hexOf } from '../../../nouns/digest.ts';
import { Contradiction } from '../contradiction.ts';
import { upperBound } from './range.ts';

/**
 * A count that may not be known until a request comes: a number, or a polynomial with integer coefficients over symbols and
 * over operations that polynomials cannot carry. Expressions are kept in one normal form, so equal text is equal size.
 */
export type Size = number | Expression;

/** A size that a name stands for. Every symbol is a whole number of at least zero. */
export interface SizeSymbol {
  readonly kind: 'symbol';
  readonly key: string;
  /** `null` for a name that the model gives to a dimension of its inputs; else why nothing more is known. */
  readonly reason: string | null;
  /** No run can make it larger than this; `null` where nothing bounds it. */
  readonly atMost: Size | null;
  /** Which unknown of one inference this is; 0 for names that the model gives. */
  readonly serial: number;
}

/** `broadcast` is the common size of two that ONNX's broadcasting has accepted: equal, or one of them 1. */
export type OperationName = 'floor' | 'min' | 'max' | 'broadcast';

export interface Operation {
  readonly kind: 'operation';
  readonly key: string;
  readonly name: OperationName;
  readonly operands: readonly Size[];
}

export type Atom = SizeSymbol | Operation;

/** A whole number times a product of atoms; the constant term has no factors. A power is written as repeated factors. */
export interface Term {
  readonly coefficient: number;
  /** In the order of their keys. */
  readonly factors: readonly Atom[];
  readonly key: string;
}

/** Made by the functions below alone, which keep it normal. */
export class Expression {
  /** In the order of their keys, constant last. Never empty, never the constant alone. */
  readonly terms: readonly Term[];
  /** How many atoms it is made of, those inside operations counted. */
  readonly weight: number;
  /** Why the value cannot be told even when every name of the model is given a number; `null` where it can. */
  readonly reason: string | null;
  #text: string | null = null;

  constructor(terms: readonly Term[], weight: number) {
    this.terms = terms;
    this.weight = weight;
    this.reason = firstReason(terms);
  }

  /** As people write it; equal texts are equal sizes. */
  get text(): string {
    this.#text ??= render(this.terms);
    return this.#text;
  }
}

/**
 * Larger expressions say nothing to a reader, and a hostile file can double one with each node. Of real exports most stay
 * below 10 atoms; the longest are the lengths of strided speech encoders.
 */
const MAX_WEIGHT = 40;

/** A dimension's name in the model. */
export function namedSize(name: string): Expression {
  return fromAtom({ kind: 'symbol', key: keyOfName(name), reason: null, atMost: null, serial: 0 });
}

/** The key of the symbol that a dimension's name stands for. */
export function keyOfName(name: string): string {
  return quote(name);
}

/** A size that nothing is known about but its reason and, at times, its bound. Each serial is its own unknown. */
export function unknownSize(
  serial: number,
  facts: { readonly reason: string; readonly atMost: Size | null },
): Expression {
  return fromAtom({ kind: 'symbol', key: `?${serial}`, serial, ...facts });
}

export function operation(name: OperationName, operands: readonly Size[]): Expression {
  const key =
    name === 'floor'
      ? `floor(${operands.map(inParentheses).join('/')})`
      : `${name}(${operands.map(textOf).join(', ')})`;
  const weight = operands.reduce((sum: number, operand) => sum + weightOf(operand), 1);
  const atom = { kind: 'operation', key, name, operands } as const;
  if (weight <= MAX_WEIGHT) return fromAtom(atom);
  return tooLong(key, upperBound(new Expression([{ coefficient: 1, factors: [atom], key }], weight)));
}

/** Brings terms into normal form: like terms added, zero terms dropped, sorted. */
export function fromTerms(terms: readonly Term[]): Size {
  const byKey = new Map<string, Term>();
  for (const term of terms) {
    const before = byKey.get(term.key);
    byKey.set(term.key, before ? { ...term, coefficient: exact(before.coefficient + term.coefficient) } : term);
  }
  const kept = [...byKey.values()].filter((term) => term.coefficient !== 0).sort(byKeyConstantLast);
  const first = kept[0];
  if (!first) return 0;
  if (kept.length === 1 && first.factors.length === 0) return first.coefficient;
  return expressionOf(kept);
}

/** The expression with this number added to its constant. */
export function shifted(expression: Expression, by: number): Size {
  const { terms } = expression;
  const last = terms.at(-1);
  const constant = last?.factors.length === 0 ? last.coefficient : 0;
  const others = last?.factors.length === 0 ? terms.slice(0, -1) : terms;
  const sum = exact(constant + by);
  return expressionOf(sum === 0 ? others : [...others, { coefficient: sum, factors: [], key: '' }]);
}

export function termsOf(size: Size): readonly Term[] {
  return typeof size === 'number' ? [{ coefficient: size, factors: [], key: '' }] : size.terms;
}

export function textOf(size: Size): string {
  return typeof size === 'number' ? String(size) : size.text;
}

export function sameSize(a: Size, b: Size): boolean {
  return a === b || (typeof a !== 'number' && typeof b !== 'number' && a.text === b.text);
}

/** Why a size cannot be told from the sizes of the model's inputs; `null` where it can. */
export function reasonOf(size: Size): string | null {
  return typeof size === 'number' ? null : size.reason;
}

/** The single symbol that a size is, if it is nothing else. */
export function symbolOf(size: Size): SizeSymbol | null {
  const atom = atomOf(size);
  return atom?.kind === 'symbol' ? atom : null;
}

/** The single atom that a size is, if it is nothing else. */
export function atomOf(size: Size): Atom | null {
  if (typeof size === 'number' || size.terms.length !== 1) return null;
  const term = size.terms[0];
  return term?.coefficient === 1 && term.factors.length === 1 ? (term.factors[0] ?? null) : null;
}

function fromAtom(atom: Atom): Expression {
  return expressionOf([{ coefficient: 1, factors: [atom], key: atom.key }]);
}

export function exact(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Contradiction('a size is beyond 2^53, which no machine can hold');
  return value;
}

/** Stands for an expression that has grown past its limit, and is no larger; two that had the same text stay equal. */
export function tooLong(text: string, atMost: number | null = null): Expression {
  const reason = 'the expression for it grew too long to keep';
  return fromAtom({
    kind: 'symbol',
    key: `?long.${hexOf(digestOf(text)).slice(0, 16)}`,
    reason,
    atMost,
    serial: 0,
  });
}

function expressionOf(terms: readonly Term[]): Expression {
  let weight = terms.length;
  for (const { factors } of terms) for (const atom of factors) weight += atomWeight(atom);
  const expression = new Expression(terms, weight);
  return weight > MAX_WEIGHT ? tooLong(expression.text, upperBound(expression)) : expression;
}

function firstReason(terms: readonly Term[]): string | null {
  for (const term of terms) {
    for (const atom of term.factors) {
      const reason =
        atom.kind === 'symbol' ? atom.reason : (atom.operands.map(reasonOf).find((why) => why !== null) ?? null);
      if (reason !== null) return reason;
    }
  }
  return null;
}

function render(terms: readonly Term[]): string {
  let text = '';
  for (const { coefficient, factors, key } of terms) {
    const magnitude = Math.abs(coefficient);
    const product = factors.length === 0 ? String(magnitude) : magnitude === 1 ? key : `${magnitude}*${key}`;
    if (text === '') text = coefficient < 0 ? `-${product}` : product;
    else text += coefficient < 0 ? ` - ${product}` : ` + ${product}`;
  }
  return text;
}

function byKeyConstantLast(a: Term, b: Term): number {
  if (a.key === '' || b.key === '') return a.key === b.key ? 0 : a.key === '' ? 1 : -1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function weightOf(size: Size): number {
  return typeof size === 'number' ? 0 : size.weight;
}

function atomWeight(atom: Atom): number {
  return atom.kind === 'symbol' ? 1 : atom.operands.reduce((sum: number, operand) => sum + weightOf(operand), 1);
}

function inParentheses(size: Size): string {
  return typeof size === 'number' || atomOf(size) ? textOf(size) : `(${size.text})`;
}

/** Names that could be read as arithmetic are quoted, so that no name is taken for an expression. */
function quote(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.:#]*$/u.test(name) ? name : JSON.stringify(name);
}
