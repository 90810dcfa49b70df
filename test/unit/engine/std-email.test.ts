import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { ACTION_FAILURE } from '../../../core/action-outcome.ts';
import { sendEmail } from '../../../engine/activities/std-email.ts';

for (const smtp_server of ['localhost:abc', 'localhost:99999', '127.0.0.1:1']) {
  test(`a server that cannot be spoken to is the failure of the action: ${smtp_server}`, async () => {
    await assert.rejects(sendEmail({ from_addr: 'a@b', to_addrs: ['c@d'], smtp_server }), (error) => {
      assert.ok(error instanceof ApplicationFailure, String(error));
      assert.equal(error.type, ACTION_FAILURE);
      assert.match(
        String((error.details?.[0] as { result: unknown } | undefined)?.result),
        /^Failed to send an email message: /,
      );
      return true;
    });
  });
}
