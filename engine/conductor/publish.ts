/** Publishing of variables when a task has completed (Mistral: `data_flow.publish_variables`). */

import { ValidationError } from '../../core/errors.ts';
import type { PublishIr, TaskIr, Template } from '../../workflow-translator/ir.ts';
import type { MistralState } from './contract.ts';
import { type Machine, specOf, touch } from './machine.ts';
import type { TaskRecord } from './records.ts';
import { evaluateTemplate, taskScope } from './scope.ts';
import { isMapping, mergeObjects, storable } from './values.ts';

type Block = { readonly [name: string]: Template } | undefined;

/**
 * Evaluates what the task publishes in its present state, all against the state before it, and stores it.
 * @throws the error of an expression, and when a value cannot be stored
 */
export function publishVariables(machine: Machine, task: TaskRecord): void {
  const spec = publishOf(specOf(machine, task), task.state);
  if (spec === undefined) return;
  const scope = taskScope(machine, task, task.in_context);
  const branch = evaluateBlock(spec.branch, scope, `What task '${task.name}' publishes`);
  machine.journal.set(task, 'published', branch);
  const globals = evaluateBlock(spec.global, scope, `What task '${task.name}' publishes globally`);
  const hasGlobals = Object.keys(globals).length > 0;
  machine.journal.set(task, 'published_global', hasGlobals ? globals : undefined);
  if (hasGlobals) {
    machine.journal.set(machine.workflow, 'context', mergeObjects(machine.workflow.context, globals));
  }
  touch(machine, task);
}

function evaluateBlock(block: Block, scope: ReturnType<typeof taskScope>, what: string): Record<string, unknown> {
  if (block === undefined) return {};
  const values = storable(evaluateTemplate(block, scope), what);
  if (!isMapping(values)) throw new ValidationError(`${what} is no mapping.`);
  return values;
}

/** The blocks that apply in a state, merged: `on-complete` before plain `publish` before the clause of the state. */
function publishOf(task: TaskIr, state: MistralState): PublishIr | undefined {
  const complete = task.on_complete?.publish;
  switch (state) {
    case 'SUCCESS':
      return mergeBlocks([task.on_success?.publish, task.publish, complete]);
    case 'ERROR':
      return mergeBlocks([task.on_error?.publish, task.publish_on_error, complete]);
    case 'SKIPPED':
      return mergeBlocks([task.on_skip?.publish, task.publish_on_skip, complete]);
    default:
      return undefined;
  }
}

/** Later ones win. */
function mergeBlocks(specs: readonly (PublishIr | undefined)[]): PublishIr | undefined {
  const given = specs.filter((spec) => spec !== undefined);
  if (given.length <= 1) return given[0];
  const merge = (pick: (spec: PublishIr) => Block): Block => {
    const blocks = given.map(pick).filter((block) => block !== undefined);
    if (blocks.length === 0) return undefined;
    return blocks.reduce<Record<string, unknown>>(mergeObjects, {}) as Block;
  };
  return { branch: merge((spec) => spec.branch), global: merge((spec) => spec.global) };
}
