/** Errors of the Jinja engine. The facade wraps them as Mistral does; StackStorm's rendering reports them as they are. */
import { TramontaneError } from '../../errors.ts';

/** The template cannot be parsed. `details.line` and `details.column` count from 1. */
export class JinjaSyntaxError extends TramontaneError {
  /** @param line counted from 0 @param column counted from 0 */
  constructor(message: string, line: number, column: number) {
    super('JINJA_SYNTAX', message, { kind: 'TemplateSyntaxError', line: line + 1, column: column + 1 });
  }
}

/**
 * The evaluation failed. `details.kind` is the Python class that Jinja2 would raise
 * (`UndefinedError`, `TypeError`, `ZeroDivisionError`, `SecurityError`, ...).
 */
export class JinjaError extends TramontaneError {
  readonly kind: string;

  constructor(kind: string, message: string, cause?: unknown) {
    super('JINJA', message, { kind }, cause);
    this.kind = kind;
  }
}

/** A step, loop or size limit was exceeded. */
export class JinjaLimitError extends JinjaError {
  constructor(what: string, limit: number) {
    super('LimitExceeded', `The template exceeds the limit of ${limit} ${what}.`);
  }
}
