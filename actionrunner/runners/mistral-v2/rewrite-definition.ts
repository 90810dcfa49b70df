import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Stores } from '../../../stores/stores.ts';
import {
  type ActionForTransform,
  type TransformedDefinition,
  transformDefinition,
} from '../../../workflow-translator/index.ts';
import type { RunContext } from '../contract.ts';

/** Workflows whose rewritten form is kept, and the longest text of those, in characters: a process of a runner is to stay small. */
const KEPT = { workflows: 100, length: 100_000 } as const;

/** A definition as it was rewritten, with what went into it. */
interface Rewritten {
  readonly text: string;
  readonly actions: ReadonlyMap<string, ActionForTransform | undefined>;
  readonly transformed: TransformedDefinition;
}

const kept = new Map<string, Rewritten>();

/**
 * Rewrites the action's workflow file for the engine. Most workflows run again and again as they are: what came of the same text and the same
 * actions is not made anew.
 *
 * @throws ValidationError naming task and parameter
 */
export async function rewriteDefinition({ entryPoint, action, services }: RunContext): Promise<TransformedDefinition> {
  if (entryPoint === undefined) throw new Error(`Action "${action.ref}" is missing entry_point attribute`);
  const key = `${action.ref} ${entryPoint}`;
  const before = kept.get(key);
  const [text, isSame] = await Promise.all([readFile(entryPoint, 'utf8'), areSame(services.stores, before?.actions)]);
  if (before?.text === text && isSame) return before.transformed;
  const actions = new Map<string, ActionForTransform | undefined>();
  const transformed = await transformDefinition(text, {
    ref: action.ref,
    async lookupAction(ref) {
      const found = await lookUp(services.stores, ref);
      actions.set(ref, found);
      return found;
    },
  });
  kept.delete(key);
  if (text.length <= KEPT.length) kept.set(key, { text, actions, transformed });
  const [oldest] = kept.keys();
  if (kept.size > KEPT.workflows && oldest !== undefined) kept.delete(oldest);
  return transformed;
}

async function areSame(stores: Stores, actions: Rewritten['actions'] = new Map()): Promise<boolean> {
  const answers = [...actions].map(async ([ref, known]) => isDeepStrictEqual(await lookUp(stores, ref), known));
  return (await Promise.all(answers)).every((isSame) => isSame);
}

/** Looks an action up with the parameters that its runner adds. */
async function lookUp(stores: Stores, ref: string): Promise<ActionForTransform | undefined> {
  const action = await stores.actions.findOne({ ref }, { include: ['ref', 'runner_type', 'parameters'] });
  if (action === undefined) return undefined;
  const runner = await stores.runnerTypes.findOne({ name: action.runner_type }, { include: ['runner_parameters'] });
  const names = new Set([...Object.keys(runner?.runner_parameters ?? {}), ...Object.keys(action.parameters)]);
  const parameters = Object.fromEntries(
    [...names].map((name) => [name, { ...runner?.runner_parameters[name], ...action.parameters[name] }]),
  );
  return { ref, parameters };
}
