/** Random events in random order: the conductor never throws, never hangs, and a restored one says the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Command,
  type Conductor,
  type ConductorEvent,
  createConductor,
  restoreConductor,
} from '../../../engine/conductor/index.ts';
import { parseDefinition } from '../../../workflow-translator/index.ts';
import { testPorts } from '../../support/conducted.ts';

const DEFINITION = `version: '2.0'
wf:
  output: {x: <% $.get(x) %>}
  tasks:
    s: {action: x.x, on-success: a}
    a: {action: x.x, publish: {x: <% task().result %>}, on-success: [b, c, items], on-error: [j, sub]}
    b: {action: x.x, retry: {count: 2, delay: 1}, timeout: 3, on-complete: [j]}
    c: {action: x.x, wait-before: 1, wait-after: 1, on-success: [{j: <% $.x %>}, {pause: <% not $.x %>}]}
    items: {with-items: "i in [1, 2, 3]", concurrency: 2, action: x.x, on-success: one, on-error: one}
    sub: {workflow: other, on-success: one, on-error: [{fail: <% $.get(x) = 1 %>}, noop]}
    j: {join: all, action: x.x, pause-before: true, on-success: one}
    one: {join: one, action: x.x, on-success: [{a: <% $.get(x) = 2 %>}]}
`;

/** A small generator of random numbers that can be repeated (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Run = Pick<Extract<Command, { type: 'action.run' | 'workflow.run' }>, 'type' | 'id'>;

interface Open {
  readonly runs: Run[];
  readonly timers: string[];
}

function note(open: Open, commands: readonly Command[]): void {
  for (const command of commands) {
    if (command.type === 'action.run' || command.type === 'workflow.run') open.runs.push(command);
    if (command.type === 'workflow.rerun') open.runs.push({ type: 'workflow.run', id: command.id });
    if (command.type === 'timer.start') open.timers.push(command.id);
    if (command.type === 'timer.cancel') open.timers.splice(open.timers.indexOf(command.id), 1);
  }
}

function answer(run: Run, pick: <T>(choices: readonly T[]) => T): ConductorEvent {
  const state = pick(['SUCCESS', 'SUCCESS', 'SUCCESS', 'ERROR', 'CANCELLED'] as const);
  const { id } = run;
  if (run.type === 'workflow.run')
    return { type: 'workflow.completed', id, state, output: { result: 'r' }, state_info: null };
  return { type: 'action.completed', id, state, result: pick([1, 2, null, 'text', [1], {}]) };
}

function anyEvent(open: Open, random: () => number, pick: <T>(choices: readonly T[]) => T): ConductorEvent {
  const task = pick(['a', 'b', 'c', 'items', 'sub', 'j', 'one', 'sub.inner', 'nobody']);
  const timer = random() < 0.3 ? open.timers.shift() : undefined;
  if (timer !== undefined) return { type: 'timer.fired', id: timer };
  const run = open.runs.splice(Math.floor(random() * open.runs.length), 1)[0];
  if (run !== undefined && random() < 0.7) return answer(run, pick);
  if (run !== undefined) open.runs.push(run);
  return pick<ConductorEvent>([
    { type: 'pause' },
    { type: 'resume' },
    { type: 'resume', env: { k: 1 } },
    { type: 'cancel' },
    { type: 'stop', state: 'ERROR' },
    { type: 'rerun', tasks: [{ task, reset: random() < 0.5 }] },
    { type: 'skip', task },
    { type: 'action.completed', id: 'nobody', state: 'SUCCESS', result: 1 },
    { type: 'action.refused', id: run?.id ?? 'nobody', message: 'no' },
    { type: 'action.updated', id: run?.id ?? 'nobody', state: pick(['PAUSED', 'RUNNING'] as const) },
    { type: 'timer.fired', id: 'nobody' },
    { type: 'effects.fetched', id: 'nobody', results: [] },
  ]);
}

/** Resumes and answers whatever is open until nothing is. */
function finish(conductor: Conductor, open: Open, pick: <T>(choices: readonly T[]) => T): void {
  note(open, conductor.handle({ type: 'resume' }));
  for (let steps = 0; steps < 500; steps += 1) {
    const timer = open.timers.shift();
    const run = timer === undefined ? open.runs.shift() : undefined;
    if (timer !== undefined) note(open, conductor.handle({ type: 'timer.fired', id: timer }));
    else if (run !== undefined) note(open, conductor.handle(answer(run, pick)));
    else if (conductor.state === 'PAUSED') note(open, conductor.handle({ type: 'resume' }));
    else return;
  }
}

describe('any events in any order', () => {
  const [workflow] = parseDefinition(DEFINITION).workflows;
  assert.ok(workflow !== undefined);
  const identity = { id: 'wf-id', workflow_name: 'wf', root_execution_id: 'wf-id', input: {}, params: {} };

  for (const block of [0, 1, 2, 3]) {
    it(`50 executions, block ${block}`, () => {
      for (let seed = block * 50; seed < block * 50 + 50; seed += 1) {
        const random = randomFrom(seed);
        const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
        const ports = testPorts();
        let conductor = createConductor({ workflow, identity, ports });
        const open: Open = { runs: [], timers: [] };
        note(open, conductor.handle({ type: 'start' }));
        for (let step = 0; step < 40; step += 1) {
          note(open, conductor.handle(anyEvent(open, random, pick)));
          const snapshot = JSON.parse(JSON.stringify(conductor.snapshot()));
          const restored = restoreConductor({ workflow, identity, ports, snapshot });
          assert.deepEqual(restored.view(), conductor.view());
          if (random() < 0.2) conductor = restored;
        }
        finish(conductor, open, pick);
        const waiting = conductor.view().tasks.map((task) => `${task.name} ${task.state}`);
        if (open.runs.length === 0) assert.notEqual(conductor.state, 'RUNNING', `seed ${seed}: ${waiting.join(', ')}`);
      }
    });
  }
});
