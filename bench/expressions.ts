/** Evaluations per second of YAQL and Jinja, against Python's yaql 3 and Jinja2 on the same expressions and data. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../cli/project-paths.ts';
import { cacheFolder } from '../cli/provision/cache.ts';
import { createProgress } from '../cli/provision/progress.ts';
import { ensurePythonPackages, type PythonPackages } from '../cli/provision/python.ts';
import { builtinFilters } from '../core/expressions/jinja/filters/index.ts';
import { JinjaEnvironment } from '../core/expressions/jinja/index.ts';
import { builtinTests } from '../core/expressions/jinja/tests.ts';
import { evaluateYaql, YaqlExpression } from '../core/expressions/yaql/index.ts';
import { parseExpression } from '../core/expressions/yaql/parser.ts';
import { toJsonValue } from '../core/python/to-json.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';

const REQUIREMENTS = ['yaql==3.2.0', 'Jinja2==3.1.6', 'setuptools<81'];
const MARK = 20;
/** Of CPU time, for each expression in each way; as much again goes before, unmeasured, so that the compiler of either side is done. */
const SECONDS = 0.25;

const DATA = {
  host: 'web-01.example.com',
  number: 7,
  items: Array.from({ length: 20 }, (_, index) => ({ id: index, name: `name-${index}`, up: index % 3 > 0 })),
  map: { a: 1, b: 2, c: { d: [1, 2, 3] } },
};

interface Case {
  readonly language: 'yaql' | 'jinja';
  readonly expression: string;
}

const yaql = (expression: string): Case => ({ language: 'yaql', expression });
const jinja = (expression: string): Case => ({ language: 'jinja', expression });

const CASES: readonly Case[] = [
  yaql('$.map.c.d'),
  yaql('$.number > 5 and $.host != null'),
  yaql("$.host.split('.').first()"),
  yaql('$.items.where($.up).select($.name)'),
  yaql('$.items.select($.id).sum() / $.items.len()'),
  yaql('dict(name => $.host, ids => $.items.take(3).select($.id))'),
  jinja('_.map.c.d'),
  jinja('_.number > 5 and _.host != none'),
  jinja("_.host.split('.') | first"),
  jinja("_.items_list | selectattr('up') | map(attribute='name') | list"),
  jinja("(_.items_list | map(attribute='id') | sum) / (_.items_list | length)"),
  jinja("{'name': _.host | upper, 'first': _.items_list[0].id}"),
];
/** `_.items` is a method in Jinja. */
const GIVEN = { ...DATA, items_list: DATA.items };

interface Speed {
  readonly value: unknown;
  readonly cached: number;
  readonly uncached: number;
}

/** A row for each expression with the parse cached and uncached, and one for each language in the middle. */
export async function benchExpressions(runs: number): Promise<Row[]> {
  const packages = await ensurePythonPackages('bench-expressions-1', REQUIREMENTS, {
    env: process.env,
    cacheFolder: cacheFolder(process.env),
    progress: createProgress(process.stderr),
  });
  const rounds: { readonly ours: readonly Speed[]; readonly theirs: readonly Speed[] }[] = [];
  // In turn, so that a slow minute of the machine strikes both.
  for (let run = 0; run < Math.min(runs, 3); run += 1) {
    rounds.push({ theirs: await askPython(packages), ours: CASES.map(measureOurs) });
  }
  for (const [index, { expression }] of CASES.entries()) {
    const [first] = rounds;
    const theirs = first?.theirs[index]?.value;
    assert.deepEqual(first?.ours[index]?.value, theirs, `${expression} has another value in Python`);
  }
  return (['yaql', 'jinja'] as const).flatMap((language) => rowsOf(language, rounds));
}

function rowsOf(
  language: Case['language'],
  rounds: readonly { readonly ours: readonly Speed[]; readonly theirs: readonly Speed[] }[],
): Row[] {
  const rows: Row[] = [];
  for (const way of ['cached', 'uncached'] as const) {
    const ratios: number[] = [];
    for (const [index, one] of CASES.entries()) {
      if (one.language !== language) continue;
      const ours = median(rounds.map((round) => round.ours[index]?.[way] ?? Number.NaN));
      const theirs = median(rounds.map((round) => round.theirs[index]?.[way] ?? Number.NaN));
      ratios.push(ours / theirs);
      rows.push({
        what: `${language}, parse ${way}: ${one.expression}`,
        value: `${ours.toFixed(0)}/s`,
        compared: `Python ${theirs.toFixed(0)}/s`,
        ratio: ours / theirs,
      });
    }
    const ratio = median(ratios);
    const mark = { mark: `>= ${MARK}x`, met: ratio >= MARK };
    rows.push({ what: `${language}, parse ${way}: median of ${ratios.length}`, value: '', ratio, ...mark });
  }
  return rows;
}

function measureOurs({ language, expression }: Case): Speed {
  const library = { filters: builtinFilters, tests: builtinTests };
  const environment = new JinjaEnvironment(library);
  const input = { lookup: (name: string) => (name === '_' ? GIVEN : undefined) };
  const options = { data: GIVEN };
  const ways =
    language === 'yaql'
      ? {
          cached: () => evaluateYaql(expression, options),
          uncached: () => evaluateYaql(new YaqlExpression(expression, parseExpression(expression, false)), options),
        }
      : {
          cached: () => environment.evaluate(expression, input),
          uncached: () => new JinjaEnvironment(library).evaluate(expression, input),
        };
  const value = toJsonValue(ways.cached());
  return { value, cached: perSecond(ways.cached), uncached: perSecond(ways.uncached) };
}

/** CPU time rather than time: another process of the machine must not decide who is quicker. */
function perSecond(work: () => unknown): number {
  countWithin(work);
  return countWithin(work);
}

function countWithin(work: () => unknown): number {
  let count = 0;
  let chunk = 1;
  let spent = 0;
  while (spent < SECONDS) {
    const begin = process.cpuUsage();
    for (let index = 0; index < chunk; index += 1) work();
    const { user, system } = process.cpuUsage(begin);
    const took = (user + system) / 1_000_000;
    count += chunk;
    spent += took;
    if (took < SECONDS / 20) chunk *= 2;
  }
  return count / spent;
}

async function askPython({ python, pythonPath }: PythonPackages): Promise<readonly Speed[]> {
  const script = path.join(projectRoot, 'bench', 'expressions.py');
  const env = { ...process.env, ...(pythonPath === undefined ? {} : { PYTHONPATH: pythonPath }) };
  const child = spawn(python, ['-W', 'ignore', script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  child.stdin.end(JSON.stringify({ data: GIVEN, seconds: SECONDS, cases: CASES }));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, 'the Python side of the benchmark failed');
  return JSON.parse(output) as Speed[];
}
