/** Functions that need only the data and the runtime; those on workflow state come from the host. */
import { PythonError } from '../../python/errors.ts';
import { dataEntry } from '../scope.ts';
import type { ExpressionFunctions } from './function-table.ts';

export const executionFunctions: ExpressionFunctions = {
  env: {
    name: 'env',
    params: [],
    pure: false,
    call: (_args, { data, language }) => {
      const value = dataEntry(data, '__env');
      if (value !== undefined) return value;
      // Mistral: YAQL sees null here, Jinja looks the key up and fails.
      if (language === 'yaql') return null;
      throw new PythonError('KeyError', "'__env'");
    },
  },
  uuid: { name: 'uuid', params: [], pure: false, call: (_args, { runtime }) => runtime.uuid() },
};
