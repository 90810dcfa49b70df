/** The index of packs that can be installed, fetched from the configured addresses. */
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { pyStr } from '../../../core/python/repr.ts';
import { isPlainObject } from '../../../core/python/values.ts';

const TIMEOUT_MS = 10_000;
const KEPT_MS = 60_000;
const PRIORITY = ['name', 'keywords'];
const NOT_SEARCHED = ['repo_url', 'email'];

type PackEntry = Readonly<Record<string, unknown>>;

interface IndexStatus {
  readonly url: string;
  readonly packs: number;
  readonly message: string | null;
  readonly error: string | null;
}

export interface FetchedIndex {
  readonly index: Readonly<Record<string, PackEntry>>;
  readonly status: readonly IndexStatus[];
}

export interface PackIndex {
  /** What the indexes say, and how it went with each; none of them need answer. */
  look(): Promise<FetchedIndex>;
  /** @throws ValidationError when none of the indexes gives a pack */
  fetch(): Promise<FetchedIndex>;
  search(query: string): Promise<readonly PackEntry[]>;
  find(pack: string): Promise<PackEntry | undefined>;
}

/** @param addresses with "," between; the first that has a pack wins */
export function createPackIndex(addresses: string): PackIndex {
  const urls = addresses
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  let kept: { readonly until: number; readonly fetched: Promise<FetchedIndex> } | undefined;

  async function fetchOne(
    url: string,
  ): Promise<{ readonly packs: Readonly<Record<string, PackEntry>>; readonly status: IndexStatus }> {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) return failed(url, 'unresponsive', `The index answers with status ${answer.status}.`);
      const content: unknown = await answer.json();
      if (Array.isArray(content)) return failed(url, 'malformed', 'Expected an index object, got a list instead.');
      if (!isPlainObject(content)) return failed(url, 'malformed', 'Expected an index object.');
      if (Object.keys(content).length === 0) return failed(url, 'empty', 'The index URL returned an empty object.');
      if (!isPlainObject(content.packs)) return failed(url, 'malformed', 'Index object is missing "packs" attribute.');
      const entries = Object.entries(content.packs).filter((entry): entry is [string, PackEntry] =>
        isPlainObject(entry[1]),
      );
      return {
        packs: Object.fromEntries(entries),
        status: { url, packs: entries.length, message: 'Success.', error: null },
      };
    } catch (error) {
      return failed(url, error instanceof SyntaxError ? 'malformed' : 'unresponsive', errorMessage(error));
    }
  }

  async function fetchAll(): Promise<FetchedIndex> {
    // The first address goes before the others: it comes last, as in StackStorm.
    const all = await Promise.all(urls.toReversed().map(fetchOne));
    const index = Object.assign({}, ...all.map(({ packs }) => packs)) as Record<string, PackEntry>;
    return { index, status: all.map(({ status }) => status) };
  }

  const current = () => {
    if (kept === undefined || kept.until < performance.now())
      kept = { until: performance.now() + KEPT_MS, fetched: fetchAll() };
    return kept.fetched;
  };

  async function found(): Promise<FetchedIndex> {
    const fetched = await current();
    if (Object.keys(fetched.index).length > 0) return fetched;
    const tried = fetched.status.map(({ url }) => url).join(', ');
    throw new ValidationError(
      `No results from the ${urls.length === 1 ? 'index' : 'indexes'}: tried ${tried}.\nStatus: ${JSON.stringify(fetched.status, undefined, 2)}`,
    );
  }

  return {
    look: current,
    fetch: found,
    async search(query) {
      if (query === '') throw new ValidationError('Query must be specified.');
      const { index } = await found();
      return searchEntries(Object.values(index), query.toLowerCase());
    },
    async find(pack) {
      if (pack === '') throw new ValidationError('Pack name must be specified.');
      const { index } = await found();
      return Object.hasOwn(index, pack) ? index[pack] : undefined;
    },
  };
}

function failed(url: string, error: string, message: string) {
  return { packs: {}, status: { url, packs: 0, message, error } };
}

/** Packs whose name fits come first, then those with a fitting keyword, then the rest; of a pack, the first field that fits counts. */
function searchEntries(entries: readonly PackEntry[], query: string): readonly PackEntry[] {
  const ranked = entries.flatMap((entry) => {
    const key = Object.keys(entry).find((one) => !NOT_SEARCHED.includes(one) && contains(entry[one], query));
    if (key === undefined) return [];
    return [{ entry, rank: PRIORITY.includes(key) ? PRIORITY.indexOf(key) : PRIORITY.length }];
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

/** Whether a text has the query within it, or a list or mapping has it as a whole. */
function contains(value: unknown, query: string): boolean {
  const fits = (item: unknown) => String(item).toLowerCase() === query;
  if (Array.isArray(value)) return value.some(fits);
  if (isPlainObject(value)) return Object.keys(value).some(fits);
  return pyStr(value ?? null)
    .toLowerCase()
    .includes(query);
}
