/** Errors of the Mistral layer. The texts begin as Mistral's do, for users search their logs for them. */
import { TramontaneError } from '../errors.ts';

export class YaqlEvaluationError extends TramontaneError {
  /** @param expression without the delimiters @param reason the cause in one line */
  constructor(expression: string, reason: string, cause?: unknown) {
    super(
      'YAQL_EVALUATION',
      `Can not evaluate YAQL expression [expression=${expression}, error=${reason}]`,
      { expression },
      cause,
    );
  }
}

export class JinjaEvaluationError extends TramontaneError {
  constructor(expression: string, reason: string, cause?: unknown) {
    super(
      'JINJA_EVALUATION',
      `Can not evaluate Jinja expression [expression=${expression}, error=${reason}]`,
      { expression },
      cause,
    );
  }
}
