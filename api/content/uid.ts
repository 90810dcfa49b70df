import type { Collection } from '../../stores/collection.ts';
import type { PackContent } from '../../stores/records.ts';
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

/** Permissions are granted on the content that a path names, by reference or id, or on its pack. */
export function contentSubject(
  kind: string,
  collection: Pick<Collection<PackContent>, 'get'>,
): NonNullable<Route['subject']> {
  return async ({ params }) => {
    const { ref_or_id: id = '' } = params;
    // What a reference names needs no look-up, and nobody learns by it what there is.
    const uid = id.includes('.') ? uidOf(kind, id) : (await collection.get(id, { include: ['uid'] }))?.uid;
    return uid === undefined ? {} : { uid };
  };
}

/** Permission to make something is granted on its pack, or on itself that is not there yet. */
export function newContentSubject(kind: string): NonNullable<Route['subject']> {
  return async ({ body }) => ({ uid: contentUid(kind, body as Named) });
}
