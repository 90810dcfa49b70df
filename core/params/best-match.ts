/**
 * The one problem that is told, as jsonschema's `best_match` picks it: the one nearest to the root, the first of these; of the ways of a
 * choice that which has come furthest.
 *
 * @param problems each with, of a choice, what is wrong with each of its ways
 * @param depthOf steps from the root
 */
export function bestMatch<P extends { readonly ways?: readonly P[] }>(
  problems: Iterable<P>,
  depthOf: (problem: P) => number,
): P | undefined {
  /** Of two at one depth, a choice counts for less. */
  const isNearer = (one: P, other: P): boolean => {
    const difference = depthOf(one) - depthOf(other);
    return difference === 0 ? one.ways === undefined && other.ways !== undefined : difference < 0;
  };
  let best: P | undefined;
  for (const problem of problems) if (best === undefined || isNearer(problem, best)) best = problem;
  while (best?.ways !== undefined && best.ways.length > 0)
    best = best.ways.reduce((one, other) => (isNearer(one, other) ? other : one));
  return best;
}
