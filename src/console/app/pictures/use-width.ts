import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** The width that an element has now, in pixels; 0 before it is there. */
export function useWidth(place: RefObject<Element | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = place.current!;
    const measureNow = () => setWidth(Math.floor(element.clientWidth));
    measureNow();
    const observer = new ResizeObserver(measureNow);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return width;
}
