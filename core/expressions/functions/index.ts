/** The functions of expressions, by product. One that differs between the two products stands in both tables. */
import { dataFunctions } from './data.ts';
import { executionFunctions } from './execution.ts';
import type { ExpressionFunctions } from './function-table.ts';
import { mistralJson, stackStormJson } from './json.ts';
import { jsonPathFunctions } from './jsonpath.ts';
import { pathFunctions } from './path.ts';
import { mistralRegex, stackStormRegex } from './regex.ts';
import { timeFunctions } from './time.ts';
import { mistralVersion, stackStormVersion } from './version.ts';
import { mistralYaml, stackStormYaml } from './yaml.ts';

/** In workflows: Mistral's own functions and those that StackStorm adds to it. */
export const mistralFunctions: ExpressionFunctions = {
  ...executionFunctions,
  ...dataFunctions,
  ...mistralJson,
  ...mistralYaml,
  ...mistralRegex,
  ...jsonPathFunctions,
  ...timeFunctions,
  ...mistralVersion,
};

/** Filters of StackStorm's own templates: parameters, rules, configuration. */
export const stackStormFilters: ExpressionFunctions = {
  ...dataFunctions,
  ...stackStormJson,
  ...stackStormYaml,
  ...stackStormRegex,
  ...jsonPathFunctions,
  ...timeFunctions,
  ...stackStormVersion,
  ...pathFunctions,
};
