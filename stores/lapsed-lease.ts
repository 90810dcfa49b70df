/**
 * Alternatives of a filter (`$or`) for leases that nobody holds any more. One that ends later than anybody takes leases was written by a
 * clock that had jumped: its owner renews it, or is dead.
 *
 * @param field where the lease says when it ends
 * @param leaseMs for how long leases are taken, in milliseconds
 */
export function lapsedLease(field: string, leaseMs: number): readonly Readonly<Record<string, unknown>>[] {
  const now = Date.now();
  return [{ [field]: { $lt: new Date(now) } }, { [field]: { $gt: new Date(now + 2 * leaseMs) } }];
}
