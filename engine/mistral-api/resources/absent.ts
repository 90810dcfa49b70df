import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';

/** Parts of Mistral that have no meaning here: their lists are empty, and whoever wants to make one is told what to use. */
const ABSENT: Readonly<Record<string, { readonly label: string; readonly instead: string }>> = {
  code_sources: {
    label: 'Code source',
    instead: 'Code sources are not supported: put the code into an action of a pack (st2 pack install).',
  },
  dynamic_actions: {
    label: 'Dynamic action',
    instead: 'Dynamic actions are not supported: put the code into an action of a pack (st2 pack install).',
  },
};

const NO_MEMBERS =
  'Sharing with members is not supported: there are no projects here, every definition is seen by every user.';

interface ById {
  readonly Params: { readonly id: string };
}

/** `/code_sources`, `/dynamic_actions` and `/workflows/{id}/members`. */
export function registerAbsent(app: FastifyInstance): void {
  for (const [name, { label, instead }] of Object.entries(ABSENT)) {
    const refuse = () => {
      throw new ValidationError(instead);
    };
    const missing = (id: string) => {
      throw new NotFoundError(`${label} not found [id=${id}]`);
    };
    app.get(`/${name}`, () => ({ [name]: [] }));
    app.post(`/${name}`, refuse);
    app.put(`/${name}`, refuse);
    app.get<ById>(`/${name}/:id`, ({ params }) => missing(params.id));
    app.put<ById>(`/${name}/:id`, ({ params }) => missing(params.id));
    app.delete<ById>(`/${name}/:id`, ({ params }) => missing(params.id));
  }
  for (const path of ['/workflows/:id/members', '/workflows/:id/members/:member']) {
    app.route({
      method: ['GET', 'POST', 'PUT', 'DELETE'],
      url: path,
      handler: () => {
        throw new ValidationError(NO_MEMBERS);
      },
    });
  }
}
