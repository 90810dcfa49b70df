import { ON_KEYS, type OnKey } from '../build/task.ts';
import type { TaskIr, TransitionsIr } from '../ir.ts';

/** The clauses of a task by their keys in the document. */
export function clausesOf(task: TaskIr): readonly (readonly [OnKey, TransitionsIr | undefined])[] {
  const byKey: Record<OnKey, TransitionsIr | undefined> = {
    'on-error': task.on_error,
    'on-success': task.on_success,
    'on-complete': task.on_complete,
    'on-skip': task.on_skip,
  };
  return ON_KEYS.map((key) => [key, byKey[key]] as const);
}
