import { add, multiply, subtract } from './arithmetic.ts';
import { floorDivide } from './division.ts';
import { namedSize, type Size } from './size.ts';

/** Longer names are names, not arithmetic: exporters write sums of two or three terms. */
const MAX_NAME_LENGTH = 120;

const TOKEN = /\s*(?:(\d{1,9})|([\p{L}_][\p{L}\p{N}_.]*)|(\/\/|[+*()]|(?<=\s)-(?=\s)))/uy;

/**
 * The size that a dimension's name stands for. Exporters write arithmetic over other names into them, such as
 * `past_sequence_length + 1`; where the whole name reads as such it is taken at its word, else it is one symbol. A hyphen
 * without spaces around it belongs to a name (`batch-size`).
 */
export function parseDimensionName(name: string, sizeOfName: (name: string) => Size = namedSize): Size {
  if (name.length > MAX_NAME_LENGTH || !/[-+*/]/.test(name)) return sizeOfName(name);
  const tokens = tokenize(name);
  if (!tokens) return sizeOfName(name);
  const reading = { tokens, at: 0, sizeOfName };
  const size = readSum(reading);
  return size !== null && reading.at === tokens.length ? size : sizeOfName(name);
}

interface Reading {
  readonly tokens: readonly string[];
  at: number;
  readonly sizeOfName: (name: string) => Size;
}

function tokenize(name: string): readonly string[] | null {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  const text = name.trimEnd();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) return null;
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

function readSum(reading: Reading): Size | null {
  let left = readProduct(reading);
  while (left !== null && (reading.tokens[reading.at] === '+' || reading.tokens[reading.at] === '-')) {
    const operator = reading.tokens[reading.at++];
    const right = readProduct(reading);
    if (right === null) return null;
    left = operator === '+' ? add(left, right) : subtract(left, right);
  }
  return left;
}

function readProduct(reading: Reading): Size | null {
  let left = readFactor(reading);
  while (left !== null && (reading.tokens[reading.at] === '*' || reading.tokens[reading.at] === '//')) {
    const operator = reading.tokens[reading.at++];
    const right = readFactor(reading);
    if (right === null || (operator === '//' && (typeof right !== 'number' || right < 1))) return null;
    left = operator === '*' ? multiply(left, right) : floorDivide(left, right);
  }
  return left;
}

function readFactor(reading: Reading): Size | null {
  const token = reading.tokens[reading.at++];
  if (token === undefined) return null;
  if (/^\d/.test(token)) return Number(token);
  if (token !== '(') return /^[-+*/)]/.test(token) ? null : reading.sizeOfName(token);
  const inner = readSum(reading);
  return reading.tokens[reading.at++] === ')' ? inner : null;
}
