import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { forgetOldest } from '../../../core/forget-oldest.ts';
import type { ParameterSchemas, RunnerType } from '../../../stores/records.ts';
import { rememberLoad } from '../../../stores/remembered.ts';
import type { Stores } from '../../../stores/stores.ts';
import {
  type ActionForTransform,
  type TransformedDefinition,
  transformDefinition,
} from '../../../workflow-translator/index.ts';
import type { RunContext } from '../contract.ts';

/** Workflows whose rewritten form is kept, and the longest text of those, in characters: a process of a runner is to stay small. */
const KEPT = { workflows: 100, length: 100_000 } as const;

/** For how long it may go unnoticed that another process has changed the parameters of an action, as in st2api. */
const REMEMBERED_MS = 1_000;

type KnownActions = ReadonlyMap<string, ActionForTransform | undefined>;

/** A definition as it was rewritten, with what went into it. */
interface Rewritten {
  readonly text: string;
  readonly actions: KnownActions;
  /** Looks the same actions up as they are by now. */
  readonly lookAgain: () => Promise<KnownActions>;
  readonly transformed: TransformedDefinition;
}

const kept = new Map<string, Rewritten>();

/**
 * Rewrites the action's workflow file for the engine. Most workflows run again and again as they are: what came of the same text and the same
 * actions is not made anew.
 *
 * @throws ValidationError naming task and parameter
 */
export async function rewriteDefinition({
  entryPoint,
  action,
  services: { stores },
}: RunContext): Promise<TransformedDefinition> {
  if (entryPoint === undefined) throw new Error(`Action "${action.ref}" is missing entry_point attribute`);
  const key = `${action.ref} ${entryPoint}`;
  const before = kept.get(key);
  const [text, isSame] = await Promise.all([readFile(entryPoint, 'utf8'), areSame(before)]);
  if (before?.text === text && isSame) return before.transformed;
  const actions = new Map<string, ActionForTransform | undefined>();
  const runnerTypes = new Set<string>();
  const transformed = await transformDefinition(text, {
    ref: action.ref,
    async lookupAction(ref) {
      const found = await lookUp(stores, [ref], runnerTypes);
      actions.set(ref, found.get(ref));
      return found.get(ref);
    },
  });
  kept.delete(key);
  if (text.length <= KEPT.length) {
    const again = () => lookUp(stores, [...actions.keys()], new Set(runnerTypes));
    kept.set(key, { text, actions, lookAgain: rememberLoad(stores.actions, again, REMEMBERED_MS), transformed });
  }
  forgetOldest(kept, KEPT.workflows);
  return transformed;
}

async function areSame(before: Rewritten | undefined): Promise<boolean> {
  return before !== undefined && isDeepStrictEqual(await before.lookAgain(), before.actions);
}

/**
 * Looks actions up with the parameters that their runners add.
 *
 * @param likely names of their runner types, as far as they can be guessed: those are asked for at once; the others are added
 */
async function lookUp(stores: Stores, refs: readonly string[], likely: Set<string>): Promise<KnownActions> {
  if (refs.length === 0) return new Map();
  const [found, guessed] = await Promise.all([
    stores.actions.find({ ref: { $in: refs } }, { include: ['ref', 'runner_type', 'parameters'] }),
    findTypes(stores, [...likely]),
  ]);
  const others = found.map((action) => action.runner_type).filter((name) => !likely.has(name));
  for (const name of others) likely.add(name);
  const types = [...guessed, ...(await findTypes(stores, others))];
  const ofRunners = new Map(types.map((type) => [type.name, type.runner_parameters]));
  const actions = new Map(found.map((action) => [action.ref, action]));
  return new Map(
    refs.map((ref) => {
      const action = actions.get(ref);
      return [ref, action && { ref, parameters: merged(ofRunners.get(action.runner_type), action.parameters) }];
    }),
  );
}

async function findTypes(
  stores: Stores,
  names: readonly string[],
): Promise<Pick<RunnerType, 'name' | 'runner_parameters'>[]> {
  if (names.length === 0) return [];
  return await stores.runnerTypes.find({ name: { $in: names } }, { include: ['name', 'runner_parameters'] });
}

function merged(ofRunner: ParameterSchemas = {}, ofAction: ParameterSchemas): ParameterSchemas {
  const names = new Set([...Object.keys(ofRunner), ...Object.keys(ofAction)]);
  return Object.fromEntries([...names].map((name) => [name, { ...ofRunner[name], ...ofAction[name] }]));
}
