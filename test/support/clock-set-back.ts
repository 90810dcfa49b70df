import type { TestContext } from 'node:test';

/** For the rest of the test `passedMs` have passed, in which somebody has set the clock back by a day. */
export function clockSetBack(test: TestContext, passedMs: number): void {
  const wall = Date.now() - 86_400_000;
  const monotonic = performance.now() + passedMs + 1;
  test.mock.method(Date, 'now', () => wall);
  test.mock.method(performance, 'now', () => monotonic);
}
