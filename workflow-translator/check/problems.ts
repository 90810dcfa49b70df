import type { Path, Position } from '../parse/yaml-document.ts';

/** What kind of mistake it is; stable, for callers and for documentation. */
export type ProblemCode =
  | 'YAML'
  | 'SCHEMA'
  | 'INLINE_CALL'
  | 'WITH_ITEMS'
  | 'PUBLISH'
  | 'NAME'
  | 'NO_START_TASK'
  | 'UNKNOWN_TASK'
  | 'JOIN'
  | 'EXPRESSION_SYNTAX'
  | 'EXPRESSION_MIXED'
  | 'UNKNOWN_FUNCTION'
  | 'UNDEFINED_VARIABLE'
  | 'UNREACHABLE_TASK'
  | 'CYCLIC_REQUIRES'
  | 'LOST_CONDITION'
  | 'LOST_PARAMETERS'
  | 'ACTION_PARAMETERS'
  | 'UNKNOWN_ACTION'
  | 'SEVERAL_WORKFLOWS';

/** One finding about a definition. */
export interface Problem extends Position {
  readonly code: ProblemCode;
  /** `error` refuses the definition; `warning` does not. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The place in the document, steps joined by dots: `wf.tasks.t1.on-success`. */
  readonly path: string;
  /** Place of the violated rule in the language's schema, for problems of code `SCHEMA`. */
  readonly schema_path?: string;
  /** The expression at fault and its language, for problems of expressions. */
  readonly expression?: string;
  readonly language?: 'yaql' | 'jinja';
}

export interface ProblemExtras extends Partial<Position> {
  readonly severity?: 'error' | 'warning';
  readonly schema_path?: string;
  readonly expression?: string;
  readonly language?: 'yaql' | 'jinja';
}

/** Takes down a problem at a path of the document. */
export type Report = (code: ProblemCode, message: string, path: Path, extras?: ProblemExtras) => void;

/** Of errors and of warnings each: more than anybody reads. What is beyond is dropped. */
const MAX_PROBLEMS = 500;

/** A list of problems and the function that fills it. Each problem is listed once. */
export function createReport(locate: (path: Path) => Position): {
  readonly problems: Problem[];
  readonly report: Report;
} {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const counts = { error: 0, warning: 0 };
  const report: Report = (code, message, path, extras = {}) => {
    const dotted = path.join('.');
    const key = JSON.stringify([code, message, dotted]);
    const { severity = 'error' } = extras;
    if (seen.has(key) || counts[severity] >= MAX_PROBLEMS) return;
    seen.add(key);
    counts[severity] += 1;
    problems.push({ code, severity, message, path: dotted, ...locate(path), ...extras });
  };
  return { problems, report };
}
