/** Collects a stream of bytes as text up to a limit; what comes after is counted, not kept. */
export interface TextCollector {
  /** Takes bytes and returns the text that they complete (invalid UTF-8 becomes U+FFFD). */
  push(chunk: Uint8Array): string;
  /** Ends the stream and returns what was still incomplete. */
  end(): string;
  /** What was kept, with a note at its end when something was cut. */
  text(): string;
}

/**
 * @param limit bytes kept, counted before decoding
 */
export function createTextCollector(limit: number): TextCollector {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  let kept = 0;
  let dropped = 0;

  const keep = (text: string, bytes: number) => {
    const room = limit - kept;
    kept += Math.min(bytes, Math.max(room, 0));
    if (room <= 0) dropped += bytes;
    else if (bytes <= room) pieces.push(text);
    else {
      const cut = Buffer.from(text)
        .subarray(0, room)
        .toString()
        .replace(/\uFFFD+$/, '');
      pieces.push(cut);
      dropped += bytes - room;
    }
  };

  return {
    push(chunk) {
      const text = decoder.decode(chunk, { stream: true });
      keep(text, chunk.byteLength);
      return text;
    },
    end() {
      const rest = decoder.decode();
      if (rest !== '' && dropped === 0) pieces.push(rest);
      return rest;
    },
    text() {
      const all = pieces.join('');
      return dropped === 0 ? all : `${all}\n[output cut: ${dropped} more bytes were not kept]`;
    },
  };
}
