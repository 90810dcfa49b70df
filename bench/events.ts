/** From events to actions: webhooks beside direct requests, matching alone, and timers beside Temporal's schedules. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { createProcessParts, type ProcessParts } from '../action-service/process-parts.ts';
import { createTriggerService } from '../action-service/triggers/trigger-service.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createRuleLoader } from '../reactor/rules/rule-loader.ts';
import { ensureIndexes } from '../stores/stores.ts';
import { type Provisioned, provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { median } from './measure.ts';
import { cpuSeconds, findProcess } from './process-cpu.ts';
import type { Row } from './report.ts';

const MARK_MS = 60;
const INSTANCES_PER_SECOND = 1_000;
const RULES = 1_000;
const TIMERS = 5_000;
/** So many more that fire every ten seconds. */
const FIRING = 100;
const LOOK_MS = 40_000;
/** For what a change brings with it. */
const SETTLE_MS = 5_000;
/** For what a start brings with it: the runtime gives back the memory that only the start needed, a while after. */
const START_MS = 30_000;

/** Measures and returns the rows. @param runs counted runs: each of them is ten requests */
export async function benchEvents(runs: number): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true });
  const config = loadConfig({ ST2_DATA_DIR: infrastructure.folder, ...infrastructure.env });
  const parts = await createProcessParts({ name: 'bench', config, logger: pino({ level: 'silent' }) });
  try {
    await ensureIndexes(parts.stores);
    await parts.infrastructure.start();
    await createTriggerService(parts.stores, parts.bus).registerInternalTypes();
    const rows = [...(await matching(parts)), ...(await timers(infrastructure, parts))];
    const services = await startServices(infrastructure, {
      only: ['st2api', 'st2auth', 'st2scheduler', 'st2actionrunner', 'st2notifier', 'st2rulesengine'],
    });
    rows.push(await webhooks(services, runs * 10));
    await services.stop();
    return rows;
  } finally {
    await parts.infrastructure.stop();
    await infrastructure.stop();
  }
}

interface Logged {
  readonly id: string;
  readonly log: readonly { readonly status: string; readonly timestamp: string }[];
}

/** Milliseconds from the request to `running` on record: direct, and by a webhook and a rule. In turn. */
async function webhooks(services: RunningServices, count: number): Promise<Row> {
  await services.request('POST', '/rules', {
    name: 'on-hook',
    pack: 'default',
    enabled: true,
    trigger: { type: 'core.st2.webhook', parameters: { url: 'bench' } },
    criteria: { 'trigger.body.kind': { type: 'equals', pattern: 'bench' } },
    action: { ref: 'core.noop', parameters: {} },
  });
  const started = async (path: string, seen: ReadonlySet<string>) =>
    waitFor(
      async () => {
        const [latest] = await services.request<Logged[]>('GET', `${path}&limit=1&include_attributes=log`);
        if (latest === undefined || seen.has(latest.id)) return undefined;
        const running = latest.log.find(({ status }) => status === 'running');
        return running === undefined ? undefined : { id: latest.id, at: Date.parse(running.timestamp) };
      },
      { what: 'the start of the action', intervalMs: 40 },
    );
  const measure = async (method: () => Promise<unknown>, path: string, seen: Set<string>) => {
    const since = Date.now();
    await method();
    const { id, at } = await started(path, seen);
    seen.add(id);
    return at - since;
  };
  const direct: number[] = [];
  const hooked: number[] = [];
  const seen = new Set<string>();
  for (let index = -5; index < count; index += 1) {
    const straight = await measure(
      () => services.request('POST', '/executions', { action: 'core.noop' }),
      '/executions?action=core.noop',
      seen,
    );
    const byRule = await measure(
      () => services.request('POST', '/webhooks/bench', { kind: 'bench' }),
      '/executions?rule=on-hook',
      seen,
    );
    // The first ones warm up.
    if (index >= 0) direct.push(straight);
    if (index >= 0) hooked.push(byRule);
  }
  const [ours, theirs] = [median(hooked), median(direct)];
  return {
    what: 'webhook → rule → action started',
    value: `${ours.toFixed(0)} ms`,
    compared: `direct request ${theirs.toFixed(0)} ms`,
    ratio: ours / theirs,
    mark: `≤ ${MARK_MS} ms more`,
    met: ours - theirs <= MARK_MS,
  };
}

type Criteria = (index: number) => Record<string, unknown>;

async function addRules(
  { stores }: ProcessParts,
  trigger: (index: number) => string,
  count: number,
  criteria: Criteria,
) {
  await stores.rules.insertMany(
    Array.from({ length: count }, (_item, index) => {
      const ref = trigger(index);
      const name = `${ref}-${index}`;
      return {
        ref: `bench.${name}`,
        uid: `rule:bench:${name}`,
        name,
        pack: 'bench',
        enabled: true,
        type: { ref: 'standard', parameters: {} },
        trigger: { ref, type: ref, parameters: {} },
        criteria: criteria(index),
        action: { ref: 'core.noop', parameters: {} },
      };
    }),
  );
}

/** Instances matched in a second of CPU (others use the machine, too), with the rules found as the engine finds them, 50 at once. */
async function rate({ stores }: ProcessParts, trigger: string): Promise<number> {
  const load = createRuleLoader(stores);
  let matched = 0;
  const one = async (index: number) => {
    const rules = await load(trigger);
    const payload = { body: { number: `n${index % RULES}`, text: `this is about n${index % RULES}.` } };
    const verdicts = rules.match({ payload, keyValues: () => undefined, now: new Date() });
    matched += verdicts.filter(({ outcome }) => outcome === 'matched').length;
  };
  const round = async (from: number) => {
    await Promise.all(Array.from({ length: 50 }, (_item, index) => one(from + index)));
  };
  await round(0);
  matched = 0;
  const instances = 3_000;
  const before = process.cpuUsage();
  for (let from = 0; from < instances; from += 50) await round(from);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1_000_000;
  if (matched !== instances) throw new Error(`${matched} of ${instances} instances matched one rule.`);
  return instances / seconds;
}

async function matching(parts: ProcessParts): Promise<Row[]> {
  const equals: Criteria = (index) => ({ 'trigger.body.number': { type: 'equals', pattern: `n${index}` } });
  const contains: Criteria = (index) => ({ 'trigger.body.text': { type: 'icontains', pattern: `N${index}.` } });
  await addRules(parts, () => 'bench.equals', RULES, equals);
  await addRules(parts, () => 'bench.contains', RULES, contains);
  const found = await rate(parts, 'bench.equals');
  const judged = await rate(parts, 'bench.contains');
  await addRules(parts, (index) => `bench.other${index % 500}`, 100, equals);
  const few = await rate(parts, 'bench.equals');
  await addRules(parts, (index) => `bench.more${index % 500}`, 9_900, equals);
  const many = await rate(parts, 'bench.equals');
  const mark = `≥ ${INSTANCES_PER_SECOND}/s`;
  const row = (what: string, value: number): Row => ({
    what,
    value: `${value.toFixed(0)} instances a second of CPU`,
    mark,
    met: value >= INSTANCES_PER_SECOND,
  });
  return [
    row(`${RULES} rules of a trigger, 1 matches, by a text`, found),
    row(`${RULES} rules of a trigger, 1 matches, each judged (icontains)`, judged),
    {
      what: 'the first with 10,000 rules of other triggers',
      value: `${many.toFixed(0)} instances a second of CPU`,
      compared: `with 100: ${few.toFixed(0)}`,
      ratio: many / few,
      mark: 'flat (≥ 0.75)',
      met: many / few >= 0.75,
    },
  ];
}

/** CPU of a process over a while. @returns share of one core */
async function share(pid: number, milliseconds: number): Promise<number> {
  const before = { cpu: cpuSeconds(pid), at: performance.now() };
  await sleep(milliseconds);
  return (cpuSeconds(pid) - before.cpu) / ((performance.now() - before.at) / 1000);
}

async function timers(infrastructure: Provisioned, parts: ProcessParts): Promise<Row[]> {
  const triggers = createTriggerService(parts.stores, parts.bus);
  const make = async (parameters: Record<string, unknown>) =>
    (await triggers.ensure({ type: 'core.st2.CronTimer', parameters })).ref;
  const began = performance.now();
  const quiet = new Set<string>();
  for (let index = 0; index < TIMERS; index += 1) quiet.add(await make(quietTimer(index)));
  const making = (performance.now() - began) / quiet.size;
  const services = await startServices(infrastructure, { only: ['st2timersengine'], registerPacks: false });
  const [, pid = 0] = services.pids()[0] ?? [];
  await sleep(START_MS);
  const idle = (await share(pid, LOOK_MS)) * 100;
  for (let index = 0; index < FIRING; index += 1) await make(firingTimer(index));
  await sleep(SETTLE_MS);
  const database = findProcess(portOf(infrastructure.env.ST2_DATABASE__URI ?? ''));
  const from = Math.ceil(Date.now() / 10_000) * 10_000;
  const used = await Promise.all([share(pid, LOOK_MS), share(database, LOOK_MS)]);
  const until = Date.now() - SETTLE_MS;
  const all = (await firings(parts)).filter(({ due }) => due >= from && due <= until);
  await services.stop();
  const late = all.map(({ late: one }) => one);
  const rounds = Math.floor((until - from) / 10_000) + 1;
  const perFiring = ((used[0] + used[1]) * 10_000) / FIRING;
  const schedules = await temporalSchedules(infrastructure);
  return [
    {
      what: `make one of ${quiet.size} cron timers`,
      value: `${making.toFixed(1)} ms`,
      compared: `Temporal schedule ${schedules.making.toFixed(1)} ms`,
      ratio: making / schedules.making,
    },
    {
      what: `${quiet.size} cron timers, idle: CPU of the engine`,
      value: `${idle.toFixed(2)} %`,
      mark: '≤ 1 %',
      met: idle <= 1,
    },
    {
      what: `${FIRING} of them every 10 s: lateness, median and most`,
      value: `${median(late).toFixed(0)}, ${Math.max(...late).toFixed(0)} ms`,
      mark: 'no drift: each time of each timer, once',
      met: all.length === rounds * FIRING,
    },
    {
      what: 'CPU of a firing (engine and database)',
      value: `${perFiring.toFixed(1)} ms`,
      compared: `Temporal's server, schedule and start: ${schedules.cpu.toFixed(1)} ms`,
      ratio: perFiring / schedules.cpu,
    },
  ];
}

/** Timers are one if their parameters are equal: the years make them differ, and none of them matters now. */
const firingTimer = (index: number) => ({ second: '*/10', year: `1970-${2100 + index}` });

/** Not due within the next hours. */
const quietTimer = (index: number) => ({
  day: `*/${1 + (index % 7)}`,
  hour: (new Date().getUTCHours() + 3 + (index % 18)) % 24,
  minute: index % 60,
  second: index % 59,
});

interface Firing {
  readonly due: number;
  readonly late: number;
}

/** What was fired: when it was due, and how much later it happened. */
async function firings({ stores }: ProcessParts): Promise<readonly Firing[]> {
  const found = await stores.triggerInstances.find({}, { include: ['payload', 'occurrence_time'] });
  return found.map(({ payload, occurrence_time: due }) => {
    const { executed_at: at } = payload as { readonly executed_at: string };
    return { due: (due as Date).getTime(), late: Date.parse(at.replace(' ', 'T')) - (due as Date).getTime() };
  });
}

const portOf = (address: string) => new URL(address.includes('://') ? address : `tcp://${address}`).port;

/** As many schedules of Temporal as timers that fire, for the same time. Nothing works on what they start. */
async function temporalSchedules(infrastructure: Provisioned) {
  const address = infrastructure.env.TEMPORAL_ADDRESS ?? '';
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const began = performance.now();
  for (let index = 0; index < FIRING; index += 1) {
    await client.schedule.create({
      scheduleId: `bench-${index}`,
      spec: { calendars: [{ hour: '*', minute: '*', second: [{ start: 0, end: 59, step: 10 }] }] },
      policies: { overlap: 'ALLOW_ALL' },
      action: { type: 'startWorkflow', workflowType: 'nothing', taskQueue: 'nobody', args: [] },
    });
  }
  const making = (performance.now() - began) / FIRING;
  const server = findProcess(portOf(address));
  const started = async () => (await client.workflow.count("WorkflowType = 'nothing'")).count;
  await sleep(SETTLE_MS);
  const before = { cpu: cpuSeconds(server), count: await started() };
  await sleep(LOOK_MS);
  const cpu = ((cpuSeconds(server) - before.cpu) * 1000) / ((await started()) - before.count);
  for (let index = 0; index < FIRING; index += 1) await client.schedule.getHandle(`bench-${index}`).delete();
  await connection.close();
  return { making, cpu };
}
