/**
 * Undo for one step. A step may find in its midst that an expression needs a value from outside; then all its changes
 * are taken back, and the step is done again when the value is there. Every change of a record goes through here.
 */
export interface Journal {
  /** Sets a property; remembers the old value. */
  set<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void;
  /** Remembers how to take back a change that was made otherwise. */
  onUndo(undo: () => void): void;
  /** Takes back everything since the last {@link Journal.commit}. */
  rollback(): void;
  commit(): void;
}

export function createJournal(): Journal {
  let undos: (() => void)[] = [];
  return {
    set(target, key, value) {
      const old = target[key];
      if (Object.is(old, value)) return;
      undos.push(() => {
        target[key] = old;
      });
      target[key] = value;
    },
    onUndo(undo) {
      undos.push(undo);
    },
    rollback() {
      const pending = undos;
      undos = [];
      for (let index = pending.length - 1; index >= 0; index -= 1) pending[index]?.();
    },
    commit() {
      undos = [];
    },
  };
}
