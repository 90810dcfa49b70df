/** Several requests of `POST /executions` in one, as mistral-server sends what tasks of its workflows ask for at once. */
import type { ApiContext } from '../../context.ts';
import { assertSubject } from '../../server/authorize.ts';
import { toErrorAnswer } from '../../server/errors.ts';
import { assertFits } from '../../server/json-schema.ts';
import { ANYTHING, type Answer, type ApiRequest, type Route } from '../../server/route.ts';
import { createExecution, MINIMAL } from './create.ts';
import { BULK_REQUEST, EXECUTION_REQUEST } from './schema.ts';
import { requestSubject } from './subject.ts';

/** That of a request that comes alone. */
const PERMISSION = 'action_execute';

interface Item {
  readonly key: string;
  readonly request: unknown;
}

interface ItemAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers one of them as if it had come alone, with its idempotency key and asking for no more than id and status. */
async function answerOne(context: ApiContext, asked: ApiRequest, { key, request: body }: Item): Promise<ItemAnswer> {
  const one = { ...asked, headers: { 'idempotency-key': key, prefer: MINIMAL }, body };
  try {
    assertFits(EXECUTION_REQUEST, body);
    await assertSubject({ permission: PERMISSION, subject: requestSubject }, context.authorizer, one);
    const { status = 201, body: answer } = await createExecution(context, one, { isOneOfMany: true });
    return { status, body: answer };
  } catch (error) {
    const answer = toErrorAnswer(error);
    if (answer.status >= 500) context.logger.error({ err: error }, 'one of several requests failed');
    return answer;
  }
}

async function answerAll(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const items = request.body as readonly Item[];
  const answers = await Promise.all(items.map((item) => answerOne(context, request, item)));
  return {
    body: answers,
    parts: answers.map(({ status }, place) => ({ status, body: items[place]?.request })),
  };
}

/** The route for several at once. */
export function bulkRoutes(context: ApiContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/executions/bulk',
      summary: 'Run several actions; the answer holds status and body for each, as if it had been asked for alone',
      permission: PERMISSION,
      resourceUid: () => ANYTHING,
      body: BULK_REQUEST,
      handle: (request) => answerAll(context, request),
    },
  ];
}
