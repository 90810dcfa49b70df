import { EXCHANGES } from '../../../platform/bus/bus.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { assertNotSystemPack, contentList } from '../../content/rules.ts';
import { contentSubject } from '../../content/uid.ts';
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
      subject: contentSubject('sensor_type', stores.sensorTypes),
      body: { type: 'object', properties: { enabled: { type: 'boolean' } } },
      handle: async ({ params, body }) => {
        const sensor = await findByRefOrId(stores.sensorTypes, params.ref_or_id ?? '');
        assertNotSystemPack(sensor.pack);
        const { enabled } = body as { enabled?: boolean };
        const changed = await stores.sensorTypes.updateOne(
          { id: sensor.id },
          // Who does not say that it is enabled disables it, as in StackStorm.
          { $set: { enabled: enabled ?? false } },
        );
        bus.publish(EXCHANGES.sensor, 'update', { id: sensor.id, ref: sensor.ref });
        return { body: presentRecord(changed ?? sensor) };
      },
    },
  ];
}
