import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { DimensionName, MeasureName } from '../../../flow/index.ts';
import { type DrawnGroup, type Mark, markText } from '../groups/index.ts';
import { litGroups, useLitMarks } from './lit-groups.ts';
import { type PointedPlace, Tip } from './tip.tsx';
import { useWidth } from './use-width.ts';

/** What happens when somebody chooses a mark: its flows are shown alone, or left out. */
export type ChooseMark = (mark: Mark, isLeftOut: boolean) => void;

/** What a picture is drawn from. */
export interface PictureParts {
  readonly groups: readonly DrawnGroup[];
  readonly by: readonly DimensionName[];
  readonly measure: MeasureName;
  readonly onChoose: ChooseMark;
}

interface PictureFrameParts {
  /** Elements with `data-mark` stand for them, by their number. */
  readonly marks: readonly Mark[];
  readonly measure: MeasureName;
  /** What the picture is, for those who hear it. */
  readonly label: string;
  readonly onChoose: ChooseMark;
  /** Whether the picture tells by itself what is pointed at. */
  readonly hasOwnTip?: boolean;
  readonly children: (width: number) => ComponentChildren;
}

/**
 * What all pictures of marks have: a tip, light for what belongs together, and a way from mark to mark by
 * keys. One listener serves all marks.
 */
export function PictureFrame({
  marks,
  measure,
  label,
  onChoose,
  hasOwnTip = false,
  children,
}: PictureFrameParts) {
  const place = useRef<HTMLElement>(null);
  const pointed = useSignal<PointedMark | undefined>(undefined);
  const width = useWidth(place);
  useLitMarks(place, marks);
  // Pointing draws nothing again.
  const drawn = useMemo(() => (width > 0 ? children(width) : undefined), [width, children]);

  const pointTo = (target: EventTarget | null, at: PointedPlace) => {
    const mark = markOf(target);
    litGroups.value = mark?.groups;
    pointed.value = mark && { mark, at };
  };
  const markOf = (target: EventTarget | null): Mark | undefined => {
    const element = target instanceof Element ? target.closest('[data-mark]') : null;
    return element === null ? undefined : marks[Number(element.getAttribute('data-mark'))];
  };
  const choosePointed = (event: MouseEvent | KeyboardEvent) => {
    const mark = markOf(event.target);
    if (mark !== undefined) onChoose(mark, event.altKey);
  };
  const followKeys = (event: KeyboardEvent) => {
    const direction = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (direction !== undefined) {
      const elements = [...place.current!.querySelectorAll<SVGElement>('[data-mark]')];
      const next = elements.indexOf(event.target as SVGElement) + direction;
      elements.at(next < 0 ? -1 : next % elements.length)?.focus();
      event.preventDefault();
    } else if (event.key === 'Enter' || event.key === ' ') {
      choosePointed(event);
      event.preventDefault();
    }
  };
  return (
    <figure
      ref={place}
      class="picture"
      aria-label={`${label}. The table below has the same numbers. Arrows go from mark to mark.`}
      onKeyDown={followKeys}
      onClick={choosePointed}
      onPointerMove={(event) => pointTo(event.target, { x: event.clientX, y: event.clientY })}
      onPointerLeave={() => pointTo(null, { x: 0, y: 0 })}
      onFocusIn={(event) => pointTo(event.target, centreOf(event.target as Element))}
      onFocusOut={() => pointTo(null, { x: 0, y: 0 })}
    >
      {drawn}
      {!hasOwnTip && <MarkTip pointed={pointed} measure={measure} />}
    </figure>
  );
}

interface PointedMark {
  readonly mark: Mark;
  readonly at: PointedPlace;
}

function MarkTip({
  pointed,
  measure,
}: {
  pointed: ReadonlySignal<PointedMark | undefined>;
  measure: MeasureName;
}) {
  if (pointed.value === undefined) return null;
  return <Tip at={pointed.value.at}>{markText(pointed.value.mark, measure)}</Tip>;
}

/** What makes an element of a picture the mark of that number. Tab reaches the first, arrows the others. */
export const markAttributes = (mark: Mark, number: number, measure: MeasureName) => ({
  tabindex: number === 0 ? 0 : -1,
  role: 'button' as const,
  'data-mark': number,
  'data-count': String(mark.count),
  'aria-label': markText(mark, measure),
});

function centreOf(element: Element): PointedPlace {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
