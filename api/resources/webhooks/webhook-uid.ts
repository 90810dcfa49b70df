/** An address without the slashes that rules and requests may write around it. */
export const bareAddress = (url: string): string => url.replace(/^\/+|\/+$/g, '');

/** What grants call an address: `webhook:sample`. */
export const webhookUid = (url: string): string => `webhook:${bareAddress(url)}`;
