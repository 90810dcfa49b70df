import assert from 'node:assert/strict';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import { createMistralClient } from '../../../actionrunner/runners/mistral-v2/mistral-client.ts';
import { isTlsRefusal, requestFailure } from '../../../platform/http/request-failure.ts';
import { createAuthority } from '../../support/certificates.ts';

const server = https.createServer(createAuthority().issue(), (_request, response) => response.end('{}'));
let url = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const failureOf = (address: string) =>
  fetch(address).then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );

it('says why a service of ours cannot be reached, and names the setting of its authority', async () => {
  const failure = await failureOf(url);
  assert.ok(isTlsRefusal(failure));
  assert.equal(
    requestFailure('st2api', url, failure),
    `st2api at ${url} does not answer: its certificate is not signed by an authority that is trusted here. Set NODE_EXTRA_CA_CERTS to the file of its authority.`,
  );
  const refused = await failureOf('http://127.0.0.1:1');
  assert.ok(!isTlsRefusal(refused));
  assert.match(requestFailure('st2api', 'http://127.0.0.1:1', refused), /does not answer: .*(ECONNREFUSED|bad port)/);
});

it('a workflow does not wait ten minutes for a mistral-api whose certificate is not trusted', async () => {
  const { signal } = new AbortController();
  const client = createMistralClient({ baseUrl: `${url}/v2`, signal });
  await assert.rejects(
    client.execution('x'),
    /^Error: mistral-api at .* does not answer: its certificate is not signed by .* Set NODE_EXTRA_CA_CERTS to /,
  );
});
