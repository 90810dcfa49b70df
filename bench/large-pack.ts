/** A pack of 5,000 actions: registering it, and what it costs those who use others. And a result of 10 MB: until it can be read. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { registerPacks } from '../action-service/packs/register-packs.ts';
import { createProcessParts } from '../action-service/process-parts.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { measure } from './measure.ts';
import type { Row } from './report.ts';

const ACTIONS = 5_000;
const REGISTER_MARK_S = 30;
const FLAT = 1.5;
const RESULT_BYTES = 10 * 1000 * 1000;
const RESULT_MARK_MS = 1_000;

/** Measures and returns the rows. @param runs counted runs of each request */
export async function benchLargePack(runs: number): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'] });
  const packs = path.join(infrastructure.folder, 'bench-packs');
  await writePack(packs, 'small', 1);
  const services = await startServices(infrastructure, {
    only: ['st2api', 'st2auth', 'st2scheduler', 'st2actionrunner'],
    packFolders: [packs],
  });
  const config = loadConfig(services.env);
  const parts = await createProcessParts({ name: 'bench', config, logger: pino({ level: 'silent' }) });
  try {
    const before = await use(services, runs);
    await writePack(packs, 'large', ACTIONS);
    const register = async () => {
      const { stores } = parts;
      const begun = performance.now();
      const options = { stores, logger: pino({ level: 'silent' }), basePaths: [packs], packs: ['large'] };
      const { counts } = await registerPacks(options);
      if (counts.actions !== ACTIONS) throw new Error(`${counts.actions} actions were registered.`);
      return (performance.now() - begun) / 1000;
    };
    const first = await register();
    const again = await register();
    const after = await use(services, runs);
    return [
      {
        what: `register a pack of ${ACTIONS} actions`,
        value: `${first.toFixed(1)} s, again ${again.toFixed(1)} s`,
        mark: `≤ ${REGISTER_MARK_S} s`,
        met: Math.max(first, again) <= REGISTER_MARK_S,
      },
      beside('a page of actions', before.list, after.list),
      beside('core.noop, request to end', before.run, after.run),
      await largeResult(services, runs),
    ];
  } finally {
    await parts.infrastructure.stop();
    await services.stop();
    await infrastructure.stop();
  }
}

function beside(what: string, before: number, after: number): Row {
  return {
    what: `${what}, with those ${ACTIONS} actions`,
    value: `${after.toFixed(0)} ms`,
    compared: `without ${before.toFixed(0)} ms`,
    ratio: after / before,
    mark: `≤ ${FLAT}`,
    met: after / before <= FLAT,
  };
}

async function writePack(folder: string, name: string, count: number): Promise<void> {
  const actions = path.join(folder, name, 'actions');
  await mkdir(actions, { recursive: true });
  const pack = `name: ${name}\ndescription: Measured.\nversion: 1.0.0\nauthor: Tramontane\n`;
  await writeFile(path.join(folder, name, 'pack.yaml'), pack);
  const code = `from st2common.runners.base_action import Action\n\nclass Give(Action):\n    def run(self, size, region=None):\n        return 'x' * size\n`;
  await writeFile(path.join(actions, 'give.py'), code);
  const parameters =
    'parameters:\n  size:\n    type: integer\n    required: true\n  region:\n    type: string\n    description: Where.\n';
  for (let made = 0; made < count; made += 1) {
    const action = `name: give_${made}\nrunner_type: python-script\nentry_point: give.py\nenabled: true\ndescription: Gives.\n${parameters}`;
    await writeFile(path.join(actions, `give_${made}.yaml`), action);
  }
}

/** Medians of what users do all day, milliseconds. */
async function use(services: RunningServices, runs: number) {
  const list = await measure(runs * 4, async () => void (await services.request('GET', '/actions?limit=50')));
  const run = await measure(runs * 4, () => runAction(services, 'core.noop', {}));
  return { list: list.median, run: run.median };
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly result?: { readonly result?: string };
}

async function runAction(services: RunningServices, action: string, parameters: object, size?: number): Promise<void> {
  const { id } = await services.request<Shown>('POST', '/executions', { action, parameters });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { status, result } = await services.request<Shown>('GET', `/executions/${id}`);
    if (status === 'failed' || Date.now() > deadline) throw new Error(`${action} is ${status}.`);
    if (status !== 'succeeded') continue;
    if (size !== undefined && result?.result?.length !== size) throw new Error('The result is not complete.');
    return;
  }
}

/** What a large result adds to the same action with a small one: passed on, stored, and read in full. */
async function largeResult(services: RunningServices, runs: number): Promise<Row> {
  const give = (size: number) => () => runAction(services, 'small.give_0', { size }, size);
  const small = await measure(runs, give(1));
  const large = await measure(runs, give(RESULT_BYTES));
  const more = large.median - small.median;
  return {
    what: 'result of 10 MB: request to read in full',
    value: `${large.median.toFixed(0)} ms`,
    compared: `of 1 byte, ${small.median.toFixed(0)} ms`,
    mark: `≤ ${RESULT_MARK_MS} ms more: ${more.toFixed(0)}`,
    met: more <= RESULT_MARK_MS,
  };
}
