import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../../../cli/project-paths.ts';
import { rehearse } from '../../../cli/rehearse.ts';

const WORKFLOW = /(?<!\.rehearsal)\.yaml$/;
const workflows = ['examples', 'testpack'].flatMap((pack) => {
  const folder = path.join(projectRoot, 'packs', pack, 'actions', 'workflows');
  return readdirSync(folder)
    .filter((name) => WORKFLOW.test(name))
    .map((name) => path.join(folder, name));
});

test('there are workflows in the packs', () => assert.ok(workflows.length >= 14, `${workflows.length} workflows`));

for (const file of workflows) {
  test(`${path.relative(projectRoot, file)} goes as its rehearsal says, without waiting`, async () => {
    assert.ok(existsSync(file.replace(WORKFLOW, '.rehearsal.yaml')), 'there is no rehearsal beside it');
    let printed = '';
    const before = performance.eventLoopUtilization();
    const code = await rehearse(['--quiet', file], (text) => {
      printed += text;
    });
    assert.equal(code, 0, printed);
    assert.match(printed, /: as expected/);
    // Idle is what waits for a timer; a process that others keep from running is not.
    assert.ok(performance.eventLoopUtilization(before).idle < 1_000);
  });
}
