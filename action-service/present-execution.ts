/**
 * The execution as API clients see it: StackStorm's ActionExecution with its LiveAction inside.
 * What is empty is left out, as StackStorm leaves it out.
 */
import type { ParameterValues } from '../core/params/index.ts';
import { isPlainObject } from '../core/python/values.ts';
import { isCompleted } from '../core/statuses.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { PresentOptions } from './contract.ts';
import { findSecrets, SECRECY_FIELDS } from './find-secrets.ts';
import { createPayloadMask } from './mask-payloads.ts';
import { maskRule } from './mask-rule.ts';
import { schemasOf } from './parameter-schemas.ts';
import type { ParameterRules } from './parameters.ts';
import type { Snapshots } from './snapshots.ts';
import { isWorkflowRunner } from './workflow-runners.ts';

/** UTC with microseconds and `Z`: 2026-01-31T10:20:30.123000Z. */
export function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}

interface Deps {
  readonly stores: Stores;
  readonly snapshots: Snapshots;
  readonly parameters: ParameterRules;
  readonly maskByDefault: boolean;
  readonly webUrl: string;
}

/** @returns the function that presents executions, in the order given */
export function createPresenter(deps: Deps) {
  const { stores, snapshots, parameters } = deps;
  const maskPayloads = createPayloadMask(deps);

  /** The direct children of each execution, oldest first. Only workflow runners have any. */
  async function childrenOf(executions: readonly Execution[]): Promise<ReadonlyMap<string, readonly Execution[]>> {
    const parents = executions.filter(mayHaveChildren).map((one) => one.id);
    const children = new Map<string, Execution[]>();
    if (parents.length === 0) return children;
    const found = await stores.executions.find(
      { parent: { $in: parents } },
      { include: ['parent', 'start_timestamp', ...SECRECY_FIELDS], sort: { start_timestamp: 1 } },
    );
    for (const child of found) {
      const list = children.get(child.parent as string);
      if (list === undefined) children.set(child.parent as string, [child]);
      else list.push(child);
    }
    return children;
  }

  /** @param secrets further values that are secret in the result; without them nothing is masked */
  function present(
    execution: Execution,
    action: Readonly<Record<string, unknown>>,
    runner: Readonly<Record<string, unknown>>,
    children: readonly string[],
    secrets: readonly unknown[] | undefined,
  ): Record<string, unknown> {
    const mask = secrets !== undefined;
    const shown = (values: ParameterValues) =>
      mask ? parameters.mask(schemasOf(action, runner), values, execution.action_ref) : values;
    const given = shown(execution.parameters);
    const result = mask ? parameters.maskResult(action, runner, execution, secrets) : execution.result;
    const done = isCompleted(execution.status) && execution.end_timestamp !== undefined;
    return {
      action,
      runner,
      liveaction: {
        action: execution.action_ref,
        action_is_workflow: isWorkflowRunner(execution.runner_type),
        parameters: given,
        callback: execution.callback ?? {},
        runner_info: execution.runner_info ?? {},
        ...(execution.notify === undefined ? {} : { notify: execution.notify }),
        id: execution.liveaction_id,
      },
      status: execution.status,
      start_timestamp: toTimestamp(execution.start_timestamp),
      ...(done ? ended(execution) : {}),
      ...(Object.keys(given).length === 0 ? {} : { parameters: given }),
      context: execution.context,
      ...(execution.result === undefined ? {} : { result }),
      ...(done && execution.result !== undefined
        ? { result_size: Buffer.byteLength(JSON.stringify(execution.result)) }
        : {}),
      ...(execution.parent === undefined ? {} : { parent: execution.parent }),
      ...(children.length === 0 ? {} : { children }),
      ...(execution.rule === undefined ? {} : { rule: maskRule(execution.rule, shown) }),
      ...(execution.trigger === undefined ? {} : { trigger: execution.trigger }),
      ...(execution.trigger_type === undefined ? {} : { trigger_type: execution.trigger_type }),
      ...(execution.trigger_instance === undefined ? {} : { trigger_instance: execution.trigger_instance }),
      log: (execution.log ?? []).map(({ timestamp, status }) => ({ timestamp: toTimestamp(timestamp), status })),
      web_url: `${deps.webUrl}/#/history/${execution.id}/general`,
      ...(execution.delay === undefined || execution.delay === 0 ? {} : { delay: execution.delay }),
      id: execution.id,
    };
  }

  /** With payloads as they may be shown. Of many executions a few are ordered by rules that wait for the end of others. */
  async function withMaskedTriggers(executions: readonly Execution[]): Promise<readonly Execution[]> {
    const instances = executions.flatMap(({ trigger_instance: one }) => (isPlainObject(one) ? [one] : []));
    const masked = await maskPayloads(instances);
    if (masked === instances) return executions;
    const shown = new Map(instances.map((one, index) => [one as unknown, masked[index]]));
    return executions.map((one) =>
      shown.has(one.trigger_instance) ? { ...one, trigger_instance: shown.get(one.trigger_instance) } : one,
    );
  }

  return async (given: readonly Execution[], options: PresentOptions = {}): Promise<Record<string, unknown>[]> => {
    const wanted = (field: string) =>
      (options.include === undefined ||
        options.include.some((path) => path === field || path.startsWith(`${field}.`))) &&
      !(options.exclude ?? []).includes(field);
    const mask = deps.maskByDefault && options.showSecrets !== true;
    const executions = mask && wanted('trigger_instance') ? await withMaskedTriggers(given) : given;
    const looksWithin = mask && wanted('result');
    const children = looksWithin || wanted('children') ? await childrenOf(executions) : new Map<string, Execution[]>();
    const presented: Record<string, unknown>[] = [];
    for (const execution of executions) {
      const action = await snapshots.get(execution.action_snapshot);
      const runner = await snapshots.get(execution.runner_snapshot);
      const own = children.get(execution.id) ?? [];
      const within = looksWithin ? await findSecrets(deps, own) : [];
      const ids = own.map(({ id }) => id);
      presented.push(present(execution, action, runner, ids, mask ? within : undefined));
    }
    return presented;
  };
}

/** A workflow asks for its first action when it has begun. */
function mayHaveChildren({ runner_type, status }: Execution): boolean {
  return isWorkflowRunner(runner_type) && status !== 'requested';
}

function ended(execution: Execution): Record<string, unknown> {
  const end = execution.end_timestamp as Date;
  return {
    end_timestamp: toTimestamp(end),
    elapsed_seconds: (end.getTime() - execution.start_timestamp.getTime()) / 1000,
  };
}
