import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { findFreePorts } from '../../../platform/network/ports.ts';
import { createDatastoreClient } from '../../../reactor/sensors/node-datastore.ts';

test('datastore of sensors in JavaScript: an API that is away for a moment is waited for', async (t) => {
  const asked: string[] = [];
  const api = createServer(async (request, response) => {
    const body = await text(request);
    asked.push(`${request.method} ${request.url} ${body}`);
    // The answer to the first is lost, as where the API is killed.
    if (asked.length === 1) request.socket.destroy();
    else response.end('{"value":"1"}');
  });
  t.after(() => api.close());
  const [port = 0] = await findFreePorts(1);
  const client = createDatastoreClient({ ST2_API_URL: `http://127.0.0.1:${port}/v1` }, 'pack.Sensor');
  const isSet = client.setValue('count', '1');
  const early = await Promise.race([
    isSet.then(() => 'set'),
    new Promise((resolve) => setTimeout(resolve, 150, 'waits')),
  ]);
  assert.equal(early, 'waits');
  api.listen(port, '127.0.0.1');
  await isSet;
  const put = 'PUT /v1/keys/pack.Sensor%3Acount {"name":"pack.Sensor:count","value":"1","scope":"system"}';
  assert.deepEqual(asked, [put, put]);
  assert.equal(await client.getValue('count'), '1');
});
