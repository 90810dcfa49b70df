import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { checksumOf } from '../../../engine/definitions/checksum.ts';
import { createFindExactWorkflow, type FindExactWorkflow } from '../../../engine/definitions/find-exact-workflow.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('finding a workflow by its text', () => {
  /** The stored text; `undefined` when there is no definition. */
  let stored: string | undefined;
  /** How often a definition was looked for. */
  let looks: number;
  let revision: number;
  let find: FindExactWorkflow;

  beforeEach(() => {
    stored = 'a text';
    looks = 0;
    revision = 0;
    const workflowDefinitions = {
      revision: () => revision,
      async findOne() {
        looks += 1;
        return stored === undefined ? undefined : { definition: stored, namespace: '', ir: '{"tasks": []}' };
      },
    };
    find = createFindExactWorkflow({ workflowDefinitions } as never);
  });

  const found = async (text: string) => (await find('flow', '', checksumOf(text)))?.definition.definition;

  it('does not look for a text again that was there a moment ago', async () => {
    assert.equal(await found('a text'), 'a text');
    assert.equal(await found('a text'), 'a text');
    assert.equal(looks, 1);
  });

  it('looks again for another text, and after a write of this process', async () => {
    await found('a text');
    stored = 'another one';
    assert.equal(await found('another one'), 'another one');
    stored = undefined;
    revision += 1;
    assert.equal(await found('another one'), undefined);
    stored = 'a text';
    assert.equal(await found('a text'), 'a text');
    assert.equal(looks, 4);
  });

  it('hears within a second that another process has removed the definition', async () => {
    await found('a text');
    stored = undefined;
    const isGone = async () => (await found('a text')) === undefined;
    await waitFor(isGone, { what: 'the definition to be missed', timeoutMs: 5_000 });
  });
});
