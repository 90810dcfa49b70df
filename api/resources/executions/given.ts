/** A part of a request where the body says something. */
export const given = <K extends string>(key: K, value: unknown) =>
  value === undefined || value === null ? {} : ({ [key]: value } as Record<K, never>);
