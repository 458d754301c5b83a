import { useRef, useState } from 'preact/hooks';

/** What somebody marks on a time axis, in pixels from its start. */
export interface Brush {
  readonly start: number;
  readonly end: number;
}

/** A shorter way is a click. */
const LEAST_PIXELS = 6;

/** Marks a time by pointer. A finger scrolls instead. */
export function useBrush(left: number, width: number, onBrushed: (brush: Brush) => void) {
  const [brush, setBrush] = useState<Brush>();
  const wasBrushed = useRef(false);
  const placeOf = (event: PointerEvent): number => {
    const { left: edge } = (event.currentTarget as Element).getBoundingClientRect();
    return Math.min(width, Math.max(0, event.clientX - edge - left));
  };
  return {
    brush: brush && Math.abs(brush.end - brush.start) >= LEAST_PIXELS ? brush : undefined,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        wasBrushed.current = false;
        if (event.button !== 0 || event.pointerType === 'touch') return;
        setBrush({ start: placeOf(event), end: placeOf(event) });
      },
      onPointerMove: (event: PointerEvent) => {
        if (brush !== undefined) setBrush({ start: brush.start, end: placeOf(event) });
      },
      onPointerUp: () => {
        setBrush(undefined);
        if (brush === undefined || Math.abs(brush.end - brush.start) < LEAST_PIXELS) return;
        wasBrushed.current = true;
        onBrushed(brush);
      },
      onPointerLeave: () => setBrush(undefined),
      /** The click that ends a brush chooses no mark. */
      onClickCapture: (event: MouseEvent) => {
        if (wasBrushed.current) event.stopPropagation();
      },
    },
  };
}
