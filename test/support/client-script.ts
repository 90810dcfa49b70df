import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../cli/project-paths.ts';

/** What a command of a client has come to. */
export interface ClientAnswer {
  readonly code: number;
  /** Standard output and error. */
  readonly output: string;
}

/** An interpreter with the clients loaded; commands run one after the other. */
export interface ClientDriver {
  run(argv: readonly string[]): Promise<ClientAnswer>;
  stop(): void;
}

/** Starts one. @param env with the clients on `PYTHONPATH` and the addresses of the services */
export function startClientDriver(python: string, env: Readonly<Record<string, string | undefined>>): ClientDriver {
  const script = path.join(projectRoot, 'test', 'support', 'client-driver.py');
  const child = spawn(python, ['-W', 'ignore', script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  child.once('exit', (code) => {
    for (const answer of waiting.splice(0))
      answer(JSON.stringify({ code: -1, output: `the driver ended with ${code}` }));
  });
  return {
    run: (argv) =>
      new Promise((resolve) => {
        waiting.push((line) => resolve(JSON.parse(line) as ClientAnswer));
        child.stdin.write(`${JSON.stringify({ argv })}\n`);
      }),
    stop: () => child.kill(),
  };
}

/** A command and what its output must hold. Named groups of the patterns are variables of later commands: `{id}`. */
export type Step = readonly [command: string, ...expected: (RegExp | Unexpected | typeof FAILS)[]];

/** The output must not hold it. */
export interface Unexpected {
  readonly not: RegExp;
}

/** The command must fail; without it, it must succeed. */
export const FAILS = 'fails';

/** Words of a command line; quotes keep blanks. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_all, double?: string, single?: string) => double ?? single ?? ''),
  );
}

/** Runs the steps in order; throws with all those, and their output, that are not as expected. */
export async function runScript(
  driver: ClientDriver,
  steps: readonly Step[],
  given: Readonly<Record<string, string>> = {},
): Promise<void> {
  const variables: Record<string, string> = { ...given };
  const problems: string[] = [];
  for (const [command, ...expected] of steps) {
    const line = command.replace(/\{(\w+)\}/g, (all, name: string) => variables[name] ?? all);
    const { code, output } = await driver.run(splitWords(line));
    const wrong: string[] = [];
    if ((code !== 0) !== expected.includes(FAILS)) wrong.push(code === 0 ? 'must fail' : 'must succeed');
    for (const one of expected) {
      if (one === FAILS) continue;
      if (one instanceof RegExp) {
        const match = one.exec(output);
        if (match === null) wrong.push(`does not match ${one}`);
        Object.assign(variables, match?.groups);
      } else if (one.not.test(output)) wrong.push(`must not match ${one.not}`);
    }
    if (wrong.length > 0) problems.push(`$ ${line}\n${wrong.join('; ')}; exit code ${code}, output:\n${output}`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
