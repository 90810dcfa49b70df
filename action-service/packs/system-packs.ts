/** Packs that belong to the system and cannot be removed. */
export const SYSTEM_PACKS: readonly string[] = ['chatops', 'core', 'default', 'packs'];
