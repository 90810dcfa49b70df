/**
 * Errors of the product. Every error that a user, an operator or another process may see has a stable `code`,
 * so callers branch on `code` (never on text or on `instanceof` across the workflow sandbox's boundary).
 * HTTP status codes, Temporal failures and execution statuses are derived from `code` at the edges.
 */

/** Base of all errors of ours: a stable code, one clear sentence, and typed facts about the place. */
export class TramontaneError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** The request or the document is wrong; the sender must change it (HTTP 400). */
export class ValidationError extends TramontaneError {
  constructor(message: string, details?: Readonly<Record<string, unknown>>, cause?: unknown) {
    super('VALIDATION', message, details, cause);
  }
}

/** The named object does not exist (HTTP 404). */
export class NotFoundError extends TramontaneError {
  constructor(message: string, details?: Readonly<Record<string, unknown>>) {
    super('NOT_FOUND', message, details);
  }
}

/** An object of that name exists already, or the object is in a state that forbids the change (HTTP 409). */
export class ConflictError extends TramontaneError {
  /** @param conflictId id of the object that is in the way, when there is one */
  constructor(message: string, conflictId?: string) {
    super('CONFLICT', message, conflictId === undefined ? {} : { conflict_id: conflictId });
  }
}

/** The request is meant for another state of the object than the present one (HTTP 412). */
export class PreconditionError extends TramontaneError {
  constructor(message: string) {
    super('PRECONDITION', message);
  }
}

/** No valid credential came with the request (HTTP 401). */
export class UnauthorizedError extends TramontaneError {
  constructor(message: string) {
    super('UNAUTHORIZED', message);
  }
}

/** The user is known but may not do this (HTTP 403). */
export class ForbiddenError extends TramontaneError {
  constructor(message: string) {
    super('FORBIDDEN', message);
  }
}

/** A service that we need did not answer; trying again later is right (HTTP 503). */
export class UnavailableError extends TramontaneError {
  constructor(message: string, details?: Readonly<Record<string, unknown>>, cause?: unknown) {
    super('UNAVAILABLE', message, details, cause);
  }
}

/**
 * An expression asked for something outside of the workflow (such as `st2kv()`) that is not at hand yet.
 * The conductor catches it, has the value fetched, and evaluates again: expression engines let it pass unchanged.
 */
export class EffectRequiredError extends TramontaneError {
  constructor(effect: {
    readonly kind: string;
    readonly key: string;
    readonly args: Readonly<Record<string, unknown>>;
  }) {
    super('EFFECT_REQUIRED', `The value of ${effect.kind}(${effect.key}) has to be fetched first.`, { effect });
  }
}

/** The code of any thrown value: the stable code of our errors, else `undefined`. Works across realms. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The text of any thrown value, for a message to a person. */
export function errorMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/** The trace of a thrown value, for a result. An error of ours says all there is to say and has none of our code. */
export function errorTrace(error: unknown): string {
  return error instanceof Error && !(error instanceof TramontaneError) ? (error.stack ?? '') : '';
}
