/**
 * A backtracking matcher for what RE2 cannot do. Its steps are counted: a pattern that would run away is refused.
 * Positions are UTF-16 units; characters are code points.
 */
import { PythonError } from '../errors.ts';
import type { RegexNode, SetItem } from './syntax.ts';

/** Start and end of each group, -1 when it took no part. */
export type Captures = Int32Array;
type Continuation = (position: number) => boolean;
type Matcher = (position: number, next: Continuation) => boolean;

const MAX_STEPS = 250_000;
const MAX_DEPTH = 3000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the separators \x1c to \x1f as space
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const CLASSES = {
  unicode: { d: /\p{Nd}/u, w: /[\p{L}\p{N}_]/u, s: SPACE },
  ascii: { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t-\r ]/ },
} as const;

/** How a match may begin and end. */
export interface MatchMode {
  readonly anchored: boolean;
  readonly full?: boolean;
  /** The match must not be empty at the very start. */
  readonly mustAdvance?: boolean;
}

/** Told how many steps a search took. */
export type WorkCounter = (steps: number) => void;

/** Finds the first match at or after `start`. @throws PythonError of kind LimitExceeded when it takes too long */
export function backtrack(
  root: RegexNode,
  groupCount: number,
  text: string,
  start: number,
  mode: MatchMode,
  count: WorkCounter | undefined,
): Captures | null {
  const matcher = new Backtracker(text, groupCount);
  try {
    return matcher.search(root, start, mode);
  } finally {
    count?.(matcher.steps);
  }
}

class Backtracker {
  readonly #text: string;
  readonly #captures: Captures;
  #steps = 0;
  #depth = 0;

  constructor(text: string, groupCount: number) {
    this.#text = text;
    this.#captures = new Int32Array((groupCount + 1) * 2).fill(-1);
  }

  get steps(): number {
    return this.#steps;
  }

  search(root: RegexNode, start: number, mode: MatchMode): Captures | null {
    const matcher = this.#compile(root);
    for (let from = start; from <= this.#text.length; from = this.#after(from)) {
      this.#captures.fill(-1);
      const accept: Continuation = (end) => {
        if (mode.full === true && end !== this.#text.length) return false;
        if (mode.mustAdvance === true && end === start) return false;
        this.#captures[0] = from;
        this.#captures[1] = end;
        return true;
      };
      if (matcher(from, accept)) return this.#captures;
      if (mode.anchored) return null;
    }
    return null;
  }

  #tick(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) {
      throw new PythonError('LimitExceeded', 'The regular expression takes too many steps on this text');
    }
  }

  /** Position after the character at a position. */
  #after(position: number): number {
    return position + ((this.#text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1);
  }

  #before(position: number): number {
    const low = this.#text.charCodeAt(position - 1);
    return position - (position > 1 && low >= 0xdc00 && low <= 0xdfff ? 2 : 1);
  }

  #compile(node: RegexNode): Matcher {
    const test = this.#characterTest(node);
    if (test !== undefined) return (position, next) => test(position) && next(this.#after(position));
    switch (node.type) {
      case 'sequence':
        return node.items
          .map((item) => this.#compile(item))
          .reduceRight<Matcher>(
            (rest, first) => (position, next) => first(position, (middle) => rest(middle, next)),
            (position, next) => next(position),
          );
      case 'alternatives':
        return this.#alternatives(node.branches.map((branch) => this.#compile(branch)));
      case 'group':
        return this.#capture(node.index, this.#compile(node.inner));
      case 'atomic':
        return this.#atomic(this.#compile(node.inner));
      case 'repeat':
        return this.#repeat(node);
      case 'look':
        return this.#look(node);
      case 'reference':
        return this.#reference(node.group, node.ignoreCase);
      case 'conditional':
        return this.#conditional(node.group, this.#compile(node.yes), this.#compile(node.no));
      case 'empty':
        return (position, next) => next(position);
      default:
        return (position, next) => this.#assertion(node, position) && next(position);
    }
  }

  /** A test of the one character that a node takes; `undefined` when it takes any other amount. */
  #characterTest(node: RegexNode): ((position: number) => boolean) | undefined {
    const text = this.#text;
    if (node.type === 'any') {
      return (position) => position < text.length && (node.dotAll || text[position] !== '\n');
    }
    if (node.type === 'char') {
      const wanted = String.fromCodePoint(node.code);
      return (position) => {
        this.#tick();
        if (position >= text.length) return false;
        return node.ignoreCase ? sameFolded(this.#character(position), wanted) : text.startsWith(wanted, position);
      };
    }
    if (node.type !== 'set') return undefined;
    return (position) => {
      this.#tick();
      return position < text.length && inSet(this.#character(position), node.items, node.ignoreCase) !== node.negated;
    };
  }

  #character(position: number): string {
    return String.fromCodePoint(this.#text.codePointAt(position) ?? 0);
  }

  #alternatives(branches: readonly Matcher[]): Matcher {
    return (position, next) => branches.some((branch) => branch(position, next));
  }

  #capture(index: number, inner: Matcher): Matcher {
    return (position, next) => {
      const [start, end] = [this.#captures[index * 2] ?? -1, this.#captures[index * 2 + 1] ?? -1];
      const matched = inner(position, (after) => {
        const [innerStart, innerEnd] = [this.#captures[index * 2] ?? -1, this.#captures[index * 2 + 1] ?? -1];
        this.#captures[index * 2] = position;
        this.#captures[index * 2 + 1] = after;
        if (next(after)) return true;
        this.#captures[index * 2] = innerStart;
        this.#captures[index * 2 + 1] = innerEnd;
        return false;
      });
      if (matched) return true;
      this.#captures[index * 2] = start;
      this.#captures[index * 2 + 1] = end;
      return false;
    };
  }

  #atomic(inner: Matcher): Matcher {
    return (position, next) => {
      let end = -1;
      const saved = this.#captures.slice();
      const matched = inner(position, (after) => {
        end = after;
        return true;
      });
      if (matched && next(end)) return true;
      this.#captures.set(saved);
      return false;
    };
  }

  #repeat(node: Extract<RegexNode, { type: 'repeat' }>): Matcher {
    const test = this.#characterTest(node.inner);
    const matcher =
      test === undefined ? this.#repeatGroup(node) : this.#repeatCharacter(test, node.min, node.max, node.lazy);
    return node.possessive ? this.#atomic(matcher) : matcher;
  }

  #repeatCharacter(test: (position: number) => boolean, min: number, max: number, lazy: boolean): Matcher {
    return (start, next) => {
      const ends = [start];
      const extend = (): boolean => {
        const last = ends.at(-1) ?? start;
        this.#tick();
        if (ends.length - 1 >= max || !test(last)) return false;
        ends.push(this.#after(last));
        return true;
      };
      while (ends.length - 1 < min) if (!extend()) return false;
      if (lazy) {
        do if (next(ends.at(-1) ?? start)) return true;
        while (extend());
        return false;
      }
      while (extend());
      for (let count = ends.length - 1; count >= min; count -= 1) {
        this.#tick();
        if (next(ends[count] ?? start)) return true;
      }
      return false;
    };
  }

  #repeatGroup({ inner, min, max, lazy }: Extract<RegexNode, { type: 'repeat' }>): Matcher {
    const matcher = this.#compile(inner);
    const attempt = (count: number, position: number, next: Continuation): boolean => {
      this.#tick();
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH)
        throw new PythonError('LimitExceeded', 'The regular expression repeats too often on this text');
      const more = (): boolean =>
        count < max &&
        matcher(position, (after) => (after === position && count >= min ? false : attempt(count + 1, after, next)));
      const matched = count < min ? more() : lazy ? next(position) || more() : more() || next(position);
      this.#depth -= 1;
      return matched;
    };
    return (position, next) => attempt(0, position, next);
  }

  #look({ ahead, negated, inner }: Extract<RegexNode, { type: 'look' }>): Matcher {
    const matcher = this.#compile(inner);
    const holds = (position: number): boolean => {
      if (ahead) return matcher(position, () => true);
      for (let from = position; from >= 0; from = from === 0 ? -1 : this.#before(from)) {
        if (matcher(from, (end) => end === position)) return true;
      }
      return false;
    };
    return (position, next) => {
      const saved = this.#captures.slice();
      const held = holds(position);
      if (held === negated) {
        this.#captures.set(saved);
        return false;
      }
      if (negated) this.#captures.set(saved);
      if (next(position)) return true;
      this.#captures.set(saved);
      return false;
    };
  }

  #reference(group: number, ignoreCase: boolean): Matcher {
    return (position, next) => {
      const [start, end] = [this.#captures[group * 2] ?? -1, this.#captures[group * 2 + 1] ?? -1];
      if (start < 0) return false;
      const wanted = this.#text.slice(start, end);
      const found = this.#text.slice(position, position + wanted.length);
      this.#steps += wanted.length;
      this.#tick();
      return (ignoreCase ? sameFolded(found, wanted) : found === wanted) && next(position + wanted.length);
    };
  }

  #conditional(group: number, yes: Matcher, no: Matcher): Matcher {
    return (position, next) => ((this.#captures[group * 2] ?? -1) >= 0 ? yes : no)(position, next);
  }

  #assertion(node: RegexNode, position: number): boolean {
    const text = this.#text;
    switch (node.type) {
      case 'start':
        return position === 0 || (node.multiLine && text[position - 1] === '\n');
      case 'end':
        if (position === text.length || (node.multiLine && text[position] === '\n')) return true;
        return position === text.length - 1 && text[position] === '\n';
      case 'textStart':
        return position === 0;
      case 'textEnd':
        return position === text.length;
      case 'boundary':
        // Python holds an empty text to have neither.
        if (text === '') return false;
        return (
          (this.#isWord(position, node.ascii) !==
            (position > 0 && this.#isWord(this.#before(position), node.ascii))) !==
          node.negated
        );
      default:
        return false;
    }
  }

  #isWord(position: number, ascii: boolean): boolean {
    return position < this.#text.length && CLASSES[ascii ? 'ascii' : 'unicode'].w.test(this.#character(position));
  }
}

function sameFolded(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase() || left.toUpperCase() === right.toUpperCase();
}

function inSet(character: string, items: readonly SetItem[], ignoreCase: boolean): boolean {
  if (items.some((item) => matchesItem(character, item))) return true;
  if (!ignoreCase) return false;
  return [character.toLowerCase(), character.toUpperCase()].some((other) =>
    items.some((item) => matchesItem(other, item)),
  );
}

function matchesItem(character: string, item: SetItem): boolean {
  if (item.type === 'class')
    return CLASSES[item.ascii ? 'ascii' : 'unicode'][item.name].test(character) !== item.negated;
  const code = character.codePointAt(0) ?? 0;
  return code >= item.from && code <= item.to;
}
