import { randomUUID } from 'node:crypto';
import type { ActionOutcome } from '../../core/action-outcome.ts';
import { ValidationError } from '../../core/errors.ts';
import type { Stores } from '../../stores/stores.ts';
import type { AdHocActionIr, WorkflowIr } from '../../workflow-translator/ir.ts';
import { sendEmail } from '../activities/std-email.ts';
import { sendHttp } from '../activities/std-http.ts';
import { createConductor } from '../conductor/index.ts';
import { ActionError, findSystemAction, systemActions } from '../workflows/system-actions.ts';

type Input = Readonly<Record<string, unknown>>;

const REMOTE: Readonly<Record<string, (input: Input) => Promise<unknown>>> = {
  'std.http': sendHttp,
  'std.email': sendEmail,
};
/** Longest wait of an action that runs within a request. Seconds. */
const WAIT_LIMIT = 60;

/** What to run, as `POST /action_executions` names it. */
export interface LoneRun {
  readonly name: string;
  readonly input: Input;
  /** Where an ad-hoc action is looked up, before the default one. */
  readonly namespace: string;
}

type Outcome = { readonly state: 'SUCCESS' | 'ERROR'; readonly result: unknown };

/** Runs an action of the engine, or an ad-hoc one on top of it, without a workflow. @throws ValidationError when it is unknown or its input does not fit */
export async function runAlone(stores: Stores, { name, input, namespace }: LoneRun): Promise<Outcome> {
  if (Object.hasOwn(systemActions, name)) return await runSystemAction(name, input);
  const stored = await stores.workflowDefinitions.find({ kind: 'action', namespace: { $in: ['', namespace] } });
  // Those of the namespace come last: they win.
  const ordered = [...stored].sort((a, b) => a.namespace.length - b.namespace.length);
  const actions = Object.fromEntries(ordered.map((one) => [one.name, JSON.parse(String(one.ir)) as AdHocActionIr]));
  if (!Object.hasOwn(actions, name)) throw new ValidationError(`Failed to find action [action_name=${name}]`);
  return await runAdHoc(name, actions, input);
}

/** A workflow of this one task decides what the base action gets, and what comes of its result. */
async function runAdHoc(
  name: string,
  actions: Readonly<Record<string, AdHocActionIr>>,
  input: Input,
): Promise<Outcome> {
  const task = { name: 'run', kind: 'action', target: name, input: '<% $.input %>', policies: {}, spec: {} } as const;
  const workflow: WorkflowIr = {
    name: 'run-action',
    type: 'direct',
    input: [{ name: 'input' }],
    tasks: [{ ...task, keep_result: true, safe_rerun: false }],
    actions,
    spec: {},
  };
  const id = randomUUID();
  const identity = { id, workflow_name: workflow.name, root_execution_id: id, input: { input }, params: {} };
  const ports = { now: Date.now, uuid: randomUUID, random: Math.random, findAction: findSystemAction };
  const conductor = createConductor({ workflow, identity, ports });
  const [command] = conductor.handle({ type: 'start' }).filter((one) => one.type === 'action.run');
  if (command !== undefined) {
    const outcome = await runSystemAction(command.action, command.input);
    conductor.handle({ type: 'action.completed', id: command.id, ...outcome });
  }
  const { tasks, state_info } = conductor.view();
  const [done] = tasks;
  if (done?.state === 'SUCCESS') return { state: 'SUCCESS', result: done.result };
  return { state: 'ERROR', result: done?.result ?? done?.state_info ?? state_info };
}

async function runSystemAction(name: string, input: Input): Promise<Outcome> {
  const missing = (systemActions[name]?.params ?? []).filter(
    (param) => param.required && !Object.hasOwn(input, param.name),
  );
  const known = new Set(systemActions[name]?.params.map((param) => param.name));
  const unexpected = Object.keys(input).filter((key) => !known.has(key));
  if (missing.length + unexpected.length > 0) {
    const parts = [`name=${name}`];
    if (missing.length > 0) parts.push(`missing=[${missing.map((param) => `'${param.name}'`).join(', ')}]`);
    if (unexpected.length > 0) parts.push(`unexpected=[${unexpected.map((key) => `'${key}'`).join(', ')}]`);
    throw new ValidationError(`Invalid input [${parts.join(', ')}]`);
  }
  try {
    return { state: 'SUCCESS', result: await run(name, input) };
  } catch (error) {
    if (error instanceof ActionError) return { state: 'ERROR', result: error.result };
    if (error instanceof ValidationError) throw error;
    return { state: 'ERROR', result: failureResult(error) };
  }
}

async function run(name: string, input: Input): Promise<unknown> {
  const way = systemActions[name]?.way;
  if (way?.kind === 'inline') return way.run(input);
  if (way?.kind === 'timer') {
    await new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_LIMIT, way.seconds(input)) * 1_000));
    return way.run(input);
  }
  if (way?.kind === 'refused') throw new ValidationError(`${name}: ${way.reason}`);
  const remote = REMOTE[name];
  if (remote === undefined) throw new ValidationError(`The action ${name} can run in a workflow only.`);
  return await remote(input);
}

function failureResult(error: unknown): unknown {
  const details = error instanceof Error && 'details' in error ? (error.details as unknown[]) : undefined;
  return (details?.[0] as ActionOutcome | undefined)?.result ?? String(error);
}
