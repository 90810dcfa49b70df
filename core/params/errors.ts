/** Errors of parameters; all of them are the sender's to correct (HTTP 400). */
import { errorMessage, ValidationError } from '../errors.ts';
import { PythonError } from '../python/errors.ts';

/** A missing name, a cycle, a template that fails. */
export class ParamError extends ValidationError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, { kind: 'ParamException', ...details }, cause);
  }
}

/** A value that cannot be cast to the type of its schema. `details.kind` is Python's class, mostly `ValueError`. */
export class ParamCastError extends ValidationError {
  constructor(parameter: string, cause: unknown) {
    const kind = cause instanceof PythonError ? cause.kind : 'ValueError';
    super(`Parameter "${parameter}": ${errorMessage(cause)}`, { kind, parameter }, cause);
  }
}

/** A value that its schema does not allow. `details.parameter` is the path to it. */
export class ParamSchemaError extends ValidationError {
  constructor(message: string, path: readonly (string | number)[]) {
    super(message, { kind: 'ValidationError', parameter: path.join('.') });
  }
}
