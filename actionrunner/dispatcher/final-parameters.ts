import type { Action, ParameterSchemas, RunnerType } from '../../stores/records.ts';
import type { Values } from '../runners/contract.ts';

export interface FinalParameters {
  readonly runner: Values;
  readonly action: Values;
}

/** Fills defaults in and tells the runner's parameters from the action's. */
export function finalParameters(action: Action, runnerType: RunnerType, given: Values): FinalParameters {
  const merged: ParameterSchemas = Object.fromEntries(
    [...new Set([...Object.keys(runnerType.runner_parameters), ...Object.keys(action.parameters)])].map((name) => [
      name,
      { ...runnerType.runner_parameters[name], ...action.parameters[name] },
    ]),
  );
  const runner: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(merged)) {
    const value =
      schema.immutable === true || given[name] === undefined || given[name] === null ? schema.default : given[name];
    if (Object.hasOwn(runnerType.runner_parameters, name)) {
      if (value !== undefined) runner[name] = value;
    } else own[name] = value ?? null;
  }
  return { runner, action: own };
}
