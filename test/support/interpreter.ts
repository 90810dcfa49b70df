/** The engine alone, as real processes: mistral-api, mistral-server and Temporal. Runs definitions and reads what came of them. */
import { Client, Connection } from '@temporalio/client';
import type {
  Operation,
  RunOutcome,
  RunRecord,
  SubOutcome,
  TaskOutcome,
} from '../../cli/mistral-conformance/record.ts';
import { type LiveView, VIEW_QUERY } from '../../engine/contract.ts';
import { createDataConverter } from '../../platform/temporal/temporal-client.ts';
import { provisioned } from './provisioned.ts';
import { startServices } from './running-services.ts';

/** A started execution. */
export interface Started {
  readonly id: string;
  readonly workflowId: string;
}

export interface Interpreter {
  /** Registers the definitions of a case in a namespace of its own and starts it. @returns the refusal when it does not start */
  start(
    record: Pick<RunRecord, 'definition' | 'kind' | 'workflow' | 'input' | 'params' | 'extra_definitions'>,
  ): Promise<Started | { readonly refused: string }>;
  /** What the workflow answers of itself and all below it. */
  outcome(started: Started): Promise<RunOutcome>;
  /** The record of the execution as clients see it. */
  record(
    started: Started,
  ): Promise<{ readonly state: string; readonly state_info: string | null; readonly output: unknown }>;
  operate(started: Started, operation: Operation): Promise<void>;
  readonly temporalAddress: string;
  stop(): Promise<void>;
}

const noBlobs = {
  put: () => Promise.reject(new Error('Views of these cases are small.')),
  get: () => Promise.reject(new Error('Views of these cases are small.')),
};

/** Starts the processes. Nothing of them is special: only StackStorm's side is left out. */
export async function startInterpreter(): Promise<Interpreter> {
  const infrastructure = await provisioned();
  const services = await startServices(infrastructure, {
    only: ['mistral-api', 'mistral-server'],
    registerPacks: false,
  });
  const connection = await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS });
  const namespace = infrastructure.env.TEMPORAL_NAMESPACE ?? 'default';
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(noBlobs) });
  let cases = 0;

  async function request(method: string, path: string, body?: unknown): Promise<{ ok: boolean; body: unknown }> {
    const response = await fetch(`${services.mistralUrl}${path}`, {
      method,
      headers: { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
      body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { ok: response.ok, body: text === '' ? undefined : JSON.parse(text) };
  }

  const view = (workflowId: string) => client.workflow.getHandle(workflowId).query<LiveView>(VIEW_QUERY);

  async function subOutcomes(workflowId: string, above: LiveView): Promise<SubOutcome[]> {
    const runs = above.tasks
      .filter((task) => task.type === 'WORKFLOW')
      .flatMap((task) => task.runs.map((run) => ({ task, run })));
    const below = await Promise.all(
      runs.map(async ({ task, run }) => {
        const child = `${workflowId}/${run.id}`;
        const own = await view(child).catch((error: Error) => {
          if (/not found/i.test(error.message)) return undefined;
          throw error;
        });
        if (own === undefined) return [];
        const description = await client.workflow.getHandle(child).describe();
        return [
          {
            workflow: description.type,
            parent_task: task.name,
            index: run.item_index ?? 0,
            input: own.input,
            state: own.state,
            output: own.output,
            tasks: own.tasks.map(taskOutcome),
          },
          ...(await subOutcomes(child, own)),
        ];
      }),
    );
    return below.flat();
  }

  return {
    async start({ definition, kind, workflow, input, params, extra_definitions: extra = [] }) {
      cases += 1;
      const own = `case-${process.pid}-${cases}`;
      for (const one of [...extra, { kind, definition }]) {
        const path = one.kind === 'actions' ? '/actions' : `/${one.kind}s`;
        const answer = await request('POST', `${path}?namespace=${own}`, one.definition);
        if (!answer.ok) throw new Error(`The definition is refused: ${JSON.stringify(answer.body)}`);
      }
      const { ok, body } = await request('POST', '/executions', {
        workflow_name: workflow,
        workflow_namespace: own,
        input,
        params,
      });
      if (!ok) return { refused: String((body as { faultstring?: string }).faultstring) };
      const { id } = body as { readonly id: string };
      return { id, workflowId: `${workflow}/${id}` };
    },
    async outcome({ workflowId }) {
      const own = await view(workflowId);
      const subs = await subOutcomes(workflowId, own);
      return {
        state: own.state,
        output: own.output,
        has_state_info: hasText(own.state_info),
        tasks: own.tasks.map(taskOutcome),
        ...(subs.length > 0 ? { sub_executions: subs } : {}),
      };
    },
    async record({ id }) {
      const { body } = await request('GET', `/executions/${id}`);
      const { state, state_info, output } = body as { state: string; state_info: string | null; output: string };
      return { state, state_info, output: JSON.parse(output ?? 'null') };
    },
    async operate({ workflowId }, operation) {
      const handle = client.workflow.getHandle(workflowId);
      await handle.signal(operation.op, operation);
    },
    temporalAddress: infrastructure.env.TEMPORAL_ADDRESS ?? '',
    async stop() {
      await connection.close();
      await services.stop();
      await infrastructure.stop();
    },
  };
}

function taskOutcome(task: LiveView['tasks'][number]): TaskOutcome {
  return {
    name: task.name,
    type: task.type,
    state: task.state,
    published: task.published,
    result: task.result,
    count: task.runs.length,
    accepted: task.runs.filter((run) => run.accepted).length,
    has_state_info: hasText(task.state_info),
  };
}

function hasText(text: string | null): boolean {
  return text !== null && text !== '';
}
