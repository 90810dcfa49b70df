/** Reads the regular expressions of Python's `re` into a tree. */
import { PythonError } from '../errors.ts';

/** Named sets of characters: digit, word, space. */
export type CharacterClass = 'd' | 'w' | 's';

export type SetItem =
  | { readonly type: 'range'; readonly from: number; readonly to: number }
  | { readonly type: 'class'; readonly name: CharacterClass; readonly negated: boolean; readonly ascii: boolean };

export type RegexNode =
  | { readonly type: 'empty' }
  | { readonly type: 'char'; readonly code: number; readonly ignoreCase: boolean }
  | { readonly type: 'any'; readonly dotAll: boolean }
  | {
      readonly type: 'set';
      readonly negated: boolean;
      readonly items: readonly SetItem[];
      readonly ignoreCase: boolean;
    }
  | { readonly type: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly type: 'alternatives'; readonly branches: readonly RegexNode[] }
  | { readonly type: 'group'; readonly index: number; readonly inner: RegexNode }
  | { readonly type: 'atomic'; readonly inner: RegexNode }
  | {
      readonly type: 'repeat';
      readonly inner: RegexNode;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
      readonly possessive: boolean;
    }
  | { readonly type: 'start' | 'end'; readonly multiLine: boolean }
  | { readonly type: 'textStart' | 'textEnd' }
  | { readonly type: 'boundary'; readonly negated: boolean; readonly ascii: boolean }
  | { readonly type: 'look'; readonly ahead: boolean; readonly negated: boolean; readonly inner: RegexNode }
  | { readonly type: 'reference'; readonly group: number; readonly ignoreCase: boolean }
  | { readonly type: 'conditional'; readonly group: number; readonly yes: RegexNode; readonly no: RegexNode };

export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiLine?: boolean;
  readonly dotAll?: boolean;
  readonly verbose?: boolean;
  readonly ascii?: boolean;
}

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

const MAX_DEPTH = 100;
/** What takes no character cannot be repeated; look-around can. */
const ASSERTIONS = new Set<RegexNode['type']>(['start', 'end', 'textStart', 'textEnd', 'boundary']);
const FLAG_LETTERS: Readonly<Record<string, keyof RegexFlags>> = {
  i: 'ignoreCase',
  m: 'multiLine',
  s: 'dotAll',
  x: 'verbose',
  a: 'ascii',
};
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** @throws PythonError of kind `error`, as `re.error` */
export function parseRegex(source: string, flags: RegexFlags): ParsedRegex {
  return new RegexParser(source, flags).parse();
}

class RegexParser {
  readonly #points: readonly string[];
  readonly #names = new Map<string, number>();
  readonly #closed = new Set<number>();
  #position = 0;
  #groups = 0;
  #depth = 0;
  #flags: RegexFlags;

  constructor(source: string, flags: RegexFlags) {
    this.#points = [...source];
    this.#flags = flags;
  }

  parse(): ParsedRegex {
    this.#globalFlags();
    const root = this.#alternatives();
    if (this.#position < this.#points.length) throw this.#error('unbalanced parenthesis');
    return { root, groupCount: this.#groups, groupNames: this.#names };
  }

  #error(message: string): PythonError {
    return new PythonError('error', `${message} at position ${this.#position}`);
  }

  #peek(offset = 0): string | undefined {
    return this.#points[this.#position + offset];
  }

  #take(text: string): boolean {
    for (const [index, point] of [...text].entries()) if (this.#peek(index) !== point) return false;
    this.#position += text.length;
    return true;
  }

  /** Reads up to a closing mark and goes past it. */
  #until(close: string, what: string): string {
    const start = this.#position;
    while (this.#peek() !== close) {
      if (this.#peek() === undefined) throw this.#error(`missing ${close}, unterminated ${what}`);
      this.#position += 1;
    }
    this.#position += 1;
    return this.#points.slice(start, this.#position - 1).join('');
  }

  #globalFlags(): void {
    const match = /^\(\?([aiLmsux]+)\)/.exec(this.#points.slice(0, 12).join(''));
    if (match === null) return;
    this.#flags = this.#withFlags(match[1] ?? '', true);
    this.#position += match[0].length;
  }

  #withFlags(letters: string, value: boolean): RegexFlags {
    const changed: Record<string, boolean> = {};
    for (const letter of letters) {
      const name = FLAG_LETTERS[letter];
      if (name !== undefined) changed[name] = value;
      else if (letter === 'L') throw this.#error("bad inline flags: cannot use 'L' flag with a str pattern");
    }
    return { ...this.#flags, ...changed };
  }

  #alternatives(): RegexNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#error('the pattern is nested too deeply');
    const outer = this.#flags;
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    this.#flags = outer;
    this.#depth -= 1;
    return branches.length === 1 && branches[0] !== undefined ? branches[0] : { type: 'alternatives', branches };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const point = this.#peek();
      if (point === undefined || point === '|' || point === ')') break;
      if (this.#skipVerbose(point)) continue;
      const item = this.#quantified(this.#atom());
      if (item.type !== 'empty') items.push(item);
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { type: 'sequence', items };
  }

  #skipVerbose(point: string): boolean {
    if (this.#flags.verbose !== true) return false;
    if (/\s/.test(point)) {
      this.#position += 1;
      return true;
    }
    if (point !== '#') return false;
    while (this.#peek() !== undefined && this.#peek() !== '\n') this.#position += 1;
    return true;
  }

  #quantified(atom: RegexNode): RegexNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return atom;
    if (ASSERTIONS.has(atom.type)) throw this.#error('nothing to repeat');
    const lazy = this.#take('?');
    const possessive = !lazy && this.#take('+');
    if (this.#bounds() !== undefined) throw this.#error('multiple repeat');
    return { type: 'repeat', inner: atom, min: bounds[0], max: bounds[1], lazy, possessive };
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    const match = /^\{(\d*)(,?)(\d*)\}/.exec(this.#points.slice(this.#position, this.#position + 24).join(''));
    if (match === null || (match[1] === '' && match[2] === '')) return undefined;
    this.#position += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === '' ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (min > max) throw this.#error('min repeat greater than max repeat');
    if (min > 100_000) throw new PythonError('OverflowError', 'the repetition number is too large');
    return [min, max];
  }

  #atom(): RegexNode {
    const point = this.#points[this.#position] ?? '';
    this.#position += 1;
    const { ignoreCase = false, multiLine = false, dotAll = false } = this.#flags;
    switch (point) {
      case '.':
        return { type: 'any', dotAll };
      case '^':
        return { type: 'start', multiLine };
      case '$':
        return { type: 'end', multiLine };
      case '(':
        return this.#group();
      case '[':
        return this.#set();
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw this.#error('nothing to repeat');
      case '{':
        // Bounds at the beginning have nothing before them; other braces are ordinary characters.
        this.#position -= 1;
        if (this.#bounds() !== undefined) throw this.#error('nothing to repeat');
        this.#position += 1;
        return { type: 'char', code: 0x7b, ignoreCase };
      default:
        return { type: 'char', code: point.codePointAt(0) ?? 0, ignoreCase };
    }
  }

  #group(): RegexNode {
    if (!this.#take('?')) return this.#capture(undefined);
    if (this.#take('P<')) return this.#capture(this.#name('>'));
    if (this.#take('P=')) return this.#reference(this.#groupNumber(this.#name(')')));
    if (this.#take(':')) return this.#close(this.#alternatives());
    if (this.#take('#')) {
      this.#until(')', 'comment');
      return { type: 'empty' };
    }
    if (this.#take('>')) return { type: 'atomic', inner: this.#close(this.#alternatives()) };
    for (const [mark, ahead, negated] of LOOKS) {
      if (this.#take(mark)) return { type: 'look', ahead, negated, inner: this.#close(this.#alternatives()) };
    }
    if (this.#take('(')) return this.#conditional();
    return this.#flagGroup();
  }

  #name(close: string): string {
    const name = this.#until(close, 'name');
    if (name === '') throw this.#error('missing group name');
    if (!NAME.test(name)) throw this.#error(`bad character in group name '${name}'`);
    return name;
  }

  #groupNumber(name: string): number {
    const index = /^\d+$/.test(name) ? Number(name) : this.#names.get(name);
    if (index === undefined) throw this.#error(`unknown group name '${name}'`);
    return index;
  }

  #capture(name: string | undefined): RegexNode {
    this.#groups += 1;
    const index = this.#groups;
    if (name !== undefined) {
      if (this.#names.has(name)) throw this.#error(`redefinition of group name '${name}'`);
      this.#names.set(name, index);
    }
    const inner = this.#close(this.#alternatives());
    this.#closed.add(index);
    return { type: 'group', index, inner };
  }

  #close(inner: RegexNode): RegexNode {
    if (!this.#take(')')) throw this.#error('missing ), unterminated subpattern');
    return inner;
  }

  #reference(group: number): RegexNode {
    if (group > this.#groups) throw this.#error(`invalid group reference ${group}`);
    if (!this.#closed.has(group)) throw this.#error('cannot refer to an open group');
    return { type: 'reference', group, ignoreCase: this.#flags.ignoreCase === true };
  }

  #conditional(): RegexNode {
    const group = this.#groupNumber(this.#until(')', 'name'));
    const inner = this.#close(this.#alternatives());
    const branches = inner.type === 'alternatives' ? inner.branches : [inner];
    if (branches.length > 2) throw this.#error('conditional backref with more than two branches');
    const [yes = { type: 'empty' }, no = { type: 'empty' }] = branches;
    return { type: 'conditional', group, yes, no };
  }

  #flagGroup(): RegexNode {
    const match = /^([aiLmsux]*)(?:-([imsx]+))?([:)])/.exec(
      this.#points.slice(this.#position, this.#position + 16).join(''),
    );
    if (match === null) throw this.#error('unknown extension');
    const [whole, on = '', off = '', end] = match;
    if (end === ')') throw this.#error('global flags not at the start of the expression');
    this.#position += whole.length;
    const outer = this.#flags;
    this.#flags = this.#withFlags(on, true);
    this.#flags = this.#withFlags(off, false);
    const inner = this.#close(this.#alternatives());
    this.#flags = outer;
    return inner;
  }

  #escape(): RegexNode {
    const { ignoreCase = false, ascii = false } = this.#flags;
    const point = this.#peek();
    if (point === undefined) throw this.#error('bad escape (end of pattern)');
    this.#position += 1;
    if (point === 'A') return { type: 'textStart' };
    if (point === 'Z') return { type: 'textEnd' };
    if (point === 'b' || point === 'B') return { type: 'boundary', negated: point === 'B', ascii };
    const item = classItem(point, ascii);
    if (item !== undefined) return { type: 'set', negated: false, items: [item], ignoreCase };
    if (/[1-9]/.test(point)) return this.#numberEscape(point);
    return { type: 'char', code: this.#characterEscape(point), ignoreCase };
  }

  #numberEscape(first: string): RegexNode {
    const octal = /^[0-3][0-7][0-7]$/.exec(first + (this.#peek() ?? '') + (this.#peek(1) ?? ''));
    if (octal !== null) {
      this.#position += 2;
      return { type: 'char', code: Number.parseInt(octal[0], 8), ignoreCase: this.#flags.ignoreCase === true };
    }
    const second = this.#peek();
    if (second === undefined || !/\d/.test(second)) return this.#reference(Number(first));
    this.#position += 1;
    return this.#reference(Number(first + second));
  }

  /** An escape that stands for one character, in a set or outside; the letter is read already. */
  #characterEscape(point: string): number {
    const control = CONTROL_ESCAPES[point];
    if (control !== undefined) return control;
    const length = point === 'x' ? 2 : point === 'u' ? 4 : point === 'U' ? 8 : 0;
    if (length > 0) {
      const digits = this.#points.slice(this.#position, this.#position + length).join('');
      const code = digits.length === length && /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
      if (!(code <= 0x10ffff)) throw this.#error(`incomplete escape \\${point}${digits}`);
      this.#position += length;
      return code;
    }
    if (/[0-7]/.test(point)) {
      let digits = point;
      while (digits.length < 3 && /[0-7]/.test(this.#peek() ?? '')) {
        digits += this.#peek();
        this.#position += 1;
      }
      return Number.parseInt(digits, 8);
    }
    if (/[A-Za-z0-9]/.test(point)) throw this.#error(`bad escape \\${point}`);
    return point.codePointAt(0) ?? 0;
  }

  #set(): RegexNode {
    const negated = this.#take('^');
    const items: SetItem[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const from = this.#setItem();
      if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) {
        items.push(from);
        continue;
      }
      this.#position += 1;
      const to = this.#setItem();
      if (from.type !== 'range' || to.type !== 'range' || from.from > to.from) throw this.#error('bad character range');
      items.push({ type: 'range', from: from.from, to: to.from });
    }
    this.#position += 1;
    return { type: 'set', negated, items, ignoreCase: this.#flags.ignoreCase === true };
  }

  #setItem(): SetItem {
    const point = this.#peek();
    if (point === undefined) throw this.#error('unterminated character set');
    this.#position += 1;
    if (point !== '\\') return single(point.codePointAt(0) ?? 0);
    const escaped = this.#peek();
    if (escaped === undefined) throw this.#error('bad escape (end of pattern)');
    this.#position += 1;
    return classItem(escaped, this.#flags.ascii === true) ?? single(this.#characterEscape(escaped));
  }
}

const LOOKS: readonly (readonly [mark: string, ahead: boolean, negated: boolean])[] = [
  ['<=', false, false],
  ['<!', false, true],
  ['=', true, false],
  ['!', true, true],
];

function single(code: number): SetItem {
  return { type: 'range', from: code, to: code };
}

function classItem(letter: string, ascii: boolean): SetItem | undefined {
  const name = letter.toLowerCase();
  if (name !== 'd' && name !== 'w' && name !== 's') return undefined;
  return { type: 'class', name, negated: name !== letter, ascii };
}
