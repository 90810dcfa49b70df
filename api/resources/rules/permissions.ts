import { WEBHOOK_TRIGGER_TYPE } from '../../../action-service/triggers/internal-trigger-types.ts';
import { errorCode, ForbiddenError } from '../../../core/errors.ts';
import { uidOf } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import type { Permission, Requester } from '../../server/route.ts';
import { webhookUid } from '../webhooks/webhook-uid.ts';
import type { RuleBody } from './schema.ts';

/**
 * A rule acts in the name of the system: who writes it must be allowed to run its action, and to open the address that it
 * listens on. The action need not exist yet.
 *
 * @throws ForbiddenError with StackStorm's sentences (st2rbac_backend, `assert_user_has_rule_trigger_and_action_permission`)
 */
export async function assertMayUse(
  { authorizer }: Pick<ApiContext, 'authorizer'>,
  requester: Requester,
  { trigger, action }: Pick<RuleBody, 'trigger' | 'action'>,
): Promise<void> {
  const may = (permission: Permission, uid: string | undefined) =>
    authorizer.assertAllowed(requester, permission, uid).then(
      () => true,
      (error: unknown) => {
        if (errorCode(error) !== 'FORBIDDEN') throw error;
        return false;
      },
    );
  const start = `User "${requester.user}" doesn't have required`;
  if (trigger.type === WEBHOOK_TRIGGER_TYPE) {
    if (!(await may('webhook_create', webhookUid(String(trigger.parameters?.url)))))
      throw new ForbiddenError(`${start} permission (webhook_create) to use trigger ${trigger.type}`);
  }
  if (!(await may('action_execute', uidOf('action', action.ref))))
    throw new ForbiddenError(`${start} (action_execute) permission to use action ${action.ref}`);
}
