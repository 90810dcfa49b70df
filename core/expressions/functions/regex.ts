/** Regular expression functions, with Python's syntax; values that are no text are matched by their Python text. */
import { pyTruth } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { compileRegex, type Regex } from '../../python/regex.ts';
import { pyStr } from '../../python/repr.ts';
import { toPyTuple } from '../../python/values.ts';
import type { ExpressionFunction, ExpressionFunctions, FunctionParameter } from './function-table.ts';

function regex(pattern: unknown, ignoreCase: unknown): Regex {
  if (typeof pattern !== 'string')
    throw new PythonError('TypeError', 'first argument must be string or compiled pattern');
  return compileRegex(pattern, { ignoreCase: pyTruth(ignoreCase) });
}

function substring(value: unknown, pattern: unknown, index: unknown, ignoreCase: unknown): unknown {
  const found = regex(pattern, ignoreCase).findAll(pyStr(value));
  if (typeof index !== 'number') throw new PythonError('TypeError', 'list indices must be integers or slices');
  const item = found[index < 0 ? index + found.length : index];
  if (item === undefined) throw new PythonError('IndexError', 'list index out of range');
  return typeof item === 'string' ? item : toPyTuple(item);
}

/** Parameters; in workflows (Mistral) most have a default, in StackStorm's filters they do not. */
function params(
  required: readonly string[],
  rest: readonly FunctionParameter[],
  lenient: boolean,
): FunctionParameter[] {
  const [first, ...others] = required;
  return [
    ...(first === undefined ? [] : [{ name: first }]),
    ...others.map((name) => (lenient ? { name, default: '' } : { name })),
    ...rest,
  ];
}

const IGNORE_CASE: FunctionParameter = { name: 'ignorecase', default: false };

function regexFunctions(lenient: boolean): ExpressionFunctions {
  const replace: ExpressionFunction = {
    name: 'regex_replace',
    params: lenient
      ? [
          { name: 'value', default: '' },
          { name: 'pattern', default: '' },
          { name: 'replacement', default: '' },
          IGNORE_CASE,
        ]
      : [{ name: 'value' }, { name: 'pattern' }, { name: 'replacement' }, IGNORE_CASE],
    pure: true,
    call: ([value, pattern, replacement, ignoreCase]) =>
      regex(pattern, ignoreCase).replace(pyStr(value), pyStr(replacement)),
  };
  return {
    regex_match: {
      name: 'regex_match',
      params: params(['value', 'pattern'], [IGNORE_CASE], lenient),
      pure: true,
      call: ([value, pattern, ignoreCase]) => regex(pattern, ignoreCase).match(pyStr(value)) !== null,
    },
    regex_search: {
      name: 'regex_search',
      params: params(['value', 'pattern'], [IGNORE_CASE], lenient),
      pure: true,
      call: ([value, pattern, ignoreCase]) => regex(pattern, ignoreCase).search(pyStr(value)) !== null,
    },
    regex_replace: replace,
    regex_substring: {
      name: 'regex_substring',
      params: params(['value', 'pattern'], [{ name: 'result_index', default: 0 }, IGNORE_CASE], lenient),
      pure: true,
      call: ([value, pattern, index, ignoreCase]) => substring(value, pattern, index, ignoreCase),
    },
  };
}

export const mistralRegex = regexFunctions(true);
export const stackStormRegex = regexFunctions(false);
