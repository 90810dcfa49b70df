import { errorCode, errorMessage } from '../../core/errors.ts';
import { ParamCastError } from '../../core/params/index.ts';
import { databaseFailure } from '../../platform/mongo/database-failure.ts';

/** HTTP statuses of our error codes; any other error is a defect of ours and says nothing to the outside. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  VALIDATION: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY_TRIES: 429,
  UNAVAILABLE: 503,
  EFFECT_REQUIRED: 400,
  FST_ERR_CTP_BODY_TOO_LARGE: 413,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 400,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 400,
};

export interface ErrorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The answer for a thrown value, in StackStorm's form. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  const failure = databaseFailure(error);
  if (failure !== undefined) return { status: 503, body: { faultstring: failure } };
  const code = errorCode(error);
  const status = (code === undefined ? undefined : STATUS_OF_CODE[code]) ?? clientStatus(error);
  if (status === undefined) return { status: 500, body: { faultstring: 'Internal Server Error' } };
  const conflict = conflictId(error);
  return {
    status,
    body: { ...(code === 'CONFLICT' ? { 'conflict-id': conflict ?? null } : {}), faultstring: sentenceOf(error) },
  };
}

/** StackStorm gives the bare sentence of a value that cannot be cast; elsewhere ours names the parameter too. */
function sentenceOf(error: unknown): string {
  const message = errorMessage(error);
  if (!(error instanceof ParamCastError)) return message;
  return message.replace(/^Parameter "[^"]*": /, '');
}

/** The server framework marks a client's mistakes (a broken header, a torn request) with a 4xx of its own. */
function clientStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function conflictId(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('details' in error)) return undefined;
  const { details } = error;
  if (typeof details !== 'object' || details === null || !('conflict_id' in details)) return undefined;
  return typeof details.conflict_id === 'string' ? details.conflict_id : undefined;
}
