/** Cuts a byte stream into JSON frames, one a line. */
export function createFrameReader(take: (frame: unknown) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10, from); end !== -1; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
      rest = [];
      from = end + 1;
      if (line !== '') take(JSON.parse(line));
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  };
}
