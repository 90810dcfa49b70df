/** One task of the document to its IR. Expects a task that passed the checks. */
import { type Dict, dictEntries, dictGet, isDict, setKey } from '../../core/python/dict.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import type { PublishIr, TaskIr, Template, TransitionIr, TransitionsIr } from '../ir.ts';
import { parseInlineCall } from './inline-call.ts';
import { buildConcurrency, buildPolicies } from './policies.ts';
import { readOnClause, toTransitions } from './transitions.ts';
import { present, textAt, toTemplate, toTemplateMap } from './values.ts';
import { buildWithItems, readWithItems } from './with-items.ts';

const ignore = (): void => undefined;

export const ON_KEYS = ['on-error', 'on-success', 'on-complete', 'on-skip'] as const;
export type OnKey = (typeof ON_KEYS)[number];

/** What a task runs when it names neither an action nor a workflow. */
const DEFAULT_ACTION = 'std.noop';

export function buildTask(name: string, task: Dict, type: 'direct' | 'reverse', defaults: Dict | undefined): TaskIr {
  const call = readCall(task);
  const input = mergeInput(dictGet(task, 'input'), call.params);
  const concurrency = buildConcurrency(task, defaults);
  return present<TaskIr>({
    name,
    description: textAt(task, 'description'),
    kind: call.kind,
    target: call.target,
    input,
    with_items: buildWithItems(readWithItems(dictGet(task, 'with-items'), [], ignore), concurrency, ignore),
    publish: branch(dictGet(task, 'publish')),
    publish_on_error: branch(dictGet(task, 'publish-on-error')),
    publish_on_skip: branch(dictGet(task, 'publish-on-skip')),
    ...(type === 'direct' ? flowOfDirect(name, task, defaults) : { requires: requiredTasks(name, task, defaults) }),
    policies: buildPolicies(task, defaults),
    keep_result: toTemplate(dictGet(task, 'keep-result') ?? true),
    safe_rerun: toTemplate(dictGet(task, 'safe-rerun') ?? (defaults && dictGet(defaults, 'safe-rerun')) ?? false),
    run_on: textAt(task, 'target'),
    spec: buildTaskSpec(name, task, type, call.params),
  });
}

interface Call {
  readonly kind: TaskIr['kind'];
  readonly target: string;
  readonly params: ReadonlyMap<string, unknown>;
}

function readCall(task: Dict): Call {
  const action = textAt(task, 'action');
  const text = action ?? textAt(task, 'workflow');
  const call = text === undefined ? undefined : parseInlineCall(text);
  if (call === undefined) return { kind: 'action', target: DEFAULT_ACTION, params: new Map() };
  return { kind: action === undefined ? 'workflow' : 'action', target: call.name, params: call.params };
}

/** Inline parameters win over those of `input`, mappings are merged. An `input` that is one expression stays as it is. */
function mergeInput(input: unknown, params: ReadonlyMap<string, unknown>): Template | undefined {
  if (input === undefined && params.size === 0) return undefined;
  if (!isDict(input)) return input === undefined ? toTemplate(objectOf(params)) : toTemplate(input);
  return toTemplate(mergeDicts(input, objectOf(params)));
}

function objectOf(params: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of params) setKey(result, key, value);
  return result;
}

/** Merges the right mapping into the left one, at any depth; the right side wins. */
export function mergeDicts(left: Dict, right: Record<string, unknown>): Dict {
  const result: Record<string, unknown> = {};
  for (const [key, value] of dictEntries(left)) setKey(result, String(key), value);
  for (const [key, value] of Object.entries(right)) {
    const old = Object.hasOwn(result, key) ? result[key] : undefined;
    setKey(result, key, isDict(old) && isDict(value) ? mergeDicts(old, value as Record<string, unknown>) : value);
  }
  return result;
}

function branch(value: unknown): PublishIr | undefined {
  const variables = toTemplateMap(value);
  return variables && { branch: variables };
}

function flowOfDirect(name: string, task: Dict, defaults: Dict | undefined): Partial<TaskIr> {
  const join = dictGet(task, 'join');
  return {
    join: join === 'all' || join === 'one' ? join : Number(toTemplate(join ?? 0)) || undefined,
    on_error: clauseInForce('on-error', name, task, defaults),
    on_success: clauseInForce('on-success', name, task, defaults),
    on_complete: clauseInForce('on-complete', name, task, defaults),
    on_skip: clauseInForce('on-skip', name, task, defaults),
  };
}

/** A clause without transitions takes those of `task-defaults`, less the ones to the task itself; it keeps its `publish`. */
function clauseInForce(key: OnKey, name: string, task: Dict, defaults: Dict | undefined): TransitionsIr | undefined {
  const own = toTransitions(readOnClause(dictGet(task, key), [], ignore));
  if (own !== undefined && own.next.length > 0) return own;
  const next = defaultTransitions(key, name, defaults);
  if (next.length === 0) return own;
  return present({ publish: own?.publish, next });
}

function defaultTransitions(key: OnKey, name: string, defaults: Dict | undefined): readonly TransitionIr[] {
  if (defaults === undefined) return [];
  const clause = readOnClause(dictGet(defaults, key), [], ignore);
  return clause.next.map((entry) => entry.transition).filter((transition) => transition.to !== name);
}

function requiredTasks(name: string, task: Dict, defaults: Dict | undefined): readonly string[] | undefined {
  const names = [...namesIn(dictGet(task, 'requires')), ...namesIn(defaults && dictGet(defaults, 'requires'))];
  const others = [...new Set(names)].filter((other) => other !== name);
  return others.length > 0 ? others : undefined;
}

/** The names in a text or a list of texts. */
export function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The task as data, as `task().spec` shows it: inline parameters in an existing `input`, name, version and type set. */
function buildTaskSpec(
  name: string,
  task: Dict,
  type: string,
  params: ReadonlyMap<string, unknown>,
): Readonly<Record<string, unknown>> {
  const spec = toJsonValue(task) as Record<string, unknown>;
  if (params.size > 0 && isDict(dictGet(task, 'input'))) spec.input = mergeInput(dictGet(task, 'input'), params);
  return Object.assign(spec, { type, name, version: '2.0' });
}
