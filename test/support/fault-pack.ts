/** A pack whose actions leave a mark in a file each time they really run, to hold against what the database says has run. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';

/** Where the pack lies and what its actions have written. */
export interface FaultPack {
  /** To be given to the services as a folder of packs. */
  readonly folder: string;
  /** The file of one workflow's marks; a parameter of its action. */
  markFile(name: string): string;
  /** Ids of the executions that have left a mark, in order, each as often as it ran. */
  marks(name: string): Promise<readonly string[]>;
  /** How many lines a `ticking` workflow has written. */
  ticks(name: string): Promise<number>;
}

const mark = 'echo "$ST2_ACTION_EXECUTION_ID" >> <% $.marks %>';

const local = (cmd: string, more: Readonly<Record<string, unknown>> = {}) => ({
  action: 'core.local',
  input: { cmd, timeout: 300 },
  ...more,
});

const untilItSucceeds = { retry: { count: 100, delay: 1 } };

/** A task that says a letter. */
const letter = (name: string, says: string, next?: string) =>
  local(`${mark}; sleep 0.5; echo ${says}`, {
    ...untilItSucceeds,
    publish: { [name]: `<% task(${name}).result.stdout %>` },
    ...(next === undefined ? {} : { 'on-success': [next] }),
  });

/** Outputs of the workflows that have one. */
const outputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  chain: { word: '<% $.one + $.two + $.three %>' },
  fan: { end: '<% $.end %>', seen: '<% $.get(seen) %>' },
  nested: { word: '<% $.word %>' },
};

/** Workflows by name. All take `marks`, the file that their actions append to. */
const workflows = {
  /** One task, six at two a time, one task: eight actions in about two seconds. */
  steps: {
    first: local(mark, { 'on-success': ['items'] }),
    items: local(`${mark}; sleep 0.3`, {
      'with-items': 'i in <% range(0, 6) %>',
      concurrency: 2,
      'on-success': ['last'],
    }),
    last: local(mark),
  },
  /** Twenty actions asked for at once. */
  wide: {
    items: local(mark, { 'with-items': 'i in <% range(0, 20) %>', 'on-success': ['last'] }),
    last: local(mark),
  },
  /** One action of eight seconds that leaves a line in the file `<marks>.ticks` each half of a second. */
  ticking: { tick: local(`${mark}; for i in $(seq 16); do echo tick >> <% $.marks %>.ticks; sleep 0.5; done`) },
  /** Three actions one after the other, each tried again until it succeeds: the output is always `abc`. */
  chain: {
    one: letter('one', 'a', 'two'),
    two: letter('two', 'b', 'three'),
    three: letter('three', 'c'),
  },
  /** Five actions that are not tried again; the output tells whether all of them succeeded. */
  fan: {
    items: local(`${mark}; sleep 1; echo <% $.i %>`, {
      'with-items': 'i in <% range(0, 5) %>',
      concurrency: 3,
      publish: { seen: '<% task(items).result.select($.stdout) %>' },
      'on-success': ['last'],
      'on-error': ['repair'],
    }),
    last: local(mark, { ...untilItSucceeds, publish: { end: 'last' } }),
    repair: local(mark, { ...untilItSucceeds, publish: { end: 'repair' } }),
  },
  /** The workflow `chain` as an action. */
  nested: {
    inner: {
      action: 'faultpack.chain',
      input: { marks: '<% $.marks %>' },
      ...untilItSucceeds,
      publish: { word: '<% task(inner).result.word %>' },
    },
  },
  long: { wait: local(`${mark}; sleep 5`) },
  handled: {
    wait: local(`${mark}; sleep 5`, { 'on-error': ['repair'] }),
    repair: local(mark),
  },
} as const;

/** Tasks of the action chain `linked`, one after the other. */
const links = ['one', 'two', 'three', 'four'];

/** How many actions a workflow runs when nothing fails. */
export const actionCounts = { steps: 8, wide: 21, linked: links.length } as const;

/** Writes the pack `faultpack` below a folder. */
export async function writeFaultPack(below: string): Promise<FaultPack> {
  const folder = path.join(below, 'fault-packs');
  const pack = path.join(folder, 'faultpack');
  await mkdir(path.join(pack, 'actions', 'workflows'), { recursive: true });
  const metadata = { ref: 'faultpack', name: 'faultpack', version: '1.0.0', author: 'a', email: 'a@example.com' };
  await writeFile(path.join(pack, 'pack.yaml'), stringify(metadata));
  for (const [name, tasks] of Object.entries(workflows)) {
    const action = {
      name,
      runner_type: 'mistral-v2',
      enabled: true,
      entry_point: `workflows/${name}.yaml`,
      parameters: { marks: { type: 'string', required: true } },
    };
    await writeFile(path.join(pack, 'actions', `${name}.yaml`), stringify(action));
    const definition = {
      version: '2.0',
      [`faultpack.${name}`]: { type: 'direct', input: ['marks'], output: outputs[name], tasks },
    };
    await writeFile(path.join(pack, 'actions', 'workflows', `${name}.yaml`), stringify(definition));
  }
  await writeChain(pack);
  const markFile = (name: string) => path.join(below, `${name}.marks`);
  const lines = async (file: string) => {
    const text = await readFile(file, 'utf8').catch(() => ''); // nothing has run yet
    return text.split('\n').filter((line) => line !== '');
  };
  return {
    folder,
    markFile,
    marks: (name) => lines(markFile(name)),
    ticks: async (name) => (await lines(`${markFile(name)}.ticks`)).length,
  };
}

async function writeChain(pack: string): Promise<void> {
  const chain = links.map((name, place) => ({
    name,
    ref: 'core.local',
    parameters: { cmd: 'echo "$ST2_ACTION_EXECUTION_ID" >> {{ marks }}; sleep 0.2' },
    'on-success': links[place + 1],
  }));
  const action = {
    name: 'linked',
    runner_type: 'action-chain',
    enabled: true,
    entry_point: 'workflows/linked.yaml',
    parameters: { marks: { type: 'string', required: true } },
  };
  await writeFile(path.join(pack, 'actions', 'linked.yaml'), stringify(action));
  await writeFile(path.join(pack, 'actions', 'workflows', 'linked.yaml'), stringify({ chain, default: links[0] }));
}
