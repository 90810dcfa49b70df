import { createPackConfigs } from '../../action-service/packs/pack-config.ts';
import { createProcessParts } from '../../action-service/process-parts.ts';
import { createToken, revokeToken } from '../../action-service/tokens.ts';
import { childEnvironment } from '../../platform/config/child-environment.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createSensorDispatch } from '../sensors/dispatch-from-sensor.ts';
import { createPartition } from '../sensors/partition.ts';
import { classOf, librariesOf, programOf, sensorCommand } from '../sensors/sensor-command.ts';
import { createSensorContainer, type SensorContainerDeps } from '../sensors/sensor-container.ts';

/** A sensor may run for months; its token is taken back when it ends. */
const TOKEN_TTL = 365 * 86_400;
const TOKEN_USER = 'sensors_container';

const environment = childEnvironment(process.env);

export const service = defineService('st2sensorcontainer', async (context) => {
  const parts = await createProcessParts(context);
  const { config, logger } = context;
  const { stores, keyValues } = parts;
  const packConfig = createPackConfigs(stores, keyValues);
  const settings = config.sensorcontainer;
  const prepare: SensorContainerDeps['prepare'] = async (sensor) => {
    const { token } = await createToken(stores, { user: TOKEN_USER, ttl: TOKEN_TTL, service: true });
    return {
      command: sensorCommand(sensor, config, environment, token),
      request: {
        pack: sensor.pack,
        file_path: programOf(sensor),
        class_name: classOf(sensor),
        path: librariesOf(sensor),
        poll_interval: sensor.poll_interval,
        config: await packConfig(sensor.pack, config.system.user),
      },
      release: () => revokeToken(stores, token),
    };
  };
  const partition = createPartition(settings.partition_provider, settings.sensor_ref, {
    node: settings.sensor_node_name,
    keyValues,
  });
  const sensorDispatch = createSensorDispatch(stores, parts.dispatch);
  const container = createSensorContainer({ ...parts, partition, sensorDispatch, prepare, settings, logger });
  return composeServices([parts.infrastructure, container]);
});

await runWhenProgram(import.meta.url, service);
