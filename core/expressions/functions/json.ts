/** JSON functions: Mistral's (`json_dump`, `json_parse`, `json_pp`) and StackStorm's. */

import { pyTruth, pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { PyDictView, PyIterator } from '../../python/iterator.ts';
import { jsonDumps, jsonLoads } from '../../python/json.ts';
import { pyStr } from '../../python/repr.ts';
import { PyDate, PyDateTime, PySet, PyTimeDelta } from '../../python/values.ts';
import type { ExpressionFunction, ExpressionFunctions } from './function-table.ts';

/** Text of a document, as Python's `json.loads` takes it. */
export function parseJsonText(value: unknown): unknown {
  if (typeof value === 'string') return jsonLoads(value);
  throw new PythonError('TypeError', `the JSON object must be str, bytes or bytearray, not ${pyTypeName(value)}`);
}

/** How Mistral's JSON writer turns other values into ones that JSON knows. */
function primitive(value: unknown): unknown {
  if (value instanceof PySet || value instanceof PyIterator || value instanceof PyDictView) return [...value];
  if (value instanceof PyDateTime) {
    const utc = value.offset === null ? value : PyDateTime.fromClock(value.epochMicroseconds(), null);
    return utc.isoFormat() + (utc.microsecond === 0 ? '.000000' : '');
  }
  if (value instanceof PyDate) return value.toString();
  if (value instanceof PyTimeDelta) return value.totalSeconds();
  throw new PythonError('TypeError', `Object of type ${pyTypeName(value)} is not JSON serializable`);
}

const jsonDump: ExpressionFunction = {
  name: 'json_dump',
  params: [{ name: 'data' }],
  pure: true,
  call: ([data]) => jsonDumps(data, { indent: 4, separators: [',', ': '], default: primitive }),
};

/** `to_json_string` with the defaults of one of the two products. */
function toJsonString(indentDefault: number | null, keySeparator: string): ExpressionFunction {
  return {
    name: 'to_json_string',
    params: [
      { name: 'value' },
      { name: 'indent', default: indentDefault },
      { name: 'sort_keys', default: false },
      { name: 'separators', default: [',', keySeparator] },
    ],
    pure: true,
    call: ([value, indent, sortKeys, separators]) => {
      const [item = ',', key = keySeparator] = Array.isArray(separators) ? separators : [];
      return jsonDumps(value, {
        indent: indent as number | string | null,
        sortKeys: pyTruth(sortKeys),
        separators: [String(item), String(key)],
      });
    },
  };
}

const toComplex: ExpressionFunction = {
  name: 'to_complex',
  params: [{ name: 'value' }],
  pure: true,
  call: ([value]) => jsonDumps(value),
};

const jsonEscape: ExpressionFunction = {
  name: 'json_escape',
  params: [{ name: 'value' }],
  pure: true,
  call: ([value]) => jsonDumps(value).replace(/^"+|"+$/g, ''),
};

export const mistralJson: ExpressionFunctions = {
  json_dump: jsonDump,
  json_pp: {
    name: 'json_pp',
    params: [{ name: 'data', default: null }],
    pure: true,
    call: ([data]) => jsonDumps(data, { indent: 4, default: primitive }).replaceAll('\\n', '\n').replace(/ \n/g, '\n'),
  },
  json_parse: {
    name: 'json_parse',
    params: [{ name: 'data' }],
    pure: true,
    call: ([data]) => {
      if (typeof data === 'string') return jsonLoads(data);
      throw new PythonError('TypeError', `<class '${pyTypeName(data)}'> can't be decoded`);
    },
  },
  from_json_string: {
    name: 'from_json_string',
    params: [{ name: 'value' }],
    pure: true,
    call: ([value]) => parseJsonText(value),
  },
  to_json_string: toJsonString(4, ':'),
  to_complex: toComplex,
  json_escape: jsonEscape,
};

export const stackStormJson: ExpressionFunctions = {
  from_json_string: {
    name: 'from_json_string',
    params: [{ name: 'value' }],
    pure: true,
    call: ([value]) => jsonLoads(pyStr(value), { strictNumbers: true }),
  },
  to_json_string: toJsonString(null, ': '),
  to_complex: toComplex,
  json_escape: jsonEscape,
};
