/** How the program of a sensor is started: Python of the pack's virtualenv, or Node for one in JavaScript. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../platform/config/load-config.ts';
import { apiBaseUrl } from '../../platform/config/load-config.ts';
import { projectRoot } from '../project-root.ts';
import type { SensorCommand } from './sensor-process.ts';
import type { SensorType } from './sensor-type.ts';

const SCRIPTS = new Set(['.js', '.mjs', '.ts', '.mts']);

/** Path of the sensor's program. */
export function programOf(sensor: SensorType): string {
  return sensor.artifact_uri.startsWith('file://') ? fileURLToPath(sensor.artifact_uri) : sensor.artifact_uri;
}

/** Name of the sensor's class: the last part of its entry point. */
export function classOf(sensor: SensorType): string {
  return sensor.entry_point.split('.').at(-1) ?? sensor.name;
}

/** Folders that a Python sensor imports from beside its own. */
export function librariesOf(sensor: SensorType): readonly string[] {
  const folder = dirname(programOf(sensor));
  return [join(folder, 'lib'), join(dirname(folder), 'lib')].filter((path) => existsSync(path));
}

/** @param base what the program inherits from the container's environment; @param token lets it use the datastore */
export function sensorCommand(
  sensor: SensorType,
  config: Config,
  base: Readonly<Record<string, string>>,
  token: string,
): SensorCommand {
  const url = `${apiBaseUrl(config)}/v1`;
  const env = { ...base, ST2_API_URL: url, ST2_ACTION_API_URL: url, ST2_AUTH_TOKEN: token };
  const program = programOf(sensor);
  const cwd = existsSync(dirname(program)) ? dirname(program) : undefined;
  return SCRIPTS.has(extname(program)) ? nodeCommand(env, cwd) : pythonCommand(sensor, config, env, cwd);
}

function pythonCommand(
  sensor: SensorType,
  config: Config,
  env: Readonly<Record<string, string>>,
  cwd: string | undefined,
): SensorCommand {
  const { packs, system } = config;
  const root = projectRoot();
  const virtualenv = resolve(packs.virtualenvs_path || join(system.data_dir, 'virtualenvs'), sensor.pack);
  const hasVirtualenv = existsSync(join(virtualenv, 'bin', 'python'));
  return {
    file: hasVirtualenv ? join(virtualenv, 'bin', 'python') : system.python_binary,
    args: ['-u', join(root, 'reactor', 'python', 'sensor_main.py')],
    cwd,
    env: {
      ...env,
      PYTHONPATH: join(root, 'actionrunner', 'python'),
      PYTHONPYCACHEPREFIX: resolve(system.data_dir, 'pycache'),
      ...(hasVirtualenv
        ? { VIRTUAL_ENV: virtualenv, PATH: [join(virtualenv, 'bin'), env.PATH ?? ''].join(delimiter) }
        : {}),
    },
  };
}

function nodeCommand(env: Readonly<Record<string, string>>, cwd: string | undefined): SensorCommand {
  // Beside this file, as source or compiled; the same loader as this process has, if any.
  const main = join(import.meta.dirname, `node-sensor-main${extname(import.meta.filename)}`);
  return { file: process.execPath, args: [...process.execArgv, main], cwd, env };
}
