import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '../../../cli/services.ts';
import type { PartName, Provisioned } from '../provisioned.ts';
import type { RunningServices } from '../running-services.ts';
import type { TcpProxy } from '../tcp-proxy.ts';

/** What faults are made on. */
export interface ChaosTarget {
  readonly services: RunningServices;
  readonly names: readonly ServiceName[];
  readonly infrastructure: Provisioned;
  /** In front of each part of the infrastructure. */
  readonly lines: Readonly<Record<PartName, TcpProxy>>;
  /** Sets a service's clock wrong by so many milliseconds. */
  readonly setClock: (name: ServiceName, offsetMs: number) => Promise<void>;
}

/** One fault: what it is (for the log), and its whole course, after which everything is as before. */
export interface Fault {
  readonly what: string;
  run(target: ChaosTarget): Promise<void>;
}

const parts: readonly PartName[] = ['bus', 'temporal', 'mongodb'];

type Make = (random: () => number, names: readonly ServiceName[]) => Fault;

const oneOf = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const between = (random: () => number, low: number, high: number) => Math.round(low + random() * (high - low));

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile, and is started again by then.
  }
};

/** Every kind of fault with its weight. A killed service is started again by who supervises. */
const kinds: readonly (readonly [number, Make])[] = [
  [
    5,
    (random, names) => {
      const name = oneOf(random, names);
      return { what: `kill -9 ${name}`, run: ({ services }) => services.kill(name) };
    },
  ],
  [
    3,
    (random, names) => {
      const name = oneOf(random, names);
      const ms = between(random, 500, 5_000);
      return {
        what: `SIGSTOP ${name} for ${ms} ms`,
        async run({ services }) {
          const { pid } = services.process(name);
          signal(pid, 'SIGSTOP');
          await delay(ms);
          signal(pid, 'SIGCONT');
        },
      };
    },
  ],
  [
    2,
    (random) => {
      const part = oneOf(random, parts);
      const ms = between(random, 200, 2_500);
      return {
        what: `kill -9 ${part}, back after ${ms} ms`,
        async run({ infrastructure }) {
          await infrastructure.kill(part);
          await delay(ms);
          infrastructure.restart(part);
        },
      };
    },
  ],
  [
    3,
    (random) => {
      const part = oneOf(random, parts);
      const how = oneOf(random, ['cut', 'stall', 'slow'] as const);
      const ms = between(random, 300, 3_000);
      return {
        what: `line to ${part}: ${how} for ${ms} ms`,
        async run({ lines }) {
          lines[part][how](80);
          await delay(ms);
          lines[part].heal();
        },
      };
    },
  ],
  [
    1,
    (random, names) => {
      const name = oneOf(random, names);
      const minutes = oneOf(random, [-30, -1, 1, 30]);
      const ms = between(random, 1_000, 4_000);
      return {
        what: `clock of ${name} jumps by ${minutes} min and back after ${ms} ms`,
        async run({ setClock }) {
          await setClock(name, minutes * 60_000);
          await delay(ms);
          await setClock(name, 0);
        },
      };
    },
  ],
];

/** The faults of a seed, one after the other, without end. */
export function* faultsOf(random: () => number, names: readonly ServiceName[]): Generator<Fault> {
  const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (;;) {
    const at = random() * total;
    let sum = 0;
    for (const [weight, make] of kinds) {
      sum += weight;
      if (at >= sum) continue;
      yield make(random, names);
      break;
    }
  }
}
