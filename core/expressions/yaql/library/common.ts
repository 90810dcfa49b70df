/** Equality of any pair, and the order of null, which is below everything. */
import { type AnyOverload, fn, required } from '../overload.ts';
import { any, anyButNull, nothing } from '../types.ts';

const ORDERINGS = [
  { name: '#operator_<', nullFirst: true, nullLast: false, bothNull: false },
  { name: '#operator_<=', nullFirst: true, nullLast: false, bothNull: true },
  { name: '#operator_>', nullFirst: false, nullLast: true, bothNull: false },
  { name: '#operator_>=', nullFirst: false, nullLast: true, bothNull: true },
];

export const common: readonly AnyOverload[] = [
  fn('*equal', [required(any, 'left'), required(any, 'right')], ([left, right], { evaluation }) =>
    evaluation.equals(left, right),
  ),
  fn(
    '*not_equal',
    [required(any, 'left'), required(any, 'right')],
    ([left, right], { evaluation }) => !evaluation.equals(left, right),
  ),
  ...ORDERINGS.flatMap(({ name, nullFirst, nullLast, bothNull }) => [
    fn(name, [required(anyButNull, 'left'), required(nothing, 'right')], () => nullLast),
    fn(name, [required(nothing, 'left'), required(anyButNull, 'right')], () => nullFirst),
    fn(name, [required(nothing, 'left'), required(nothing, 'right')], () => bothNull),
  ]),
];
