/**
 * Where expressions look names up. Layers, nearest first (Mistral: `ContextView`): identity of the task, its branch
 * context, the environment under its internal key, workflow context (vars and globals), workflow input. Nothing is copied.
 */
import { isDataView, type DataView as View } from '../../core/expressions/data-view.ts';
import { type ExpressionScope, evaluate, evaluateRecursively } from '../../core/expressions/index.ts';
import type { Template } from '../../workflow-translator/ir.ts';
import { type Context, EMPTY_CONTEXT } from './context.ts';
import { createFunctions } from './functions.ts';
import type { Machine } from './machine.ts';
import { mapEntries, mapGet, mapHas } from './persistent-map.ts';
import type { TaskRecord } from './records.ts';

export type Layer = Readonly<Record<string, unknown>> | View;

/** A branch context to look names up in. */
export function contextView(context: Context): View {
  return {
    get: (name) => mapGet(context.values, name),
    has: (name) => mapHas(context.values, name),
    keys: () => contextNames(context),
  };
}

/** Lazy: most callers only ask whether there is a name at all. */
function* contextNames(context: Context): Generator<string> {
  for (const [name] of mapEntries(context.values)) yield name;
}

function* distinctNames(views: readonly View[]): Generator<string> {
  const seen = new Set<string>();
  for (const view of views) {
    for (const name of view.keys()) {
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
  }
}

function viewOf(layer: Layer): View {
  if (isDataView(layer)) return layer;
  return {
    get: (name) => (Object.hasOwn(layer, name) ? layer[name] : undefined),
    has: (name) => Object.hasOwn(layer, name),
    keys: () => Object.keys(layer),
  };
}

/** One mapping out of several; the first layer that has a name wins. */
export function layeredView(layers: readonly Layer[]): View {
  const views = layers.map(viewOf);
  return {
    get: (name) => views.find((view) => view.has(name))?.get(name),
    has: (name) => views.some((view) => view.has(name)),
    keys: () => distinctNames(views),
  };
}

/** Scope of expressions of the workflow itself: `vars`, `output`. */
export function workflowScope(machine: Machine, context: Context = EMPTY_CONTEXT): ExpressionScope {
  const { workflow } = machine;
  const data = layeredView([contextView(context), { __env: workflow.env }, workflow.context, workflow.input]);
  return { data, functions: createFunctions(machine, undefined), runtime: machine.ports };
}

/** Scope of expressions of a task. `context` is its branch context, `nearer` goes before it (item variables). */
export function taskScope(machine: Machine, task: TaskRecord, context: Context, nearer?: Layer): ExpressionScope {
  const { workflow } = machine;
  const identity = { __task_execution: { id: task.id, name: task.name } };
  const env = { __env: workflow.env };
  const layers: Layer[] = [identity, contextView(context), env, workflow.context, workflow.input];
  if (nearer !== undefined) layers.splice(1, 0, nearer);
  return { data: layeredView(layers), functions: createFunctions(machine, task), runtime: machine.ports };
}

/** Evaluates a template at any depth; what holds no expression comes back as it is. */
export function evaluateTemplate(template: Template | undefined, scope: ExpressionScope): unknown {
  if (template === undefined || template === null) return null;
  return evaluateRecursively(template, scope);
}

export function evaluateText(expression: string, scope: ExpressionScope): unknown {
  return evaluate(expression, scope);
}
