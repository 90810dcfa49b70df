import { NotFoundError } from '../../../core/errors.ts';
import type { ApiContext } from '../../context.ts';
import { toTimestamp } from '../../lists/presentation.ts';
import { ANY_USER, type Route } from '../../server/route.ts';

const METHODS = { token: 'authentication token', 'api-key': 'API key' } as const;

export function userRoutes({ stores, config }: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/user',
      summary: 'Who asks, and with what rights',
      permission: ANY_USER,
      handle: async ({ requester }) => {
        const { credential } = requester;
        if (credential === undefined) throw new NotFoundError('The resource could not be found.');
        const token = credential.kind === 'token' ? await stores.tokens.get(credential.id) : undefined;
        return {
          body: {
            username: requester.user,
            authentication: {
              method: METHODS[credential.kind],
              location: credential.location,
              ...(token === undefined ? {} : { token_expire: toTimestamp(token.expiry).replace(/\.\d+/, '') }),
            },
            rbac: { enabled: config.rbac.enable, roles: requester.roles, is_admin: requester.isAdmin },
          },
        };
      },
    },
  ];
}
