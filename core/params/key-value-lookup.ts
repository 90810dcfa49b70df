/** `st2kv.system.a.b` and `st2kv.user.a.b` in templates: objects that look the datastore up when they are printed. */

import { DatastoreObject } from '../expressions/stackstorm.ts';
import { parseFloatText, truncate } from '../python/arithmetic.ts';
import type { PyFloat } from '../python/values.ts';

export type KeyValueScope = 'system' | 'user';

/** Where a lookup happens: an item of the system, or of one user. */
export interface KeyValueReference {
  readonly scope: KeyValueScope;
  readonly key: string;
  /** Set for the scope `user`. */
  readonly user?: string;
}

/**
 * The value of an item as text, `undefined` when there is none. May throw EffectRequiredError when the value has to be
 * fetched first.
 */
export type KeyValueSource = (reference: KeyValueReference) => string | undefined;

export class KeyValueLookup extends DatastoreObject {
  readonly typeName: string;
  private readonly source: KeyValueSource;
  private readonly scope: KeyValueScope;
  private readonly user: string | undefined;
  private readonly key: string;

  constructor(source: KeyValueSource, scope: KeyValueScope, user: string | undefined, key = '') {
    super();
    this.source = source;
    this.scope = scope;
    this.user = user;
    this.key = key;
    this.typeName = scope === 'system' ? 'KeyValueLookup' : 'UserKeyValueLookup';
  }

  get keyName(): string {
    return `st2kv.${this.scope}.${this.key}`;
  }

  /** Dots continue the name of the key. */
  override attribute(name: string): unknown {
    return this.item(name);
  }

  override item(key: unknown): unknown {
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    const longer = this.key === '' ? String(key) : `${this.key}.${key}`;
    return new KeyValueLookup(this.source, this.scope, this.user, longer);
  }

  override text(): string {
    const user = this.scope === 'user' ? this.user : undefined;
    return this.source({ scope: this.scope, key: this.key, user }) ?? '';
  }

  /** Only items of the system can be taken for numbers. */
  override number(): number | bigint | PyFloat | undefined {
    return this.scope === 'system' ? truncate(parseFloatText(this.text())) : undefined;
  }
}

/** The variable `st2kv`. */
export function keyValueRoot(source: KeyValueSource, user: string): Readonly<Record<string, KeyValueLookup>> {
  return { system: new KeyValueLookup(source, 'system', undefined), user: new KeyValueLookup(source, 'user', user) };
}
