/** A pack of workflows whose size is a parameter, or, where it stands in the text, given when the pack is written. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';

/** Sizes of what is written out: a fan-out has its tasks in its text. */
export interface LargePackSizes {
  readonly branches: number;
}

type Tasks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Workflow {
  readonly input?: readonly string[];
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly tasks: Tasks;
}

const items = { 'with-items': 'i in <% range($.size) %>', action: 'core.noop' };
const publishCount = (task: string) => ({ [task]: `<% task(${task}).result.len() %>` });

/** Waits, by failing, until the file exists: what comes after it is reached by running it again. */
const gate = { action: 'core.local', input: { cmd: 'test -e "<% $.file %>"' } };

/** Waits as long as the file exists. */
const held = {
  action: 'core.local',
  input: { cmd: 'while [ -e "<% $.file %>" ]; do sleep 0.1; done', timeout: 3_600 },
};

const workflows = ({ branches }: LargePackSizes): Readonly<Record<string, Workflow>> => ({
  /** All items as fast as the engine lets them. */
  items: {
    input: ['size'],
    output: { count: '<% $.many %>' },
    tasks: { many: { ...items, publish: publishCount('many') } },
  },
  paced: {
    input: ['size'],
    output: { count: '<% $.many %>' },
    tasks: { many: { ...items, concurrency: 10, publish: publishCount('many') } },
  },
  /** Items of which none ends as long as the file exists. */
  held: {
    input: ['size', 'file'],
    tasks: { many: { 'with-items': 'i in <% range($.size) %>', ...held } },
  },
  /** As many items before as behind a task that fails while a file is missing. */
  gated: {
    input: ['size', 'file'],
    output: { before: '<% $.before %>', behind: '<% $.behind %>' },
    tasks: {
      before: { ...items, publish: publishCount('before'), 'on-success': ['gate'] },
      gate: { ...gate, 'on-success': ['behind'] },
      behind: { ...items, publish: publishCount('behind') },
    },
  },
  /** The seventh item of each hundred fails while a file is missing. */
  flawed: {
    input: ['size', 'file'],
    output: { count: '<% $.many %>' },
    tasks: {
      many: {
        'with-items': 'i in <% range($.size) %>',
        action: 'core.local',
        input: { cmd: 'test -e "<% $.file %>" || test $((<% $.i %> % 100)) -ne 7' },
        concurrency: 20,
        publish: publishCount('many'),
      },
    },
  },
  fan: {
    output: { last: '<% $.last %>' },
    tasks: {
      begin: { action: 'core.noop', 'on-success': range(branches).map((branch) => `b${branch}`) },
      ...Object.fromEntries(
        range(branches).map((branch) => [
          `b${branch}`,
          { action: 'core.noop', publish: { [`v${branch}`]: branch }, 'on-success': ['last'] },
        ]),
      ),
      last: { join: 'all', action: 'core.noop', publish: { last: `<% $.v0 + $.v${branches - 1} %>` } },
    },
  },
  loop: {
    input: ['size'],
    vars: { count: 0 },
    output: { count: '<% $.count %>' },
    tasks: {
      begin: { action: 'core.noop', 'on-success': ['turn'] },
      turn: {
        action: 'core.noop',
        publish: { count: '<% $.count + 1 %>' },
        'on-success': [{ turn: '<% $.count < $.size %>' }],
      },
    },
  },
  /** The same loop without actions of StackStorm: the engine alone. */
  spin: {
    input: ['size'],
    vars: { count: 0 },
    output: { count: '<% $.count %>' },
    tasks: {
      begin: { action: 'std.noop', 'on-success': ['turn'] },
      turn: {
        action: 'std.noop',
        publish: { count: '<% $.count + 1 %>' },
        'on-success': [{ turn: '<% $.count < $.size %>' }],
      },
    },
  },
  /** Calls itself as a sub-workflow of the engine; the deepest one waits as long as the file exists. */
  nest: {
    input: ['depth', 'file'],
    output: { depth: '<% $.reached %>' },
    tasks: {
      begin: {
        action: 'core.noop',
        'on-success': [{ deeper: '<% $.depth > 1 %>' }, { bottom: '<% $.depth <= 1 %>' }],
      },
      deeper: {
        workflow: 'large.nest',
        input: { depth: '<% $.depth - 1 %>', file: '<% $.file %>' },
        publish: { reached: '<% task(deeper).result.depth + 1 %>' },
      },
      bottom: {
        ...held,
        publish: { reached: 1 },
      },
    },
  },
  /** Calls itself as an action. */
  chain: {
    input: ['depth'],
    output: { depth: '<% $.reached %>' },
    tasks: {
      begin: {
        action: 'core.noop',
        'on-success': [{ deeper: '<% $.depth > 1 %>' }, { bottom: '<% $.depth <= 1 %>' }],
      },
      deeper: {
        action: 'large.chain',
        input: { depth: '<% $.depth - 1 %>' },
        publish: { reached: '<% task(deeper).result.depth + 1 %>' },
      },
      bottom: { action: 'core.noop', publish: { reached: 1 } },
    },
  },
  /** Results of `bytes` random characters, read by the next task. */
  result: {
    input: ['bytes'],
    output: { got: '<% $.got %>' },
    tasks: {
      make: { action: 'large.random', input: { bytes: '<% $.bytes %>' }, 'on-success': ['use'] },
      use: { action: 'core.noop', publish: { got: '<% task(make).result.stdout.len() %>' } },
    },
  },
  /** A variable of `bytes` characters goes through a loop of tasks, each of which sees and adds to it. */
  context: {
    input: ['bytes', 'turns'],
    vars: { count: 0, big: '' },
    output: { count: '<% $.count %>', got: '<% $.big.len() %>' },
    tasks: {
      make: {
        action: 'large.random',
        input: { bytes: '<% $.bytes %>' },
        publish: { big: '<% task(make).result.stdout %>' },
        'on-success': ['turn'],
      },
      turn: {
        action: 'core.noop',
        publish: { count: '<% $.count + $.big.len() - $.big.len() + 1 %>' },
        'on-success': [{ turn: '<% $.count < $.turns %>' }],
      },
    },
  },
});

/** Writes the pack `large` below `folder`, which is then a folder of packs. */
export async function writeLargePack(folder: string, sizes: LargePackSizes): Promise<void> {
  const actions = path.join(folder, 'large', 'actions');
  await mkdir(path.join(actions, 'workflows'), { recursive: true });
  const pack = { ref: 'large', name: 'large', description: 'd', version: '1.0.0', author: 'a', email: 'a@example.com' };
  await writeFile(path.join(folder, 'large', 'pack.yaml'), stringify(pack));
  const action = (name: string, meta: Readonly<Record<string, unknown>>) =>
    writeFile(path.join(actions, `${name}.yaml`), stringify({ name, description: 'd', enabled: true, ...meta }));
  for (const [name, { input = [], vars, output, tasks }] of Object.entries(workflows(sizes))) {
    const type = (parameter: string) => (parameter === 'file' ? 'string' : 'integer');
    const parameters = Object.fromEntries(input.map((parameter) => [parameter, { type: type(parameter) }]));
    await action(name, { runner_type: 'mistral-v2', entry_point: `workflows/${name}.yaml`, parameters });
    const text = stringify({
      version: '2.0',
      [`large.${name}`]: { type: 'direct', input: input.length > 0 ? input : undefined, vars, output, tasks },
    });
    await writeFile(path.join(actions, 'workflows', `${name}.yaml`), text);
  }
  const cmd = 'head -c {{ bytes }} /dev/urandom | base64 -w 0 | head -c {{ bytes }}';
  const parameters = { bytes: { type: 'integer' }, cmd: { immutable: true, type: 'string', default: cmd } };
  await action('random', { runner_type: 'local-shell-cmd', entry_point: '', parameters });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
