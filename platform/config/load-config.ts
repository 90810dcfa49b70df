import { readFileSync } from 'node:fs';
import { OPTIONS, type Option } from './options.ts';

type Value<O> = O extends Option<infer T> ? T : never;

/** All settings by group, frozen. */
export type Config = {
  readonly [G in keyof typeof OPTIONS]: { readonly [K in keyof (typeof OPTIONS)[G]]: Value<(typeof OPTIONS)[G][K]> };
};

/**
 * Reads the settings from the environment. An empty variable counts as not set, as in StackStorm's own files. Each may be given
 * by a file instead: `<variable>_FILE` names it, as secrets of containers are (`ST2_DATABASE__URI_FILE=/run/secrets/database`).
 *
 * @throws Error with one sentence that names the variable, when a value does not fit
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [group, options] of Object.entries(OPTIONS)) {
    const values: Record<string, unknown> = {};
    for (const [name, option] of Object.entries(options) as [string, Option<unknown>][]) {
      const given = givenValue(env, option.env);
      values[name] = given === '' ? option.default : option.parse(given);
    }
    config[group] = Object.freeze(values);
  }
  return Object.freeze(config) as Config;
}

function givenValue(env: Readonly<Record<string, string | undefined>>, variable: string): string {
  const value = env[variable] ?? '';
  const file = env[`${variable}_FILE`] ?? '';
  if (file === '') return value;
  if (value !== '') throw new Error(`${variable} and ${variable}_FILE are both set: remove one of them.`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${variable}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Base address of st2api as other services reach it, without a version and without a trailing slash. */
export function apiBaseUrl(config: Config): string {
  return (config.api.url || `${listenerScheme(config)}://${config.api.host}:${config.api.port}`).replace(/\/+$/, '');
}

/**
 * Services call each other without a certificate of their own.
 *
 * @throws Error in one sentence when our listeners ask for one and nothing between them shows it
 */
export function assertServicesReach({ listeners, api, mistral }: Config): void {
  if (listeners.tls_ca_file === '' || (api.url !== '' && mistral.url !== '')) return;
  throw new Error(
    'Our listeners ask for a certificate (ST2_LISTENERS__TLS_CA_FILE), and services show none: set ST2_API__URL and ST2_MISTRAL__V2_BASE_URL to a proxy that does.',
  );
}

/** Base address of mistral-api as other services reach it, with `/v2`. */
export function mistralBaseUrl(config: Config): string {
  return (config.mistral.url || `${listenerScheme(config)}://${config.mistral.host}:${config.mistral.port}/v2`).replace(
    /\/+$/,
    '',
  );
}

/** How our own listeners are spoken to. */
export function listenerScheme(config: Config): 'http' | 'https' {
  return config.listeners.tls_cert_file === '' ? 'http' : 'https';
}
