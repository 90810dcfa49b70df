/**
 * The rewrite that makes every call of a registered action an `st2.action`: StackStorm's
 * `action: core.local` with `input` becomes `action: st2.action` with `input: {ref: core.local, parameters: …}`.
 *
 * 1. Only registered actions are wrapped; `std.*`, ad-hoc actions of the workbook and sub-workflows stay.
 * 2. The given document is not changed.
 * 3. All mistakes are reported, not only the first.
 */
import { createDict, type Dict, dictEntries, dictGet, dictHas, isDict, setKey } from '../../core/python/dict.ts';
import { PyDict } from '../../core/python/values.ts';
import { parseInlineCall, stackstormGrammar } from '../build/inline-call.ts';
import { dictAt, textAt } from '../build/values.ts';
import type { Report } from '../check/problems.ts';
import type { Path } from '../parse/yaml-document.ts';
import { asRaw, usesContext, usesDatastore } from './st2kv.ts';

/** What the rewrite has to know of a registered action. */
export interface ActionForTransform {
  readonly ref: string;
  /** Parameters of the action and of its runner together, by name. */
  readonly parameters: Readonly<Record<string, { readonly required?: boolean; readonly default?: unknown }>>;
}

export type KnownActions = ReadonlyMap<string, ActionForTransform | undefined>;

/** The action every wrapped task calls. */
export const ST2_ACTION = 'st2.action';

interface Keys {
  readonly action: 'action' | 'base';
  readonly input: 'input' | 'base-input';
}

const TASK_KEYS: Keys = { action: 'action', input: 'input' };
const AD_HOC_KEYS: Keys = { action: 'base', input: 'base-input' };

/** One place that may name an action. */
interface Site {
  readonly name: string;
  readonly spec: Dict;
  readonly keys: Keys;
  readonly path: Path;
}

/** The document with every registered action wrapped. */
export function rewriteActions(document: Dict, actions: KnownActions, report: Report): Dict {
  const own = new Set(adHocNames(document));
  const rewritten = new Map(
    sitesOf(document).map((site) => [site.path.join('\0'), rewriteSite(site, actions, own, report)]),
  );
  return replaceAt(document, [], rewritten) as Dict;
}

/** Names of all actions that the document may mean by a reference, for looking them up. */
export function referencedActions(document: Dict): readonly string[] {
  const refs = sitesOf(document).flatMap((site) => {
    const call = readCall(site);
    const ref = call === undefined ? undefined : refOf(call, site);
    return ref?.includes('.') ? [ref] : [];
  });
  return [...new Set(refs)];
}

function sitesOf(document: Dict): Site[] {
  const sites = sectionSites(dictAt(document, 'actions'), AD_HOC_KEYS, ['actions']);
  const isWorkbook = dictHas(document, 'workflows');
  const workflows = isWorkbook ? dictAt(document, 'workflows') : document;
  for (const [name, workflow] of workflows === undefined ? [] : dictEntries(workflows)) {
    if (!isDict(workflow)) continue;
    const path = [...(isWorkbook ? ['workflows'] : []), String(name), 'tasks'];
    sites.push(...sectionSites(dictAt(workflow, 'tasks'), TASK_KEYS, path));
  }
  return sites;
}

function sectionSites(section: Dict | undefined, keys: Keys, path: Path): Site[] {
  if (section === undefined) return [];
  return dictEntries(section).flatMap(([name, spec]) =>
    isDict(spec) && textAt(spec, keys.action) !== undefined
      ? [{ name: String(name), spec, keys, path: [...path, String(name)] }]
      : [],
  );
}

function adHocNames(document: Dict): string[] {
  const workbook = textAt(document, 'name');
  const actions = dictAt(document, 'actions');
  const names = actions === undefined ? [] : dictEntries(actions).map(([name]) => String(name));
  return names.flatMap((name) => [name, `${workbook}.${name}`]);
}

interface Call {
  readonly action: string;
  readonly input: unknown;
}

/** The call with its inline parameters moved to the input, unless there is an input already: then they get lost. */
function readCall(site: Site): Call | undefined {
  const text = textAt(site.spec, site.keys.action) ?? '';
  const given = dictGet(site.spec, site.keys.input);
  const call = parseInlineCall(text, stackstormGrammar);
  if (call === undefined) return undefined;
  if (call.params.size === 0) return { action: text, input: given };
  if (dictHas(site.spec, site.keys.input)) return { action: call.name, input: given };
  const input: Record<string, unknown> = {};
  for (const [name, value] of call.params) setKey(input, name, value);
  return { action: call.name, input };
}

function refOf(call: Call, site: Site): string | undefined {
  if (call.action !== ST2_ACTION) return call.action;
  const input = call.input ?? dictGet(site.spec, site.keys.input);
  return isDict(input) ? textAt(input, 'ref') : undefined;
}

function rewriteSite(site: Site, actions: KnownActions, own: ReadonlySet<string>, report: Report): Dict {
  const { spec, keys, path } = site;
  const place = [...path, keys.action];
  if (textAt(spec, keys.action) === 'st2.callback') {
    report('ACTION_PARAMETERS', 'st2.callback is deprecated.', place);
    return spec;
  }
  const call = readCall(site);
  if (call === undefined) {
    report('INLINE_CALL', `Invalid action/workflow task property: ${textAt(spec, keys.action)}`, place);
    return spec;
  }
  const ref = refOf(call, site);
  if (ref === undefined) {
    report('ACTION_PARAMETERS', `Task "${site.name}" calls st2.action without "ref" in its input.`, [
      ...path,
      keys.input,
    ]);
    return spec;
  }
  const action = actions.get(ref);
  if (action === undefined) {
    if (isUnknown(ref, own)) reportUnknown(site, ref, report);
    return withCall(site, call);
  }
  return withCall(site, wrap(site, call, action, report));
}

/** A reference to a pack's action that is not registered. Names without a dot and `std.*` belong to the engine. */
function isUnknown(ref: string, own: ReadonlySet<string>): boolean {
  return ref.includes('.') && !ref.startsWith('std.') && !own.has(ref) && !/<%|\{\{|\{%/.test(ref.split(/\s/)[0] ?? '');
}

function reportUnknown({ name, keys, path }: Site, ref: string, report: Report): void {
  const place = [...path, keys.action];
  const [first = ref, ...rest] = ref.split(/\s+/);
  if (rest.length === 0) return report('UNKNOWN_ACTION', `Action "${ref}" in "${name}" is not registered.`, place);
  const reason = `Unable to read the parameters of action "${first}" in "${name}": write them under "${keys.input}".`;
  report('ACTION_PARAMETERS', reason, place);
}

function wrap(site: Site, call: Call, action: ActionForTransform, report: Report): Call {
  const wrapped = call.action === ST2_ACTION;
  const given = wrapped && isDict(call.input) ? dictGet(call.input, 'parameters') : call.input;
  const parameters = isDict(given) ? checkedParameters(site, given, action, report) : given;
  const needsNone = parameters === undefined || parameters === null || isEmpty(parameters);
  if (!isDict(given) && needsNone) checkNames(site, new Set(), action, report);
  if (wrapped && isDict(call.input)) {
    return { action: ST2_ACTION, input: needsNone ? call.input : withKey(call.input, 'parameters', parameters) };
  }
  return { action: ST2_ACTION, input: needsNone ? { ref: action.ref } : { ref: action.ref, parameters } };
}

function isEmpty(value: unknown): boolean {
  return value === '' || (isDict(value) && dictEntries(value).length === 0);
}

function checkedParameters(site: Site, given: Dict, action: ActionForTransform, report: Report): Dict {
  checkNames(site, new Set(dictEntries(given).map(([name]) => String(name))), action, report);
  return createDict(
    dictEntries(given).map(([name, value]) => {
      const path = [...site.path, site.keys.input, String(name)];
      return [name, keepDatastoreRaw(value, String(name), action.ref, path, report)] as const;
    }),
  );
}

function checkNames(site: Site, given: ReadonlySet<string>, action: ActionForTransform, report: Report): void {
  const schemas = Object.entries(action.parameters);
  const missing = schemas.filter(
    ([name, schema]) => schema.required && !Object.hasOwn(schema, 'default') && !given.has(name),
  );
  const unexpected = [...given].filter((name) => !Object.hasOwn(action.parameters, name));
  const place = [...site.path, dictHas(site.spec, site.keys.input) ? site.keys.input : site.keys.action];
  const tell = (kind: string, names: readonly string[]): void => {
    if (names.length === 0) return;
    const list = [...names]
      .sort()
      .map((name) => `"${name}"`)
      .join(', ');
    report('ACTION_PARAMETERS', `${kind} parameters in "${site.name}" for action "${action.ref}": ${list}`, place);
  };
  tell(
    'Missing required',
    missing.map(([name]) => name),
  );
  tell('Unexpected', unexpected);
}

function keepDatastoreRaw(value: unknown, name: string, ref: string, path: Path, report: Report): unknown {
  if (Array.isArray(value)) return value.map((item) => keepDatastoreRaw(item, name, ref, path, report));
  if (isDict(value)) {
    return createDict(
      dictEntries(value).map(([key, item]) => {
        return [key, keepDatastoreRaw(item, String(key), ref, [...path, String(key)], report)] as const;
      }),
    );
  }
  if (typeof value !== 'string' || !usesDatastore(value)) return value;
  if (usesContext(value)) {
    const message =
      `Parameter "${name}" for action "${ref}" containing references to both local context (i.e. _.var1) and st2kv ` +
      '(i.e. st2kv.system.var1) is not supported.';
    report('ACTION_PARAMETERS', message, path);
  }
  return asRaw(value);
}

function withCall(site: Site, call: Call): Dict {
  const changed = withKey(site.spec, site.keys.action, call.action);
  return call.input === undefined ? changed : withKey(changed, site.keys.input, call.input);
}

/** A copy of a mapping with one value replaced, the order of keys kept. */
function withKey(dict: Dict, key: unknown, value: unknown): Dict {
  if (dict instanceof PyDict) {
    const copy = new PyDict(dict.entries());
    copy.set(key, value);
    return copy;
  }
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(dict)) setKey(copy, name, item);
  setKey(copy, String(key), value);
  return copy;
}

/** The document with the parts at some paths replaced; whatever is not on the way to one stays the same object. */
function replaceAt(value: unknown, path: Path, replacements: ReadonlyMap<string, Dict>): unknown {
  const replacement = path.length > 0 ? replacements.get(path.join('\0')) : undefined;
  if (replacement !== undefined) return replacement;
  if (!isDict(value) || path.length > 3) return value;
  let isChanged = false;
  const entries = dictEntries(value).map(([key, item]) => {
    const next = replaceAt(item, [...path, String(key)], replacements);
    isChanged ||= next !== item;
    return [key, next] as const;
  });
  return isChanged ? createDict(entries) : value;
}
