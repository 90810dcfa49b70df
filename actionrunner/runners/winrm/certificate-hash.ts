/** Object identifiers of signature algorithms, as they stand in a certificate, whose hash is not SHA-256. */
const LONGER_HASHES: readonly (readonly [string, 'sha384' | 'sha512'])[] = [
  ['2a864886f70d01010c', 'sha384'], // sha384WithRSAEncryption
  ['2a864886f70d01010d', 'sha512'], // sha512WithRSAEncryption
  ['2a8648ce3d040303', 'sha384'], // ecdsa-with-SHA384
  ['2a8648ce3d040304', 'sha512'], // ecdsa-with-SHA512
];

/** Start and end of the content of the DER element at a place. */
function element(der: Buffer, at: number): readonly [number, number] {
  const first = der[at + 1] ?? 0;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  const length = extra === 0 ? first : der.readUIntBE(at + 2, extra);
  return [at + 2 + extra, at + 2 + extra + length];
}

/** The hash by which a certificate is named in channel bindings (RFC 5929 4.1): that of its signature, at least SHA-256. */
export function certificateHashName(certificate: Buffer): 'sha256' | 'sha384' | 'sha512' {
  const [whole] = element(certificate, 0);
  const [, endOfContent] = element(certificate, whole);
  const [algorithm] = element(certificate, endOfContent);
  const [start, end] = element(certificate, algorithm);
  const identifier = certificate.subarray(start, end).toString('hex');
  return LONGER_HASHES.find(([known]) => known === identifier)?.[1] ?? 'sha256';
}
