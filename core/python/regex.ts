/**
 * Python's `re` on user patterns and user texts, without the danger of a pattern that runs for ever: RE2 (linear time)
 * does the work wherever it means the same as Python, a backtracking matcher with a budget does the rest.
 */
import { type Matcher, RE2JS } from 're2js';
import { PythonError } from './errors.ts';
import { backtrack, type Captures, type MatchMode, type WorkCounter } from './regex/backtrack.ts';
import { type ParsedRegex, parseRegex, type RegexFlags } from './regex/syntax.ts';
import { parseTemplate } from './regex/template.ts';
import { type Re2Pattern, toRe2 } from './regex/to-re2.ts';
import { stringRepr } from './repr.ts';
import { toCodePointIndex } from './text.ts';

export type { WorkCounter } from './regex/backtrack.ts';
export type { RegexFlags } from './regex/syntax.ts';

const MAX_PATTERN_LENGTH = 10_000;
const CACHE_SIZE = 500;
const FLAG_NAMES: Readonly<Record<keyof RegexFlags, string>> = {
  ignoreCase: 'IGNORECASE',
  multiLine: 'MULTILINE',
  dotAll: 'DOTALL',
  verbose: 'VERBOSE',
  ascii: 'ASCII',
};
const NOT_ASCII = /[\u0080-\uffff]/;

/** One match; positions are given in code points, as Python does. */
export class RegexMatch {
  readonly text: string;
  readonly #captures: Captures;
  readonly #names: ReadonlyMap<string, number>;

  constructor(text: string, captures: Captures, names: ReadonlyMap<string, number>) {
    this.text = text;
    this.#captures = captures;
    this.#names = names;
  }

  get groupCount(): number {
    return this.#captures.length / 2 - 1;
  }

  /** The text of a group (0 is the whole match); null when it took no part. */
  group(index: number): string | null {
    const start = this.startUnit(index);
    return start < 0 ? null : this.text.slice(start, this.endUnit(index));
  }

  start(index = 0): number {
    const unit = this.startUnit(index);
    return unit < 0 ? -1 : toCodePointIndex(this.text, unit);
  }

  end(index = 0): number {
    const unit = this.endUnit(index);
    return unit < 0 ? -1 : toCodePointIndex(this.text, unit);
  }

  /** Start in UTF-16 units. */
  startUnit(index = 0): number {
    return this.#captures[index * 2] ?? -1;
  }

  /** End in UTF-16 units. */
  endUnit(index = 0): number {
    return this.#captures[index * 2 + 1] ?? -1;
  }

  /** All groups but the whole match. */
  groups(): (string | null)[] {
    return Array.from({ length: this.groupCount }, (_, index) => this.group(index + 1));
  }

  namedGroups(): Record<string, string | null> {
    return Object.fromEntries([...this.#names].map(([name, index]) => [name, this.group(index)]));
  }
}

/** A compiled pattern. Make one with {@link compileRegex}. */
export class Regex {
  readonly source: string;
  readonly flags: RegexFlags;
  readonly #parsed: ParsedRegex;
  readonly #pattern: Re2Pattern | undefined;
  #re2: RE2JS | undefined;

  constructor(source: string, flags: RegexFlags) {
    this.source = source;
    this.flags = flags;
    this.#parsed = parseRegex(source, flags);
    this.#pattern = toRe2(this.#parsed.root);
  }

  get groupCount(): number {
    return this.#parsed.groupCount;
  }

  /** Python's `repr`, such as `re.compile('a', re.IGNORECASE)`; a long pattern is cut. */
  toString(): string {
    const names = Object.entries(FLAG_NAMES).filter(([name]) => this.flags[name as keyof RegexFlags] === true);
    const flags = names.map(([, python]) => `re.${python}`).join('|');
    return `re.compile(${stringRepr(this.source).slice(0, 200)}${flags === '' ? '' : `, ${flags}`})`;
  }

  /** The first match anywhere. */
  search(text: string, count?: WorkCounter): RegexMatch | null {
    return this.#run(text, 0, { anchored: false }, count);
  }

  /** A match at the start. */
  match(text: string): RegexMatch | null {
    return this.#run(text, 0, { anchored: true });
  }

  /** A match of the whole text. */
  fullMatch(text: string): RegexMatch | null {
    return this.#run(text, 0, { anchored: true, full: true });
  }

  /** All matches that do not overlap, as Python's `finditer`; empty ones may follow a match directly. */
  *matches(text: string, count?: WorkCounter): Generator<RegexMatch> {
    let position = 0;
    let mustAdvance = false;
    while (position <= text.length) {
      const match = this.#run(text, position, { anchored: false, mustAdvance }, count);
      if (match === null) return;
      yield match;
      position = match.endUnit();
      mustAdvance = match.startUnit() === match.endUnit();
    }
  }

  /** As `findall`: texts of the matches, of their only group, or arrays of all groups; groups without part are ''. */
  findAll(text: string): (string | string[])[] {
    return Array.from(this.matches(text), (match) => {
      const groups = match.groups().map((group) => group ?? '');
      return groups.length === 0 ? (match.group(0) ?? '') : groups.length === 1 ? (groups[0] ?? '') : groups;
    });
  }

  /** As `split`: groups of the separators are among the parts. A limit of 0 means none. */
  split(text: string, limit = 0, work?: WorkCounter): (string | null)[] {
    const parts: (string | null)[] = [];
    let last = 0;
    let count = 0;
    if (limit < 0) return [text];
    for (const match of this.matches(text, work)) {
      if (limit > 0 && count >= limit) break;
      parts.push(text.slice(last, match.startUnit()), ...match.groups());
      last = match.endUnit();
      count += 1;
    }
    parts.push(text.slice(last));
    return parts;
  }

  /** As `sub` with a template. @throws PythonError LimitExceeded for a result longer than `maxLength` */
  replace(text: string, template: string, count = 0, maxLength = 50_000_000, work?: WorkCounter): string {
    const parts = parseTemplate(template, this.groupCount, this.#parsed.groupNames);
    let length = text.length;
    return this.replaceWith(
      text,
      count,
      (match) => {
        const replacement = parts.map((part) => (typeof part === 'string' ? part : (match.group(part) ?? ''))).join('');
        length += replacement.length;
        if (length > maxLength)
          throw new PythonError('LimitExceeded', `The result is longer than ${maxLength} characters`);
        return replacement;
      },
      work,
    );
  }

  /** As `sub` with a function. A count of 0 replaces all, a negative one nothing. */
  replaceWith(text: string, count: number, replacement: (match: RegexMatch) => string, work?: WorkCounter): string {
    if (count < 0) return text;
    const parts: string[] = [];
    let last = 0;
    let done = 0;
    for (const match of this.matches(text, work)) {
      if (count > 0 && done >= count) break;
      parts.push(text.slice(last, match.startUnit()), replacement(match));
      last = match.endUnit();
      done += 1;
    }
    parts.push(text.slice(last));
    return parts.join('');
  }

  #run(text: string, start: number, mode: MatchMode, count?: WorkCounter): RegexMatch | null {
    const re2 = this.#re2For(text);
    const captures =
      re2 === undefined
        ? this.#backtrack(text, start, mode, count)
        : this.#linear(re2.matcher(text), text, start, mode);
    if (re2 !== undefined) count?.((captures?.[1] ?? text.length) - start);
    return captures === null ? null : new RegexMatch(text, captures, this.#parsed.groupNames);
  }

  #re2For(text: string): RE2JS | undefined {
    const pattern = this.#pattern;
    if (pattern === undefined) return undefined;
    if (pattern.hasEnd && text.endsWith('\n')) return undefined;
    if (pattern.hasBoundary && text === '') return undefined;
    if (pattern.hasUnicodeBoundary && NOT_ASCII.test(text)) return undefined;
    this.#re2 ??= RE2JS.compile(pattern.source);
    return this.#re2;
  }

  #linear(matcher: Matcher, text: string, start: number, mode: MatchMode): Captures | null {
    if (mode.anchored) {
      const matched = mode.full === true ? matcher.matches() : matcher.lookingAt();
      return matched ? this.#capturesOf(matcher) : null;
    }
    if (!matcher.find(start)) return null;
    const found = this.#capturesOf(matcher);
    if (mode.mustAdvance !== true || found[0] !== start || found[1] !== start) return found;
    // RE2 prefers the empty match here; only the other matcher can be asked for one that is not.
    const longer = this.#backtrack(text, start, { anchored: true, mustAdvance: true });
    if (longer !== null) return longer;
    const next = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
    return next <= text.length && matcher.find(next) ? this.#capturesOf(matcher) : null;
  }

  #capturesOf(matcher: Matcher): Captures {
    const captures = new Int32Array((this.groupCount + 1) * 2);
    for (let group = 0; group <= this.groupCount; group += 1) {
      captures[group * 2] = matcher.start(group);
      captures[group * 2 + 1] = matcher.end(group);
    }
    return captures;
  }

  #backtrack(text: string, start: number, mode: MatchMode, count?: WorkCounter): Captures | null {
    return backtrack(this.#parsed.root, this.groupCount, text, start, mode, count);
  }
}

const cache = new Map<string, Regex>();

/** Tells patterns apart: the same text with other flags is another one. */
export function regexKey(source: string, flags: RegexFlags): string {
  const letters = Object.entries(flags).map(([name, on]) => (on === true ? name[0] : ''));
  return `${letters.join('')}/${source}`;
}

/** Compiles a pattern, or finds it among those compiled before. @throws PythonError of kind `error` */
export function compileRegex(source: string, flags: RegexFlags = {}): Regex {
  if (source.length > MAX_PATTERN_LENGTH) throw new PythonError('LimitExceeded', 'The regular expression is too long');
  const key = regexKey(source, flags);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const regex = new Regex(source, flags);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, regex);
  return regex;
}

const SPECIAL = /[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g;

/** Python's `re.escape`. */
export function escapeRegex(text: string): string {
  return text.replace(SPECIAL, (character) => `\\${character}`);
}
