/** The file of an action chain: read, checked with names of places, and asked for the next task. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { pythonBooleans } from '../../../action-service/packs/python-booleans.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import type { Values } from '../contract.ts';

export interface ChainTask {
  readonly name: string;
  readonly ref: string;
  readonly parameters: Values;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
  readonly publish: Values;
  readonly notify: unknown;
  /** As written, with underscores: what children have in their context as `chain`. */
  readonly context: Values;
}

export interface Chain {
  readonly tasks: readonly ChainTask[];
  readonly first: string;
  readonly vars: Values;
}

const CHAIN_KEYS = ['chain', 'default', 'vars'];
const TASK_KEYS = ['name', 'ref', 'params', 'parameters', 'on-success', 'on-failure', 'publish', 'notify'];
const JINJA = /\{\{|\{%/;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseOthers(where: string, given: Values, known: readonly string[]): void {
  const others = Object.keys(given).filter((key) => !known.includes(key));
  if (others.length > 0) {
    throw new ValidationError(`${where} has unknown keys: ${others.join(', ')}. Known ones are ${known.join(', ')}.`);
  }
}

function text(where: string, given: Values, key: string): string | undefined {
  const value = given[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ValidationError(`"${key}" of ${where} must be a text.`);
  return value === '' ? undefined : value;
}

function object(where: string, given: Values, key: string): Values | undefined {
  const value = given[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ValidationError(`"${key}" of ${where} must be an object.`);
  return value;
}

function toTask(given: unknown, index: number): ChainTask {
  const place = `task ${index + 1} of the chain`;
  if (!isObject(given)) throw new ValidationError(`${place} must be an object.`);
  const name = text(place, given, 'name');
  if (name === undefined) throw new ValidationError(`${place} has no name.`);
  const where = `task "${name}"`;
  // StackStorm's schema looks at the first task only: packs have keys of their own in later ones.
  if (index === 0) refuseOthers(where, given, TASK_KEYS);
  const ref = text(where, given, 'ref');
  if (ref === undefined) throw new ValidationError(`${where} has no ref.`);
  const params = object(where, given, 'params');
  const parameters = object(where, given, 'parameters');
  const isGiven = (values: Values | undefined) => values !== undefined && Object.keys(values).length > 0;
  if (isGiven(params) && isGiven(parameters)) {
    throw new ValidationError('Either "params" or "parameters" attribute needs to be provided, but not both');
  }
  return {
    name,
    ref,
    parameters: { ...params, ...parameters },
    onSuccess: text(where, given, 'on-success'),
    onFailure: text(where, given, 'on-failure'),
    publish: object(where, given, 'publish') ?? {},
    notify: given.notify,
    context: Object.fromEntries(TASK_KEYS.map((key) => [key.replace('-', '_'), given[key] ?? null])),
  };
}

/** The task that starts: the one named, else the first that no other leads to. */
function firstOf(tasks: readonly ChainTask[], named: string | undefined): string {
  const [head] = tasks;
  if (named !== undefined) return named;
  if (head === undefined) throw new ValidationError('Failed to find default node: the chain has no tasks.');
  const targets = new Set(tasks.flatMap((task) => [task.onSuccess, task.onFailure]));
  return (tasks.find((task) => !targets.has(task.name)) ?? head).name;
}

function checkTargets(tasks: readonly ChainTask[], named: string | undefined): void {
  const names = new Set(tasks.map((task) => task.name));
  const isKnown = (name: string | undefined) => name === undefined || JINJA.test(name) || names.has(name);
  for (const task of tasks) {
    for (const [key, target] of [['on-success', task.onSuccess] as const, ['on-failure', task.onFailure] as const]) {
      if (!isKnown(target)) {
        throw new ValidationError(
          `Unable to find node with name "${target}" referenced in "${key}" in task "${task.name}".`,
        );
      }
    }
  }
  if (!isKnown(named)) throw new ValidationError(`Unable to find node with name "${named}" referenced in "default".`);
}

/** @throws ValidationError naming the task */
export function parseChain(source: unknown): Chain {
  if (!isObject(source)) throw new ValidationError('An action chain must be an object with the key "chain".');
  refuseOthers('The chain', source, CHAIN_KEYS);
  if (!Array.isArray(source.chain)) throw new ValidationError('"chain" must be a list of tasks.');
  const tasks = source.chain.map(toTask);
  const named = text('the chain', source, 'default');
  checkTargets(tasks, named);
  return { tasks, first: firstOf(tasks, named), vars: object('the chain', source, 'vars') ?? {} };
}

/** @throws ValidationError with the file's name when it is no YAML or no chain */
export async function loadChain(path: string): Promise<Chain> {
  let document: unknown;
  try {
    document = parse(await readFile(path, 'utf8'), {
      schema: 'yaml-1.1',
      merge: true,
      maxAliasCount: 1_000,
      customTags: pythonBooleans,
    });
  } catch (error) {
    throw new ValidationError(`Failed to parse action chain definition from "${path}": ${errorMessage(error)}`);
  }
  return parseChain(document);
}
