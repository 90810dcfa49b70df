/** Files of packs as clients read them. */
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { errorCode, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { ApiContext } from '../../context.ts';
import { packFilePath } from '../../packs/pack-files.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { findPack } from './read.ts';

const MAX_FILE_BYTES = 500 * 1000;
const BINARY_PROBE = 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** As Python's `mimetypes` knows them. */
const TYPES: Readonly<Record<string, string>> = {
  '.bat': 'text/plain',
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.ico': 'image/vnd.microsoft.icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'application/javascript',
  '.json': 'application/json',
  '.ksh': 'text/plain',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.pl': 'text/plain',
  '.png': 'image/png',
  '.py': 'text/x-python',
  '.sh': 'application/x-sh',
  '.svg': 'image/svg+xml',
  '.tar': 'application/x-tar',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
  '.xml': 'text/xml',
  '.zip': 'application/zip',
};

/** Also where a folder has come in the place of the file, or a file in that of its folder. */
const GONE = ['ENOENT', 'ENOTDIR', 'EISDIR'];

const isBinary = (content: Buffer) =>
  content.subarray(0, BINARY_PROBE).includes(0) || content.subarray(0, BINARY_PROBE).includes(BYTE_ORDER_MARK);

/** The content of a file; `undefined` when it is gone: packs are replaced while they are read. */
async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (GONE.includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function allFiles(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const pack = await findPack(context, request.params.ref_or_id ?? '');
  const names = Array.isArray(pack.files) ? pack.files.map(String) : [];
  const body: { readonly file_path: string; readonly content: string }[] = [];
  for (const name of names) {
    const path = await packFilePath(context, pack.ref, '', name);
    const info = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || info?.isFile() !== true || info.size > MAX_FILE_BYTES) continue;
    const content = await readIfThere(path);
    if (content !== undefined && !isBinary(content)) body.push({ file_path: name, content: content.toString('utf8') });
  }
  return { body };
}

async function oneFile(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const pack = await findPack(context, request.params.ref_or_id ?? '');
  const name = request.params['*'] ?? '';
  if (name === '') throw new ValidationError('Missing file path');
  const path = await packFilePath(context, pack.ref, '', name);
  const info = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || info?.isFile() !== true) throw new NotFoundError(`File "${name}" not found`);
  const headers = { 'last-modified': info.mtime.toUTCString(), etag: String(info.mtimeMs / 1_000) };
  const { 'if-none-match': tag, 'if-modified-since': since } = request.headers;
  const unchanged = tag === undefined ? since === headers['last-modified'] : tag === headers.etag;
  if (unchanged) return { status: 304, headers };
  if (info.size > MAX_FILE_BYTES)
    throw new ValidationError(`File ${name} exceeds maximum allowed file size (${MAX_FILE_BYTES} bytes)`);
  const content = await readIfThere(path);
  if (content === undefined) throw new NotFoundError(`File "${name}" not found`);
  return {
    headers: { ...headers, 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' },
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    body: content,
  };
}

export function fileViewRoutes(context: ApiContext): readonly Route[] {
  const resourceUid: Route['resourceUid'] = ({ ref_or_id: ref }) => `pack:${ref}`;
  return [
    {
      method: 'GET',
      path: '/packs/views/files/:ref_or_id',
      summary: 'The text files of a pack',
      permission: 'pack_view',
      resourceUid,
      handle: (request) => allFiles(context, request),
    },
    {
      method: 'GET',
      path: '/packs/views/file/:ref_or_id/*',
      produces: '*/*',
      summary: 'One file of a pack',
      permission: 'pack_view',
      resourceUid,
      handle: (request) => oneFile(context, request),
    },
  ];
}
