import { pyTruth } from '../../../python/equality.ts';
import { type AnyOverload, fn, required } from '../overload.ts';
import { any } from '../types.ts';

export const boolean: readonly AnyOverload[] = [
  fn('#unary_operator_not', [required(any, 'arg')], ([arg]) => !pyTruth(arg)),
  fn('bool', [required(any, 'value')], ([value]) => pyTruth(value)),
  fn('isBoolean', [required(any, 'value')], ([value]) => typeof value === 'boolean'),
];
