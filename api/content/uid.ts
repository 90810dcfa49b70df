import type { Route } from '../server/route.ts';

/** What a request names; without a pack it is of the pack `default`. */
interface Named {
  readonly pack?: string | null;
  readonly name: string;
}

/** The uid of what a path names by reference: `rule:pack:name`. */
export function uidOf(kind: string, refOrId: string | undefined): string | undefined {
  const [, pack, name] = /^([^.]+)\.(.+)$/.exec(refOrId ?? '') ?? [];
  return pack === undefined || name === undefined ? undefined : contentUid(kind, { pack, name });
}

/** The uid of content as it is sent. */
export function contentUid(kind: string, { pack, name }: Named): string {
  return `${kind}:${pack ?? 'default'}:${name}`;
}

/** Permission to make something is granted on its pack, or on itself that is not there yet. */
export function newContentSubject(kind: string): NonNullable<Route['subject']> {
  return async ({ body }) => ({ uid: contentUid(kind, body as Named) });
}
