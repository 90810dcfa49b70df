/** Something that does not go on, why, and what to do about it. */
export interface Finding {
  /** The execution; absent when it is about a service or a part of the infrastructure. */
  readonly execution?: { readonly id: string; readonly action: string; readonly status: string; readonly since: Date };
  readonly why: string;
  readonly advice: string;
}
