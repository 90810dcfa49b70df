/** Functions on POSIX paths, as Python's `os.path`. */
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import type { ExpressionFunctions } from './function-table.ts';

function pathText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PythonError('TypeError', `expected str, bytes or os.PathLike object, not ${pyTypeName(value)}`);
}

export const pathFunctions: ExpressionFunctions = {
  basename: {
    name: 'basename',
    params: [{ name: 'path' }],
    pure: true,
    call: ([value]) => {
      const path = pathText(value);
      return path.slice(path.lastIndexOf('/') + 1);
    },
  },
  dirname: {
    name: 'dirname',
    params: [{ name: 'path' }],
    pure: true,
    call: ([value]) => {
      const path = pathText(value);
      const head = path.slice(0, path.lastIndexOf('/') + 1);
      return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '');
    },
  },
};
