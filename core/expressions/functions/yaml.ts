/** YAML functions: Mistral's (`yaml_dump`, `yaml_parse`) and StackStorm's. */
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { pyStr } from '../../python/repr.ts';
import { yamlDump, yamlLoad } from '../../python/yaml.ts';
import type { ExpressionFunction, ExpressionFunctions } from './function-table.ts';

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PythonError('AttributeError', `'${pyTypeName(value)}' object has no attribute 'read'`);
}

/** @param documentEnd whether bare scalars are closed by a line `...` */
function toYamlString(indentDefault: number | null, documentEnd: boolean): ExpressionFunction {
  return {
    name: 'to_yaml_string',
    params: [{ name: 'value' }, { name: 'indent', default: indentDefault }, { name: 'allow_unicode', default: true }],
    pure: true,
    call: ([value, indent, allowUnicode]) =>
      yamlDump(value, {
        indent: typeof indent === 'number' ? indent : undefined,
        allowUnicode: allowUnicode === true,
        documentEnd,
      }),
  };
}

export const mistralYaml: ExpressionFunctions = {
  yaml_dump: { name: 'yaml_dump', params: [{ name: 'data' }], pure: true, call: ([data]) => yamlDump(data) },
  yaml_parse: {
    name: 'yaml_parse',
    params: [{ name: 'data' }],
    pure: true,
    call: ([data]) => yamlLoad(text(data), { anchorsAreText: true }),
  },
  from_yaml_string: {
    name: 'from_yaml_string',
    params: [{ name: 'value' }],
    pure: true,
    call: ([value]) => yamlLoad(text(value)),
  },
  to_yaml_string: toYamlString(4, true),
};

export const stackStormYaml: ExpressionFunctions = {
  from_yaml_string: {
    name: 'from_yaml_string',
    params: [{ name: 'value' }],
    pure: true,
    call: ([value]) => yamlLoad(pyStr(value)),
  },
  to_yaml_string: toYamlString(null, false),
};
