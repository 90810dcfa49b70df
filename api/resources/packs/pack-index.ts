/** The index of packs that can be installed, fetched from the configured addresses. */
import { errorMessage, ValidationError } from '../../../core/errors.ts';
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
      const packs = isPlainObject(content) && isPlainObject(content.packs) ? content.packs : {};
      const entries = Object.entries(packs).filter((entry): entry is [string, PackEntry] => isPlainObject(entry[1]));
      if (entries.length === 0) return failed(url, 'empty', 'The index URL returned a JSON document without packs.');
      return {
        packs: Object.fromEntries(entries),
        status: { url, packs: entries.length, message: 'Success.', error: null },
      };
    } catch (error) {
      return failed(url, error instanceof SyntaxError ? 'malformed' : 'unresponsive', errorMessage(error));
    }
  }

  async function fetchAll(): Promise<FetchedIndex> {
    const all = await Promise.all(urls.map(fetchOne));
    const index = Object.assign({}, ...all.map(({ packs }) => packs).reverse()) as Record<string, PackEntry>;
    return { index, status: all.map(({ status }) => status) };
  }

  const current = () => {
    if (kept === undefined || kept.until < performance.now())
      kept = { until: performance.now() + KEPT_MS, fetched: fetchAll() };
    return kept.fetched;
  };

  return {
    fetch: current,
    async search(query) {
      if (query === '') throw new ValidationError('Query must be specified.');
      const { index } = await current();
      return searchEntries(Object.values(index), query.toLowerCase());
    },
    async find(pack) {
      if (pack === '') throw new ValidationError('Pack name must be specified.');
      const { index } = await current();
      return Object.hasOwn(index, pack) ? index[pack] : undefined;
    },
  };
}

function failed(url: string, error: string, message: string) {
  return { packs: {}, status: { url, packs: 0, message, error } };
}

/** Packs whose name fits come first, then those with a fitting keyword, then the rest. */
function searchEntries(entries: readonly PackEntry[], query: string): readonly PackEntry[] {
  const ranked = entries.flatMap((entry) => {
    const keys = Object.keys(entry).filter((key) => !NOT_SEARCHED.includes(key) && contains(entry[key], query));
    const best = PRIORITY.findIndex((key) => keys.includes(key));
    return keys.length === 0 ? [] : [{ entry, rank: best === -1 ? PRIORITY.length : best }];
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

function contains(value: unknown, query: string): boolean {
  if (Array.isArray(value)) return value.some((item) => String(item).toLowerCase().includes(query));
  return String(value ?? '')
    .toLowerCase()
    .includes(query);
}
