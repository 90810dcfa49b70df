import { EXECUTION_STATUSES } from '../../../core/statuses.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';
import { FILTER_VIEWS } from './rules.ts';

/** Executions looked at in one go for values that are new. */
const PAGE = 200;
/** How late an execution of another process may turn up behind newer ones. */
const OVERLAP_MS = 60_000;
/** After this, values of executions that are gone are forgotten. */
const RENEW_MS = 3_600_000;

type Values = Map<string, Set<unknown>>;

/** The values that `/executions/views/filters` offers, by name of the filter. */
export type FilterValues = (names: readonly string[]) => Promise<Readonly<Record<string, unknown[]>>>;

/**
 * Remembers which values there are. What an execution ran, by whom and why never changes, so each request looks at the
 * executions that are new since the one before; only the first reads them all. The status does change: it is looked up.
 */
export function createFilterValues({ executions }: Stores, now: () => number = Date.now): FilterValues {
  let known: { readonly values: Values; readonly since: number; newest: number } | undefined;

  async function readAll(): Promise<Values> {
    const fixed = Object.entries(FILTER_VIEWS).filter(([name]) => name !== 'status');
    const found = await Promise.all(fixed.map(([, { field }]) => executions.distinct(field)));
    return new Map(fixed.map(([name], index) => [name, new Set((found[index] ?? []).filter((one) => one !== null))]));
  }

  async function readNew(values: Values, since: number): Promise<void> {
    for (let offset = 0; ; offset += PAGE) {
      const page = await executions.find({}, { sort: { start_timestamp: -1 }, limit: PAGE, offset, include: FIELDS });
      for (const execution of page) for (const [name, set] of values) add(set, execution, FILTER_VIEWS[name]?.field);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE || last.start_timestamp.getTime() < since) return;
    }
  }

  async function statuses(): Promise<unknown[]> {
    const found = await Promise.all(
      EXECUTION_STATUSES.map((status) => executions.findOne({ status }, { include: ['status'] })),
    );
    return found.flatMap((execution) => (execution === undefined ? [] : [execution.status]));
  }

  return async (names) => {
    const asked = now();
    if (known === undefined || asked - known.since > RENEW_MS) {
      known = { values: await readAll(), since: asked, newest: asked };
    } else {
      await readNew(known.values, known.newest - OVERLAP_MS);
      known.newest = Math.max(known.newest, asked);
    }
    const { values } = known;
    const entries = names.map(async (name): Promise<[string, unknown[]]> => {
      const list = name === 'status' ? await statuses() : [...(values.get(name) ?? [])];
      return [name, FILTER_VIEWS[name]?.orNull ? [...list, null] : list];
    });
    return Object.fromEntries(await Promise.all(entries));
  };
}

/** Fields of the record in which the values stand. */
const FIELDS = [...new Set([...Object.values(FILTER_VIEWS).map(({ field }) => field), 'start_timestamp'])];

function add(values: Set<unknown>, execution: Execution, field = ''): void {
  const value = field
    .split('.')
    .reduce<unknown>((part, key) => (part as Readonly<Record<string, unknown>> | undefined)?.[key], execution);
  if (value !== undefined && value !== null) values.add(value);
}
