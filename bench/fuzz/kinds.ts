/** What is fuzzed: how an input is made, and what has to be true of the answer. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../cli/project-paths.ts';
import { errorCode, errorMessage } from '../../core/errors.ts';
import { evaluate, validate } from '../../core/expressions/index.ts';
import type { Conductor } from '../../engine/conductor/contract.ts';
import { createRehearsal, type RehearsalOptions } from '../../engine/conductor/rehearsal.ts';
import { checkDefinition, type DocumentIr } from '../../workflow-translator/index.ts';
import { mutatedJinja, mutatedWorkflow, mutatedYaql, randomBytes, randomYaml } from './generate.ts';
import { createRandom, type Random } from './random.ts';
import { validWorkflow } from './valid-workflow.ts';

/** `accepted` or `refused`; throws when neither was done properly. */
export type Verdict = 'accepted' | 'refused';

export interface FuzzKind {
  readonly name: string;
  make(random: Random): string;
  check(input: string): Verdict;
}

/** Sentences of the JavaScript engine: who sees one has met a hole in ours. */
const INTERNAL =
  /Cannot (read|set|mix|destructure|access) |Cannot convert (undefined|a Symbol|.* to a BigInt)|is not a (function|constructor)$|Maximum call stack|Invalid (array|string|count|time|code|regular) |is not defined$|Class constructor|\bundefined \(|Reduce of empty|Unexpected token/;
const EXPRESSION_CODES = new Set(['YAQL_EVALUATION', 'JINJA_EVALUATION', 'EFFECT_REQUIRED']);
const STEPS = 400;
/** States in which a workflow may stay. */
const SETTLED = new Set(['SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED']);

const DATA = { list: [3, 1, 2], map: { a: 1, b: { c: [null, true] } }, text: 'some words: aab', number: 7 };
const functions = { task: () => ({ result: 'r', name: 'x' }), execution: () => ({ id: '1' }), env: () => ({ k: 'v' }) };

const workflowFolder = path.join(projectRoot, 'packs/examples/actions/workflows');
const workflows = readdirSync(workflowFolder)
  .filter((name) => !name.endsWith('.rehearsal.yaml'))
  .map((name) => readFileSync(path.join(workflowFolder, name), 'utf8'));

export const FUZZ_KINDS: readonly FuzzKind[] = [
  { name: 'bytes', make: randomBytes, check: checkText },
  { name: 'yaml', make: randomYaml, check: checkText },
  { name: 'workflows', make: (random) => mutatedWorkflow(random, workflows), check: checkText },
  { name: 'valid', make: validWorkflow, check: checkValid },
  { name: 'yaql', make: mutatedYaql, check: checkExpression },
  { name: 'jinja', make: mutatedJinja, check: checkExpression },
];

/** A definition is refused with problems that have a place; one that is accepted can be run. */
function checkText(text: string): Verdict {
  const { document, problems } = checkDefinition(text);
  for (const problem of problems) {
    assertProper(problem.message);
    if (!(problem.line >= 0 && problem.column >= 0)) throw new Error(`A problem without a place: ${problem.message}`);
  }
  if (document === undefined) {
    if (problems.length === 0) throw new Error('Refused without a reason.');
    return 'refused';
  }
  run(document);
  return 'accepted';
}

/** A workflow of the grammar is accepted, and comes to an end whatever its actions answer. */
function checkValid(text: string): Verdict {
  const { document, problems } = checkDefinition(text);
  if (document === undefined) throw new Error(`Refused: ${problems.map(({ message }) => message).join('; ')}`);
  const random = createRandom(text.length);
  const failed = { kind: 'error', value: 'refused by the action' } as const;
  const conductor = run(document, () => (random.int(3) === 0 ? failed : { kind: 'result', value: DATA }));
  const state = conductor?.state ?? 'none';
  if (!SETTLED.has(state)) throw new Error(`It stays ${state}, and nothing is left to happen.`);
  return 'accepted';
}

function run(
  document: DocumentIr,
  answer: NonNullable<RehearsalOptions['answer']> = () => ({ kind: 'result', value: DATA }),
): Conductor | undefined {
  const [workflow] = document.workflows;
  if (workflow === undefined) return undefined;
  const rehearsal = createRehearsal({
    workflows: new Map(document.workflows.map((one) => [one.name, one])),
    actions: new Map(document.actions.map((one) => [one.name, one])),
    findAction: () => ({ params: [], open: true }),
    answer,
  });
  const input = Object.fromEntries(workflow.input.map(({ name }) => [name, DATA.list]));
  try {
    const params = workflow.type === 'reverse' ? { task_name: workflow.tasks[0]?.name ?? '' } : {};
    const execution = rehearsal.start(workflow.name, input, params);
    for (let steps = 0; steps < STEPS && rehearsal.step(); steps += 1);
    assertProper(execution.conductor.view().state_info ?? '');
    return execution.conductor;
  } catch (error) {
    if (errorCode(error) !== 'VALIDATION') throw error;
    assertProper(errorMessage(error));
    return undefined;
  }
}

function checkExpression(text: string): Verdict {
  for (const { message } of validate(text)) assertProper(message);
  try {
    evaluate(text, { data: DATA, functions });
    return 'accepted';
  } catch (error) {
    if (!EXPRESSION_CODES.has(String(errorCode(error)))) throw error;
    assertProper(errorMessage((error as Error).cause));
    return 'refused';
  }
}

function assertProper(message: string): void {
  if (INTERNAL.test(message)) throw new Error(`An answer of the engine's inside: ${message}`);
}
