import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** In pixels of the window. */
export interface PointedPlace {
  readonly x: number;
  readonly y: number;
}

const DISTANCE = 14;

/** Words beside the pointer, always within the window. */
export function Tip({ at, children }: { at: PointedPlace; children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tip = place.current!;
    const { width, height } = tip.getBoundingClientRect();
    const x = at.x + DISTANCE + width > innerWidth ? Math.max(0, at.x - DISTANCE - width) : at.x + DISTANCE;
    const y =
      at.y + DISTANCE + height > innerHeight ? Math.max(0, at.y - DISTANCE - height) : at.y + DISTANCE;
    tip.style.transform = `translate(${x}px, ${y}px)`;
  });
  return (
    <div ref={place} class="tip" role="tooltip">
      {children}
    </div>
  );
}
