/** Engine commands by their word in the language. */
import type { Machine } from '../machine.ts';
import { fail } from './fail.ts';
import { noop } from './noop.ts';
import { pause } from './pause.ts';
import { succeed } from './succeed.ts';

/** `message` is the `msg` parameter, evaluated; null without one. */
export type EngineCommand = (machine: Machine, message: unknown) => void;

export const ENGINE_COMMANDS = { fail, succeed, pause, noop } as const satisfies Readonly<
  Record<string, EngineCommand>
>;
