/**
 * The order in which CPython iterates a set of integers. It follows from their hashes alone (unlike that of strings,
 * which changes from run to run), so results and texts show it.
 */

const FIRST_SIZE = 8;
const LINEAR_PROBES = 9;
const PERTURB_SHIFT = 5n;
const LARGE = 50_000;
const HASH_BITS = 64;

/** Slots of a hash table; each holds the index of a member. */
type Table = (number | undefined)[];

function insert(table: Table, hash: number, member: number): void {
  const mask = table.length - 1;
  // CPython reserves the hash -1 for errors and works on unsigned words.
  let perturb = BigInt.asUintN(HASH_BITS, BigInt(hash === -1 ? -2 : hash));
  let slot = Number(perturb & BigInt(mask));
  for (;;) {
    const last = slot + LINEAR_PROBES <= mask ? slot + LINEAR_PROBES : slot;
    for (let index = slot; index <= last; index += 1) {
      if (table[index] !== undefined) continue;
      table[index] = member;
      return;
    }
    perturb >>= PERTURB_SHIFT;
    slot = Number((BigInt(slot) * 5n + 1n + perturb) & BigInt(mask));
  }
}

/** Indexes of the members in the order of iteration, for hashes in the order of insertion. */
export function setOrder(hashes: readonly number[]): number[] {
  let table: Table = new Array(FIRST_SIZE).fill(undefined);
  for (const [member, hash] of hashes.entries()) {
    insert(table, hash, member);
    const used = member + 1;
    if (used * 5 < (table.length - 1) * 3) continue;
    const wanted = used > LARGE ? used * 2 : used * 4;
    let size = FIRST_SIZE;
    while (size <= wanted) size *= 2;
    const grown: Table = new Array(size).fill(undefined);
    for (const index of table) if (index !== undefined) insert(grown, hashes[index] ?? 0, index);
    table = grown;
  }
  return table.filter((index) => index !== undefined);
}
