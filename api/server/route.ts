import type { Identity } from '../../action-service/tokens.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Permission } from './permissions.ts';
import type { Query, QueryTable } from './query.ts';

/** Who asks, as the credential says. */
export interface Requester {
  readonly user: string;
  readonly roles: readonly string[];
  /** Without RBAC everybody is one. */
  readonly isAdmin: boolean;
  /** How the user was authenticated; absent when authentication is off. */
  readonly credential?: {
    readonly kind: Identity['kind'];
    readonly location: 'header' | 'query' | 'cookie';
    /** Of the token or API key. */
    readonly id: string;
  };
}

/** A request as handlers see it: parsed, checked, and with its user. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Fits the route's body schema. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requester: Requester;
  /** Where it comes from; behind a trusted proxy, its client. */
  readonly address: string;
}

/** One of several things that a request asked for, and how that was answered. */
export interface RequestPart {
  readonly body: unknown;
  readonly status: number;
}

/** What a handler answers. `body` undefined sends none. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Content type of a body that is not sent as JSON. */
  readonly type?: string;
  /** Of a request that asks for several things: each of them, for the audit log. */
  readonly parts?: readonly RequestPart[];
}

export type { Permission } from './permissions.ts';

/** One route, described once: the server, its checks, its permissions and the OpenAPI document are made from it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Without prefix: `/actions/:ref_or_id`. */
  readonly path: string;
  readonly summary: string;
  /** `null`: open to everybody, no credential needed. */
  readonly permission: Permission | null;
  readonly query?: QueryTable;
  /** What each header of its own is for, by name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonSchema;
  /** Schema of the answer, for the OpenAPI document. */
  readonly response?: JsonSchema;
  /** Content type of the answer where it is not JSON; any type where it depends on the file. */
  readonly produces?: string;
  /** Status of success; 200 unless given. */
  readonly success?: number;
  /**
   * Name of a stored object that the permission may be granted on, from the path's parameters: `action:core:local`. `ANYTHING` where the
   * handler asks for each object by itself.
   */
  readonly resourceUid?: (params: Readonly<Record<string, string>>) => string | typeof ANYTHING | undefined;
  /**
   * The stored object that a request is about, where the path does not name it. Asked only for users who may not do
   * everything. `undefined`: there is none, which the handler tells.
   */
  readonly subject?: (request: Pick<ApiRequest, 'params' | 'body'>) => Promise<Subject | undefined>;
  handle(request: ApiRequest): Promise<Answer>;
}

/** In the place of a resource: whether there is any on which it is allowed. Which one is asked for is looked at later. */
export const ANYTHING = Symbol('anything');

/** What permissions for an object depend on. */
export interface Subject {
  /** What grants name: `action:core:local`. */
  readonly uid?: string;
  /** Who made it. */
  readonly owner?: string;
}

/** The permission that every authenticated user has. */
export const ANY_USER: Permission = 'user_view';
