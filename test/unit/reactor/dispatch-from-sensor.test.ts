import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv } from 'ajv';
import { createSensorDispatch } from '../../../reactor/sensors/dispatch-from-sensor.ts';
import type { Stores } from '../../../stores/stores.ts';

/** What a sensor fires with this schema of payloads, which is read anew each time, as from the database. */
function dispatchWith(schema: object) {
  const dispatched: unknown[] = [];
  const stores = {
    triggers: { findOne: async () => ({ ref: 'test.event', type: 'test.event' }) },
    triggerTypes: { findOne: async () => ({ payload_schema: structuredClone(schema) }) },
  };
  const dispatch = createSensorDispatch(stores as unknown as Stores, async ({ payload }) => {
    dispatched.push(payload);
    return { id: 'i' };
  });
  const send = (payload: unknown) => dispatch({ trigger: 'test.event', payload, trace_context: undefined });
  return { send, dispatched };
}

test('sensors: a schema is compiled once, however many events come', async (t) => {
  const compile = t.mock.method(Ajv.prototype, 'compile');
  const { send, dispatched } = dispatchWith({ type: 'object', properties: { once: { type: 'integer' } } });
  for (let once = 0; once < 20; once += 1) await send({ once });
  await assert.rejects(send({ once: 'text' }), /\/once must be integer/);
  assert.equal(dispatched.length, 20);
  assert.equal(compile.mock.callCount(), 1);
});

test('sensors: a schema that cannot be compiled is tried once, and refuses each event', async (t) => {
  const compile = t.mock.method(Ajv.prototype, 'compile');
  const { send, dispatched } = dispatchWith({ type: 'object', properties: { count: { type: 'whole number' } } });
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(send({ count }), {
      code: 'VALIDATION',
      message:
        /^Trigger payload validation failed .* "test\.event": the payload schema of its type cannot be used: schema/,
    });
  }
  assert.equal(dispatched.length, 0);
  assert.equal(compile.mock.callCount(), 1);
});

test('sensors: schemas may have an id, and the same one', async () => {
  for (const type of ['integer', 'string']) {
    const properties = { value: { $id: 'https://example.com/value', type, required: true } };
    const { send, dispatched } = dispatchWith({ $id: 'https://example.com/event', type: 'object', properties });
    const value = type === 'integer' ? 1 : 'text';
    await send({ value });
    await send({ value });
    await assert.rejects(send({ value: [] }), new RegExp(`must be ${type}`));
    assert.equal(dispatched.length, 2);
  }
});

test('sensors: a pattern of a schema cannot hang the process', async () => {
  const { send, dispatched } = dispatchWith({
    type: 'object',
    properties: { text: { type: 'string', pattern: '^(a+)+$' } },
  });
  await send({ text: 'a'.repeat(40) });
  await assert.rejects(send({ text: `${'a'.repeat(40)}!` }), /\/text must match pattern/);
  assert.equal(dispatched.length, 1);
});
