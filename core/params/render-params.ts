/**
 * Renders parameters: templates in given values and in defaults, in the order in which they need each other, cast to
 * the types of their schemas. Same steps and quirks as StackStorm's `render_live_params` and `render_final_params`.
 */
import { errorCode, errorMessage } from '../errors.ts';
import { isJinjaExpression, renderTemplate, templateNames } from '../expressions/stackstorm.ts';
import { isDict } from '../python/dict.ts';
import { pyEquals } from '../python/equality.ts';
import { PythonError } from '../python/errors.ts';
import { jsonDumps, jsonLoads } from '../python/json.ts';
import { pyRepr, pyStr } from '../python/repr.ts';
import { cast } from './cast.ts';
import { DependencyGraph } from './dependency-graph.ts';
import { ParamCastError, ParamError } from './errors.ts';
import { type KeyValueSource, keyValueRoot } from './key-value-lookup.ts';
import type { ParameterSchema, ParameterSchemas, ParameterValues } from './schema.ts';

/** What templates of parameters can see. */
export interface RenderContext {
  /** `action_context`: the context of the execution; `user` and `api_user` choose whose items `st2kv.user` means. */
  readonly actionContext: ParameterValues;
  /** `config_context`: the configuration of the action's pack. */
  readonly config?: unknown;
  /** Further variables, such as `trigger`. Only for the live step. */
  readonly additionalContexts?: ParameterValues;
  /** Values of the datastore; without it every item is missing. */
  readonly keyValues?: KeyValueSource;
  /** For `decrypt_kv`. */
  readonly decrypt?: (text: string) => string;
  /** Whose items `st2kv.user` means when the context names no user. Default `stanley`. */
  readonly systemUser?: string;
}

export interface ParameterDefinitions {
  readonly runner: ParameterSchemas;
  readonly action: ParameterSchemas;
}

export interface FinalParams {
  readonly runner: Record<string, unknown>;
  readonly action: Record<string, unknown>;
}

/**
 * The given parameters, rendered and cast, and those whose default is a template.
 * Values are those of the expression engine.
 *
 * @throws ParamError, ParamCastError, and EffectRequiredError unchanged
 */
export function renderLive(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: RenderContext,
): Record<string, unknown> {
  const graph = createGraph(context);
  for (const [name, value] of Object.entries(context.additionalContexts ?? {})) graph.add(name, { value });
  for (const [name, value] of Object.entries(params)) process(graph, name, value);
  processDefaults(graph, definitions);
  return castFrom(Object.keys(params), resolve(graph, context), definitions);
}

/**
 * All parameters of the action and of the runner; given values are not rendered again.
 * @throws as {@link renderLive}
 */
export function renderFinal(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: RenderContext,
): FinalParams {
  const graph = createGraph(context);
  for (const [name, value] of Object.entries(params)) graph.add(name, { value });
  processDefaults(graph, definitions);
  const resolved = resolve(graph, context);
  const all = castFrom([...resolved.keys()], resolved, definitions);
  const { runner, action } = definitions;
  return {
    runner: pick(all, (name) => Object.hasOwn(runner, name)),
    action: pick(all, (name) => Object.hasOwn(action, name) && !Object.hasOwn(runner, name)),
  };
}

function createGraph(context: RenderContext): DependencyGraph {
  const { actionContext } = context;
  const named = Object.hasOwn(actionContext, 'api_user') ? actionContext.api_user : actionContext.user;
  const user = typeof named === 'string' && named !== '' ? named : (context.systemUser ?? 'stanley');
  const graph = new DependencyGraph();
  graph.add('st2kv', { value: keyValueRoot(context.keyValues ?? (() => undefined), user) });
  graph.add('action_context', { value: actionContext });
  graph.add('config_context', { value: context.config ?? {} });
  return graph;
}

/** Adds a value, as a template with its needs where it holds one. A malformed template is a plain value. */
function process(graph: DependencyGraph, name: string, value: unknown): void {
  const isStructure = Array.isArray(value) || isDict(value);
  const text = isStructure ? pyStr(value) : value;
  const names = isJinjaExpression(text) ? namesIn(text) : undefined;
  if (names === undefined) return graph.add(name, { value });
  graph.add(name, { template: value });
  for (const dependency of names) graph.addNeed(name, dependency);
}

function namesIn(template: string): ReadonlySet<string> | undefined {
  try {
    return templateNames(template);
  } catch (error) {
    if (errorCode(error) === 'JINJA_SYNTAX') return undefined;
    throw error;
  }
}

function processDefaults(graph: DependencyGraph, definitions: ParameterDefinitions): void {
  for (const schemas of [definitions.action, definitions.runner]) {
    for (const [name, schema] of Object.entries(schemas)) {
      const isMissing = (graph.get(name)?.value ?? null) === null;
      if (isMissing || schema.immutable === true) process(graph, name, schema.default ?? null);
    }
  }
}

function resolve(graph: DependencyGraph, context: RenderContext): Map<string, unknown> {
  const resolved = new Map<string, unknown>();
  const names: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of graph.inOrder()) {
    const node = graph.get(name) ?? {};
    const value = 'template' in node ? renderNode(name, node.template, names, context) : node.value;
    resolved.set(name, value);
    names[name] = value;
  }
  return resolved;
}

function renderNode(name: string, template: unknown, names: ParameterValues, context: RenderContext): unknown {
  const options = { decrypt: context.decrypt };
  try {
    if (typeof template === 'string') return renderTemplate(template, names, options);
    // An item that is exactly "{{name}}" keeps its type.
    const json = jsonDumps(template).replace(/"\{\{([A-z0-9_-]+)\}\}"/g, '{{$1 | to_complex}}');
    return jsonLoads(renderTemplate(json, names, options));
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    throw new ParamError(`Failed to render parameter "${name}": ${errorMessage(error)}`, { parameter: name }, error);
  }
}

function castFrom(
  given: readonly string[],
  resolved: ReadonlyMap<string, unknown>,
  definitions: ParameterDefinitions,
): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of given) {
    const schema = own(definitions.runner, name) ?? own(definitions.action, name);
    result[name] = castParameter(name, resolved.get(name), schema);
  }
  for (const schemas of [definitions.action, definitions.runner]) {
    for (const [name, schema] of Object.entries(schemas)) {
      if (schema.immutable === true || given.includes(name) || !isJinjaExpression(schema.default)) continue;
      if (pyEquals(schema.default, resolved.get(name))) continue;
      result[name] = castParameter(name, resolved.get(name), schema);
    }
  }
  return { ...result };
}

function castParameter(name: string, value: unknown, schema: ParameterSchema | undefined): unknown {
  if (value === null || value === undefined || schema === undefined) return value ?? null;
  try {
    return cast(schema.type, value);
  } catch (error) {
    throw new ParamCastError(name, schema.secret === true ? secretCastError(schema, error) : error);
  }
}

/** Says what is wrong with a secret without saying what it is. */
function secretCastError({ type }: ParameterSchema, error: unknown): PythonError {
  const kind = error instanceof PythonError ? error.kind : 'ValueError';
  return new PythonError(kind, `the secret value given for it cannot be cast to type ${pyRepr(type)}`);
}

function own(schemas: ParameterSchemas, name: string): ParameterSchema | undefined {
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined;
}

function pick(values: Record<string, unknown>, keep: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => keep(name)));
}
