/** The standard library as one table: overloads by name, for calls as function and as method. */
import type { AnyOverload } from '../overload.ts';
import type { Levels } from '../resolve.ts';
import { boolean } from './boolean.ts';
import { branching } from './branching.ts';
import { collections } from './collections.ts';
import { common } from './common.ts';
import { dateTime } from './date-time.ts';
import { dicts } from './dicts.ts';
import { math } from './math.ts';
import { orderingFunctions } from './ordering.ts';
import { queries } from './queries.ts';
import { regex } from './regex.ts';
import { sequences } from './sequences.ts';
import { sets } from './sets.ts';
import { strings } from './strings.ts';
import { delegates, system } from './system.ts';

const standard: readonly AnyOverload[] = [
  ...common,
  ...boolean,
  ...math,
  ...strings,
  ...regex,
  ...branching,
  ...collections,
  ...dicts,
  ...sets,
  ...queries,
  ...sequences,
  ...orderingFunctions,
  ...system,
  ...dateTime,
];

/** Finds the overloads of a name. */
export interface Library {
  /** `undefined` when the name is not known in that form. */
  levels(name: string, isMethod: boolean): Levels | undefined;
}

function createLibrary(overloads: readonly AnyOverload[]): Library {
  const functions = new Map<string, AnyOverload[][]>();
  const methods = new Map<string, AnyOverload[][]>();
  const register = (table: Map<string, AnyOverload[][]>, overload: AnyOverload): void => {
    const levels = table.get(overload.name);
    if (levels === undefined) table.set(overload.name, [[overload]]);
    else levels[0]?.push(overload);
  };
  for (const overload of overloads) {
    if (overload.form !== 'method') register(functions, overload);
    if (overload.form !== 'function') register(methods, overload);
  }
  return { levels: (name, isMethod) => (isMethod ? methods : functions).get(name) };
}

const standardLibrary = createLibrary(standard);
const delegatingLibrary = createLibrary([...standard, ...delegates]);

/** The library of Mistral's engine, or the one with delegates. */
export function library(withDelegates: boolean): Library {
  return withDelegates ? delegatingLibrary : standardLibrary;
}
