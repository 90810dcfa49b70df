/** Helpers that drive a conductor by hand. */

import type { ExecutionParams } from '../../engine/conductor/contract.ts';
import { type Command, type Conductor, type ConductorPorts, createConductor } from '../../engine/conductor/index.ts';
import { createRehearsal, type RehearsalExecution, type RehearsalOptions } from '../../engine/conductor/rehearsal.ts';
import { parseDefinition } from '../../workflow-translator/index.ts';

/** Ports with a clock that stands still and counted ids; every action exists. */
export function testPorts(): ConductorPorts {
  let ids = 0;
  return {
    now: () => Date.UTC(2024, 0, 1),
    uuid: () => {
      ids += 1;
      return `id-${ids}`;
    },
    random: () => 0.5,
    findAction: () => ({ params: [], open: true }),
  };
}

/** A conductor of the first workflow of a definition; `version` may be left out. */
export function conductorOf(
  definition: string,
  input: Readonly<Record<string, unknown>> = {},
  params: ExecutionParams = {},
): Conductor {
  const [workflow] = parseDefinition(`version: '2.0'\n${definition}`).workflows;
  if (workflow === undefined) throw new Error('The definition holds no workflow.');
  const identity = { id: 'wf-id', workflow_name: workflow.name, root_execution_id: 'wf-id', input, params };
  return createConductor({ workflow, identity, ports: testPorts() });
}

/** Runs workflow `wf` of a definition to its end in memory. */
export function rehearsed(
  definition: string,
  options: Omit<RehearsalOptions, 'workflows'> & {
    readonly input?: Readonly<Record<string, unknown>>;
    readonly params?: ExecutionParams;
  } = {},
): RehearsalExecution {
  const { workflows } = parseDefinition(`version: '2.0'\n${definition}`);
  const rehearsal = createRehearsal({ ...options, workflows: new Map(workflows.map((one) => [one.name, one])) });
  const execution = rehearsal.start('wf', options.input ?? {}, options.params);
  for (let steps = 0; rehearsal.step(); steps += 1) {
    if (steps > 100_000) throw new Error('The workflow does not end.');
  }
  return execution;
}

export function success(id: string, result: unknown = null) {
  return { type: 'action.completed', id, state: 'SUCCESS', result } as const;
}

export function failure(id: string, result: unknown = 'failed') {
  return { type: 'action.completed', id, state: 'ERROR', result } as const;
}

/** Ids of the runs of actions among commands. */
export function startedRuns(commands: readonly Command[]): readonly string[] {
  return commands.filter((command) => command.type === 'action.run').map((command) => command.id);
}

export function taskStates(conductor: Conductor): Readonly<Record<string, string>> {
  return Object.fromEntries(conductor.view().tasks.map((task) => [task.name, task.state]));
}
