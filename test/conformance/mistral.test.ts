/** Recorded cases of Mistral through the conductor, also with a snapshot and a restore after every event. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { checkCase, parseCases } from '../../cli/mistral-conformance/check-case.ts';
import { findDifference } from '../../cli/mistral-conformance/compare.ts';
import type { RunRecord } from '../../cli/mistral-conformance/record.ts';
import { runRecord } from '../../cli/mistral-conformance/run-record.ts';
import {
  type Conductor,
  type ConductorParts,
  createConductor,
  restoreConductor,
} from '../../engine/conductor/index.ts';
import { recordings } from '../support/recordings.ts';

const folder = path.join(recordings, 'mistral');
const skip = existsSync(folder) ? false : `there are no recorded cases at ${folder}`;

/** Cases that we mean to answer otherwise, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'own-join-2-of-3-discriminator-runs-once':
    'Mistral runs a join a second time when a late inbound task arrives; ours runs once.',
  'up-join-discriminator':
    'Mistral looks at a join some time after the arrival, when all three inbound tasks happen to be done; ours starts at the first.',
};

/** A conductor that is written down and read back after every event. */
function forgetful(parts: ConductorParts): Conductor {
  let inner = createConductor(parts);
  return {
    handle(event) {
      const commands = inner.handle(event);
      inner = restoreConductor({ ...parts, snapshot: JSON.parse(JSON.stringify(inner.snapshot())) });
      return commands;
    },
    get state() {
      return inner.state;
    },
    get hasWork() {
      return inner.hasWork;
    },
    get effort() {
      return inner.effort;
    },
    view: (since) => inner.view(since),
    snapshot: () => inner.snapshot(),
  };
}

/** A conductor that does the least it can at once. */
function inPortions(parts: ConductorParts): Conductor {
  const inner = createConductor({ ...parts, ports: { ...parts.ports, effortAtOnce: 1 } });
  return {
    handle(event) {
      const commands = [...inner.handle(event)];
      while (inner.hasWork) commands.push(...inner.handle({ type: 'go_on' }));
      return commands;
    },
    get state() {
      return inner.state;
    },
    get hasWork() {
      return inner.hasWork;
    },
    get effort() {
      return inner.effort;
    },
    view: (since) => inner.view(since),
    snapshot: () => inner.snapshot(),
  };
}

for (const file of ['own', 'upstream', 'operations', 'invalid', 'accepted']) {
  describe(`recorded cases: ${file}`, { skip }, async () => {
    const cases = skip === false ? parseCases(await readFile(path.join(folder, `${file}.jsonl`), 'utf8')) : [];
    for (const record of cases) {
      const todo = EXCEPTIONS[record.id];
      it(record.id, todo === undefined ? {} : { skip: todo }, () => {
        assert.equal(checkCase(record), undefined);
      });
    }
    const runs = cases.filter(
      (record): record is RunRecord => 'expected' in record && EXCEPTIONS[record.id] === undefined,
    );
    const ways = {
      'the state is restored after every event': forgetful,
      'work is done in the smallest portions': inPortions,
    };
    for (const [way, conductor] of Object.entries(ways)) {
      it(`the same comes out when ${way}`, { skip: runs.length === 0 }, () => {
        const differing = runs.filter((record) => {
          const plain = runRecord(record);
          const other = runRecord(record, conductor);
          return JSON.stringify(plain) !== JSON.stringify(other) && findDifference(plain, other) !== undefined;
        });
        assert.deepEqual(
          differing.map((record) => record.id),
          [],
        );
      });
    }
  });
}
