/**
 * PyYAML's `safe_load`: the grammar from the `yaml` package, the meaning of scalars from PyYAML's YAML 1.1 rules.
 * Aliases are expanded within a limit.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, type Scalar } from 'yaml';
import { createDict, type Dict, dictEntries, isDict } from './dict.ts';
import { PythonError, type PythonErrorKind } from './errors.ts';
import { PySet, toPyTuple } from './values.ts';
import { plainScalarValue, type ScalarKind, taggedScalarValue } from './yaml-scalars.ts';

export interface YamlLoadOptions {
  /**
   * Mistral's loader: `&name` and `*name` are ordinary text and a value may begin with `@`.
   * Default false: anchors and aliases work.
   */
  readonly anchorsAreText?: boolean;
}

const MAX_LENGTH = 8_000_000;
const MAX_NODES = 500_000;
const MAX_DEPTH = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: YAML forbids exactly these
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;
const CORE_TAG = 'tag:yaml.org,2002:';
const SCALAR_TAGS = new Set<string>(['null', 'bool', 'int', 'float', 'timestamp', 'str']);

/** @throws PythonError of PyYAML's kinds: for text that is no YAML, for unknown tags, past limits */
export function yamlLoad(text: string, options: YamlLoadOptions = {}): unknown {
  if (text.length > MAX_LENGTH) throw new PythonError('LimitExceeded', `The YAML text is longer than ${MAX_LENGTH}`);
  if (UNPRINTABLE.test(text)) {
    throw new PythonError('ReaderError', 'unacceptable character: special characters are not allowed');
  }
  const document = parseDocument(text, {
    schema: 'failsafe',
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    merge: false,
  });
  const problem = document.errors.find((error) => !isTolerated(error, text, options));
  if (problem !== undefined) throw new PythonError(kindOf(problem), problem.message);
  return new Builder(text, options).value(document.contents, 0);
}

/** The class of PyYAML that comes nearest to an error of the grammar. */
function kindOf(error: { readonly code: string; readonly message: string }): PythonErrorKind {
  if (error.code === 'MULTIPLE_DOCS') return 'ComposerError';
  if (error.code === 'MISSING_CHAR') return /quote/.test(error.message) ? 'ScannerError' : 'ParserError';
  const isScanner = /^(?:BAD_SCALAR_START|BAD_DQ_ESCAPE|TAB_AS_INDENT|BLOCK_AS_IMPLICIT_KEY|MULTILINE_IMPLICIT_KEY)$/;
  return isScanner.test(error.code) ? 'ScannerError' : 'ParserError';
}

function isTolerated(error: { code: string; pos: [number, number] }, text: string, options: YamlLoadOptions): boolean {
  if (options.anchorsAreText !== true) return false;
  return error.code === 'BAD_SCALAR_START' && text[error.pos[0]] === '@';
}

class Builder {
  private readonly text: string;
  private readonly anchorsAreText: boolean;
  private readonly anchors = new Map<string, unknown>();
  private nodes = 0;

  constructor(text: string, options: YamlLoadOptions) {
    this.text = text;
    this.anchorsAreText = options.anchorsAreText === true;
  }

  value(node: unknown, depth: number): unknown {
    this.nodes += 1;
    if (this.nodes > MAX_NODES)
      throw new PythonError('LimitExceeded', `The YAML text has more than ${MAX_NODES} nodes`);
    if (depth > MAX_DEPTH)
      throw new PythonError('LimitExceeded', `The YAML text is nested deeper than ${MAX_DEPTH} levels`);
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.alias(node.source);
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor !== undefined && this.anchorsAreText) return this.anchorText(node, anchor);
    const value = this.content(node, depth);
    if (anchor !== undefined) this.anchors.set(anchor, value);
    return value;
  }

  private alias(name: string): unknown {
    if (this.anchorsAreText) return plainScalarValue(`*${name}`);
    if (!this.anchors.has(name)) throw new PythonError('ComposerError', `found undefined alias '${name}'`);
    const value = this.anchors.get(name);
    this.charge(value);
    return value;
  }

  /** What an alias stands for counts each time, so that a small text cannot grow without bound. */
  private charge(value: unknown): void {
    this.nodes += 1;
    if (this.nodes > MAX_NODES)
      throw new PythonError('LimitExceeded', `The YAML text has more than ${MAX_NODES} nodes`);
    if (Array.isArray(value)) for (const item of value) this.charge(item);
    else if (isDict(value)) for (const [, item] of dictEntries(value)) this.charge(item);
  }

  /** `&name value` taken for plain text. */
  private anchorText(node: unknown, anchor: string): unknown {
    if (!isScalar(node)) throw new PythonError('ScannerError', `mapping values are not allowed here (near &${anchor})`);
    const [start = 0, end = 0] = node.range ?? [];
    return `&${anchor} ${this.text.slice(start, end)}`.trimEnd();
  }

  private content(node: unknown, depth: number): unknown {
    if (isScalar(node)) return this.scalar(node as Scalar<string | null>);
    const tag = shortTag((node as { tag?: string }).tag);
    if (isSeq(node)) {
      if (tag === 'omap' || tag === 'pairs') return node.items.map((item) => this.pair(item, depth));
      if (tag !== undefined && tag !== 'seq') throw unknownTag(tag);
      return node.items.map((item) => this.value(item, depth + 1));
    }
    if (!isMap(node)) throw new PythonError('ValueError', 'unexpected node in a YAML text');
    const entries = this.entries(node.items, depth);
    if (tag === 'set') return new PySet(entries.map(([key]) => key));
    if (tag !== undefined && tag !== 'map') throw unknownTag(tag);
    return createDict(entries);
  }

  private pair(item: unknown, depth: number): unknown {
    const value = this.value(item, depth + 1);
    if (!isDict(value)) throw new PythonError('ConstructorError', 'expected a mapping of length 1');
    return toPyTuple(dictEntries(value)[0] ?? []);
  }

  /** Pairs of a mapping; those of merge keys come first, so that the mapping's own win. */
  private entries(items: readonly unknown[], depth: number): (readonly [unknown, unknown])[] {
    const merged: (readonly [unknown, unknown])[] = [];
    const own: (readonly [unknown, unknown])[] = [];
    for (const item of items) {
      if (!isPair(item)) continue;
      const value = this.value(item.value, depth + 1);
      if (isMergeKey(item.key)) merged.unshift(...mergeEntries(value));
      else own.push([this.key(item.key, depth), value]);
    }
    return [...merged, ...own];
  }

  /** A lone `=` is text as a key, though not as a value. */
  private key(node: unknown, depth: number): unknown {
    if (isScalar(node) && node.value === '=') return '=';
    return hashableKey(this.value(node, depth + 1));
  }

  private scalar(node: Scalar<string | null>): unknown {
    const text = String(node.value ?? '');
    const tag = shortTag(node.tag);
    if (tag !== undefined) {
      if (tag === '!') return text;
      if (!SCALAR_TAGS.has(tag)) throw unknownTag(tag);
      return taggedScalarValue(tag as ScalarKind, text);
    }
    return node.type === undefined || node.type === 'PLAIN' ? plainScalarValue(text) : text;
  }
}

function shortTag(tag: string | undefined): string | undefined {
  return tag?.startsWith(CORE_TAG) ? tag.slice(CORE_TAG.length) : tag;
}

function unknownTag(tag: string): PythonError {
  return new PythonError('ConstructorError', `could not determine a constructor for the tag '${tag}'`);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === undefined || key.type === 'PLAIN');
}

function mergeEntries(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (isDict(value)) return dictEntries(value);
  if (Array.isArray(value) && value.every(isDict))
    return [...value].reverse().flatMap((dict) => dictEntries(dict as Dict));
  throw new PythonError('ConstructorError', 'expected a mapping or list of mappings for merging');
}

function hashableKey(key: unknown): unknown {
  if (isDict(key) || Array.isArray(key)) throw new PythonError('ConstructorError', 'found unhashable key');
  return key;
}
