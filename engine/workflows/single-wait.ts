/**
 * Makes a wait that is begun when it is asked for, unless it is under way already.
 *
 * @param wait begins it
 * @param fire called when it is over; it may be begun again then
 * @param fail told when it was cancelled
 */
export function createSingleWait(
  wait: () => Promise<unknown>,
  fire: () => void,
  fail?: (error: unknown) => void,
): () => void {
  let isUnderWay = false;
  return () => {
    if (isUnderWay) return;
    isUnderWay = true;
    void wait().then(() => {
      isUnderWay = false;
      fire();
    }, fail);
  };
}
