/** `noop`: does nothing, but counts as an answer to an error. */
export function noop(): void {
  // Nothing by design.
}
