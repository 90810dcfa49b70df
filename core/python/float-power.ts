/**
 * Powers of floats with integral or half-integral exponents, rounded correctly. JavaScript's own `**` may be off in the
 * last digit, which would show in results; the C library that Python uses is not.
 */

const MAX_EXPONENT = 64;
const MANTISSA_BITS = 52;
/** Bits computed beyond those of a float, so that the final rounding is right. */
const GUARD_BITS = 140n;

/** The value as `mantissa * 2 ** exponent`. */
function decompose(value: number): readonly [mantissa: bigint, exponent: number] {
  let exponent = 0;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent -= 1;
  }
  while (Math.abs(mantissa) > 2 ** (MANTISSA_BITS + 1)) {
    mantissa /= 2;
    exponent += 1;
  }
  return [BigInt(mantissa), exponent];
}

function squareRoot(value: bigint): bigint {
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Multiplies by a power of two in steps that cannot overflow before they have to. */
function scale(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

/** `base ** exponent` for finite operands; the common fractions and small exponents exactly rounded. */
export function floatPower(base: number, exponent: number): number {
  const doubled = exponent * 2;
  const plain = base ** exponent;
  const isHard = !Number.isInteger(doubled) || Math.abs(exponent) > MAX_EXPONENT || base === 0;
  if (isHard || !Number.isFinite(plain) || Math.abs(plain) < Number.MIN_VALUE * 2 ** 60) return plain;
  const [mantissa, power] = decompose(base);
  const count = Math.abs(doubled);
  const isHalf = count % 2 !== 0;
  // base ** (count / 2) = top * 2 ** shift, with many more bits than a float has
  let top = isHalf ? mantissa ** BigInt(count) : mantissa ** BigInt(count / 2);
  let shift = isHalf ? power * count : power * (count / 2);
  if (isHalf) {
    top <<= GUARD_BITS * 2n;
    shift -= Number(GUARD_BITS) * 2;
    if (shift % 2 !== 0) {
      top <<= 1n;
      shift -= 1;
    }
    const root = squareRoot(top);
    // A sticky bit keeps an inexact root from looking like a tie.
    top = (root << 1n) | (root * root === top ? 0n : 1n);
    shift = shift / 2 - 1;
  }
  if (exponent > 0) return toFloat(top, shift);
  const bits = BigInt(top.toString(2).length) + GUARD_BITS;
  const one = 1n << bits;
  const quotient = one / top;
  return toFloat((quotient << 1n) | (quotient * top === one ? 0n : 1n), -shift - Number(bits) - 1);
}

/** `value * 2 ** shift`, rounded once. */
function toFloat(value: bigint, shift: number): number {
  const excess = Math.max(0, value.toString(2).length - 1000);
  const kept = excess === 0 ? value : (value >> BigInt(excess)) | 1n;
  return scale(Number(kept), shift + excess);
}
