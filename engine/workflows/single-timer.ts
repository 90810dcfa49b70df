import { sleep } from '@temporalio/workflow';

/**
 * Makes a timer that is set when it is asked for, unless it is set already.
 *
 * @param fire called when it has fired; it may be set again then
 * @param fail told when it was cancelled
 */
export function createSingleTimer(milliseconds: number, fire: () => void, fail?: (error: unknown) => void): () => void {
  let isSet = false;
  return () => {
    if (isSet) return;
    isSet = true;
    void sleep(milliseconds).then(() => {
      isSet = false;
      fire();
    }, fail);
  };
}
