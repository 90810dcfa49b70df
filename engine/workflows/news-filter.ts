import type { StatusMark } from '../contract.ts';

/**
 * Keeps old news of an action away from the workflow. A pause and the resume behind it may be told by two processes, and arrive in
 * any order: taken last, the pause would hold the workflow for good.
 *
 * @returns whether news with this mark are to be heard; those without a mark are
 */
export function createNewsFilter(): (id: string, mark: StatusMark | undefined) => boolean {
  const heard = new Map<string, StatusMark>();
  return (id, mark) => {
    if (mark === undefined) return true;
    const last = heard.get(id);
    if (last?.execution_id === mark.execution_id && mark.changes < last.changes) return false;
    heard.set(id, mark);
    return true;
  };
}
