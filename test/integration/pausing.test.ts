/** Pausing while a question waits for its answer and something else runs beside it: nothing fails, nothing is lost. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { descendantsOf, getExecution, reachStatus, requestExecution } from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const HOLD = '{cmd: "while [ -e <% $.file %> ]; do sleep 0.05; done", timeout: 60}';

/** What runs beside the question; each is active until the file is gone. */
const BESIDE: Readonly<Record<string, string>> = {
  action: `{action: core.local, input: ${HOLD}, on-success: last}`,
  subworkflow: '{action: ask.inner, input: {file: <% $.file %>}, on-success: last}',
  items: `{with-items: "i in [1, 2]", action: core.local, input: ${HOLD}, on-success: last}`,
};

/** How many executions hold the file open. */
const HOLDERS: Readonly<Record<string, number>> = { action: 1, subworkflow: 1, items: 2 };

const definitionOf = (name: string) => `version: '2.0'
ask.${name}:
  input: [file]
  tasks:
    question: {action: core.ask, on-success: last}
    beside: ${BESIDE[name]}
    last: {join: all, action: core.noop}
`;

const INNER = `version: '2.0'
ask.inner:
  input: [file]
  tasks:
    one: {action: core.local, input: ${HOLD}, on-success: two}
    two: {action: core.noop}
`;

describe('pausing beside a question', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let files = 0;

  async function writePack(folder: string): Promise<void> {
    const actions = path.join(folder, 'ask', 'actions');
    await mkdir(path.join(actions, 'definitions'), { recursive: true });
    const meta = 'description: d\nversion: 1.0.0\nauthor: a\nemail: a@example.com\n';
    await writeFile(path.join(folder, 'ask', 'pack.yaml'), `ref: ask\nname: ask\n${meta}`);
    for (const name of [...Object.keys(BESIDE), 'inner']) {
      await writeFile(
        path.join(actions, `${name}.yaml`),
        `name: ${name}\nrunner_type: mistral-v2\nentry_point: definitions/${name}.yaml\nenabled: true\nparameters:\n  file: {type: string}\n`,
      );
      const text = name === 'inner' ? INNER : definitionOf(name);
      await writeFile(path.join(actions, 'definitions', `${name}.yaml`), text);
    }
  }

  before(async () => {
    infrastructure = await provisioned();
    const packs = path.join(infrastructure.folder, 'packs');
    await writePack(packs);
    services = await startServices(infrastructure, {
      only: workflowServices,
      packFolders: [packs],
    });
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const below = async (id: string, ref: string) =>
    (await descendantsOf(services, id)).filter(({ action }) => action.ref === ref);

  /** What follows the join of the outer workflow; an action within the inner one may have begun before the pause arrived there. */
  const joined = async (id: string) => (await below(id, 'core.noop')).filter(({ parent }) => parent === id);

  /** Starts a workflow and waits until the question is asked and everything beside it runs. */
  async function begun(name: string): Promise<{ id: string; question: string; file: string }> {
    files += 1;
    const file = path.join(infrastructure.folder, `file${files}`);
    await writeFile(file, '');
    const { id } = await requestExecution(services, `ask.${name}`, { file });
    const [question] = await waitFor(
      async () => {
        const asked = await below(id, 'core.ask');
        const holders = (await below(id, 'core.local')).filter(({ status }) => status === 'running');
        return asked[0]?.status === 'pending' && holders.length === HOLDERS[name] && asked;
      },
      { what: `the question and what runs beside it in ask.${name}` },
    );
    // The question pauses it. Its actions may begin before the runner that started it has said that it runs.
    await reachStatus(services, id, (now) => now === 'pausing' || now === 'paused', 'pausing');
    return { id, question: question?.id ?? '', file };
  }

  const is = (id: string, status: string) => reachStatus(services, id, (now) => now === status, status);
  const put = (id: string, status: string) => services.request('PUT', `/executions/${id}`, { status });
  const answer = (id: string) => services.request('PUT', `/inquiries/${id}`, { id, response: { continue: true } });

  for (const name of Object.keys(BESIDE)) {
    it(`${name}: pausing while it runs, paused with the question open, resumed, answered, done`, async () => {
      const { id, question, file } = await begun(name);
      await put(id, 'pausing');
      await is(id, 'pausing');
      await rm(file);
      await is(id, 'paused');
      assert.equal((await getExecution(services, question)).status, 'pending');
      assert.deepEqual(await joined(id), []);
      await put(id, 'resuming');
      await answer(question);
      await is(id, 'succeeded');
    });

    it(`${name}: an answer while it is paused makes it go on, as StackStorm has it`, async () => {
      const { id, question, file } = await begun(name);
      await put(id, 'pausing');
      await rm(file);
      await is(id, 'paused');
      await answer(question);
      assert.equal((await getExecution(services, question)).status, 'succeeded');
      await is(id, 'succeeded');
    });

    it(`${name}: answered while the question pauses it, it goes on by itself`, async () => {
      const { id, question, file } = await begun(name);
      await is(id, 'pausing');
      await answer(question);
      await is(id, 'pausing');
      await rm(file);
      await is(id, 'succeeded');
      const { log } = await services.request<{ log: { status: string }[] }>('GET', `/executions/${id}`);
      assert.ok(log.some(({ status }) => status === 'paused'));
    });

    it(`${name}: answered while a user pauses it, it still pauses`, async () => {
      const { id, question, file } = await begun(name);
      await put(id, 'pausing');
      await answer(question);
      await rm(file);
      await is(id, 'paused');
      await put(id, 'resuming');
      await is(id, 'succeeded');
    });

    it(`${name}: a cancel while it is paused ends it, nothing more begins, and the question is withdrawn`, async () => {
      const { id, question, file } = await begun(name);
      await put(id, 'pausing');
      await rm(file);
      await is(id, 'paused');
      await services.request('DELETE', `/executions/${id}`);
      await is(id, 'canceled');
      await is(question, 'canceled');
      assert.deepEqual(await joined(id), []);
    });
  }
});
