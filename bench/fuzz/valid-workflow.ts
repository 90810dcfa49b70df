/**
 * Makes workflows that are always valid, from a grammar of the language: random text seldom gets as far as the interpreter.
 * Transitions lead forward, but for loops that count their rounds, so each one comes to an end.
 */
import type { Random } from './random.ts';

type Json = Record<string, unknown>;

const LISTS = ['<% range(3) %>', '<% $.names %>', '<% [] %>', '{{ _.names }}', '<% {a => 1}.keys().toList() %>'];
const VALUES = [
  '<% $.n %>',
  '{{ _.n }}',
  '<% $.names.len() + 1 %>',
  'plain text',
  7,
  null,
  [1, '<% $.n %>'],
  { a: { b: '{{ _.n }}' } },
];
/** True, false, and what fails when it is evaluated. */
const CONDITIONS = [
  '<% true %>',
  '<% $.n > 100 %>',
  '{{ _.n == 1 }}',
  '<% task().state = SUCCESS %>',
  '<% $.n.such %>',
];
const COMMANDS = ['fail', 'succeed', 'noop', 'pause', 'fail(msg="gave up")'];
const EVENTS = ['on-success', 'on-error', 'on-complete'] as const;
const MAX_TASKS = 8;

/** The text of a definition with a workflow `wf` and one below it. JSON is YAML. */
export function validWorkflow(random: Random): string {
  const wf = random.int(6) === 0 ? reverseWorkflow(random) : directWorkflow(random);
  const sub = {
    input: [{ n: 1 }],
    tasks: { inner: { action: 'std.echo output=<% $.n %>', publish: { r: '<% task().result %>' } } },
  };
  return JSON.stringify({ version: '2.0', wf, sub }, null, 1);
}

function chance(random: Random, oneIn: number): boolean {
  return random.int(oneIn) === 0;
}

function head(random: Random): Json {
  return {
    input: [{ n: random.int(3) }, { names: ['a', 'b'] }],
    ...(chance(random, 3) ? { vars: { v: random.pick(VALUES), w: '<% $.n %>' } } : {}),
    ...(chance(random, 3) ? { output: { out: random.pick(VALUES) } } : {}),
    ...(chance(random, 5) ? { 'output-on-error': { why: random.pick(VALUES) } } : {}),
  };
}

function reverseWorkflow(random: Random): Json {
  const count = 1 + random.int(MAX_TASKS);
  const tasks: Json = {};
  for (let index = 0; index < count; index += 1) {
    const before = Array.from({ length: index }, (_, other) => nameOf(other)).filter(() => chance(random, 2));
    tasks[nameOf(index)] = { ...work(random), ...policies(random), ...(before.length > 0 ? { requires: before } : {}) };
  }
  return { type: 'reverse', ...head(random), tasks };
}

function directWorkflow(random: Random): Json {
  const count = 1 + random.int(MAX_TASKS);
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  const inbound = new Map<string, Set<string>>();
  const tasks: Record<string, Json> = {};
  for (const [index, name] of names.entries()) {
    const task: Json = { ...work(random), ...policies(random), ...published(random) };
    for (const event of EVENTS) {
      if (chance(random, 2)) task[event] = transitions(random, name, names.slice(index + 1), inbound);
    }
    tasks[name] = task;
  }
  for (const [name, from] of inbound) {
    if (chance(random, 2))
      Object.assign(tasks[name] ?? {}, { join: random.pick(['all', 'one', 1 + random.int(from.size)]) });
  }
  if (chance(random, 4)) addLoop(tasks);
  return {
    ...head(random),
    ...(chance(random, 5) ? { 'task-defaults': { retry: 'count=1 delay=1', 'on-error': ['noop'] } } : {}),
    tasks,
  };
}

function nameOf(index: number): string {
  return `t${index}`;
}

function work(random: Random): Json {
  const items = chance(random, 4) ? { 'with-items': withItems(random) } : {};
  switch (random.int(7)) {
    case 0:
      return { description: 'does nothing' };
    case 1:
      return { action: 'std.noop' };
    case 2:
      return { ...items, workflow: 'sub', ...(chance(random, 2) ? { input: { n: random.pick(VALUES) } } : {}) };
    case 3:
      return { ...items, action: 'std.fail' };
    case 4:
      return { ...items, action: 'std.echo output="<% $.n %> {}"' };
    case 5:
      return { ...items, action: 'std.echo', input: { output: random.pick(VALUES) } };
    default:
      return { ...items, action: 'fuzz.any', input: { x: random.pick(VALUES), y: random.pick(VALUES) } };
  }
}

function withItems(random: Random): unknown {
  const one = `i in ${random.pick(LISTS)}`;
  return chance(random, 4) ? [one, `j in ${random.pick(LISTS)}`] : one;
}

function policies(random: Random): Json {
  const some: readonly (() => Json)[] = [
    () => ({ retry: { count: random.int(3), delay: random.int(2) } }),
    () => ({ retry: { count: 2, delay: 0, 'break-on': random.pick(CONDITIONS) } }),
    () => ({ retry: { count: 2, delay: 0, 'continue-on': random.pick(CONDITIONS) } }),
    () => ({ retry: 'count=2 delay=1' }),
    () => ({ 'wait-before': random.pick([0, 1, '<% $.n %>']) }),
    () => ({ 'wait-after': random.pick([0, 1, '<% $.n %>']) }),
    () => ({ timeout: random.pick([0, 5, '<% $.n %>']) }),
    () => ({ 'fail-on': random.pick(CONDITIONS) }),
    () => ({ 'pause-before': random.pick([false, false, true, '<% $.n = 2 %>']) }),
    () => ({ concurrency: random.int(3) }),
    () => ({ 'keep-result': chance(random, 2) }),
    () => ({ 'safe-rerun': true }),
  ];
  return chance(random, 2)
    ? {}
    : Object.assign({}, ...Array.from({ length: 1 + random.int(3) }, () => random.pick(some)()));
}

function published(random: Random): Json {
  return {
    ...(chance(random, 3) ? { publish: { n: random.pick(['<% task().result %>', 5, random.pick(VALUES)]) } } : {}),
    ...(chance(random, 6) ? { 'publish-on-error': { failed: '{{ task().state }}' } } : {}),
  };
}

/** Transitions in one of the forms of the language; tells `inbound` which tasks they lead to. */
function transitions(
  random: Random,
  from: string,
  later: readonly string[],
  inbound: Map<string, Set<string>>,
): unknown {
  const targets = later.filter(() => chance(random, 3));
  for (const name of targets) inbound.set(name, (inbound.get(name) ?? new Set()).add(from));
  const entries: unknown[] = targets.map((name) => (chance(random, 3) ? { [name]: random.pick(CONDITIONS) } : name));
  if (entries.length === 0 || chance(random, 6)) entries.push(random.pick(COMMANDS));
  const [only] = entries;
  if (chance(random, 4)) {
    const scopes = {
      branch: { b: random.pick(VALUES) },
      ...(chance(random, 2) ? { global: { g: random.pick(VALUES) } } : {}),
    };
    return { publish: scopes, next: entries };
  }
  return entries.length === 1 && targets.length === 1 && typeof only === 'string' ? only : entries;
}

/** Adds a task that runs again until it has counted to three. */
function addLoop(tasks: Record<string, Json>): void {
  tasks.before = { action: 'std.noop', 'on-complete': ['round'] };
  tasks.round = {
    publish: { rounds: '<% $.get(rounds, 0) + 1 %>' },
    'on-success': [{ round: '<% $.get(rounds, 0) < 3 %>' }],
  };
}
