import { TIMER_TRIGGER_TYPES } from '../../../action-service/triggers/internal-trigger-types.ts';
import { triggerView } from '../../../action-service/triggers/trigger-service.ts';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import { pyRepr } from '../../../core/python/repr.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const present = (trigger: OpenContent) => presentRecord(triggerView(trigger));

export function timerRoutes({ stores }: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/timers',
      summary: 'List timers',
      permission: 'timer_list',
      query: { timer_type: 'string' },
      handle: async ({ query }) => {
        const type = query.text('timer_type');
        if (type !== undefined && !TIMER_TRIGGER_TYPES.some((known) => known === type))
          throw new ValidationError(
            `Timer type ${type} not in supported types - dict_keys(${pyRepr(TIMER_TRIGGER_TYPES)}).`,
          );
        const types = type === undefined ? TIMER_TRIGGER_TYPES : [type];
        return { body: (await stores.triggers.find({ type: { $in: types } })).map(present) };
      },
    },
    {
      method: 'GET',
      path: '/timers/:ref_or_id',
      summary: 'One timer',
      permission: 'timer_view',
      handle: async ({ params }) => {
        const timer = await findByRefOrId(stores.triggers, params.ref_or_id ?? '');
        if (!TIMER_TRIGGER_TYPES.some((known) => known === timer.type))
          throw new NotFoundError(`Resource with a reference or id "${params.ref_or_id}" not found`);
        return { body: present(timer) };
      },
    },
  ];
}
