/**
 * YAML text to values, with the place of each of them.
 *
 * 1. The grammar comes from the `yaml` package, the meaning of scalars from PyYAML's rules (yaml-scalars.ts).
 * 2. Several errors of one text are reported together; nothing is thrown, whatever the text.
 * 3. Anchors and merge keys work, with a limit on what they may expand to. What looks like an alias but names no anchor is
 *    plain text, and so is a value that begins with `@`: Mistral's own loader reads them so.
 * 4. Further lines of quoted texts and of `[…]` and `{…}` need no indentation, tabs are refused outside of quotes: as PyYAML.
 * 5. Duplicate keys are tolerated, the last one wins.
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  type Scalar,
} from 'yaml';
import { createDict, type Dict, dictEntries, isDict } from '../../core/python/dict.ts';
import { composeDocument } from './compose.ts';
import { indentLooseLines } from './loose-indent.ts';
import { findForbiddenTab } from './tabs.ts';
import { readScalar, resolvePlainScalar, YamlTimestamp } from './yaml-scalars.ts';

/** A place in the text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Path = readonly (string | number)[];

export interface YamlProblem extends Position {
  readonly message: string;
}

export interface YamlDocument {
  /** The document as Python's values (core/python/values.ts); `{}` for an empty one. Undefined if it cannot be read. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** The place of the value under a path, or of the nearest part of the path that exists. */
  locate(path: Path): Position;
  /** Where a text begins that stands as it is inside of the scalar under a path. */
  locateText(path: Path, part: string): Position | undefined;
}

export interface YamlOptions {
  /** Default false: dates become text. With true they stay {@link YamlTimestamp}, for dumping. */
  readonly keepTimestamps?: boolean;
}

const MAX_LENGTH = 4_000_000;
const MAX_DEPTH = 200;
const TOO_DEEP = `the document is nested deeper than ${MAX_DEPTH} levels`;
const MAX_ALIAS_NODES = 100_000;
const CORE_TAG = 'tag:yaml.org,2002:';

/** Reads one YAML document. Never throws: what is wrong stands in `problems`. */
export function parseYaml(text: string, options: YamlOptions = {}): YamlDocument {
  if (text.length > MAX_LENGTH) return unreadable(`the document is longer than ${MAX_LENGTH} characters`);
  const strict = readDocument(text, NOTHING_ADDED, options);
  const indented = strict.problems.length > 0 ? indentLooseLines(text) : undefined;
  if (indented === undefined) return strict;
  const loose = readDocument(indented.text, indented.added, options);
  return loose.problems.length > 0 ? strict : loose;
}

function unreadable(message: string, place: Position = { line: 1, column: 1 }): YamlDocument {
  return {
    value: undefined,
    problems: [{ message, ...place }],
    locate: () => place,
    locateText: () => undefined,
  };
}

const NOTHING_ADDED: ReadonlyMap<number, number> = new Map();

function readDocument(text: string, added: ReadonlyMap<number, number>, options: YamlOptions): YamlDocument {
  const lines = new LineCounter();
  const at = (offset: number): Position => positionOf(lines, added, offset);
  const composed = composeDocument(text, lines);
  if ('tooDeepAt' in composed) return unreadable(TOO_DEEP, at(composed.tooDeepAt));
  const { document, hasMore } = composed;
  const problems: YamlProblem[] = [];
  if (hasMore) problems.push({ message: 'expected a single document, but found another document', ...at(0) });
  for (const error of document.errors) {
    if (error.code === 'BAD_SCALAR_START' && text[error.pos[0]] === '@') continue;
    problems.push({ message: sentence(error.message), ...at(error.pos[0]) });
  }
  const tab = problems.length > 0 ? undefined : findForbiddenTab(text);
  if (tab !== undefined) problems.push({ message: "found character '\\t' that cannot start any token", ...at(tab) });
  const locate = (path: Path): Position => at(nearestOffset(document, path));
  const locateText = (path: Path, part: string): Position | undefined => {
    const node = nodeAt(document, path);
    return isScalar(node) ? textStart(node, text, part, at) : undefined;
  };
  if (problems.length > 0) return { value: undefined, problems, locate, locateText };
  const reader = new ValueReader(document, problems, at, options.keepTimestamps ?? false);
  const value = reader.read(document.contents as ParsedNode | null, 0);
  return { value: problems.length > 0 ? undefined : emptyToMapping(value), problems, locate, locateText };
}

/** Mistral: `load(text) or {}`. */
function emptyToMapping(value: unknown): unknown {
  const empty = value === null || value === false || value === 0 || value === '';
  return empty || (Array.isArray(value) && value.length === 0) ? {} : value;
}

function positionOf(lines: LineCounter, added: ReadonlyMap<number, number>, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col - (added.get(line) ?? 0)) };
}

function sentence(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}

function textStart(node: Scalar, text: string, part: string, at: (offset: number) => Position): Position | undefined {
  const [start, end] = node.range ?? [];
  const offset = start === undefined ? -1 : text.indexOf(part, start);
  return offset >= 0 && offset + part.length <= (end ?? 0) ? at(offset) : undefined;
}

function nodeAt(document: Document, path: Path): unknown {
  let node: unknown = document.contents;
  for (const step of path) {
    node = childOf(resolved(document, node), step)?.value;
    if (node === undefined) return undefined;
  }
  return resolved(document, node);
}

function nearestOffset(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const step of path) {
    const child = childOf(resolved(document, node), step);
    if (child === undefined) return offset;
    node = child.value;
    offset = rangeStart(child.key) ?? rangeStart(node) ?? offset;
  }
  return offset;
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function rangeStart(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node
    ? (node as { range?: readonly number[] | null }).range?.[0]
    : undefined;
}

function childOf(
  node: unknown,
  step: string | number,
): { readonly key?: unknown; readonly value: unknown } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step];
    return value === undefined ? undefined : { value };
  }
  if (!isMap(node)) return undefined;
  return node.items.findLast(
    (pair) => isScalar(pair.key) && String(pair.key.source ?? pair.key.value) === String(step),
  );
}

/** Turns nodes to values. One per document: it remembers what anchors stand for and counts what they add. */
class ValueReader {
  readonly #document: Document;
  readonly #problems: YamlProblem[];
  readonly #at: (offset: number) => Position;
  readonly #keepTimestamps: boolean;
  readonly #open = new Set<unknown>();
  #aliasNodes = 0;
  #insideAlias = 0;

  constructor(document: Document, problems: YamlProblem[], at: (offset: number) => Position, keepTimestamps: boolean) {
    this.#document = document;
    this.#problems = problems;
    this.#at = at;
    this.#keepTimestamps = keepTimestamps;
  }

  read(node: Node | null | undefined, depth: number): unknown {
    if (node === null || node === undefined) return null;
    if (depth > MAX_DEPTH) return this.#refuse(node, TOO_DEEP);
    if (this.#insideAlias > 0) {
      this.#aliasNodes += 1;
      if (this.#aliasNodes === MAX_ALIAS_NODES) this.#refuse(node, 'the aliases of the document expand to too much');
      if (this.#aliasNodes >= MAX_ALIAS_NODES) return null;
    }
    if (isAlias(node)) return this.#readAlias(node, depth);
    if (isScalar(node)) return this.#readScalar(node);
    if (isSeq(node)) return this.#guarded(node, () => node.items.map((item) => this.read(item as Node, depth + 1)));
    if (isMap(node)) return this.#guarded(node, () => this.#readMap(node, depth));
    return this.#refuse(node, 'this is no value');
  }

  #readAlias(node: import('yaml').Alias, depth: number): unknown {
    const target = node.resolve(this.#document);
    if (target === undefined) return `*${node.source}`;
    this.#insideAlias += 1;
    const value = this.read(target, depth + 1);
    this.#insideAlias -= 1;
    return value;
  }

  #guarded(node: Node, read: () => unknown): unknown {
    if (this.#open.has(node)) return this.#refuse(node, 'an anchor contains itself');
    if (!this.#isCollectionTag(node)) return this.#refuse(node, `the tag ${node.tag} is not supported`);
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #isCollectionTag(node: Node): boolean {
    return node.tag === undefined || node.tag === '!' || /^tag:yaml\.org,2002:(?:map|seq)$/.test(node.tag);
  }

  #readMap(node: import('yaml').YAMLMap, depth: number): Dict {
    const merged: (readonly [unknown, unknown])[] = [];
    const own: (readonly [unknown, unknown])[] = [];
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      const keyNode = pair.key as Node | null;
      if (isScalar(keyNode) && keyNode.type === 'PLAIN' && keyNode.source === '<<' && keyNode.tag === undefined) {
        merged.push(...this.#mergeEntries(pair.value as Node, depth));
        continue;
      }
      const key = this.read(keyNode, depth + 1);
      if (typeof key === 'object' && key !== null && !('value' in key)) {
        this.#refuse(keyNode ?? node, 'found unhashable key');
        continue;
      }
      own.push([key, this.read(pair.value as Node, depth + 1)]);
    }
    return createDict([...merged, ...own]);
  }

  #mergeEntries(node: Node | null, depth: number): (readonly [unknown, unknown])[] {
    const value = this.read(node, depth + 1);
    const sources = Array.isArray(value) ? [...value].reverse() : [value];
    const entries: (readonly [unknown, unknown])[] = [];
    for (const source of sources) {
      if (isDict(source)) entries.push(...dictEntries(source));
      else this.#refuse(node ?? undefined, 'expected a mapping or list of mappings for merging');
    }
    return entries;
  }

  #readScalar(node: Scalar): unknown {
    const source = node.source ?? (node.value === null ? '' : String(node.value));
    if (node.tag !== undefined && node.tag !== '!' && node.tag !== `${CORE_TAG}str`)
      return this.#readTagged(node, source);
    if (node.tag !== undefined || (node.type !== 'PLAIN' && node.type !== undefined)) return source;
    const value = resolvePlainScalar(source);
    if (source === '=')
      return this.#refuse(node, "could not determine a constructor for the tag 'tag:yaml.org,2002:value'");
    if (value instanceof YamlTimestamp) return this.#keepTimestamps ? value : value.text;
    return value;
  }

  #readTagged(node: Scalar, source: string): unknown {
    switch (node.tag) {
      case `${CORE_TAG}null`:
        return null;
      case `${CORE_TAG}bool`:
        return readScalar('bool', source) ?? this.#refuse(node, `${source} is no boolean`);
      case `${CORE_TAG}int`:
        return readScalar('int', source) ?? this.#refuse(node, `${source} is no integer`);
      case `${CORE_TAG}float`:
        return readScalar('float', source) ?? this.#refuse(node, `${source} is no number`);
      case `${CORE_TAG}timestamp`:
      case `${CORE_TAG}binary`:
        return source;
      default:
        return this.#refuse(node, `could not determine a constructor for the tag '${node.tag}'`);
    }
  }

  #refuse(node: Node | undefined, message: string): null {
    this.#problems.push({ message, ...this.#at(rangeStart(node) ?? 0) });
    return null;
  }
}
