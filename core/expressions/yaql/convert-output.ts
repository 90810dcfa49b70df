import { createDict, dictEntries, isDict } from '../../python/dict.ts';
import { PyDictView, PyIterator } from '../../python/iterator.ts';
import { isPlainObject, PyFloat, PySet, PyTuple, pyHash } from '../../python/values.ts';
import { isDataView } from '../data-view.ts';
import { YaqlError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import { OrderingIterable } from './ordering-iterable.ts';
import { Scope } from './scope.ts';
import { toDict } from './types.ts';

const MAX_DEPTH = 400;

/**
 * The result of an expression as plain containers: iterators become lists, views of dicts sets or lists.
 * Parts of the data that need no change are not copied; the result must not be changed.
 *
 * @throws YaqlError when the result is too large, PythonError for a list or dict as a member of a set
 */
export function convertOutput(value: unknown, evaluation: Evaluation): unknown {
  let size = 0;
  let depth = 0;
  const spend = (amount: number): void => {
    size += amount;
    if (size > evaluation.outputLength) {
      throw new YaqlError('LimitExceeded', `The result is larger than ${evaluation.outputLength} characters and items`);
    }
  };
  const convert = (item: unknown): unknown => {
    if (typeof item === 'string') {
      spend(item.length);
      return item;
    }
    if (typeof item !== 'object' || item === null) return item ?? null;
    depth += 1;
    if (depth > MAX_DEPTH) throw new YaqlError('RecursionError', 'The result is nested too deeply');
    const converted = convertObject(item);
    depth -= 1;
    return converted;
  };
  const convertObject = (item: object): unknown => {
    if (item instanceof PyFloat) return item;
    if (Array.isArray(item)) {
      spend(2 + 2 * evaluation.checkSize(item).length);
      return convertArray(item, convert);
    }
    if (item instanceof PySet || (item instanceof PyDictView && item.kind !== 'values')) {
      const members = Array.from(evaluation.checkSize(item), convert);
      spend(members.length);
      return evaluation.convertSetsToLists ? members : new PySet(members);
    }
    if (item instanceof PyIterator || item instanceof PyDictView || item instanceof OrderingIterable) {
      const items: unknown[] = [];
      spend(2);
      for (const member of evaluation.limited(item)) {
        spend(2);
        items.push(convert(member));
      }
      return items;
    }
    if (item instanceof Scope) throw new YaqlError('TypeError', 'The result is a context, which is not a value');
    if (isDataView(item)) return convertObject(toDict(item));
    if (!isDict(item)) return item;
    const entries = dictEntries(item);
    spend(2 + 2 * entries.length);
    if (evaluation.limitIterators >= 0) evaluation.checkSize(entries);
    const converted = entries.map(([key, member]) => [convert(key), convert(member)] as const);
    if (!isPlainObject(item)) {
      for (const [key] of converted) pyHash(key);
      return createDict(converted);
    }
    const isSame = converted.every(
      ([key, member], index) => key === entries[index]?.[0] && member === entries[index]?.[1],
    );
    return isSame ? item : createDict(converted);
  };
  return convert(value);
}

function convertArray(array: readonly unknown[], convert: (item: unknown) => unknown): unknown {
  const converted = Array.from(array, convert);
  return array instanceof PyTuple || converted.some((item, index) => item !== array[index]) ? converted : array;
}
