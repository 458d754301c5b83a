import { useEffect, useState } from 'preact/hooks';

/**
 * The value as of the last paint, at first none. What takes long to draw is drawn from it, so that a key, a
 * click, and what is drawn sooner never wait for that.
 */
export function useAfterPaint<T>(value: T): T | undefined {
  const [painted, setPainted] = useState<T>();
  useEffect(() => setPainted(() => value), [value]);
  return painted;
}
