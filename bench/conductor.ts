/** Pure conduct, without any service: how time and memory grow with the number of tasks. */
import { type Conductor, createConductor } from '../engine/conductor/index.ts';
import type { TaskIr, WorkflowIr } from '../workflow-translator/ir.ts';
import { measure } from './measure.ts';
import type { Row } from './report.ts';

const SIZES = [1_000, 2_000, 5_000, 10_000] as const;
/** Seconds for the largest size. */
const MARK_SECONDS = 2;

const SHAPES: readonly { readonly name: string; make(size: number): WorkflowIr }[] = [
  { name: 'linear', make: linear },
  { name: 'with-items', make: withItems },
  { name: 'fan-out and join', make: fanOut },
];

export async function benchConductor(runs: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shape of SHAPES) {
    for (const size of SIZES) {
      const workflow = shape.make(size);
      const { median } = await measure(runs, async () => void conduct(workflow, size));
      const heap = heapOf(() => conduct(workflow, size));
      const largest = size === SIZES.at(-1);
      rows.push({
        what: `conduct ${shape.name} ${size}`,
        value: `${median.toFixed(0)} ms, ${heap}`,
        ...(largest ? { mark: `< ${MARK_SECONDS} s`, met: median < MARK_SECONDS * 1_000 } : {}),
      });
    }
  }
  return rows;
}

/** Conducts a workflow to its end, answering each action at once. */
function conduct(workflow: WorkflowIr, size: number): Conductor {
  let ids = 0;
  const conductor = createConductor({
    workflow,
    identity: {
      id: 'bench',
      workflow_name: workflow.name,
      root_execution_id: 'bench',
      input: workflow.input.length > 0 ? { items: Array.from({ length: size }, (_, index) => index) } : {},
      params: {},
    },
    ports: {
      now: () => Date.now(),
      uuid: () => {
        ids += 1;
        return `id-${ids}`;
      },
      random: Math.random,
      findAction: () => ({ params: [], open: true }),
    },
  });
  let open = [...conductor.handle({ type: 'start' })];
  while (open.length > 0) {
    const next: typeof open = [];
    for (const command of open) {
      if (command.type !== 'action.run') continue;
      next.push(...conductor.handle({ type: 'action.completed', id: command.id, state: 'SUCCESS', result: 1 }));
    }
    open = next;
  }
  if (conductor.state !== 'SUCCESS') throw new Error(`The workflow ended in ${conductor.state}.`);
  return conductor;
}

/** Megabytes that the conductor of an ended workflow holds; they need `node --expose-gc`. */
function heapOf(make: () => Conductor): string {
  const { gc } = globalThis;
  if (gc === undefined) return 'memory not measured';
  gc();
  const before = process.memoryUsage().heapUsed;
  const conductor = make();
  gc();
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  return `${Math.max(0, megabytes).toFixed(1)} MiB${conductor.state === 'SUCCESS' ? '' : ', unfinished'}`;
}

function task(name: string, parts: Partial<TaskIr>): TaskIr {
  const base = { kind: 'action', target: 'bench.action', policies: {}, keep_result: true, safe_rerun: false } as const;
  return { name, ...base, spec: {}, ...parts };
}

function workflowOf(tasks: readonly TaskIr[], input: WorkflowIr['input'] = []): WorkflowIr {
  return { name: 'bench', type: 'direct', input, tasks, spec: {} };
}

/** Each task reads a variable, publishes one, and leads to the next. */
function linear(size: number): WorkflowIr {
  return workflowOf(
    Array.from({ length: size }, (_, index) =>
      task(`t${index}`, {
        input: { value: index === 0 ? 0 : `<% $.v${index - 1} %>` },
        publish: { branch: { [`v${index}`]: '<% task().result %>' } },
        ...(index + 1 < size ? { on_success: { next: [{ to: `t${index + 1}` }] } } : {}),
      }),
    ),
  );
}

function withItems(): WorkflowIr {
  const items = { variables: [{ name: 'i', items: '<% $.items %>' }], concurrency: 50 };
  const publish = { branch: { results: '<% task().result %>' } };
  return workflowOf([task('t', { with_items: items, input: { value: '<% $.i %>' }, publish })], [{ name: 'items' }]);
}

function fanOut(size: number): WorkflowIr {
  const branches = Array.from({ length: size - 1 }, (_, index) =>
    task(`b${index}`, {
      publish: { branch: { [`v${index}`]: '<% task().result %>' } },
      on_success: { next: [{ to: 'join' }] },
    }),
  );
  return workflowOf([...branches, task('join', { join: 'all' })]);
}
