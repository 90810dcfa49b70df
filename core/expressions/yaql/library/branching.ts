import { pyTruth } from '../../../python/equality.ts';
import type { Lambda } from '../lambda.ts';
import { type AnyOverload, fn, method, required } from '../overload.ts';
import { integer, lazy, lazyRule } from '../types.ts';

const conditions = { rest: required(lazy, 'args') };

function* indexesOfTrue(cases: readonly Lambda[]): Generator<unknown> {
  for (const [index, condition] of cases.entries()) if (pyTruth(condition.call0())) yield index;
}

function* truths(cases: readonly Lambda[]): Generator<unknown> {
  for (const condition of cases) yield pyTruth(condition.call0());
}

export const branching: readonly AnyOverload[] = [
  fn('switch', [], (_args, { rest }) => rest.find((candidate) => pyTruth(candidate.source()))?.destination() ?? null, {
    rest: required(lazyRule, 'args'),
    noKwargs: true,
  }),
  fn(
    'selectCase',
    [],
    (_args, { rest }) => {
      const index = rest.findIndex((condition) => pyTruth(condition.call0()));
      return index < 0 ? rest.length : index;
    },
    conditions,
  ),
  fn('selectAllCases', [], (_args, { rest, evaluation }) => evaluation.iterator(indexesOfTrue(rest)), conditions),
  fn('examine', [], (_args, { rest, evaluation }) => evaluation.iterator(truths(rest)), conditions),
  method(
    'switchCase',
    [required(integer, 'case')],
    ([index], { rest }) => (index >= 0 && index < rest.length ? rest[index] : rest.at(-1))?.call0() ?? null,
    conditions,
  ),
  fn(
    'coalesce',
    [],
    (_args, { rest }) => {
      for (const candidate of rest) {
        const value = candidate.call0();
        if (value !== null) return value;
      }
      return null;
    },
    conditions,
  ),
];
