import { type ExpressionProblem, validate } from '../../core/expressions/index.ts';
import type { Position, YamlDocument } from '../parse/yaml-document.ts';
import type { ExpressionSpot } from './expression-spots.ts';
import type { ProblemExtras, Report } from './problems.ts';

/**
 * Parses the expressions of a spot and reports what is wrong: as an error where Mistral refuses it, too, else as a warning.
 * @returns whether all of them can be parsed
 */
export function checkSyntax(spot: ExpressionSpot, document: YamlDocument, report: Report): boolean {
  const problems = validate(spot.text);
  for (const problem of problems) {
    const extras: ProblemExtras = {
      severity: spot.checkedByMistral ? 'error' : 'warning',
      expression: spot.text,
      ...(problem.language === undefined ? {} : { language: problem.language }),
      ...placeOf(problem, spot, document),
    };
    const code = problem.language === undefined ? 'EXPRESSION_MIXED' : 'EXPRESSION_SYNTAX';
    report(code, messageOf(problem), spot.path, extras);
  }
  return problems.length === 0;
}

/** Jinja's mistakes get the words that Mistral puts around them; YAQL's have them already. */
function messageOf(problem: ExpressionProblem): string {
  return problem.language === 'jinja' ? `Syntax error '${problem.message}'.` : problem.message;
}

/** Line and column of the mistake itself when the text stands in the source as it is; else those of the text are used. */
function placeOf(problem: ExpressionProblem, spot: ExpressionSpot, document: YamlDocument): Partial<Position> {
  const start = document.locateText(spot.path, spot.text);
  if (start === undefined) return {};
  const before = spot.text.slice(0, offsetOf(problem, spot.text));
  const lines = before.split('\n');
  if (lines.length > 1) return {};
  return { line: start.line, column: start.column + before.length };
}

/** The position counts from behind the delimiter of the block that is wrong. */
function offsetOf(problem: ExpressionProblem, text: string): number {
  if (problem.language === undefined) return 0;
  const blocks = problem.language === 'yaql' ? /<%[^\n]*?%>/g : /\{\{[^\n]*?\}\}|\{%[^\n]*?%\}/g;
  for (const match of text.matchAll(blocks)) {
    if (validate(match[0]).length > 0) return match.index + 2 + (problem.position ?? 0);
  }
  return 0;
}
