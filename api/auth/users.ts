import { errorCode, ValidationError } from '../../core/errors.ts';
import type { Stores } from '../../stores/stores.ts';

/** Stores a user at the first login. */
export async function ensureUser(stores: Stores, name: string): Promise<void> {
  if ((await stores.users.findOne({ name })) !== undefined) return;
  try {
    await stores.users.insert({ name, is_service: false, nicknames: {} });
  } catch (error) {
    // Two first logins at once: the other one stored it.
    if (errorCode(error) !== 'CONFLICT') throw error;
  }
}

interface Impersonation {
  readonly user?: string | null;
  readonly impersonate_user?: string | null;
  readonly nickname_origin?: string | null;
}

/**
 * In whose name the token is: a service account may ask for one of another user, by name or by nickname.
 *
 * @throws ValidationError with StackStorm's sentences
 */
export async function impersonatedUser(stores: Stores, login: string, request: Impersonation): Promise<string> {
  const { user, impersonate_user: nickname, nickname_origin: origin } = request;
  const named = user ?? nickname ?? undefined;
  if (named === undefined || named === '') return login;
  const account = await stores.users.findOne({ name: login });
  if (account?.is_service !== true)
    throw new ValidationError('Current user is not a service and cannot request impersonated tokens');
  if (typeof user === 'string' && user !== '') {
    if ((await stores.users.findOne({ name: user })) === undefined)
      throw new ValidationError(`Could not locate user ${user}`);
    return user;
  }
  if (origin === undefined || origin === null || origin === '')
    throw new ValidationError(`Nickname origin is not provided for nickname '${named}'`);
  const found = (await stores.users.find({})).filter((one) => one.nicknames[origin] === named);
  if (found.length > 1) throw new ValidationError(`${named}@${origin} matched more than one username`);
  const [match] = found;
  if (match === undefined) throw new ValidationError(`Could not locate user ${named}@${origin}`);
  return match.name;
}
