import type { Stores } from '../stores/stores.ts';

/** The types of an action's parameters by their names, those of its runner included; `undefined` when there is no such action. */
export async function parameterTypes(
  stores: Pick<Stores, 'actions' | 'runnerTypes'>,
  ref: string,
): Promise<((name: string) => string | undefined) | undefined> {
  const action = await stores.actions.findOne({ ref }, { include: ['runner_type', 'parameters'] });
  if (action === undefined) return undefined;
  const runner = await stores.runnerTypes.findOne({ name: action.runner_type }, { include: ['runner_parameters'] });
  return (name) => {
    const type: unknown = action.parameters[name]?.type ?? runner?.runner_parameters[name]?.type;
    return typeof type === 'string' ? type : undefined;
  };
}
