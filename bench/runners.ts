/**
 * What a runner adds to the process that an action is: from the order that reaches the dispatcher to the stored end, beside
 * the bare start of the same process, in turn.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { warmPythons } from '../actionrunner/runners/python-script/warm-python.ts';
import type { Execution } from '../stores/executions.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../test/support/action-runner-in-process.ts';
import { provisioned } from '../test/support/provisioned.ts';
import { median, percentile } from './measure.ts';
import type { Row } from './report.ts';

const PASS =
  'from st2common.runners.base_action import Action\nclass Pass(Action):\n    def run(self):\n        return True\n';
const RUNS_PER_ROUND = 12;
const SHELL_MARK_MS = 10;
const PYTHON_MARK_MS = 25;

interface Case {
  readonly what: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly bare: readonly [string, ...string[]];
}

/** @param rounds of a dozen runs each, ours and bare in turn */
export async function benchRunners(rounds: number): Promise<Row[]> {
  const infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  const runner = await actionRunnerInProcess(infrastructure);
  try {
    const actions = path.join(infrastructure.folder, 'packs', 'test', 'actions');
    await mkdir(actions, { recursive: true });
    await writeFile(path.join(actions, 'pass.py'), PASS);
    await runner.action('local', 'local-shell-cmd', { cmd: { type: 'string' } });
    await runner.action('pass', 'python-script', {}, 'pass.py');
    await runner.scheduler().start();
    await runner.dispatcher('bench:1').start();
    const shell = await compare(runner, rounds, {
      what: 'core.local true',
      action: 'test.local',
      parameters: { cmd: 'true' },
      bare: ['/bin/sh', '-c', 'true'],
    });
    const python = await compare(runner, rounds, {
      what: 'Python action, warm',
      action: 'test.pass',
      parameters: {},
      bare: [runner.config.system.python_binary, '-c', 'pass'],
    });
    const overhead = shell.ours - shell.bare;
    return [
      {
        what: 'core.local true: order to end, median (p95)',
        value: `${shell.ours} (${shell.slow}) ms`,
        compared: `fork+exec ${shell.bare} ms`,
        ratio: shell.ours / shell.bare,
        mark: `≤ ${SHELL_MARK_MS} ms over: ${overhead.toFixed(1)}`,
        met: overhead <= SHELL_MARK_MS,
      },
      {
        what: 'Python action, warm: order to end, median (p95)',
        value: `${python.ours} (${python.slow}) ms`,
        compared: `python3 -c pass ${python.bare} ms`,
        ratio: python.ours / python.bare,
        mark: `≤ ${PYTHON_MARK_MS} ms`,
        met: python.ours <= PYTHON_MARK_MS,
      },
    ];
  } finally {
    await runner.stop();
    warmPythons.close();
    await infrastructure.stop();
  }
}

async function compare(runner: InProcessRunner, rounds: number, { action, parameters, bare }: Case) {
  await order(runner, action, parameters);
  await exec(bare);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let run = 0; run < RUNS_PER_ROUND; run += 1) {
      ours.push(await order(runner, action, parameters));
      theirs.push(await exec(bare));
    }
  }
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return { ours: rounded(median(ours)), slow: rounded(percentile(ours, 95)), bare: rounded(median(theirs)) };
}

/** Milliseconds from the scheduler's order to the end, by the execution's own log. */
async function order(
  runner: InProcessRunner,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<number> {
  const ended = await runner.run(action, parameters);
  if (ended.status !== 'succeeded') throw new Error(`${action}: ${JSON.stringify(ended.result)}`);
  return timeBetween(ended);
}

function timeBetween({ log, end_timestamp: end }: Execution): number {
  const begun = log.find(({ status }) => status === 'scheduled')?.timestamp;
  if (begun === undefined || end === undefined) throw new Error('The execution has no times.');
  return new Date(end).getTime() - new Date(begun).getTime();
}

function exec([file, ...args]: Case['bare']): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.resume();
    child.once('error', reject);
    child.once('close', () => resolve(performance.now() - begun));
  });
}
