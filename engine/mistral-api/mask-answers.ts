/**
 * Masks in the answers of mistral-api what is secret in the executions of StackStorm that the workflows belong to, as st2api does
 * with the same values. What is stored, and what the engine works with, stays as it is.
 */
import type { FastifyInstance } from 'fastify';
import { createExecutionsMasks, type ExecutionsMask } from '../../action-service/mask-for-executions.ts';
import { createSnapshots } from '../../action-service/snapshots.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Resource } from './listing.ts';

/** Fields that hold values as JSON text. */
const JSON_FIELDS = ['input', 'output', 'params', 'result', 'published'] as const;
/** Fields that hold a sentence, which may quote values. */
const TEXT_FIELDS = ['state_info'] as const;

type Kind = 'executions' | 'tasks' | 'action_executions';
type Find = (stores: Stores, ids: readonly string[]) => Promise<readonly string[]>;

const within = { include: ['workflow_execution_id'] };

/** The workflow executions that resources belong to, by kind: answers may leave it out. */
const WORKFLOWS_OF: Readonly<Record<Kind, Find>> = {
  executions: async (_stores, ids) => ids,
  tasks: async ({ taskExecutions }, ids) =>
    (await taskExecutions.find({ uuid: { $in: [...ids] } }, within)).map((task) => task.workflow_execution_id),
  action_executions: async ({ taskRuns }, ids) =>
    (await taskRuns.find({ uuid: { $in: [...ids] } }, within)).map((run) => run.workflow_execution_id),
};
const KINDS = Object.keys(WORKFLOWS_OF) as readonly Kind[];

/** Adds the masking to the routes of `/v2`. */
export function maskAnswers(v2: FastifyInstance, stores: Stores): void {
  const masksFor = createExecutionsMasks({ stores, snapshots: createSnapshots(stores) });

  async function maskFor(kind: Kind, resources: readonly Resource[]): Promise<ExecutionsMask> {
    const ids = await WORKFLOWS_OF[kind](
      stores,
      resources.map(({ id }) => String(id)),
    );
    const workflows = await stores.workflowExecutions.find(
      { uuid: { $in: [...new Set(ids)] }, st2_execution_id: { $exists: true } },
      { include: ['st2_execution_id'] },
    );
    return await masksFor([...new Set(workflows.flatMap(({ st2_execution_id: id }) => id ?? []))]);
  }

  async function masked(kind: Kind, resources: readonly Resource[]): Promise<readonly Resource[]> {
    const { mask, isEmpty } = await maskFor(kind, resources);
    return isEmpty ? resources : resources.map((resource) => maskResource(resource, mask));
  }

  v2.addHook('preSerialization', async (request, _reply, payload: unknown) => {
    // What a client creates with a POST it has told us itself.
    if (request.method === 'POST' || typeof payload !== 'object' || payload === null) return payload;
    const answer = payload as Resource;
    const { root_workflow_execution: root } = answer;
    // A report: whatever it quotes is secret in the root or below it.
    if (typeof root === 'object' && root !== null)
      return (await maskFor('executions', [root as Resource])).mask(answer);
    const list = KINDS.find((kind) => Array.isArray(answer[kind]));
    if (list !== undefined) return { ...answer, [list]: await masked(list, answer[list] as Resource[]) };
    const single = KINDS.find((kind) => request.routeOptions.url === `/v2/${kind}/:id`);
    if (single === undefined || typeof answer.id !== 'string') return payload;
    return (await masked(single, [answer]))[0];
  });
}

function maskResource(resource: Resource, mask: (value: unknown) => unknown): Resource {
  const fields: Resource = {};
  for (const field of JSON_FIELDS) {
    const text = resource[field];
    if (typeof text === 'string') fields[field] = maskJson(text, mask);
  }
  for (const field of TEXT_FIELDS) if (typeof resource[field] === 'string') fields[field] = mask(resource[field]);
  return { ...resource, ...fields };
}

function maskJson(text: string, mask: (value: unknown) => unknown): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return mask(text);
  }
  return JSON.stringify(mask(value));
}
