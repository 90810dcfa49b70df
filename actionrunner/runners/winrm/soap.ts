/** WS-Management messages of a remote shell ([MS-WSMV] 3.1.4), written and read. */
import { randomUUID } from 'node:crypto';
import { DOMParser, type Document, type Element } from '@xmldom/xmldom';

const NAMESPACES = {
  env: 'http://www.w3.org/2003/05/soap-envelope',
  a: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  w: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  p: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  rsp: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
} as const;

const SHELL = NAMESPACES.rsp;
const TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';

/** What can be asked of a shell, with the action that the header names. */
const ACTIONS = {
  create: `${TRANSFER}/Create`,
  delete: `${TRANSFER}/Delete`,
  command: `${SHELL}/Command`,
  receive: `${SHELL}/Receive`,
  signal: `${SHELL}/Signal`,
} as const;

/** The host took longer than it was given: nothing to worry about while output is waited for. */
const OPERATION_TIMED_OUT = 2_150_858_793;
const MAX_ENVELOPE_BYTES = 153_600;

/** The host says that it cannot do what it was asked. */
export class WinRmFault extends Error {
  readonly isOperationTimeout: boolean;

  constructor(reason: string, code: number | undefined) {
    super(code === undefined ? reason : `${reason} (fault code ${code})`);
    this.name = 'WinRmFault';
    this.isOperationTimeout = code === OPERATION_TIMED_OUT;
  }
}

/** Beside the usual ones, those that a reader may take for line breaks. */
const SPECIAL = /[&<>"'\t\n\r\u0085\u2028\u2029]/g;

function isAllowedInXml(character: string): boolean {
  return character >= ' ' ? character !== '\ufffe' && character !== '\uffff' : '\t\n\r'.includes(character);
}

/** A text as content or attribute of XML. Characters that XML cannot have are left out; half of a pair becomes U+FFFD. */
export function escapeXml(text: string): string {
  const whole = Buffer.from(text).toString();
  return [...whole]
    .filter(isAllowedInXml)
    .join('')
    .replaceAll(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}

export interface ShellRequest {
  readonly kind: keyof typeof ACTIONS;
  readonly url: URL;
  /** Seconds that the host may take before it answers. */
  readonly operationTimeout: number;
  readonly shellId?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** XML: everything in it is escaped already. */
  readonly body: string;
}

export function writeEnvelope(request: ShellRequest): string {
  const namespaces = Object.entries(NAMESPACES).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  const options = Object.entries(request.options ?? {}).map(
    ([name, value]) => `<w:Option Name="${escapeXml(name)}">${escapeXml(value)}</w:Option>`,
  );
  const header = [
    `<a:To>${escapeXml(request.url.href)}</a:To>`,
    `<a:ReplyTo><a:Address env:mustUnderstand="true">${NAMESPACES.a}/role/anonymous</a:Address></a:ReplyTo>`,
    `<w:MaxEnvelopeSize env:mustUnderstand="true">${MAX_ENVELOPE_BYTES}</w:MaxEnvelopeSize>`,
    `<a:MessageID>uuid:${randomUUID()}</a:MessageID>`,
    '<w:Locale env:mustUnderstand="false" xml:lang="en-US"/>',
    '<p:DataLocale env:mustUnderstand="false" xml:lang="en-US"/>',
    `<w:OperationTimeout>PT${request.operationTimeout}S</w:OperationTimeout>`,
    `<w:ResourceURI env:mustUnderstand="true">${SHELL}/cmd</w:ResourceURI>`,
    `<a:Action env:mustUnderstand="true">${ACTIONS[request.kind]}</a:Action>`,
    request.shellId === undefined
      ? ''
      : `<w:SelectorSet><w:Selector Name="ShellId">${escapeXml(request.shellId)}</w:Selector></w:SelectorSet>`,
    options.length === 0 ? '' : `<w:OptionSet>${options.join('')}</w:OptionSet>`,
  ];
  return (
    `<?xml version="1.0" encoding="utf-8"?><env:Envelope${namespaces.join('')}>` +
    `<env:Header>${header.join('')}</env:Header><env:Body>${request.body}</env:Body></env:Envelope>`
  );
}

/** @throws Error when the text is no XML */
export function parseXml(text: string): Document {
  return new DOMParser({
    onError: (level, message) => (level === 'warning' ? undefined : raise(message)),
  }).parseFromString(text, 'text/xml');
}

function raise(message: string): never {
  throw new Error(message);
}

/** Elements by their name without prefix. */
export function elements(document: Document, name: string): readonly Element[] {
  return [...document.getElementsByTagNameNS('*', name)];
}

/** @throws WinRmFault when the host refuses; Error when it answers with something else than SOAP */
export function readEnvelope(status: number, text: string): Document {
  let document: Document;
  try {
    document = parseXml(text);
  } catch (error) {
    throw new Error(`The host answered with status ${status} and no SOAP message.`, { cause: error });
  }
  const [fault] = elements(document, 'Fault');
  if (fault === undefined && status < 400) return document;
  const code = elements(document, 'WSManFault')[0]?.getAttribute('Code');
  const reason = elements(document, 'Text')[0]?.textContent?.trim();
  throw new WinRmFault(
    reason || `The host answered with status ${status}.`,
    code === null || code === undefined ? undefined : Number(code),
  );
}
