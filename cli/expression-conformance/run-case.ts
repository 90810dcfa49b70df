/** Runs one recorded case with our engines. */
import { errorCode } from '../../core/errors.ts';
import { type ExpressionScope, evaluate, evaluateRecursively, validate } from '../../core/expressions/index.ts';
import {
  convertJinjaToRawBlock,
  isJinjaExpression,
  renderTemplate,
  renderValues,
} from '../../core/expressions/stackstorm.ts';
import { evaluateYaql, type YaqlEngineOptions } from '../../core/expressions/yaql/index.ts';
import { cast } from '../../core/params/cast.ts';
import type { RecordedCase } from './recorded-cases.ts';
import { withKeyValueTable } from './recorded-parameters.ts';
import { type RecordedState, recordedFunctions } from './recorded-state.ts';

export interface Outcome {
  readonly value?: unknown;
  /** Python's class of the failure. */
  readonly errorKind?: string;
  readonly error?: unknown;
}

type Header = Readonly<Record<string, unknown>>;

/** The value of a case, or the kind of its failure. */
export function runCase(record: RecordedCase, header: Header): Outcome {
  try {
    const run = record.function === undefined ? runYaql : RUNNERS[record.function];
    if (run === undefined) throw new Error(`unknown function ${record.function}`);
    const value = run(record, header);
    return value instanceof Failure ? { errorKind: value.kind } : { value };
  } catch (error) {
    return { errorKind: kindOf(error), error };
  }
}

/** A failure that is told as data. */
class Failure {
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

function kindOf(error: unknown): string {
  const code = errorCode(error);
  if (code === 'YAQL_EVALUATION') return 'YaqlEvaluationException';
  if (code === 'JINJA_EVALUATION') return 'JinjaEvaluationException';
  const kind = (error as { details?: { kind?: unknown } }).details?.kind;
  return typeof kind === 'string' ? kind : (error as Error).name;
}

/** Options of recordings are YAQL's own, with its prefix. */
function engineOptions(record: RecordedCase, header: Header): YaqlEngineOptions {
  const recorded = { ...(header.engine_options as Record<string, unknown> | undefined), ...record.options };
  const names: Readonly<Record<string, string>> = {
    allow_delegates: 'delegates',
    convert_input_data: 'convertInputData',
  };
  return Object.fromEntries(
    Object.entries(recorded).map(([name, value]) => [names[name] ?? name.replace('yaql.', ''), value]),
  );
}

function runYaql(record: RecordedCase, header: Header): unknown {
  const { $: data = null, ...variables } = record.context;
  return evaluateYaql(String(record.expression), {
    data,
    variables: { data, ...variables },
    engine: engineOptions(record, header),
  });
}

function scopeOf(record: RecordedCase, header: Header): ExpressionScope {
  const state = header.runtime_state as RecordedState | undefined;
  return {
    data: record.context,
    functions: state === undefined ? undefined : recordedFunctions(state, record.context),
    yaqlEngine: engineOptions(record, header),
  };
}

function checkExpression(record: RecordedCase): unknown {
  const [problem] = validate(record.expression);
  if (problem === undefined) return null;
  if (problem.language === undefined) return new Failure('ExpressionGrammarException');
  return new Failure(problem.language === 'yaql' ? 'YaqlGrammarException' : 'JinjaGrammarException');
}

/** The variables of a template: keys that begin with `$` describe the datastore. */
function variablesOf(record: RecordedCase): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record.context).filter(([name]) => !name.startsWith('$')));
}

const RUNNERS: Readonly<Record<string, (record: RecordedCase, header: Header) => unknown>> = {
  evaluate: (record, header) =>
    typeof record.expression === 'string' ? evaluate(record.expression, scopeOf(record, header)) : record.expression,
  evaluate_recursively: (record, header) => evaluateRecursively(record.expression, scopeOf(record, header)),
  validate: checkExpression,
  render: (record) => renderTemplate(String(record.expression), variablesOf(record)),
  render_allow_undefined: (record) =>
    renderTemplate(String(record.expression), variablesOf(record), { allowUndefined: true }),
  render_values: (record) => renderValues(record.expression as Record<string, unknown>, variablesOf(record)),
  render_values_allow_undefined: (record) =>
    renderValues(record.expression as Record<string, unknown>, variablesOf(record), { allowUndefined: true }),
  is_jinja_expression: (record) => isJinjaExpression(record.expression),
  convert_jinja_to_raw_block: (record) => convertJinjaToRawBlock(record.expression),
  cast: (record) => {
    const { type, value } = record.expression as { readonly type: string; readonly value: unknown };
    return cast(type, value);
  },
  render_live_params: (record) => withKeyValueTable(record).live(),
  finalized_params: (record) => withKeyValueTable(record).final(),
};
