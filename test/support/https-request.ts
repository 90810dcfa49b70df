import https from 'node:https';

/** What {@link requestHttps} sends, and whom it trusts. */
export interface HttpsRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The only authority that counts, PEM. */
  readonly ca: string;
  /** A certificate of the client, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** One request with an authority of the test's own; `fetch` knows those of the process only. */
export function requestHttps(method: string, url: string, options: HttpsRequest): Promise<HttpsAnswer> {
  const { body = '', ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method, agent: false, timeout: 30_000, ...rest }, async (response) => {
      let text = '';
      for await (const part of response) text += String(part);
      resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
    });
    request.once('timeout', () => request.destroy(new Error(`${method} ${url}: no answer within 30 s`)));
    request.once('error', reject);
    request.end(body);
  });
}
