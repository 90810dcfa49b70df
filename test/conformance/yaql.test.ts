import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluateYaql, type YaqlEngineOptions, YaqlError, YaqlSyntaxError } from '../../core/expressions/yaql/index.ts';
import { pyRepr } from '../../core/python/repr.ts';
import { loadSuite, sameResult, type YaqlCase } from './yaql-cases.ts';

/** Options of the recordings are YAQL's own, with its prefix. */
function engineOptions(recorded: Record<string, unknown>): YaqlEngineOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(recorded)) options[name.replace('yaql.', '')] = value;
  return { ...options, delegates: recorded.allow_delegates === true };
}

/** What is wrong with the outcome of a case; `undefined` when it is right. */
function problemOf(testCase: YaqlCase, suiteOptions: Record<string, unknown>): string | undefined {
  const { $: data = null, ...variables } = testCase.context;
  const engine = engineOptions({ ...suiteOptions, ...testCase.options });
  let actual: unknown;
  try {
    actual = evaluateYaql(testCase.expression, { data, variables: { data, ...variables }, engine });
  } catch (error) {
    if (!(error instanceof YaqlError || error instanceof YaqlSyntaxError)) return `threw ${String(error)}`;
    if (testCase.error === undefined)
      return `failed: ${String(error.details.kind)}: ${error.message}, expected ${pyRepr(testCase.expected)}`;
    const kind = testCase.error.split(':')[0] ?? '';
    return error.details.kind === kind ? undefined : `failed as ${String(error.details.kind)}, not ${testCase.error}`;
  }
  if (testCase.error !== undefined) return `gave ${pyRepr(actual)} instead of ${testCase.error}`;
  if (sameResult(actual, testCase.expected, testCase.compare === 'set')) return undefined;
  return `gave ${pyRepr(actual)} instead of ${pyRepr(testCase.expected)}`;
}

for (const name of ['yaql-upstream', 'yaql-workflow']) {
  const suite = loadSuite(name);
  describe(`conformance: ${name}`, { skip: suite === undefined && 'the recorded cases are not at hand' }, () => {
    for (const testCase of suite?.cases ?? []) {
      test(`${testCase.id}: ${testCase.expression}`, () => {
        assert.equal(problemOf(testCase, suite?.options ?? {}), undefined);
      });
    }
  });
}
