/**
 * `npm run -s rehearse -- FILE…`: runs workflow files in memory, without any service, with the results that `<workflow>.rehearsal.yaml`
 * beside each gives. Prints what happens; exit code 0 when all is as expected.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { chooseWorkflow, loadDefinitions } from './rehearsal/load-definitions.ts';
import { parseRehearsalFile, type RehearsalCase } from './rehearsal/rehearsal-file.ts';
import { rehearseCase } from './rehearsal/rehearse-case.ts';

const HELP = `Usage: npm run -s rehearse -- [--rehearsal FILE] [--quiet] WORKFLOW.yaml...

Runs each workflow in memory with the results given in <workflow>.rehearsal.yaml beside it (input, results, expect),
prints the order of tasks, what they publish, and the output. Exit code 0 when all is as expected, else 1.
`;

/** Runs the command; returns its exit code. */
export async function rehearse(args: readonly string[], print: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rehearsal: { type: 'string' }, quiet: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true || positionals.length === 0) {
    print(HELP);
    return values.help === true ? 0 : 1;
  }
  let failed = 0;
  for (const file of positionals) {
    try {
      failed += await rehearseFile(file, values.rehearsal, values.quiet === true, print);
    } catch (error) {
      print(`${file}: ${errorMessage(error)}\n`);
      failed += 1;
    }
  }
  return failed === 0 ? 0 : 1;
}

/** Rehearses every case of a file; returns how many were not as expected. */
async function rehearseFile(
  file: string,
  rehearsal: string | undefined,
  quiet: boolean,
  print: (text: string) => void,
): Promise<number> {
  if (!existsSync(file)) throw new ValidationError('there is no such file.');
  const definitions = await loadDefinitions(file);
  let failed = 0;
  for (const one of await readCases(file, rehearsal)) {
    const workflow = chooseWorkflow(definitions.document, one.workflow);
    const report = rehearseCase(workflow.name, definitions, one);
    if (!report.passed) failed += 1;
    const shown = quiet && report.passed ? [] : report.lines;
    const title = `${workflow.name}, ${one.name}: ${report.passed ? 'as expected' : 'NOT AS EXPECTED'}`;
    print(`${[title, ...shown].join('\n')}\n`);
  }
  return failed;
}

async function readCases(file: string, rehearsal: string | undefined): Promise<readonly RehearsalCase[]> {
  const beside = rehearsal ?? file.replace(/\.ya?ml$/, '.rehearsal.yaml');
  if (rehearsal === undefined && !existsSync(beside)) return parseRehearsalFile('{}', file);
  return parseRehearsalFile(await readFile(beside, 'utf8'), beside);
}
