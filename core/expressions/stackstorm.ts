/**
 * StackStorm's own templates: parameters, rules, action chains, configuration. Everything renders to text; undefined
 * names are errors unless allowed. The behaviour is that of StackStorm's present release (its sandboxed environment).
 */
import { isDict, setKey } from '../python/dict.ts';
import { PythonError } from '../python/errors.ts';
import { jsonDumps, jsonLoads } from '../python/json.ts';
import { pyStr } from '../python/repr.ts';
import type { ExpressionRuntime } from './functions/function-table.ts';
import { stackStormFilters } from './functions/index.ts';
import { filterOf } from './functions/jinja-binding.ts';
import {
  createJinjaEnvironment,
  type FilterFunction,
  filterTable,
  HostObject,
  jinjaGlobals,
  type NameSource,
  parseTemplate,
  undeclaredNames,
} from './jinja/index.ts';

export interface TemplateOptions {
  /** Missing values render as empty text instead of failing. */
  readonly allowUndefined?: boolean;
  /** For `decrypt_kv`; without it that filter fails. */
  readonly decrypt?: (text: string) => string;
  readonly runtime?: ExpressionRuntime;
}

/** An object that stands for a value of the datastore until it is printed. */
export abstract class DatastoreObject extends HostObject {
  abstract readonly keyName: string;
}

const decryptKv: FilterFunction = {
  parameters: [],
  call: (value, _args, evaluation) => {
    const text = value instanceof HostObject ? value.text() : pyStr(value);
    if (value instanceof DatastoreObject && text === '') {
      const message = `Referenced datastore item "${value.keyName}" doesn't exist or it contains an empty string`;
      throw new PythonError('ValueError', message);
    }
    if (evaluation.decrypt === undefined) {
      throw new PythonError('ValueError', 'Values of the datastore cannot be decrypted here');
    }
    return evaluation.decrypt(text);
  },
};

const environment = createJinjaEnvironment({
  ...filterTable(stackStormFilters, (definition) => filterOf(definition, false)),
  decrypt_kv: decryptKv,
});

/** True for text that may hold a template; only looks for the opening marks. */
export function isJinjaExpression(value: unknown): value is string {
  return typeof value === 'string' && (value.includes('{{') || value.includes('{%'));
}

/** Renders a template to text. @throws JinjaSyntaxError, JinjaError, PythonError */
export function renderTemplate(template: string, context: unknown, options: TemplateOptions = {}): string {
  const lookup = contextLookup(context);
  return environment.render(template, {
    lookup,
    undefinedMode: options.allowUndefined === true ? 'lenient' : 'strict',
    runtime: options.runtime,
    decrypt: options.decrypt,
  });
}

function contextLookup(context: unknown): NameSource {
  const names = context as Readonly<Record<string, unknown>> | null;
  return (name) => (names !== null && Object.hasOwn(names, name) ? names[name] : jinjaGlobals.get(name));
}

/**
 * Renders the values of a mapping, as action chains do: strings stay strings, lists and dicts are rendered as JSON text.
 * A value that rendering does not change keeps its type.
 */
export function renderValues(
  mapping: Readonly<Record<string, unknown>>,
  context: Readonly<Record<string, unknown>>,
  options: TemplateOptions = {},
): Record<string, unknown> {
  if (Object.keys(context).length === 0 || Object.keys(mapping).length === 0) return mapping;
  const names = { __context: context, ...context };
  const rendered: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(mapping)) {
    const isStructure = Array.isArray(value) || isDict(value);
    const source = isStructure ? jsonDumps(value) : pyStr(value);
    const text = renderTemplate(source, names, options);
    setKey(rendered, key, text === source ? value : isStructure ? jsonLoads(text) : text);
  }
  return rendered;
}

/** Protects templates in a structure from being rendered. */
export function convertJinjaToRawBlock(value: unknown): unknown {
  if (typeof value === 'string') {
    return /\{\{[^\n]*\}\}|\{%[^\n]*%\}/.test(value) ? `{% raw %}${value}{% endraw %}` : value;
  }
  if (Array.isArray(value)) return value.map(convertJinjaToRawBlock);
  if (!isDict(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setKey(result, key, convertJinjaToRawBlock(item));
  return result;
}

/** Names that a template reads and does not set. @throws JinjaSyntaxError */
export function templateNames(template: string): ReadonlySet<string> {
  return undeclaredNames(parseTemplate(template), new Set(jinjaGlobals.keys()));
}
