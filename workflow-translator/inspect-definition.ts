import type { Problem, ProblemCode } from './check/problems.ts';
import { type CheckOptions, checkDefinition } from './check-definition.ts';
import { type ActionLookup, checkCalls } from './transform/transform-definition.ts';

/** One finding in the form of `POST /v1/workflows/inspect`. */
export interface InspectionError {
  /** StackStorm's kinds; null for what is none of them. */
  readonly type: 'schema' | 'yaql' | 'jinja' | 'action' | null;
  readonly message: string;
  /** The place in the document, steps joined by dots; null for the document as a whole. */
  readonly path: string | null;
  readonly spec_path: string | null;
  readonly schema_path: string | null;
  readonly expression?: string;
  readonly language?: 'yaql' | 'jinja';
  readonly code: ProblemCode;
  readonly severity: Problem['severity'];
  readonly line: number;
  readonly column: number;
}

export interface InspectOptions extends CheckOptions {
  /** Finds registered actions; without it the parameters of actions are not checked. */
  readonly lookupAction?: ActionLookup;
  /** Default false: what is right has an empty list, whatever could be said about it. */
  readonly includeWarnings?: boolean;
}

/** All findings about a definition, in order of their place. Never throws for what a text says. */
export async function inspectDefinition(
  text: string,
  options: InspectOptions = {},
): Promise<readonly InspectionError[]> {
  const { problems, document } = checkDefinition(text, options);
  const several = document?.kind === 'workflow' && document.workflows.length > 1 ? [severalWorkflows()] : [];
  const calls = options.lookupAction === undefined ? [] : await checkCalls(text, options.lookupAction);
  return [...several, ...problems, ...calls]
    .filter((problem) => options.includeWarnings || problem.severity === 'error')
    .sort((left, right) => left.line - right.line || left.column - right.column)
    .map(toInspectionError);
}

function severalWorkflows(): Problem {
  const message = 'Multiple workflows is not supported workflow only (not a workbook) definition.';
  return { code: 'SEVERAL_WORKFLOWS', severity: 'error', message, path: '', line: 1, column: 1 };
}

function toInspectionError(problem: Problem): InspectionError {
  const { code, severity, line, column, expression, language } = problem;
  const path = problem.path === '' ? null : problem.path;
  return {
    type: typeOf(problem),
    message: problem.message.replace(/^(?:Invalid DSL|Parse error): /, ''),
    path,
    spec_path: path,
    schema_path: problem.schema_path ?? null,
    ...(expression === undefined ? {} : { expression }),
    ...(language === undefined ? {} : { language }),
    code,
    severity,
    line,
    column,
  };
}

function typeOf({ code, language }: Problem): InspectionError['type'] {
  if (code === 'SCHEMA') return 'schema';
  if (code === 'ACTION_PARAMETERS' || code === 'UNKNOWN_ACTION') return 'action';
  return language ?? null;
}
