import { EXCHANGES } from '../../../platform/bus/bus.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { contentList } from '../../content/rules.ts';
import type { ApiContext } from '../../context.ts';
import { flag, text } from '../../lists/filters.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const LIST = contentList(['artifact_uri', 'entry_point', 'trigger_types', 'poll_interval', 'enabled'], {
  sortable: false,
  filters: { enabled: flag('enabled'), trigger: text('trigger_types') },
});

export function sensorTypeRoutes(context: ApiContext): readonly Route[] {
  const { stores, bus } = context;
  return [
    ...contentReadRoutes(context, {
      path: '/sensortypes',
      kind: 'sensor_type',
      title: 'sensor',
      list: LIST,
      collection: stores.sensorTypes,
    }),
    {
      method: 'PUT',
      path: '/sensortypes/:ref_or_id',
      summary: 'Enable or disable a sensor; nothing else can be changed',
      permission: 'sensor_type_modify',
      body: { type: 'object', properties: { enabled: { type: 'boolean' } } },
      handle: async ({ params, body }) => {
        const sensor = await findByRefOrId(stores.sensorTypes, params.ref_or_id ?? '');
        const { enabled } = body as { enabled?: boolean };
        const changed = await stores.sensorTypes.updateOne(
          { id: sensor.id },
          { $set: { enabled: enabled ?? sensor.enabled } },
        );
        bus.publish(EXCHANGES.sensor, 'update', { id: sensor.id, ref: sensor.ref });
        return { body: presentRecord(changed ?? sensor) };
      },
    },
  ];
}
