import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createRandom } from '../../bench/fuzz/random.ts';
import { projectRoot } from '../../cli/project-paths.ts';
import type { ServiceName } from '../../cli/services.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { type ChaosTarget, faultsOf } from '../support/chaos/faults.ts';
import { accountOf } from '../support/chaos/ledger.ts';
import { type Asked, ask, chaosWorkflows } from '../support/chaos/load.ts';
import { superviseServices } from '../support/chaos/supervise.ts';
import { type ExecutionAnswer, endOf } from '../support/executions.ts';
import { type FaultedSystem, startFaultedSystem } from '../support/faulted-system.ts';
import type { PartName, Provisioned } from '../support/provisioned.ts';
import { workflowServices } from '../support/running-services.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/** How long faults are made; in continuous integration two minutes of the same ones each time. */
const inCi = process.env.CI !== undefined;
const seconds = Number(process.env.TRAMONTANE_CHAOS_SECONDS || (inCi ? 120 : 0));
const skip = seconds > 0 ? false : 'set TRAMONTANE_CHAOS_SECONDS to make faults for that long';
/** The same seed gives the same faults in the same order. */
const seed = Number(process.env.TRAMONTANE_CHAOS_SEED || (inCi ? 5 : Date.now() % 1_000_000));
/** Workflows under way at any time. */
const inFlight = 6;
/** For the end of what is under way when the faults have ended. */
const patienceMs = 150_000;

const variables = {
  mongodb: 'ST2_DATABASE__URI',
  bus: 'ST2_MESSAGING__URL',
  temporal: 'TEMPORAL_ADDRESS',
} as const satisfies Record<PartName, string>;

const names: readonly ServiceName[] = [...workflowServices.filter((name) => name !== 'st2auth'), 'st2notifier'];

describe(`chaos for ${seconds} s (TRAMONTANE_CHAOS_SEED=${seed})`, { skip }, () => {
  const lines = new Map<PartName, TcpProxy>();
  let system: FaultedSystem;

  /** A line of its own to each part, which a fault may cut. */
  async function putLinesBetween(infrastructure: Provisioned): Promise<Record<string, string>> {
    const env: Record<string, string> = {};
    for (const [part, variable] of Object.entries(variables) as [PartName, string][]) {
      const address = infrastructure.env[variable] ?? '';
      const port = /:(\d+)(\/|$)/.exec(address.replace(/^\w+:\/\/(?:[^@/]*@)?/, ''))?.[1] ?? '';
      const line = await startTcpProxy(Number(port));
      lines.set(part, line);
      env[variable] = address.replace(`:${port}`, `:${line.port}`);
    }
    return env;
  }

  let clocks = '';
  const clockFile = (name: string) => path.join(clocks, `${name}.clock`);
  before(async () => {
    system = await startFaultedSystem({
      own: true,
      more: ['st2notifier'],
      between: async (infrastructure) => {
        clocks = infrastructure.folder;
        return await putLinesBetween(infrastructure);
      },
      envOf: (name) => ({
        NODE_OPTIONS: `--import ${pathToFileURL(path.join(projectRoot, 'test', 'support', 'skewed-clock.mjs'))}`,
        TRAMONTANE_TEST_CLOCK_FILE: clockFile(name),
      }),
    });
  });
  after(async () => {
    await system?.stop();
    for (const line of lines.values()) await line.close();
  });

  it('every workflow ends right, every action is on record once and ran at most once', async (test) => {
    const { services, pack, infrastructure } = system;
    const target: ChaosTarget = {
      services,
      names,
      infrastructure,
      lines: Object.fromEntries(lines) as ChaosTarget['lines'],
      setClock: (name, offset) => writeFile(clockFile(name), String(offset)),
    };
    const note = (line: string) => test.diagnostic(`${new Date().toISOString()} ${line}`);
    const supervisor = superviseServices(services, [...names, 'st2auth'], note);
    const deadline = Date.now() + seconds * 1_000;
    const asked: Asked[] = [];
    const wrongs: string[] = [];
    const client = async (lane: number) => {
      for (let n = lane; Date.now() < deadline; n += inFlight) {
        const workflow = chaosWorkflows[n % chaosWorkflows.length] as Asked['workflow'];
        const one = await ask(services, pack, workflow, `chaos-${n}`);
        asked.push(one);
        const left = Math.max(deadline - Date.now(), 0) + patienceMs;
        const began = Date.now();
        await endOf(services, one.id, left).catch((error: unknown) => wrongs.push(String(error)));
        note(`${workflow} ${one.id} took ${Date.now() - began} ms`);
      }
    };
    const load = Promise.all(Array.from({ length: inFlight }, (_, lane) => client(lane)));
    await services.token();
    const { int } = createRandom(seed);
    const random = () => int(1_000_000) / 1_000_000;
    let faults = 0;
    for (const fault of faultsOf(random, names)) {
      if (Date.now() >= deadline) break;
      note(fault.what);
      await fault.run(target);
      faults += 1;
      await delay(800 + random() * 2_500);
    }
    await load;
    // A sub-workflow that was given up may still have an action that runs.
    for (const { id } of asked) await endOfAllBelow(id).catch((error: unknown) => wrongs.push(String(error)));
    await supervisor.stop();

    const counts: Record<string, number> = { workflows: asked.length, faults };
    for (const one of asked) {
      const entry = await accountOf(services, pack, one, supervisor.ended);
      wrongs.push(...entry.wrongs);
      counts[entry.status] = (counts[entry.status] ?? 0) + 1;
      counts.actions = (counts.actions ?? 0) + entry.actions;
      counts.abandonedActions = (counts.abandonedActions ?? 0) + entry.abandoned;
    }
    test.diagnostic(JSON.stringify(counts));
    assert.deepEqual(wrongs, []);
    assert.equal(new Set(asked.map(({ id }) => id)).size, asked.length, 'an answer was given twice');
    const roots = await services.request<ExecutionAnswer[]>('GET', '/executions?parent=null&limit=1000');
    assert.equal(roots.length, asked.length, 'root executions on record and workflows asked for');
  });

  async function endOfAllBelow(id: string): Promise<void> {
    const areEnded = async () => {
      const below = await system.services.request<ExecutionAnswer[]>('GET', `/executions/${id}/children?depth=-1`);
      return below.every(({ status }) => isExecutionStatus(status) && isCompleted(status));
    };
    await waitFor(areEnded, { what: `the end of all below ${id}`, timeoutMs: 60_000, intervalMs: 200 });
  }
});
