import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTextMask, maskOccurrences } from '../../../core/params/index.ts';

const MASK = '********';

/** What comes out of a mask for a text in pieces, piece by piece, the end last. */
function masked(secrets: readonly unknown[], pieces: readonly string[]): readonly string[] {
  const mask = createTextMask(secrets);
  assert.ok(mask !== undefined);
  return [...pieces.map((piece) => mask.push(piece)), mask.end()];
}

describe('secrets in a text that comes in pieces', () => {
  it('are masked wherever they are cut', () => {
    const text = 'login with hunter22, again hunter22';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const pieces = [text.slice(0, cut), text.slice(cut)];
      assert.equal(masked(['hunter22'], pieces).join(''), `login with ${MASK}, again ${MASK}`, `cut at ${cut}`);
    }
    assert.equal(masked(['hunter22'], [...text]).join(''), `login with ${MASK}, again ${MASK}`);
  });

  it('come at once where no secret can have begun', () => {
    assert.deepEqual(masked(['hunter22'], ['a line\n', 'one with hun', 'ger\n']), [
      'a line\n',
      'one with ',
      'hunger\n',
      '',
    ]);
  });

  it('are told at the end when they did not go on', () => {
    assert.deepEqual(masked(['hunter22'], ['hunter2']), ['', 'hunter2']);
  });

  it('are the longest that fits, when one is the beginning of another', () => {
    assert.equal(masked(['hello', 'hello-world'], ['hello', '-world, hello', '!']).join(''), `${MASK}, ${MASK}!`);
  });

  it('are not let out when they repeat their own beginning', () => {
    for (const pieces of [['xabcab'], ['xabc', 'ab'], ['xab', 'cab']]) {
      assert.equal(masked(['abcab'], pieces).join(''), `x${MASK}`, pieces.join('|'));
    }
  });

  it('take signs of regular expressions as they are, and more than one line', () => {
    const key = '-----BEGIN (KEY)-----\n$a.*[b]\\d+\n-----END-----';
    assert.equal(masked([key], ['key: ', key.slice(0, 30), `${key.slice(30)}\n`]).join(''), `key: ${MASK}\n`);
    assert.equal(masked(['a.c.e'], ['abcde a.c.e']).join(''), `abcde ${MASK}`);
  });

  it('need no mask when there is none, or only what is too short to be looked for', () => {
    for (const secrets of [[], [''], [null, true], ['abcd'], [12], [MASK]])
      assert.equal(createTextMask(secrets), undefined);
  });
});

describe('secrets within values', () => {
  it('are found the same way, few or many', () => {
    const few = ['secret-12', 'secret-1', 'other (x)'];
    const many = [...few, ...Array.from({ length: 3_000 }, (_, at) => `item-${at}-password`)];
    const text = 'a secret-123 b secret-1 c other (x)secret-12, item-2999-passwor, item-299-password';
    const expected = `a ${MASK}3 b ${MASK} c ${MASK}${MASK}, item-2999-passwor, `;
    assert.equal(maskOccurrences(text, few), `${expected}item-299-password`);
    assert.equal(maskOccurrences(text, many), `${expected}${MASK}`);
    assert.equal(maskOccurrences('nothing of it', many), 'nothing of it');
    assert.equal(maskOccurrences(12_345, [...many, 12_345]), MASK);
  });

  it('are masked in JSON texts too, as JavaScript and Python write them', () => {
    const secret = 'pa55 "ü" \\n';
    const texts = [JSON.stringify({ secret }), '{"secret": "pa55 \\"\\u00fc\\" \\\\n"}', secret];
    const expected = [`{"secret":"${MASK}"}`, `{"secret": "${MASK}"}`, MASK];
    assert.deepEqual(maskOccurrences(texts, [{ password: secret }]), expected);
  });
});
