import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ApiContext } from '../../../api/context.ts';
import { readRoutes } from '../../../api/resources/executions/read.ts';
import { parseQuery } from '../../../api/server/query.ts';
import type { ApiRequest } from '../../../api/server/route.ts';
import type { Filter, FindOptions } from '../../../stores/collection.ts';

test('output: sent in order, and never loaded as a whole', async () => {
  const pieces = Array.from({ length: 120 }, (_, index) => ({ id: `p${index}`, data: `${index}\n` }));
  let most = 0;
  const outputs = {
    async find({ id }: Filter, { include }: FindOptions = {}) {
      if (include !== undefined) return pieces.map((piece) => ({ id: piece.id }));
      const { $in } = (id ?? { $in: pieces.map((piece) => piece.id) }) as { readonly $in: readonly string[] };
      most = Math.max(most, $in.length);
      return pieces.filter((piece) => $in.includes(piece.id)).reverse();
    },
  };
  const executions = { get: async () => ({ id: 'e' }) };
  const routes = readRoutes({ stores: { executions, outputs } } as unknown as ApiContext);
  const route = routes.find(({ path }) => path === '/executions/:id/output');
  const request = { params: { id: 'e' }, query: parseQuery({}, {}) } as unknown as ApiRequest;
  const answer = await route?.handle(request);
  assert.equal(await text(answer?.body as Readable), pieces.map((piece) => piece.data).join(''));
  assert.equal(most, 50);
});
