/** Times as clients read them. */

/** ISO 8601 in UTC, whole seconds, without zone: as Mistral prints times in expressions (`' '`) and records (`'T'`). */
export function isoSeconds(milliseconds: number, separator: ' ' | 'T'): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', separator);
}

/** ISO 8601 in UTC with milliseconds and zone. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
