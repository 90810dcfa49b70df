/**
 * Masks in the answers of mistral-api what is secret in the executions of StackStorm that the workflows belong to, as st2api does
 * with the same values. What is stored, and what the engine works with, stays as it is.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MASKED_VALUE } from '../../core/params/index.ts';
import type { Stores } from '../../stores/stores.ts';
import { createWorkflowMasks } from '../executions/workflow-masks.ts';
import type { Resource } from './listing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether a POST answers with nothing but what was in it, which is so unless it is `false`. */
    isToldByClient?: boolean;
  }
}

/** Fields that hold values as JSON text. */
const JSON_FIELDS = ['input', 'output', 'params', 'result', 'published', 'published_global'] as const;
/** Fields that hold a sentence, which may quote values. */
const TEXT_FIELDS = ['state_info'] as const;

type Kind = 'executions' | 'tasks' | 'action_executions';
/** Ids of workflow executions by those of resources. */
type Places = ReadonlyMap<string, string>;

const within = { include: ['uuid', 'workflow_execution_id'] };
const placesOf = (records: readonly { readonly uuid: string; readonly workflow_execution_id: string }[]): Places =>
  new Map(records.map((one) => [one.uuid, one.workflow_execution_id]));

/** The workflow executions that resources belong to, by kind: answers may leave it out. */
const WORKFLOWS_OF: Readonly<Record<Kind, (stores: Stores, ids: readonly string[]) => Promise<Places>>> = {
  executions: async (_stores, ids) => new Map(ids.map((id) => [id, id])),
  tasks: async ({ taskExecutions }, ids) => placesOf(await taskExecutions.find({ uuid: { $in: [...ids] } }, within)),
  action_executions: async ({ taskRuns }, ids) => placesOf(await taskRuns.find({ uuid: { $in: [...ids] } }, within)),
};
const KINDS = Object.keys(WORKFLOWS_OF) as readonly Kind[];

/** Adds the masking to the routes of `/v2`. */
export function maskAnswers(v2: FastifyInstance, stores: Stores): void {
  const masksFor = createWorkflowMasks(stores);

  async function masked(kind: Kind, resources: readonly Resource[]): Promise<readonly Resource[]> {
    const ids = resources.map(({ id }) => String(id));
    const places = await WORKFLOWS_OF[kind](stores, ids);
    const masks = await masksFor([...places.values()]);
    if (masks.isEmpty) return resources;
    return resources.map((resource) =>
      maskResource(resource, (value) => masks.mask(places.get(String(resource.id)) ?? '', value)),
    );
  }

  v2.addHook('preSerialization', async (request, _reply, payload: unknown) => {
    if (toldByClient(request) || typeof payload !== 'object' || payload === null) return payload;
    const answer = payload as Resource;
    const { root_workflow_execution: root } = answer;
    // A report: whatever it quotes is secret in the root or below it.
    if (typeof root === 'object' && root !== null) return await maskReport(answer, root as Resource);
    const list = KINDS.find((kind) => Array.isArray(answer[kind]));
    if (list !== undefined) return { ...answer, [list]: await masked(list, answer[list] as Resource[]) };
    const { url } = request.routeOptions;
    const single = KINDS.find((kind) => url === `/v2/${kind}/:id` || url === `/v2/${kind}`);
    if (single === undefined || typeof answer.id !== 'string') return payload;
    return (await masked(single, [answer]))[0];
  });

  /** States and names of what nobody knows the secrets of are told, sentences are not. */
  async function maskReport(answer: Resource, root: Resource): Promise<unknown> {
    const id = String(root.id);
    const masks = await masksFor([id]);
    return masks.isUnknown(id) ? hideSentences(answer) : masks.mask(id, answer);
  }
}

/** What a client creates with a POST it has told us itself, unless the resource says that it has found it. */
function toldByClient({ method, isToldByClient }: FastifyRequest): boolean {
  return method === 'POST' && isToldByClient !== false;
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

function hideSentences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSentences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      (TEXT_FIELDS as readonly string[]).includes(key) && item !== null ? MASKED_VALUE : hideSentences(item),
    ]),
  );
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
