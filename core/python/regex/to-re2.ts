import type { CharacterClass, RegexNode, SetItem } from './syntax.ts';

/** A pattern for RE2, and for which texts RE2 and Python agree on it. */
export interface Re2Pattern {
  readonly source: string;
  /** `$` also matches before a final line break in Python, in RE2 it does not. */
  readonly hasEnd: boolean;
  /** `\b` knows all letters in Python, in RE2 those of ASCII. */
  readonly hasUnicodeBoundary: boolean;
  /** `\B` matches in an empty text, in Python it does not. */
  readonly hasBoundary: boolean;
}

/** RE2 refuses larger counts. */
const MAX_COUNT = 1000;
const UNICODE_CLASSES: Readonly<Record<CharacterClass, string>> = {
  d: '\\p{Nd}',
  w: '\\p{L}\\p{N}_',
  s: '\\t-\\r\\x1c-\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}',
};
const ASCII_CLASSES: Readonly<Record<CharacterClass, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t-\\r\\x20' };

/** Thrown for what RE2 cannot express. */
class Inexpressible extends Error {}

/** `undefined` when RE2 lacks a construct of the pattern (look-around, references, conditions, possessive repeats). */
export function toRe2(root: RegexNode): Re2Pattern | undefined {
  const found = { hasEnd: false, hasUnicodeBoundary: false, hasBoundary: false };
  try {
    return { source: print(root, found), ...found };
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
}

interface Findings {
  hasEnd: boolean;
  hasUnicodeBoundary: boolean;
  hasBoundary: boolean;
}

function print(node: RegexNode, found: Findings): string {
  switch (node.type) {
    case 'empty':
      return '';
    case 'char':
      return folded(character(node.code), node.ignoreCase);
    case 'any':
      return node.dotAll ? '(?s:.)' : '[^\\n]';
    case 'set':
      return folded(printSet(node.items, node.negated), node.ignoreCase);
    case 'sequence':
      return node.items
        .map((item) => (item.type === 'alternatives' ? `(?:${print(item, found)})` : print(item, found)))
        .join('');
    case 'alternatives':
      return node.branches.map((branch) => print(branch, found)).join('|');
    case 'group':
      return `(${print(node.inner, found)})`;
    case 'repeat':
      return printRepeat(node, found);
    case 'start':
      return node.multiLine ? '(?m:^)' : '\\A';
    case 'end':
      if (node.multiLine) return '(?m:$)';
      found.hasEnd = true;
      return '\\z';
    case 'textStart':
      return '\\A';
    case 'textEnd':
      return '\\z';
    case 'boundary':
      found.hasBoundary = true;
      if (!node.ascii) found.hasUnicodeBoundary = true;
      return node.negated ? '\\B' : '\\b';
    default:
      throw new Inexpressible();
  }
}

function folded(pattern: string, ignoreCase: boolean): string {
  return ignoreCase ? `(?i:${pattern})` : pattern;
}

function character(code: number): string {
  return /[A-Za-z0-9]/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\x{${code.toString(16)}}`;
}

function printRepeat(node: Extract<RegexNode, { type: 'repeat' }>, found: Findings): string {
  const { min, max, lazy, possessive } = node;
  if (possessive || min > MAX_COUNT || (max > MAX_COUNT && max !== Number.POSITIVE_INFINITY)) throw new Inexpressible();
  const inner = `(?:${print(node.inner, found)})`;
  return inner + quantifier(min, max) + (lazy ? '?' : '');
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

function printSet(items: readonly SetItem[], negated: boolean): string {
  const first = items[0];
  if (items.length === 1 && first?.type === 'class') return oneClass(first, negated !== first.negated);
  return `[${negated ? '^' : ''}${items.map(printItem).join('')}]`;
}

function oneClass(item: Extract<SetItem, { type: 'class' }>, negated: boolean): string {
  return `[${negated ? '^' : ''}${(item.ascii ? ASCII_CLASSES : UNICODE_CLASSES)[item.name]}]`;
}

function printItem(item: SetItem): string {
  if (item.type === 'range') {
    return item.from === item.to
      ? `\\x{${item.from.toString(16)}}`
      : `\\x{${item.from.toString(16)}}-\\x{${item.to.toString(16)}}`;
  }
  if (!item.negated) return (item.ascii ? ASCII_CLASSES : UNICODE_CLASSES)[item.name];
  // Only the complement of digits is one class; others inside of a set are left to the other matcher.
  if (item.name !== 'd' || item.ascii) throw new Inexpressible();
  return '\\P{Nd}';
}
